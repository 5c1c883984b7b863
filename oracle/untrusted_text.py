"""Make text that a cluster or a file sent safe to show and to log. Pure.

A label, an event or an error message can hold terminal escapes, bidirectional overrides and megabytes.
"""

from __future__ import annotations

import unicodedata

#: Longest piece of foreign text that is shown. Arbitrary: three lines of a dialog; protects the log and the
#: window.
MAX_SHOWN_CHARACTERS = 300


def clean_text(text: object, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    """One line of printable text, at most `limit` characters; control and format characters become spaces."""
    shown = str(text)[: 4 * limit]
    printable = "".join(" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in shown)
    line = " ".join(printable.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
