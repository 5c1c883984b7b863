"""The price with interruptions: what they cost by the formula, and unknown where nobody says how often they come."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from controller.decision.planning import Planner
from controller.decision.risk import count_interruptions, find_basis, price_with_risk
from controller.decision.settings import PriceBasis
from controller.reasons import Code
from oracle.market import CapacityType
from oracle.quotes import Quote, QuoteBoard
from oracle.signals import MIN_PERIOD_S, Interruption
from tests.controller.decision.worlds import CHECKOUT, SETTINGS, make_facts, make_quote, two_regions

MONTH_S = 2_592_000.0
SELDOM = Interruption(0.0, 0.05, MONTH_S, "<5 %")
OFTEN = Interruption(0.20, 1.0, MONTH_S, ">20 %")
#: Of a day, so that it shows.
DAILY = Interruption(0.5, 0.5, 86_400.0, "half of them")
COUNTING = replace(SETTINGS, price_basis=PriceBasis.WITH_INTERRUPTIONS, lost_work_h=Decimal("2.9"))


def quote(usd: str, interruption: Interruption | None, context: str = "tokyo") -> Quote:
    return make_quote(context, usd, interruption=interruption)


def board(here: Interruption | None, there: Interruption | None) -> QuoteBoard:
    quotes = (quote("0.40", here), quote("0.36", there, "virginia"))
    return QuoteBoard({(one.context, one.offering): one for one in quotes})


def test_half_of_the_machines_in_a_day_are_the_rate_of_that_half_life() -> None:
    rate = count_interruptions(DAILY)
    assert rate is not None
    assert float(rate) == pytest.approx(0.6931 / 24, abs=1e-5)


def test_the_middle_of_a_band_counts_and_of_an_open_one_half_as_much_again_as_its_end() -> None:
    seldom, often = count_interruptions(SELDOM), count_interruptions(OFTEN)
    assert seldom is not None
    assert often is not None
    assert float(seldom) == pytest.approx(0.025318 / 720, rel=1e-3)
    assert float(often) == pytest.approx(0.356675 / 720, rel=1e-3)


def test_of_a_share_that_may_be_any_the_middle_counts() -> None:
    """An open band that begins at nothing has no end of which one could take half as much again."""
    rate = count_interruptions(Interruption(0.0, 1.0, MONTH_S, "any"))
    assert rate is not None
    assert float(rate) == pytest.approx(0.69314718 / 720, rel=1e-7)


def test_a_share_of_nearly_all_is_taken_for_the_most_that_leaves_a_rate() -> None:
    most = [count_interruptions(Interruption(low, 1.0, 86_400.0, "most")) for low in (0.67, 0.9, 1.0)]
    assert most[0] == most[1] == most[2] is not None
    assert float(most[0]) == pytest.approx(4.60517019 / 24, rel=1e-7)


def test_an_interruption_costs_the_hours_that_it_takes() -> None:
    """An hour that is lost 0.0289 times an hour adds 2.89 %."""
    price = price_with_risk(quote("1.00", DAILY), Decimal(1))
    assert price is not None
    assert float(price) == pytest.approx(1.02888, abs=1e-5)


@given(at_least=st.floats(0, 1), width=st.floats(0, 1), period_s=st.floats(60, 1e8), lost_h=st.floats(0, 744))
def test_risk_never_makes_a_price_lower(
    at_least: float, width: float, period_s: float, lost_h: float
) -> None:
    interruption = Interruption(at_least, min(1.0, at_least + width), period_s, "said")
    price = price_with_risk(quote("0.40", interruption), Decimal(repr(lost_h)))
    assert price is not None
    assert price >= Decimal("0.40")


def test_the_worst_that_anybody_can_say_is_still_a_price() -> None:
    """A share of no time at all would be a rate that no number of a price holds."""
    worst = quote("1000", Interruption(1.0, 1.0, MIN_PERIOD_S, "all of them"))
    assert price_with_risk(worst, Decimal(744)) is not None
    for period_s in (1e-30, 59.0, 1e9, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="no share"):
            Interruption(0.5, 0.5, period_s, "half of them")


def test_what_is_bought_on_demand_is_not_taken_away() -> None:
    bought = quote("0.40", None)
    on_demand = structs.replace(
        bought, offering=replace(bought.offering, capacity_type=CapacityType.ON_DEMAND)
    )
    assert price_with_risk(on_demand, Decimal(3)) == Decimal("0.40")


def test_what_nobody_says_has_no_price_with_risk() -> None:
    assert price_with_risk(quote("0.40", None), Decimal(3)) is None
    assert find_basis(quote("0.40", None), None) == Decimal("0.40")


def test_of_a_share_of_those_that_stopped_no_rate_is_made() -> None:
    of_stopped = replace(DAILY, is_of_stopped=True)
    assert count_interruptions(of_stopped) is None
    assert price_with_risk(quote("0.40", of_stopped), Decimal(3)) is None


def test_the_plain_price_decides_unless_a_person_says_otherwise() -> None:
    """The target is a tenth cheaper, and half of its machines are lost in a day."""
    risky = board(SELDOM, DAILY)
    for settings, code in ((SETTINGS, Code.PAYS), (COUNTING, Code.SHARE_TOO_SMALL)):
        plan = Planner().plan(two_regions(), make_facts(risky, settings))
        assert plan.find_code(CHECKOUT, "virginia") is code
        assert plan.why(CHECKOUT, "virginia").code is code


@pytest.mark.parametrize(
    ("here", "there", "context"), [(None, SELDOM, "tokyo"), (SELDOM, None, "virginia")], ids=["here", "there"]
)
def test_who_counts_interruptions_has_no_price_where_nobody_says_them(
    here: Interruption | None, there: Interruption | None, context: str
) -> None:
    plan = Planner().plan(two_regions(), make_facts(board(here, there), COUNTING))
    assert plan.find_code(CHECKOUT, "virginia") is Code.RISK_UNKNOWN
    reason = plan.why(CHECKOUT, "virginia")
    assert (reason.code, reason["context"]) == (Code.RISK_UNKNOWN, context)


def test_a_change_of_risk_alone_changes_the_plan() -> None:
    planner = Planner()
    for there, code in ((SELDOM, Code.PAYS), (DAILY, Code.SHARE_TOO_SMALL), (SELDOM, Code.PAYS)):
        plan = planner.plan(two_regions(), make_facts(board(SELDOM, there), COUNTING))
        assert plan.find_code(CHECKOUT, "virginia") is code
