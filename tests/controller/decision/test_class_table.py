"""What a replica costs, for all classes at once: the same as one by one, to the last step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.clusters.fleet import Node, Resources
from controller.decision.class_table import ClassTable
from controller.decision.code_numbers import code_of
from controller.decision.pod_classes import PodClass, classify
from controller.decision.pricing import RATE_STEP
from controller.decision.sites import NodePrice, Site, describe_site, price_coming, price_running
from controller.reasons import Code
from controller.scheduling.pods import PLAIN
from oracle.market import Offering
from oracle.quotes import QuoteBoard
from tests.controller.decision.worlds import NOW, make_cluster, make_facts, make_offering, make_quote

SIZES = {"small": Resources(3.0, 7.91), "large": Resources(16.0, 64.0)}


def make_site(zones: int = 1, **counts: int) -> Site:
    """Virginia with so many nodes of each size, spread over its first zones."""
    nodes = [
        Node(f"{size}-{n}", in_zone(size, n % zones), None, SIZES[size], True, True, "amd64")
        for size, count in counts.items()
        for n in range(count)
    ]
    return describe_site(make_cluster("virginia", nodes=tuple(nodes)))


def in_zone(size: str, zone: int) -> Offering:
    """A size in the first zone, which is the whole region, or in another one."""
    return replace(make_offering("virginia", size), zone=("", "us-east-1a", "us-east-1b")[zone])


def make_board(zones: Mapping[tuple[str, int], str] = MappingProxyType({}), **prices: str) -> QuoteBoard:
    """What a node of each size costs in Virginia."""
    known = {**{(size, 0): usd for size, usd in prices.items()}, **zones}
    quotes = [make_quote("virginia", usd, offering=in_zone(*place)) for place, usd in known.items()]
    return QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})


def to_class(requests: Resources) -> PodClass:
    """Pods that ask for nothing else."""
    return classify(requests, PLAIN, 1)


def price_all(site: Site, board: QuoteBoard, *requests: Resources) -> tuple[ClassTable, list[int]]:
    """The table for one target, and the number of each request's class."""
    table = ClassTable(1)
    numbers = [table.add(to_class(one)) for one in requests]
    table.price(0, site, make_facts(board))
    return table, numbers


amounts = st.decimals("0.01", "80", places=2).map(float)


@given(
    requests=st.lists(st.builds(Resources, amounts, amounts), min_size=1, max_size=8),
    small=st.integers(0, 3),
    large=st.integers(0, 3),
    zones=st.integers(1, 3),
    prices=st.dictionaries(
        st.tuples(st.sampled_from(sorted(SIZES)), st.integers(0, 2)),
        st.decimals("0", "999", places=11).map(lambda usd: f"{usd:f}"),
    ),
)
def test_rates_and_what_is_missing_are_those_of_one_by_one(
    requests: list[Resources], small: int, large: int, zones: int, prices: dict[tuple[str, int], str]
) -> None:
    site, board = make_site(zones, small=small, large=large), make_board(prices)
    table, numbers = price_all(site, board, *requests)
    for number, one in zip(numbers, requests, strict=True):
        coming = table.steps[number, 0], code_of(int(table.reason[number, 0]))
        running = table.home_steps[number, 0], code_of(int(table.home_reason[number, 0]))
        assert coming == expect(price_coming(site, one, board, NOW))
        assert running == expect(price_running(site, one, board, NOW))


def expect(price: NodePrice) -> tuple[object, Code | None]:
    """The steps of an exact rate, and why there are none."""
    if price.usd_per_hour is not None:
        return price.usd_per_hour / RATE_STEP, None
    return 0.0, Code.PRICE_UNKNOWN if price.group is not None else Code.NO_NODE_FITS


@pytest.mark.parametrize("steps", [1, 3, 1_000_000_009, 199_999_999_999_997])
def test_a_rate_right_between_two_steps_is_rounded_as_the_exact_one(steps: int) -> None:
    """Half a node, at a price of an odd number of steps."""
    site, board = make_site(large=1), make_board(large=f"{steps * RATE_STEP:f}")
    half = Resources(8.0, 1.0)
    table, [number] = price_all(site, board, half)
    assert table.steps[number, 0] == price_coming(site, half, board, NOW).usd_per_hour / RATE_STEP  # type: ignore[operator]


def test_a_class_that_is_new_is_priced_as_the_nodes_are_that_are_there_now() -> None:
    board = make_board(small="0.3", large="0.8")
    table, [first] = price_all(make_site(small=2), board, Resources(1.0, 1.0))
    second = table.add(to_class(Resources(8.0, 1.0)))
    table.price(0, make_site(large=2), make_facts(board))
    assert [table.steps[number, 0] * 1e-11 for number in (first, second)] == pytest.approx([0.05, 0.4])


def test_a_node_is_too_dear_by_its_own_price() -> None:
    facts = make_facts(make_board(small="0.3", large="0.8"))
    settings = replace(facts.settings, maximum_node_usd_per_hour=Decimal("0.5"))
    table = ClassTable(1)
    cheap, dear = table.add(to_class(Resources(1.0, 1.0))), table.add(to_class(Resources(8.0, 1.0)))
    table.price(0, make_site(small=2, large=1), replace(facts, settings=settings))
    assert [bool(table.too_dear[number, 0]) for number in (cheap, dear)] == [False, True]
