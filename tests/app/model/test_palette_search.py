from __future__ import annotations

from app.model.palette_search import PaletteEntry, find_entries

ENTRIES = [
    PaletteEntry("Migrate checkout: Tokyo → Frankfurt", "save $3.00/day", lambda: None),
    PaletteEntry("Fly to Frankfurt", "AWS  aws-eu-central-1", lambda: None),
    PaletteEntry("Settings", "Ctrl+,", lambda: None),
]


def texts(typed: str) -> list[str]:
    return [entry.text for entry in find_entries(ENTRIES, typed)]


def test_nothing_typed_finds_everything_in_order() -> None:
    assert texts("") == [entry.text for entry in ENTRIES]


def test_every_word_must_occur_in_any_order_and_case() -> None:
    assert texts("FRANK fly") == ["Fly to Frankfurt"]
    assert texts("central-1") == ["Fly to Frankfurt"]
    assert texts("moon") == []


def test_a_word_at_its_beginning_comes_first() -> None:
    assert texts("f")[0] in ("Migrate checkout: Tokyo → Frankfurt", "Fly to Frankfurt")
    assert texts("set") == ["Settings"]
