"""The outcome of judging fresh facts: go on, wait, turn aside, or write. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from controller.migration.protocol.record import Side
from oracle.foundation.reason import Reason


@dataclass(frozen=True, slots=True)
class Reached:
    """What was waited for is there; what was asked for may be done."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet: look again."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """What was planned from an earlier look is no longer right: plan anew."""


@dataclass(frozen=True, slots=True)
class Held:
    """Nothing may be written for now."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Failed:
    """This cannot be finished: roll back."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Write:
    """Set one side to so many replicas."""

    side: Side
    replicas: int


Verdict = Reached | Waiting | Outdated | Held | Failed
