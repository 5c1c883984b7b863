"""What a replica costs, for all classes at once: the same as one by one, to the last step."""

from __future__ import annotations

import math
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
from controller.decision.facts import Facts
from controller.decision.pod_classes import ENDLESS, UNKNOWN_CLASS, PodClass, classify
from controller.decision.pricing import RATE_STEP
from controller.decision.settings import PriceBasis
from controller.decision.sites import NodePrice, Site, describe_site, price_coming, price_running
from controller.reasons import Code
from controller.scheduling.nodes import NodeKind, NodeTerms
from controller.scheduling.pods import PLAIN, PodShape, PodTerms
from oracle.market import Offering
from oracle.quotes import QuoteBoard
from oracle.signals import Interruption
from tests.controller.decision.worlds import (
    GPU,
    NOW,
    SETTINGS,
    make_cluster,
    make_facts,
    make_offering,
    make_quote,
)

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


def price_one(site: Site, requests: Resources, facts: Facts | None = None) -> tuple[ClassTable, int]:
    """The table for one target with one class beside the unknown one."""
    table = ClassTable(1)
    number = table.add(to_class(requests))
    table.price(0, site, facts or make_facts(make_board(small="0.3", large="0.8")))
    return table, number


def test_equal_pods_are_one_class_and_requests_that_nobody_knows_are_the_first() -> None:
    table = ClassTable(2)
    assert (table.add(UNKNOWN_CLASS), table.classes) == (0, [UNKNOWN_CLASS])
    one, other = to_class(Resources(1.0, 1.0)), to_class(Resources(2.0, 1.0))
    assert [table.add(pod) for pod in (one, other, one, UNKNOWN_CLASS)] == [1, 2, 1, 0]
    assert table.classes == [UNKNOWN_CLASS, one, other]
    assert table.steps.shape[1] == 2


def test_a_target_is_priced_in_its_own_column() -> None:
    table = ClassTable(2)
    number = table.add(to_class(Resources(8.0, 1.0)))
    table.price(1, make_site(large=1), make_facts(make_board(large="0.8")))
    assert (table.steps[number] * 1e-11).tolist() == pytest.approx([0.0, 0.4])
    assert table.home_steps[number].tolist() == table.steps[number].tolist()
    assert table.free_cpu_cores[number].tolist() == [0.0, 12.0]


@pytest.mark.parametrize(
    ("limit", "is_dear"), [("0.79", True), ("0.8", False), ("0.81", False), (None, False)]
)
def test_a_node_that_costs_just_what_may_be_paid_is_not_too_dear(limit: str | None, is_dear: bool) -> None:
    facts = make_facts(make_board(large="0.8"))
    maximum = None if limit is None else Decimal(limit)
    facts = replace(facts, settings=replace(facts.settings, maximum_node_usd_per_hour=maximum))
    table, number = price_one(make_site(large=1), Resources(1.0, 1.0), facts)
    assert bool(table.too_dear[number, 0]) is is_dear
    nowhere, number = price_one(make_site(large=1), Resources(99.0, 1.0), facts)
    assert not nowhere.too_dear[number, 0], "what fits nowhere is refused for that"


def test_a_node_without_a_price_is_not_too_dear() -> None:
    facts = make_facts(make_board())
    facts = replace(facts, settings=replace(facts.settings, maximum_node_usd_per_hour=Decimal("0.1")))
    table, number = price_one(make_site(large=1), Resources(1.0, 1.0), facts)
    assert not table.too_dear[number, 0]
    assert code_of(int(table.reason[number, 0])) is Code.PRICE_UNKNOWN


@pytest.mark.parametrize(
    ("requests", "code"),
    [
        (Resources(1.0, 1.0), None),
        (Resources(17.0, 1.0), Code.NO_NODE_FITS),
        (Resources(1.0, 1.0, ((GPU, 1.0),)), Code.NO_DEVICE),
        (Resources(17.0, 1.0, ((GPU, 1.0),)), Code.NO_NODE_FITS),
    ],
    ids=["fits", "too large", "no device", "too large for any device"],
)
def test_what_fits_on_no_node_says_why_at_home_and_there(requests: Resources, code: Code | None) -> None:
    table, number = price_one(make_site(large=1), requests)
    assert code_of(int(table.reason[number, 0])) is code_of(int(table.home_reason[number, 0])) is code
    assert bool(table.steps[number, 0]) is (code is None)


def test_what_is_free_is_not_known_where_nobody_can_count_it() -> None:
    cluster = make_cluster("virginia")
    known, number = price_one(describe_site(cluster), Resources(1.0, 1.0))
    assert (known.free_cpu_cores[number, 0], known.free_memory_gib[number, 0]) == (12.0, 48.0)
    unknown, number = price_one(describe_site(replace(cluster, free=None)), Resources(1.0, 1.0))
    assert math.isnan(unknown.free_cpu_cores[number, 0])
    assert math.isnan(unknown.free_memory_gib[number, 0])


