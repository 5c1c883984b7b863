"""A live file: what holds now, since when, and until when it is believed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import PriceFileError
from oracle.market import CapacityType, Offering
from oracle.reasons import OracleCode
from oracle.sources.price_list import PriceList, make_price_list
from tests.oracle.sources import price_texts

HEADER = f"{price_texts.HEADER},confirmed_at,valid_until"
POOL = Offering("aws", "us-east-1", "m5.xlarge")
ROW = "aws,us-east-1,m5.xlarge,spot"
HALF_AN_HOUR = 1800.0


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


NOON = at("2026-07-01T12:00:00Z")


def parse(*rows: str, header: str = HEADER, life_s: float = HALF_AN_HOUR) -> PriceList:
    return make_price_list(price_texts.read_lines(*rows, header=header), life_s)


def test_price_began_when_the_market_set_it_and_holds_for_its_life_since_it_was_confirmed() -> None:
    prices = parse(f"2026-06-02T00:00:00Z,{ROW},0.10,2026-07-01T11:50:00Z,")
    found = prices.find(POOL, NOON)
    assert found is not None
    assert found.usd_per_hour == Decimal("0.10")
    assert found.in_force_since == at("2026-06-02T00:00:00Z")
    assert found.confirmed_at == at("2026-07-01T11:50:00Z")
    assert found.deadline == at("2026-07-01T12:20:00Z")
    assert prices.find(POOL, at("2026-07-01T12:19:59Z")) is not None
    assert prices.find(POOL, at("2026-07-01T12:20:00Z")) is None


def test_row_that_nobody_confirmed_is_as_old_as_its_observation() -> None:
    prices = parse(f"2026-07-01T11:00:00Z,{ROW},0.10,,")
    assert prices.find(POOL, at("2026-07-01T11:29:59Z")) is not None
    assert prices.find(POOL, NOON) is None
    (said,) = prices.describe_unknown([POOL], NOON)
    assert "line 2" in str(said)
    assert "last confirmed on 2026-07-01 11:00 UTC and is unknown since 2026-07-01 11:30 UTC" in str(said)


def test_contract_holds_until_the_day_that_its_row_names() -> None:
    prices = parse(f"2024-01-01T00:00:00Z,{ROW},0.10,,2026-07-02T06:00:00Z")
    found = prices.find(POOL, NOON)
    assert found is not None
    assert (found.confirmed_at, found.deadline) == (NOON, at("2026-07-02T06:00:00Z"))
    assert prices.find(POOL, at("2026-07-02T05:59:59Z")) is not None
    assert prices.find(POOL, at("2026-07-02T06:00:00Z")) is None
    (said,) = prices.describe_unknown([POOL], NOON + 86_400)
    assert (said.code, said["until"]) == (OracleCode.PRICE_PROMISE_OVER, "2026-07-02 06:00 UTC")


def test_contract_of_years_is_believed_for_a_day_after_each_reading() -> None:
    prices = parse(f"2024-01-01T00:00:00Z,{ROW},0.10,,2029-01-01T00:00:00Z")
    first, later = prices.find(POOL, NOON + 1), prices.find(POOL, NOON + 3599)
    assert first is not None
    assert first.deadline == NOON + 86_400
    assert first == later, "a quote that is the same is announced to nobody"


def test_newest_row_that_has_begun_holds_in_any_order() -> None:
    rows = (
        f"2026-07-01T11:50:00Z,{ROW},0.12,,",
        f"2026-07-01T11:40:00Z,{ROW},0.11,,",
        f"2026-07-01T12:10:00Z,{ROW},0.13,,",
    )
    for order in (rows, rows[::-1]):
        prices = parse(*order)
        now, later = prices.find(POOL, NOON), prices.find(POOL, NOON + 600)
        assert now is not None
        assert later is not None
        assert (now.usd_per_hour, later.usd_per_hour) == (Decimal("0.12"), Decimal("0.13"))


def test_confirmation_from_the_future_makes_no_price() -> None:
    prices = parse(f"2026-07-01T11:50:00Z,{ROW},0.10,2026-07-01T18:00:00Z,")
    assert prices.find(POOL, NOON) is None
    assert prices.describe_unknown([POOL], NOON)[0].code is OracleCode.PRICE_STILL_TO_COME


def test_price_of_zero_is_unknown_and_said() -> None:
    prices = parse(f"2026-07-01T11:40:00Z,{ROW},0.1,,", f"2026-07-01T11:50:00Z,{ROW},0,,")
    assert prices.find(POOL, NOON) is None
    assert prices.describe_unknown([POOL], NOON)[0].code is OracleCode.PRICE_NOT_BELIEVED


def test_many_unknown_prices_are_counted() -> None:
    rows = [f"2026-07-01T01:00:00Z,aws,us-east-1,m{n}.xlarge,spot,0.1,," for n in range(9)]
    prices = parse(*rows)
    said = prices.describe_unknown(prices.offerings, NOON)
    assert len(said) == 6
    assert said[-1] == OracleCode.MORE_PRICES_UNKNOWN.because(file="prices.csv", count=4)


@pytest.mark.parametrize(
    ("wrong", "line", "code"),
    [
        (f"2026-07-01T11:55:00Z,{ROW},0.1,2026-06-01T00:00:00Z,", 3, OracleCode.CONFIRMED_TOO_EARLY),
        (f"2026-07-01T11:55:00Z,{ROW},0.1,soon,", 3, OracleCode.TIME_NOT_UNDERSTOOD),
        (f"2026-07-01T11:55:00Z,{ROW},0.1,,3999-01-01T00:00:00Z", 3, OracleCode.TIME_OUT_OF_RANGE),
        (f"yesterday,{ROW},0.1,,", 3, OracleCode.TIME_NOT_UNDERSTOOD),
        (f"2026-07-01T11:55:00Z,{ROW},cheap,,", 3, OracleCode.PRICE_NOT_A_NUMBER),
        (f"2026-07-01T11:50:00Z,{ROW},0.5,,", 3, OracleCode.PRICE_AMBIGUOUS),
    ],
)
def test_row_that_cannot_be_believed_leaves_its_offering_unknown_and_no_other(
    wrong: str, line: int, code: OracleCode
) -> None:
    other = "2026-07-01T11:50:00Z,aws,us-east-1,m5.large,spot,0.2,,"
    table = price_texts.read_lines(f"2026-07-01T11:50:00Z,{ROW},0.1,,", wrong, other, header=HEADER)
    prices = make_price_list(table, HALF_AN_HOUR)
    assert prices.find(POOL, NOON) is None
    assert prices.find(Offering("aws", "us-east-1", "m5.large"), NOON) is not None
    assert price_texts.problems_of(table) == [(line, code.value)]


def test_file_without_a_price_is_refused_with_its_first_problem() -> None:
    with pytest.raises(PriceFileError, match="line 2: the region aws/nowhere is not known"):
        parse("2026-07-01T00:00:00Z,aws,nowhere,m5.xlarge,spot,0.1,,")


def test_file_that_ends_within_a_line_may_be_half_written() -> None:
    table = price_texts.read_bytes(f"{HEADER}\n2026-07-01T00:00:00Z,{ROW},0.1".encode())
    with pytest.raises(PriceFileError, match="half written"):
        make_price_list(table, HALF_AN_HOUR)


def test_file_that_does_not_say_of_when_it_is_cannot_be_live() -> None:
    with pytest.raises(PriceFileError, match="does not say of when its prices are"):
        price_texts.read_bytes(b"InstanceType,Price,SpotPrice,Region\nm5.large,0.1,0.05,us-east-1\n")


@given(st.floats(0, 10**6), st.floats(0, 10**6), st.floats(1, 86_400))
def test_nothing_is_believed_longer_than_a_day_after_it_was_confirmed(
    ago: float, later: float, life_s: float
) -> None:
    confirmed = datetime.fromtimestamp(NOON - ago).astimezone().isoformat()
    prices = parse(
        f"2026-01-01T00:00:00Z,{ROW},0.1,{confirmed},",
        "2026-01-01T00:00:00Z,aws,us-east-1,m5.large,spot,0.1,,2029-01-01T00:00:00Z",
        life_s=life_s,
    )
    for offering in prices.offerings:
        found = prices.find(offering, NOON + later)
        if found is not None and found.deadline is not None:
            assert found.confirmed_at <= NOON + later < found.deadline
            assert found.deadline - found.confirmed_at <= 86_400.001


def test_on_demand_and_spot_are_two_offerings() -> None:
    prices = parse(f"2026-07-01T11:50:00Z,{ROW.replace('spot', 'on_demand')},0.2,,")
    assert prices.find(POOL, NOON) is None
    assert prices.find(Offering("aws", "us-east-1", "m5.xlarge", CapacityType.ON_DEMAND), NOON) is not None
