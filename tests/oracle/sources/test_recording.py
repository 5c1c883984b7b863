"""Recorded prices: every fault has its line, and what was not recorded is unknown."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import PriceFileError
from oracle.market import CapacityType, Offering
from oracle.sources.recording import MAX_SILENCE_S, Recording, make_recording
from tests.oracle.sources.price_texts import HEADER, read_lines

VIRGINIA = Offering("aws", "us-east-1", "m5.xlarge")
VIRGINIA_ON_DEMAND = Offering("aws", "us-east-1", "m5.xlarge", CapacityType.ON_DEMAND)
FIRST = "2026-07-01T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.10"


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def parse(*rows: str, header: str = HEADER) -> Recording:
    return make_recording(read_lines(*rows, header=header))


def test_row_is_in_force_until_the_next() -> None:
    recording = parse(FIRST, "2026-07-03T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.12")
    assert recording.find_price(VIRGINIA, at("2026-06-30T23:59:59Z")) is None
    assert recording.find_price(VIRGINIA, at("2026-07-01T00:00:00Z")) == Decimal("0.10")
    assert recording.find_price(VIRGINIA, at("2026-07-02T23:59:59Z")) == Decimal("0.10")
    assert recording.find_price(VIRGINIA, at("2026-07-03T00:00:00Z")) == Decimal("0.12")


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("0.16129999999999999", "0.1613"),
        ("0.1000000000000000055511151231257827", "0.1"),
        ("0.161312345678", "0.161312345678"),
    ],
)
def test_tail_of_a_float_is_rounded_to_what_the_store_keeps(text: str, price: str) -> None:
    recording = parse(f"2026-07-01T00:00:00Z,aws,us-east-1,m5.xlarge,spot,{text}")
    assert str(recording.find_price(VIRGINIA, at("2026-07-01T00:00:00Z"))) == price


def test_prices_are_not_carried_over_a_long_gap() -> None:
    recording = parse(FIRST, "2026-12-01T00:00:00Z,aws,eu-west-1,m5.xlarge,spot,0.2")
    last_known = at("2026-07-01T00:00:00Z") + MAX_SILENCE_S
    assert recording.find_price(VIRGINIA, last_known) == Decimal("0.10")
    assert recording.find_price(VIRGINIA, last_known + 1) is None
    assert recording.find_price(VIRGINIA, at("2026-12-01T00:00:00Z")) == Decimal("0.10")
    assert "line 3: nothing was recorded for 153 days before 2026-12-01" in str(recording.notices[0])


def test_prices_are_unknown_after_the_end() -> None:
    recording = parse(FIRST)
    assert recording.find_price(VIRGINIA, recording.ends_at + MAX_SILENCE_S) == Decimal("0.10")
    assert recording.find_price(VIRGINIA, recording.ends_at + MAX_SILENCE_S + 1) is None


def test_rows_may_come_in_any_order() -> None:
    later = "2026-07-03T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.12"
    one, other = parse(FIRST, later), parse(later, FIRST)
    for moment in ("2026-07-02T00:00:00Z", "2026-07-04T00:00:00Z"):
        assert one.find_price(VIRGINIA, at(moment)) == other.find_price(VIRGINIA, at(moment)) is not None


def test_price_that_cannot_be_believed_is_unknown_from_its_row_on_and_not_what_it_was_before() -> None:
    recording = parse(FIRST, "2026-07-02T00:00:00Z,aws,us-east-1,m5.xlarge,spot,n/a")
    assert recording.find_price(VIRGINIA, at("2026-07-01T12:00:00Z")) == Decimal("0.10")
    assert recording.find_price(VIRGINIA, at("2026-07-02T12:00:00Z")) is None
    assert "line 3: usd_per_hour is 'n/a', not a number; this row has no price" in str(recording.notices[0])


def test_list_price_holds_until_the_list_says_otherwise() -> None:
    recording = parse(
        "2022-07-01T00:00:00Z,aws,us-east-1,m5.xlarge,on_demand,0.192",
        "2022-07-01T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.10",
        "2026-07-01T00:00:00Z,aws,eu-west-1,m5.xlarge,spot,0.11",
    )
    for moment in ("2024-07-01T00:00:00Z", "2029-07-01T00:00:00Z"):
        assert recording.find_price(VIRGINIA_ON_DEMAND, at(moment)) == Decimal("0.192")
        assert recording.find_price(VIRGINIA, at(moment)) is None, "of spot nobody knows"


def test_newest_moment_is_that_of_the_newest_row_that_has_begun() -> None:
    recording = parse(FIRST, "2026-07-09T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.2")
    assert recording.find_newest(at("2026-07-08T00:00:00Z")) == at("2026-07-01T00:00:00Z")
    assert recording.find_newest(at("2026-08-08T00:00:00Z")) == at("2026-07-09T00:00:00Z")


@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_text_is_read_or_refused(rows: list[str]) -> None:
    with suppress(PriceFileError):
        parse(FIRST, *rows)
