"""What a replica costs where its pods are."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from controller.clusters.fleet import Hosts, Resources
from controller.decision.sites import NodePrice, describe_site, price_running
from controller.reasons import Code
from oracle.quotes import PriceMode, QuoteBoard
from tests.controller.decision.worlds import (
    NOW,
    ON_DEMAND,
    make_mixed_cluster,
    make_offering,
    make_quote,
)

SPOT = make_offering("tokyo")
QUOTES = (make_quote("tokyo", "0.10"), make_quote("tokyo", "0.40", offering=ON_DEMAND, deadline=NOW + 60))
BOARD = QuoteBoard({(quote.context, quote.offering): quote for quote in QUOTES})
#: A quarter of a node.
POD = Resources(1.0, 2.0)


def price(hosts: Hosts | None, board: QuoteBoard = BOARD) -> NodePrice:
    return price_running(describe_site(make_mixed_cluster()), POD, board, NOW, hosts=hosts)


@pytest.mark.parametrize(
    ("hosts", "usd"),
    [
        (((SPOT, 4),), "0.025"),
        (((ON_DEMAND, 4),), "0.1"),
        (((SPOT, 3), (ON_DEMAND, 1)), "0.04375"),
        (None, "0.1"),
    ],
    ids=["all on spot", "all on demand", "three on spot", "not seen: as most nodes are"],
)
def test_a_replica_costs_what_the_nodes_of_its_pods_cost(hosts: Hosts | None, usd: str) -> None:
    assert price(hosts).usd_per_hour == Decimal(usd)


def test_where_a_pod_is_on_a_node_that_nobody_knows_nothing_is_known() -> None:
    found = price(((None, 1), (SPOT, 3)))
    assert (found.usd_per_hour, found.unknown) == (None, Code.PODS_UNPRICED)


def test_what_has_no_price_on_one_of_its_nodes_has_none() -> None:
    found = price(((SPOT, 3), (ON_DEMAND, 1)), QuoteBoard({("tokyo", SPOT): QUOTES[0]}))
    assert (found.usd_per_hour, found.unknown, found.unpriced) == (None, Code.PRICE_UNKNOWN, ON_DEMAND)


def test_prices_of_two_worlds_have_no_mean() -> None:
    recorded = structs.replace(QUOTES[1], mode=PriceMode.RECORDED)
    found = price(((SPOT, 3), (ON_DEMAND, 1)), QuoteBoard({**BOARD.quotes, ("tokyo", ON_DEMAND): recorded}))
    assert (found.usd_per_hour, found.unknown) == (None, Code.PRICE_UNKNOWN)


def test_a_price_of_several_kinds_holds_until_the_first_of_them_ends() -> None:
    assert price(((SPOT, 3), (ON_DEMAND, 1))).deadline == NOW + 60
    assert price(((SPOT, 3),)).deadline == NOW + 180


def test_what_is_shown_of_a_node_is_that_of_the_kind_with_most_pods() -> None:
    found = price(((SPOT, 3), (ON_DEMAND, 1)))
    assert found.quote == QUOTES[0]
    assert found.quotes == QUOTES
    assert found.offerings == (SPOT, ON_DEMAND)


def test_prices_of_two_worlds_name_the_kind_with_most_pods() -> None:
    recorded = structs.replace(QUOTES[1], mode=PriceMode.RECORDED)
    board = QuoteBoard({**BOARD.quotes, ("tokyo", ON_DEMAND): recorded})
    assert price(((SPOT, 3), (ON_DEMAND, 1)), board).unpriced == SPOT


def test_a_risk_that_nobody_knows_is_why_a_price_that_bears_it_is_not_known() -> None:
    site, lost_h = describe_site(make_mixed_cluster()), Decimal(1)
    found = price_running(site, POD, BOARD, NOW, lost_h, hosts=((SPOT, 3),))
    assert (found.usd_per_hour, found.unknown, found.unpriced) == (None, Code.RISK_UNKNOWN, SPOT)
    plain = price_running(site, POD, BOARD, NOW, hosts=((SPOT, 3),))
    assert plain.usd_per_hour == Decimal("0.025")


def test_where_pods_run_their_room_and_platforms_are_those_of_nodes_that_take_them() -> None:
    placed, unseen = price(((SPOT, 3),)), price(None)
    assert (placed.room, placed.platforms) == (unseen.room, unseen.platforms)
    assert placed.room is not None
    assert placed.platforms == {"amd64"}
