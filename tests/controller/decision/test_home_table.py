"""What all workloads cost where their pods are: the same as one by one, to the last step."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from controller.clusters.fleet import Hosts, Resources
from controller.decision.class_table import ClassTable
from controller.decision.code_numbers import code_of
from controller.decision.home_table import HomeTable
from controller.decision.pod_classes import classify
from controller.decision.pricing import RATE_STEP
from controller.decision.settings import PriceBasis
from controller.decision.sites import describe_site, price_running
from controller.reasons import Code
from controller.scheduling.pods import PLAIN
from oracle.quotes import QuoteBoard
from oracle.signals import Interruption
from tests.controller.decision.worlds import (
    NOW,
    ON_DEMAND,
    SETTINGS,
    make_facts,
    make_mixed_cluster,
    make_offering,
    make_quote,
)

SPOT = make_offering("tokyo")
SITE = describe_site(make_mixed_cluster())


def find(
    requests: Resources, hosts: Hosts | None, spot: str, on_demand: str | None, *, bears_risk: bool = False
) -> tuple[Decimal | None, Code | None]:
    """What the table says of one workload, beside what the formula says."""
    often = Interruption(0.05, 0.1, 2_592_000.0, "5-10 %")
    quotes = [make_quote("tokyo", spot, interruption=often)]
    if on_demand is not None:
        quotes.append(make_quote("tokyo", on_demand, offering=ON_DEMAND, interruption=often))
    board = QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})
    basis = PriceBasis.WITH_INTERRUPTIONS if bears_risk else PriceBasis.PLAIN
    facts = make_facts(board, replace(SETTINGS, price_basis=basis))
    classes, table = ClassTable(1), HomeTable()
    table.write(0, 0, classes.add(classify(requests, PLAIN, 1)), hosts)
    table.price([0], [SITE], classes, facts)
    found = table.find_rates(np.array([0]))
    exact = price_running(SITE, requests, board, NOW, facts.settings.lost_h, hosts=hosts)
    code = code_of(int(found.reason[0]))
    rate = None if code is not None else RATE_STEP * int(found.steps[0])
    assert bool(found.is_placed[0]) == bool(hosts)
    if hosts:
        assert (rate, code) == (exact.usd_per_hour, exact.unknown)
    return rate, code


prices = st.decimals("0", "999", places=11).map(lambda usd: f"{usd:f}")
amounts = st.sampled_from([0.1, 1.0, 1.1, 3.0])
placed = st.lists(
    st.tuples(st.sampled_from([SPOT, ON_DEMAND, None]), st.integers(1, 9)),
    max_size=3,
    unique_by=lambda part: part[0],
).map(tuple)


@given(
    cpu=amounts, memory=amounts, hosts=placed, spot=prices, on_demand=st.none() | prices, risk=st.booleans()
)
@example(cpu=1.0, memory=0.1, hosts=((SPOT, 1),), spot="0.10000000002", on_demand=None, risk=False)
@example(cpu=3.0, memory=0.1, hosts=((SPOT, 1),), spot="0.10000000002", on_demand=None, risk=False)
@example(cpu=1.0, memory=0.1, hosts=((SPOT, 1),), spot="99999.9", on_demand=None, risk=False)
def test_rates_and_what_is_missing_are_those_of_one_by_one(
    cpu: float, memory: float, hosts: Hosts, spot: str, on_demand: str | None, risk: bool
) -> None:
    find(Resources(cpu, memory), hosts, spot, on_demand, bears_risk=risk)


def test_half_a_step_goes_to_the_even_one_as_the_formula_rounds() -> None:
    """No float tells on which side of the half it is, so that it is worked out exactly."""
    assert find(Resources(1.0, 0.1), ((SPOT, 1),), "0.10000000002", None) == (Decimal("0.02500000000"), None)
    assert find(Resources(3.0, 0.1), ((SPOT, 1),), "0.10000000002", None) == (Decimal("0.07500000002"), None)


def test_a_rate_that_nobody_would_believe_is_none() -> None:
    assert find(Resources(4.0, 0.1), ((SPOT, 1),), "1000", None) == (None, Code.NODE_SIZE_UNKNOWN)


def test_a_node_that_nobody_knows_is_named_before_a_price_that_is_missing() -> None:
    assert find(Resources(1.0, 1.0), ((ON_DEMAND, 1), (None, 1)), "1", None) == (None, Code.PODS_UNPRICED)
    assert find(Resources(1.0, 1.0), ((ON_DEMAND, 1),), "1", None) == (None, Code.PRICE_UNKNOWN)


def test_pods_that_are_not_seen_say_nothing_of_their_price() -> None:
    assert find(Resources(1.0, 1.0), None, "1", "1") == (Decimal(0), None)
