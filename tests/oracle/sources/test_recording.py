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
from oracle.reasons import OracleCode
from oracle.sources.recording import MAX_SILENCE_S, Recording, parse_recording

HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour"
KNOWN = {"aws/us-east-1", "aws/eu-west-1"}
VIRGINIA = Offering("aws", "us-east-1", "m5.xlarge")
VIRGINIA_ON_DEMAND = Offering("aws", "us-east-1", "m5.xlarge", CapacityType.ON_DEMAND)
FIRST = "2026-07-01T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.10"


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def parse(*rows: str, header: str = HEADER) -> Recording:
    return parse_recording([header + "\n", *(row + "\n" for row in rows)], "prices.csv", KNOWN)


def test_row_is_in_force_until_the_next() -> None:
    recording = parse(FIRST, "2026-07-03T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.12")
    assert recording.find_price(VIRGINIA, at("2026-06-30T23:59:59Z")) is None
    assert recording.find_price(VIRGINIA, at("2026-07-01T00:00:00Z")) == Decimal("0.10")
    assert recording.find_price(VIRGINIA, at("2026-07-02T23:59:59Z")) == Decimal("0.10")
    assert recording.find_price(VIRGINIA, at("2026-07-03T00:00:00Z")) == Decimal("0.12")


def test_columns_may_come_in_any_order_with_others_between() -> None:
    recording = parse(
        "spot,0.10,x,us-east-1,m5.xlarge,aws,2026-07-01T02:00:00+02:00",
        header="capacity_type,usd_per_hour,zone,region,instance_type,provider,observed_at",
    )
    assert recording.find_price(VIRGINIA, at("2026-07-01T00:00:00Z")) == Decimal("0.10")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-07-02T00:00:00Z,aws,us-east-1,m5.xlarge,spot,cheap", "usd_per_hour is 'cheap', not a number"),
        (
            "2026-07-02T00:00:00Z,aws,us-east-1,m5.xlarge,spot,NaN",
            "usd_per_hour is NaN, not between 0 and 1000",
        ),
        ("2026-07-02T00:00:00Z,aws,us-east-1,m5.xlarge,spot,-0.1", "usd_per_hour is -0.1"),
        ("2026-07-02T00:00:00Z,aws,us-east-1,m5.xlarge,spot,1e9", "usd_per_hour is 1e9"),
        ("2026-07-02T00:00:00Z,aws,us-east-1,m5.xlarge,spot,", "usd_per_hour is empty"),
        ("2026-07-02T00:00:00Z,aws,us-east-1,m5.xlarge", "capacity_type is empty"),
        ("2026-07-02T00:00:00Z,,us-east-1,m5.xlarge,spot,0.1", "provider is empty"),
        (
            "2026-07-02T00:00:00Z,aws,us-east-1,m5.xlarge,free,0.1",
            "capacity_type is 'free', not spot or on_demand",
        ),
        ("yesterday,aws,us-east-1,m5.xlarge,spot,0.1", "observed_at is 'yesterday', not a time"),
        ("2026-07-02T00:00:00,aws,us-east-1,m5.xlarge,spot,0.1", "without a zone"),
        ("2026-06-30T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.1", "sort the rows by time"),
        ('"2026-07-02T00:00:00Z,aws,us-east-1', "no valid CSV"),
    ],
)
def test_fault_is_told_with_line_and_reason(row: str, reason: str) -> None:
    with pytest.raises(PriceFileError) as caught:
        parse(FIRST, row)
    assert caught.value.line == 3
    assert "prices.csv, line 3" in str(caught.value)
    assert reason in str(caught.value)


def test_missing_columns_are_named() -> None:
    with pytest.raises(
        PriceFileError, match="line 1: missing column capacity_type and usd_per_hour; expected"
    ):
        parse(header="observed_at,provider,region,instance_type")


@pytest.mark.parametrize("lines", [[], ["\n"], [HEADER]], ids=["empty", "blank", "header only"])
def test_file_without_prices_is_refused(lines: list[str]) -> None:
    with pytest.raises(PriceFileError):
        parse_recording(lines, "prices.csv", KNOWN)


def test_unknown_region_is_left_out_with_its_line_and_a_suggestion() -> None:
    rows = [HEADER, FIRST, "2026-07-02T00:00:00Z,aws,us-esat-1,m5.xlarge,spot,0.1"]
    recording = parse_recording(rows, "prices.csv", KNOWN, lambda key: "aws/us-east-1")
    assert tuple(map(str, recording.notices)) == (
        "prices.csv, line 3: region aws/us-esat-1 is not known (did you mean aws/us-east-1?); its rows are left out.",
    )
    assert recording.offerings == {VIRGINIA}


def test_file_of_unknown_regions_only_is_refused_with_the_reason() -> None:
    with pytest.raises(PriceFileError, match="region aws/nowhere is not known"):
        parse("2026-07-02T00:00:00Z,aws,nowhere,m5.xlarge,spot,0.1")


def test_price_of_zero_is_unknown_and_noted() -> None:
    recording = parse(FIRST, "2026-07-02T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.0")
    assert recording.find_price(VIRGINIA, at("2026-07-01T12:00:00Z")) == Decimal("0.10")
    assert recording.find_price(VIRGINIA, at("2026-07-02T12:00:00Z")) is None
    assert recording.notices == (OracleCode.RECORDED_ZERO.because(file="prices.csv", line=3, further=0),)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("0.16129999999999999", "0.161300000000"),
        ("0.1000000000000000055511151231257827", "0.100000000000"),
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


def test_spot_may_start_later_than_on_demand() -> None:
    recording = parse(
        "2026-07-01T00:00:00Z,aws,us-east-1,m5.xlarge,on_demand,0.192",
        "2026-07-09T00:00:00Z,aws,us-east-1,m5.xlarge,spot,0.1",
    )
    assert recording.spot_starts_at == at("2026-07-09T00:00:00Z")
    assert recording.find_price(VIRGINIA_ON_DEMAND, recording.spot_starts_at) == Decimal("0.192")


def test_endless_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oracle.sources.price_rows.MAX_ROWS", 10)
    with pytest.raises(PriceFileError, match="more than 10 rows"):
        parse(*[FIRST] * 11)


def test_cell_that_goes_on_over_the_end_of_its_line_is_told() -> None:
    with pytest.raises(
        PriceFileError, match="line 3: no valid CSV: a quote that is opened there ends on another"
    ):
        parse(FIRST, '2026-07-02T00:00:00Z,aws,us-east-1,"m5.', 'xlarge",spot,0.1', FIRST)


def test_endless_names_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oracle.sources.price_rows.MAX_OFFERINGS", 3)
    parse(*[FIRST] * 9)
    with pytest.raises(PriceFileError, match="line 5: more than 3 offerings"):
        parse(*(FIRST.replace("m5", f"m{number}") for number in range(9)))


def test_endless_unknown_regions_are_counted() -> None:
    recording = parse(FIRST, *(FIRST.replace("us-east-1", f"moon-{number}") for number in range(50)))
    assert len(recording.notices) == 21
    assert recording.notices[-1] == OracleCode.MORE_REGIONS_UNKNOWN.because(file="prices.csv", count=30)


@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_text_is_read_or_refused(rows: list[str]) -> None:
    with suppress(PriceFileError):
        parse(FIRST, *rows)
