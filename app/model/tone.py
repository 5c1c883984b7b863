"""How a number or a sentence is meant; who shows it chooses the colour. Pure."""

from __future__ import annotations

from enum import StrEnum


class Tone(StrEnum):
    """How a number or a sentence is meant."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    WARNING = "warning"
