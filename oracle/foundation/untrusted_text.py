"""Make text that a cluster or a file sent safe to show and to log. Pure.

A label, an event or an error message can hold terminal escapes, bidirectional overrides and megabytes. Mark-up is kept
as it stands: whoever shows it shows plain text.
"""

from __future__ import annotations

import unicodedata

#: Longest piece of foreign text that is shown. Arbitrary: three lines of a dialog; protects the log and the
#: window.
MAX_SHOWN_CHARACTERS = 300


def clean_text(text: object, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    """Return one line of printable text, at most `limit` characters.

    Control, format (direction marks, zero width) and private characters become spaces and are not just left out: two
    names that differ only in them must not look the same.
    """
    shown = str(text)[: 4 * limit]
    if not shown.isprintable():  # most is, and the window asks a thousand times a second
        shown = "".join(" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in shown)
    line = " ".join(shown.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def plain_lines(text: str) -> str:
    """Return lines of which nothing can steer a terminal or turn round; what was laid out in columns stays so."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(" " if c != "\n" and unicodedata.category(c).startswith("C") else c for c in text)
