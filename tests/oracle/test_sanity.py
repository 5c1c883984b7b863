"""Which prices are believed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oracle.market import CapacityType, Offering
from oracle.reasons import OracleCode
from oracle.sanity import (
    MAX_SHARE_OF_ON_DEMAND,
    MAX_STEP_FACTOR,
    MIN_SHARE_OF_ON_DEMAND,
    PriceMemory,
    SanityGate,
    is_surely_believed,
    judge_price,
)
from oracle.sources.base import Observation
from oracle.store.codec import format_price
from tests.oracle.fakes import NOON, VIRGINIA

ON_DEMAND = Decimal("0.384")


def observe(price: str | Decimal, offering: Offering = VIRGINIA, at: float = NOON) -> Observation:
    return Observation(offering, Decimal(price), NOON, at)


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("0.1613", None),
        ("0.384", None),
        ("0.4608", None),
        ("0.0192", None),
        ("0.461", OracleCode.PRICE_ABOVE_ON_DEMAND),
        ("0.0191", OracleCode.PRICE_BELOW_FLOOR),
        ("0", OracleCode.PRICE_NOT_POSITIVE),
        ("-0.1", OracleCode.PRICE_NOT_POSITIVE),
        ("NaN", OracleCode.PRICE_NOT_FINITE),
        ("sNaN", OracleCode.PRICE_NOT_FINITE),
        ("Infinity", OracleCode.PRICE_NOT_FINITE),
        ("-Infinity", OracleCode.PRICE_NOT_FINITE),
        ("1e9", OracleCode.PRICE_ABSURD),
        ("16.13", OracleCode.PRICE_ABOVE_ON_DEMAND),  # cents for dollars
        ("0.161300000000", None),
        ("0.1613000000000", OracleCode.PRICE_TOO_FINE),
        ("1e-999999", OracleCode.PRICE_TOO_FINE),
    ],
)
def test_first_sample_is_judged_by_its_bounds(price: str, reason: OracleCode | None) -> None:
    assert judge_price(observe(price), ON_DEMAND, PriceMemory())[0] is reason


def test_without_an_on_demand_price_only_absurd_numbers_are_refused() -> None:
    assert judge_price(observe("0.0001"), None, PriceMemory())[0] is None
    assert judge_price(observe("0.00009"), None, PriceMemory())[0] is OracleCode.PRICE_TINY
    assert judge_price(observe("1001"), None, PriceMemory())[0] is OracleCode.PRICE_ABSURD


def test_on_demand_offering_is_not_compared_with_itself() -> None:
    offering = Offering("aws", "us-east-1", "m5.2xlarge", CapacityType.ON_DEMAND)
    assert judge_price(observe("0.5", offering), ON_DEMAND, PriceMemory())[0] is None


def judge_all(prices: list[str]) -> list[OracleCode | None]:
    memory, reasons = PriceMemory(), []
    for number, price in enumerate(prices):
        reason, memory = judge_price(observe(price, at=NOON + number), None, memory)
        reasons.append(reason)
    return reasons


JUMP = OracleCode.PRICE_JUMPED


@pytest.mark.parametrize(
    ("prices", "reasons"),
    [
        (["0.1", "0.3"], [None, None]),
        (["0.1", "0.31", "0.32"], [None, JUMP, None]),
        (["0.1", "0.03", "0.03"], [None, JUMP, None]),
        (["0.1", "0.9", "0.1", "0.9"], [None, JUMP, None, JUMP]),
        (["0.1", "0.9", "0.4", "0.4"], [None, JUMP, JUMP, None]),
        (["0.1", "0.9", "NaN", "0.9"], [None, JUMP, OracleCode.PRICE_NOT_FINITE, JUMP]),
    ],
    ids=["threefold is allowed", "confirmed", "fall confirmed", "spike", "wandering", "fault in between"],
)
def test_jump_waits_for_the_next_sample(prices: list[str], reasons: list[OracleCode | None]) -> None:
    assert judge_all(prices) == reasons


prices = st.decimals(allow_nan=True, allow_infinity=True) | st.decimals("0.01", "2", places=4)


@given(st.lists(prices, max_size=30))
def test_believed_prices_keep_their_bounds_and_never_jump_alone(samples: list[Decimal]) -> None:
    memory, believed, before = PriceMemory(), None, None
    for sample in samples:
        reason, memory = judge_price(observe(sample), ON_DEMAND, memory)
        if reason is None:
            assert MIN_SHARE_OF_ON_DEMAND * ON_DEMAND <= sample <= MAX_SHARE_OF_ON_DEMAND * ON_DEMAND
            if (
                believed is not None
                and not believed / MAX_STEP_FACTOR <= sample <= believed * MAX_STEP_FACTOR
            ):
                assert before is not None
                assert before.is_finite()
                assert before / 2 < sample < before * 2
            believed = sample
        before = sample


@given(st.decimals(min_value=0, max_value=1000))
def test_every_believed_price_can_be_stored(price: Decimal) -> None:
    if judge_price(observe(price), None, PriceMemory())[0] is None:
        assert Decimal(format_price(price)) == price


def test_failover_is_no_way_around_the_gate() -> None:
    gate = SanityGate()
    gate.remember(VIRGINIA, Decimal("0.1"))
    believed, refusals = gate.judge((observe("0.4"),), lambda offering: None)
    assert believed == ()
    assert refusals[0].code is JUMP


def test_refusal_names_offering_price_and_reason() -> None:
    (refusal,) = SanityGate().judge((observe("-1"),), lambda offering: None)[1]
    assert str(refusal.reason) == "aws/us-east-1/m5.2xlarge (spot): -1 USD per hour refused, zero or negative"


def test_jump_is_confirmed_by_what_is_said_anew_and_not_by_reading_the_same_row_again() -> None:
    memory = PriceMemory(last_believed=Decimal("0.10"))
    for _ in range(5):
        reason, memory = judge_price(observe("9.99"), None, memory)
        assert reason is OracleCode.PRICE_JUMPED
    assert judge_price(observe("9.99", at=NOON + 60.0), None, memory)[0] is None


@given(st.floats(1e-6, 5000), st.floats(1e-4, 1000), st.one_of(st.none(), st.floats(1e-4, 1000)))
@example(0.09, 0.09, 2.0)
@example(2.5, 2.5, 2.0)
@example(0.5, 0.1, None)
@example(0.1, 0.5, None)
@example(2000.0, 1000.0, None)
@example(0.00009, 0.0001, None)
def test_what_is_surely_believed_is_believed(price: float, before: float, on_demand: float | None) -> None:
    if is_surely_believed(price, before, on_demand):
        known = None if on_demand is None else Decimal(on_demand)
        exact = observe(f"{price:.12f}")
        memory = PriceMemory(Decimal(before))
        assert judge_price(exact, known, memory) == (None, PriceMemory(exact.usd_per_hour))
