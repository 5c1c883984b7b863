"""What a replica costs, for all classes at once: the same as one by one, to the last step."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.clusters.fleet import Node, Resources
from controller.decision.class_table import ClassTable
from controller.decision.code_numbers import code_of
from controller.decision.pricing import RATE_STEP
from controller.decision.sites import Site, describe_site, price_replica
from controller.reasons import Code
from oracle.quotes import QuoteBoard
from tests.controller.decision.worlds import NOW, make_cluster, make_facts, make_offering, make_quote

SIZES = {"small": Resources(3.0, 7.91), "large": Resources(16.0, 64.0)}


def make_site(**counts: int) -> Site:
    """Virginia with so many nodes of each size."""
    nodes = [
        Node(f"{size}-{n}", make_offering("virginia", size), None, SIZES[size], True, True, "amd64")
        for size, count in counts.items()
        for n in range(count)
    ]
    return describe_site(make_cluster("virginia", nodes=tuple(nodes)))


def make_board(**prices: str) -> QuoteBoard:
    """What a node of each size costs in Virginia."""
    quotes = [make_quote("virginia", usd, offering=make_offering("virginia", s)) for s, usd in prices.items()]
    return QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})


def price_all(site: Site, board: QuoteBoard, *requests: Resources) -> tuple[ClassTable, list[int]]:
    """The table for one target, and the number of each request's class."""
    table = ClassTable(1)
    numbers = [table.add(one) for one in requests]
    table.price(0, site, make_facts(board))
    return table, numbers


amounts = st.decimals("0.01", "80", places=2).map(float)


@given(
    requests=st.lists(st.builds(Resources, amounts, amounts), min_size=1, max_size=8),
    small=st.integers(0, 3),
    large=st.integers(0, 3),
    prices=st.dictionaries(
        st.sampled_from(sorted(SIZES)), st.decimals("0", "999", places=11).map(lambda usd: f"{usd:f}")
    ),
)
def test_rates_and_what_is_missing_are_those_of_one_by_one(
    requests: list[Resources], small: int, large: int, prices: dict[str, str]
) -> None:
    site, board = make_site(small=small, large=large), make_board(**prices)
    table, numbers = price_all(site, board, *requests)
    for number, one in zip(numbers, requests, strict=True):
        price = price_replica(site, one, board, NOW)
        steps, reason = table.steps[number, 0], code_of(int(table.reason[number, 0]))
        if price.usd_per_hour is not None:
            assert (steps, reason) == (price.usd_per_hour / RATE_STEP, None)
        else:
            missing = Code.PRICE_UNKNOWN if price.group is not None else Code.NO_NODE_FITS
            assert (steps, reason) == (0.0, missing)


@pytest.mark.parametrize("steps", [1, 3, 1_000_000_009, 199_999_999_999_997])
def test_a_rate_right_between_two_steps_is_rounded_as_the_exact_one(steps: int) -> None:
    """Half a node, at a price of an odd number of steps."""
    site, board = make_site(large=1), make_board(large=f"{steps * RATE_STEP:f}")
    half = Resources(8.0, 1.0)
    table, [number] = price_all(site, board, half)
    assert table.steps[number, 0] == price_replica(site, half, board, NOW).usd_per_hour / RATE_STEP  # type: ignore[operator]


def test_a_class_that_is_new_is_priced_as_the_nodes_are_that_are_there_now() -> None:
    board = make_board(small="0.3", large="0.8")
    table, [first] = price_all(make_site(small=2), board, Resources(1.0, 1.0))
    second = table.add(Resources(8.0, 1.0))
    table.price(0, make_site(large=2), make_facts(board))
    assert [table.steps[number, 0] * 1e-11 for number in (first, second)] == pytest.approx([0.05, 0.4])


def test_a_node_is_too_dear_by_its_own_price() -> None:
    facts = make_facts(make_board(small="0.3", large="0.8"))
    settings = replace(facts.settings, maximum_node_usd_per_hour=Decimal("0.5"))
    table = ClassTable(1)
    cheap, dear = table.add(Resources(1.0, 1.0)), table.add(Resources(8.0, 1.0))
    table.price(0, make_site(small=2, large=1), replace(facts, settings=settings))
    assert [bool(table.too_dear[number, 0]) for number in (cheap, dear)] == [False, True]
