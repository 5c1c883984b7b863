"""A cluster in several zones costs what its nodes cost there; who comes pays the cheapest."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from controller.clusters.fleet import Node, Resources
from controller.decision.sites import describe_site, price_coming, price_running, quote_group
from controller.decision.zone_prices import average, average_histories, cheapest
from oracle.bounds import MAX_PRICE_DECIMALS
from oracle.price_history import PricePoint
from oracle.quotes import Dispute, Playback, PriceMode, Quote, QuoteBoard
from oracle.signals import Interruption, Obtainability
from tests.controller.decision.worlds import NODE_SIZE, NOW, make_cluster, make_offering, make_quote

ONE_NODE = Resources(4.0, 16.0)


def quote_in(zone: str, usd: str, **changes: object) -> Quote:
    offering = replace(make_offering("virginia"), zone=zone)
    return structs.replace(make_quote("virginia", usd, offering=offering), **changes)  # type: ignore[arg-type]


A, B = quote_in("us-east-1a", "0.10"), quote_in("us-east-1b", "0.40")


def site_in(*zones: str):  # type: ignore[no-untyped-def]
    nodes = tuple(
        Node(f"n{n}", replace(make_offering("virginia"), zone=zone), zone, NODE_SIZE, True, True)
        for n, zone in enumerate(zones)
    )
    return describe_site(make_cluster("virginia", nodes=nodes))


def board_of(*quotes: Quote) -> QuoteBoard:
    return QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})


def test_what_runs_costs_the_mean_of_its_nodes_and_what_comes_the_cheapest_zone() -> None:
    site, board = site_in("us-east-1a", "us-east-1b", "us-east-1b"), board_of(A, B)
    assert price_running(site, ONE_NODE, board, NOW).usd_per_hour == Decimal("0.30")
    coming = price_coming(site, ONE_NODE, board, NOW)
    assert coming.usd_per_hour == Decimal("0.10")
    assert coming.quote is not None
    assert coming.quote.offering.zone == "us-east-1a"


def test_a_zone_where_no_node_stands_is_no_price_of_the_cluster() -> None:
    site, board = site_in("us-east-1b"), board_of(A, B)
    assert price_coming(site, ONE_NODE, board, NOW).usd_per_hour == Decimal("0.40")


def test_what_runs_has_no_price_while_one_of_its_zones_has_none() -> None:
    """The rest would be a part of the bill, and make a move look better or worse than it is."""
    site, board = site_in("us-east-1a", "us-east-1b"), board_of(A)
    assert price_running(site, ONE_NODE, board, NOW).usd_per_hour is None
    assert price_coming(site, ONE_NODE, board, NOW).usd_per_hour == Decimal("0.10")


def test_an_expired_zone_counts_as_unknown() -> None:
    site, board = site_in("us-east-1a", "us-east-1b"), board_of(A, structs.replace(B, deadline=NOW))
    (group,) = site.groups
    quotes = quote_group("virginia", group, board, NOW)
    assert (quotes.here, quotes.there) == (None, A)


def test_nodes_of_one_kind_are_one_group_wherever_they_stand() -> None:
    (group,) = site_in("us-east-1a", "us-east-1b", "us-east-1b").groups
    assert (group.count, [(one.zone, count) for one, count in group.zones]) == (
        3,
        [("us-east-1a", 1), ("us-east-1b", 2)],
    )


def test_a_mean_is_as_old_as_its_oldest_part_and_ends_with_the_first() -> None:
    older = structs.replace(B, confirmed_at=NOW - 60, deadline=NOW + 40, in_force_since=NOW - 5)
    mean = average([(structs.replace(A, in_force_since=NOW - 9), 1), (older, 1)])
    assert mean is not None
    assert (mean.confirmed_at, mean.deadline, mean.in_force_since) == (NOW - 60, NOW + 40, NOW - 5)
    assert (mean.offering.zone, mean.usd_per_hour) == ("", Decimal("0.25"))


def test_prices_of_different_worlds_have_no_mean() -> None:
    assert average([(A, 1), (structs.replace(B, mode=PriceMode.SIMULATED), 1)]) is None


def test_a_mean_names_everybody_who_said_a_part_of_it() -> None:
    mean = average([(structs.replace(A, source="zeta"), 1), (structs.replace(B, source="alpha"), 2)])
    assert mean is not None
    assert mean.source == "alpha and zeta"


def test_of_zones_that_are_taken_away_differently_nothing_is_said_as_a_whole() -> None:
    often = Interruption(0.2, 1.0, 2_592_000.0, ">20 %")
    same, other = structs.replace(A, interruption=often), structs.replace(B, interruption=often)
    both, one = average([(same, 1), (other, 1)]), average([(same, 1), (B, 1)])
    assert both is not None
    assert one is not None
    assert (both.interruption, one.interruption) == (often, None)


def test_of_equally_cheap_zones_the_first_is_taken() -> None:
    assert cheapest([(structs.replace(B, usd_per_hour=A.usd_per_hour), 1), (A, 5)]) is A
    assert cheapest([(None, 1)]) is None


def point(at: float, usd: str) -> PricePoint:
    return PricePoint(at, Decimal(usd), A.origin)


def test_the_mean_of_histories_begins_where_all_are_known_and_follows_each() -> None:
    first = (point(0, "0.10"), point(10, "0.20"), point(30, "0.30"))
    second = (point(5, "0.40"), point(30, "0.60"))
    mean = average_histories([(first, 1), (second, 3)])
    assert [(p.observed_at, p.usd_per_hour) for p in mean] == [
        (5, Decimal("0.325")),
        (10, Decimal("0.35")),
        (30, Decimal("0.525")),
    ]


@pytest.mark.parametrize("zones", [[], [((), 1), ((point(0, "1"),), 1)]])
def test_what_is_not_known_everywhere_has_no_history(zones: list[tuple[tuple[PricePoint, ...], int]]) -> None:
    assert average_histories(zones) == ()


def test_the_history_of_one_zone_is_shown_as_it_is() -> None:
    points = (point(0, "0.1"), point(1, "0.2"))
    assert average_histories([(points, 7)]) is points


def test_a_mean_of_histories_is_of_the_origin_of_its_first_zone() -> None:
    observed, other = point(0, "0.10"), PricePoint(0, Decimal("0.30"))
    assert average_histories([((observed,), 1), ((other,), 1)]) == (
        PricePoint(0, Decimal("0.2"), observed.origin),
    )


def test_a_mean_counts_each_zone_as_often_as_nodes_stand_there_and_is_rounded_as_prices_are() -> None:
    third = average([(A, 2), (B, 1)])
    assert third is not None
    assert third.usd_per_hour == Decimal("0.2")
    assert third.context == "virginia"
    long = average(
        [
            (structs.replace(A, usd_per_hour=Decimal("0.1")), 2),
            (structs.replace(B, usd_per_hour=Decimal("0.3")), 1),
        ]
    )
    assert long is not None
    assert long.usd_per_hour == round(Decimal("0.5") / 3, MAX_PRICE_DECIMALS)


def test_one_zone_is_its_own_price_as_it_was_said() -> None:
    assert average([(A, 3)]) is A
    assert average([(None, 3)]) is None
    assert average([(A, 1), (None, 1)]) is None


def test_prices_of_two_playbacks_of_one_recording_have_no_mean() -> None:
    same, other = Playback(NOW, 1.0), Playback(NOW + 60, 1.0)
    one, two = (structs.replace(quote, mode=PriceMode.RECORDED, playback=same) for quote in (A, B))
    assert average([(one, 1), (two, 1)]) is not None
    assert average([(one, 1), (structs.replace(two, playback=other), 1)]) is None


def test_a_mean_is_disputed_as_soon_as_one_of_its_parts_is() -> None:
    dispute = Dispute("another list", Decimal("0.01"))
    mean = average([(A, 1), (structs.replace(B, dispute=dispute), 1)])
    assert mean is not None
    assert mean.dispute is dispute
    plain = average([(A, 1), (B, 1)])
    assert plain is not None
    assert plain.dispute is None


def test_of_obtainability_that_zones_do_not_share_nothing_is_said() -> None:
    often, seldom = Obtainability(0.9, "9 of 10"), Obtainability(0.1, "1 of 10")
    same = [(structs.replace(q, obtainability=often), 1) for q in (A, B)]
    both = average(same)
    assert both is not None
    assert both.obtainability == often
    mixed = average([same[0], (structs.replace(B, obtainability=seldom), 1)])
    assert mixed is not None
    assert mixed.obtainability is None


def test_a_history_without_any_point_in_one_zone_is_none_and_all_at_one_moment_are_one_point() -> None:
    assert average_histories([((point(0, "0.1"),), 1), ((), 3)]) == ()
    both = average_histories([((point(4, "0.1"),), 1), ((point(4, "0.5"),), 3)])
    assert both == (point(4, "0.4"),)
    third = average_histories([((point(0, "0.1"),), 2), ((point(0, "0.3"),), 1)])
    assert third == (PricePoint(0, round(Decimal("0.5") / 3, MAX_PRICE_DECIMALS), A.origin),)
