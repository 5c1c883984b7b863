"""Which entries of the command palette answer to what was typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """Something that the palette can do. `hint` is shown beside it and searched as well."""

    text: str
    hint: str
    run: Callable[[], object]


def find_entries(entries: Sequence[PaletteEntry], typed: str) -> list[PaletteEntry]:
    """Return the entries that hold every typed word, those whose text starts with the first one first."""
    words = typed.casefold().split()
    found = [entry for entry in entries if _holds(entry, words)]
    if words:
        found.sort(key=lambda entry: not _starts(entry.text, words[0]))
    return found


def _holds(entry: PaletteEntry, words: Sequence[str]) -> bool:
    text = f"{entry.text} {entry.hint}".casefold()
    return all(word in text for word in words)


def _starts(text: str, word: str) -> bool:
    return any(part.startswith(word) for part in text.casefold().split())
