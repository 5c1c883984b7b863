"""What a person can choose now, from the palette or a menu, and which of it answers to what was typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """An action with its subject. `hint` is shown beside the text and searched as well.

    is_grave: it begins to change clusters, so that a person has to choose it themselves.
    """

    text: str
    hint: str
    run: Callable[[], object]
    is_enabled: bool = True
    is_grave: bool = False


def find_choices(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """Return the choices that hold every typed word: those whose text starts with the first one before others, and
    among both those that begin to change clusters last.
    """
    words = typed.casefold().split()
    found = [choice for choice in choices if _holds(choice, words)]
    if words:
        found.sort(key=lambda choice: (not _starts(choice.text, words[0]), choice.is_grave))
    return found


def _holds(choice: Choice, words: Sequence[str]) -> bool:
    text = f"{choice.text} {choice.hint}".casefold()
    return all(word in text for word in words)


def _starts(text: str, word: str) -> bool:
    return any(part.startswith(word) for part in text.casefold().split())
