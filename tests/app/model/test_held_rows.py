from __future__ import annotations

from app.model.held_rows import hold_still


def hold(shown: list[str], rows: list[str]) -> tuple[str, ...]:
    """Hold rows that are about their first letter; a faded one ends in a dash."""
    return hold_still(shown, rows, lambda row: row[0], lambda row: f"{row[0]}-")


def test_rows_keep_their_places_and_show_what_is_new_of_them() -> None:
    assert hold(["a1", "b1"], ["b2", "a2"]) == ("a2", "b2")


def test_what_has_gone_keeps_its_place_and_what_comes_is_below() -> None:
    assert hold(["a1", "b1", "c1"], ["0", "c2", "a2"]) == ("a2", "b-", "c2", "0")


def test_rows_of_something_else_are_not_held() -> None:
    assert hold(["a1", "b1"], ["x", "y"]) == ("x", "y")
