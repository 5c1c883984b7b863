"""One value of each kind, on settings that no program has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest

from app.config.catalogue import list_settings, settings_by_name
from app.config.errors import SettingError
from app.config.values import decode_value, format_number, format_value, parse_text
from oracle.foundation.setting import setting, table_of_lists


@dataclass(frozen=True, slots=True)
class Sample:
    share: Decimal = setting(Decimal("0.1"), "A share.", unit="", minimum=0.1, maximum=0.9)
    count: int = setting(3, "A count.", unit="", minimum=0, maximum=10)
    live: bool = setting(False, "A switch.", flag="--live")
    places: frozenset[str] = setting(frozenset(), "Places.", example='["a"]')
    names: Mapping[str, frozenset[str]] = table_of_lists("Names.", key="names", example='{a = ["B"]}')


KNOWN = settings_by_name(Sample)


def test_bounds_belong_to_the_range_and_are_exact() -> None:
    assert parse_text(KNOWN["share"], "0.1", "here") == Decimal("0.1")
    assert parse_text(KNOWN["share"], "0.9", "here") == Decimal("0.9")
    with pytest.raises(SettingError, match=r"from 0\.1 to 0\.9, not '0\.0999'"):
        parse_text(KNOWN["share"], "0.0999", "here")


@pytest.mark.parametrize("value", [True, "3", 3.5, Decimal("3.5"), [3], None, {}])
def test_whole_number_is_a_number_and_whole(value: object) -> None:
    with pytest.raises(SettingError, match="count must be a whole number from 0 to 10, not "):
        decode_value(KNOWN["count"], value, "here")


@pytest.mark.parametrize("value", [3, 3.0, Decimal("3.0")])
def test_whole_number_may_be_written_with_a_point(value: object) -> None:
    assert decode_value(KNOWN["count"], value, "here") == 3


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False)])
def test_switch_is_a_word(text: str, value: bool) -> None:
    assert parse_text(KNOWN["live"], text, "here") is value


@pytest.mark.parametrize("text", ["1", "yes", "on", ""])
def test_switch_is_no_other_word(text: str) -> None:
    with pytest.raises(SettingError, match="live must be true or false"):
        parse_text(KNOWN["live"], text, "here")


def test_switch_has_a_flag_without_a_value() -> None:
    assert (KNOWN["live"].flag, KNOWN["live"].placeholder) == ("--live", "")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a, b", {"a", "b"}),
        ('["a, b", "none", " c", "\\U0001f600"]', {"a, b", "none", " c", "\U0001f600"}),
        ("[]", set()),
        ("none", set()),
    ],
)
def test_list_is_separated_by_commas_or_written_as_in_a_file(text: str, places: set[str]) -> None:
    assert parse_text(KNOWN["places"], text, "here") == places


@pytest.mark.parametrize("text", ["[a]", '["a"', '["a"], b', "[1]"])
def test_list_that_begins_as_in_a_file_has_to_be_one(text: str) -> None:
    with pytest.raises(SettingError, match="places must be a list of texts"):
        parse_text(KNOWN["places"], text, "here")


def test_lists_by_name_are_read_and_shown() -> None:
    value = parse_text(KNOWN["names"], '{aws = ["B", "A"], gcp = []}', "here")
    assert value == {"aws": {"A", "B"}, "gcp": frozenset()}
    assert format_value(KNOWN["names"], value) == "aws: A, B; gcp: "


@pytest.mark.parametrize("text", ["{a = 1}", '{a = "B"}', "{a = [1]}", "[1]", "{a", "a"])
def test_lists_by_name_are_nothing_else(text: str) -> None:
    with pytest.raises(SettingError, match="names must be lists of texts by name such as"):
        parse_text(KNOWN["names"], text, "here")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1800.0, "1800"),
        (0.1, "0.1"),
        (Decimal("0.10"), "0.1"),
        (Decimal("2E+3"), "2000"),
        (10_000_000, "10000000"),
        (0, "0"),
    ],
)
def test_number_is_shown_with_all_digits_and_no_exponent(number: float | Decimal, shown: str) -> None:
    assert format_number(number) == shown


def test_settings_are_listed_in_the_order_of_their_fields() -> None:
    assert [one.name for one in list_settings(Sample)] == ["share", "count", "live", "places", "names"]
