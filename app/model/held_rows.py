"""Rows of a table that hold still while a person is on them: nothing changes its place under a pointer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

Row = TypeVar("Row")


def hold_still(
    shown: Sequence[Row], rows: Sequence[Row], identify: Callable[[Row], Hashable], fade: Callable[[Row], Row]
) -> tuple[Row, ...]:
    """Return `rows` in the places in which they are shown.

    What has gone keeps its place, faded; what is new comes below. Rows of which none is shown are of something else,
    and nothing is held.

    Args:
        identify: what a row is about. fade: a row -> the same where nothing can be done with it any more.
    """
    fresh = {identify(row): row for row in rows}
    held = [identify(row) for row in shown]
    if fresh.keys().isdisjoint(held):
        return tuple(rows)
    known = set(held)
    kept = [fresh[key] if key in fresh else fade(row) for key, row in zip(held, shown, strict=True)]
    return (*kept, *(row for row in rows if identify(row) not in known))
