from __future__ import annotations

from app.model.choices import Choice, find_choices

CHOICES = [
    Choice("Migrate checkout: Tokyo → Frankfurt", "save $3.00/day", lambda: None),
    Choice("Fly to Frankfurt", "AWS  aws-eu-central-1", lambda: None),
    Choice("Settings", "Ctrl+,", lambda: None),
]


def texts(typed: str) -> list[str]:
    return [choice.text for choice in find_choices(CHOICES, typed)]


def test_nothing_typed_finds_everything_in_order() -> None:
    assert texts("") == [choice.text for choice in CHOICES]


def test_every_word_must_occur_in_any_order_and_case() -> None:
    assert texts("FRANK fly") == ["Fly to Frankfurt"]
    assert texts("central-1") == ["Fly to Frankfurt"]
    assert texts("moon") == []


def test_a_word_at_its_beginning_comes_first() -> None:
    assert texts("f")[0] in ("Migrate checkout: Tokyo → Frankfurt", "Fly to Frankfurt")
    assert texts("set") == ["Settings"]