def test_places_are_counted_again_when_pods_come_and_are_endless_where_nodes_are_not_known() -> None:
    room = NodeTerms("n", NodeKind(), (("cpu", 4000), ("memory", 2**34), ("pods", 10)))
    cluster = make_cluster("virginia")
    nodes = tuple(replace(node, terms=replace(room, name=node.name)) for node in cluster.nodes)
    crowded = frozenset({(PodShape("shop", requests=(("pods", 1),)), 4)})
    empty = replace(cluster, nodes=nodes)
    table = ClassTable(1)
    number = table.add(classify(Resources(1.0, 1.0), PodTerms(PodShape(requests=(("pods", 1),))), 1))
    facts, found = make_facts(make_board()), []
    for each in (empty, replace(empty, crowds={nodes[0].name: crowded}), empty):
        table.price(0, describe_site(each), facts)
        found.append(table.places[number, 0])
    assert found == [40, 36, 40]
    table.price(0, describe_site(replace(cluster, nodes=tuple(replace(n, terms=None) for n in nodes))), facts)
    assert table.places[number, 0] == ENDLESS


def test_a_class_that_comes_later_finds_its_place_beside_those_that_have_theirs() -> None:
    site, facts = make_site(small=1, large=2), make_facts(make_board(small="0.3", large="0.8"))
    table = ClassTable(1)
    table.price(0, site, facts)
    first = table.add(to_class(Resources(8.0, 1.0)))
    table.price(0, site, facts)
    second = table.add(to_class(Resources(16.0, 1.0)))
    table.price(0, site, facts)
    assert (table.steps[[first, second], 0] * 1e-11).tolist() == pytest.approx([0.4, 0.8])


def test_architectures_share_no_bit_while_a_byte_has_one_for_each_and_where_none_is_known_anything_could_run() -> (
    None
):
    """Nine nodes of nine architectures; on each fits a pod that fits on no other."""
    node = make_cluster("virginia").nodes[0]
    nodes = tuple(
        replace(
            node, name=f"n{n}", architecture=f"arch-{n}", allocatable=Resources(1.0 + n, 9.0 - n), terms=None
        )
        for n in range(9)
    )
    table = ClassTable(1)
    numbers = [table.add(to_class(Resources(1.0 + n, 9.0 - n))) for n in range(9)]
    any_two, none = table.add(to_class(Resources(1.0, 8.0))), table.add(to_class(Resources(99.0, 1.0)))
    table.price(0, describe_site(make_cluster("virginia", nodes=nodes)), make_facts(make_board()))
    bits = [int(table.platforms[number, 0]) for number in numbers]
    assert [bin(one).count("1") for one in bits] == [1] * 9
    assert len(set(bits)) == 8, "of nine, two share one"
    assert int(table.platforms[any_two, 0]) == bits[0] | bits[1]
    assert int(table.platforms[none, 0]) == int(table.platforms[0, 0]) | 0xFF == 0xFF


@pytest.mark.parametrize("usd", ["0.1", "0.2", "0.3", "0.7", "0.9", "1.1", "1.3", "1.7"])
def test_a_rate_that_bears_interruptions_is_the_exact_one_to_the_last_step(usd: str) -> None:
    """Half a node: the half of every second price lies right between two steps."""
    daily = Interruption(0.5, 0.5, 86_400.0, "half of them")
    quote = make_quote("virginia", usd, offering=in_zone("large", 0), interruption=daily)
    board = QuoteBoard({(quote.context, quote.offering): quote})
    facts = make_facts(board, replace(SETTINGS, price_basis=PriceBasis.WITH_INTERRUPTIONS))
    half, site = Resources(8.0, 1.0), make_site(large=1)
    table, number = price_one(site, half, facts)
    exact = price_coming(site, half, board, NOW, facts.settings.lost_h)
    assert exact.usd_per_hour is not None
    assert table.steps[number, 0] == table.home_steps[number, 0] == exact.usd_per_hour / RATE_STEP


@pytest.mark.parametrize(("usd", "is_known"), [("999.99999999999", True), ("1000", False)])
def test_a_rate_beyond_belief_is_none_in_either_column(usd: str, is_known: bool) -> None:
    facts = make_facts(make_board(large=usd))
    table, number = price_one(make_site(large=1), SIZES["large"], facts)
    code = None if is_known else Code.NODE_SIZE_UNKNOWN
    assert code_of(int(table.reason[number, 0])) is code_of(int(table.home_reason[number, 0])) is code
    assert bool(table.steps[number, 0]) is is_known
