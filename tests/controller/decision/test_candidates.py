"""One move with its exact prices: what is not known of its routes is never taken for nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from controller.clusters.fleet import Resources, Workload
from controller.contract.way_back import WayBack
from controller.decision.candidates import (
    Candidate,
    count_staying,
    find_route,
    find_state_gb,
    price_candidate,
    price_home,
    rank_candidate,
)
from controller.decision.egress import EgressRate
from controller.decision.facts import Facts
from controller.decision.settings import DecisionSettings
from controller.decision.sites import describe_site
from oracle.quotes import QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    EGRESS,
    ON_DEMAND,
    SETTINGS,
    THERE,
    make_board,
    make_cluster,
    make_facts,
    make_mixed_cluster,
    make_offering,
    make_quote,
    make_workload,
)

MOVING = make_workload(state_gb=10.0)


@dataclass(frozen=True)
class OneWay:
    """Egress prices that say nothing of what leaves a region."""

    silent: str

    def find_rate(
        self, source_provider: str, source_region: str, target_provider: str, target_region: str
    ) -> EgressRate | None:
        if source_region == self.silent:
            return None
        return EGRESS.find_rate(source_provider, source_region, target_provider, target_region)


def price(settings: DecisionSettings) -> Candidate:
    return price_candidate(
        describe_site(make_cluster("tokyo", MOVING)),
        MOVING,
        describe_site(make_cluster("virginia")),
        make_facts(make_board(tokyo="0.40", virginia="0.10"), settings),
    )


def test_a_route_back_whose_price_is_not_known_counts_as_the_route_there() -> None:
    settings = replace(SETTINGS, egress=OneWay("us-east-1"))
    candidate = price(settings)
    assert candidate.bill is not None
    assert candidate.transfer.usd is not None
    assert candidate.transfer.return_usd is None
    back = settings.return_probability * candidate.transfer.usd
    assert rank_candidate(candidate, settings) == candidate.bill.net_usd - back


def test_a_move_whose_route_is_not_known_has_no_rank() -> None:
    settings = replace(SETTINGS, egress=OneWay("ap-northeast-1"))
    assert price(settings).transfer.usd is None
    assert rank_candidate(price(settings), settings) is None


def price_of(
    workload: Workload, facts: Facts | None = None, back: str | None = None, **there: Any
) -> Candidate:
    """The move of a workload of Tokyo to Virginia."""
    source, target = make_cluster("tokyo", workload), make_cluster("virginia", **there)
    board = make_board(tokyo="0.40", virginia="0.10")
    return price_candidate(
        describe_site(source), workload, describe_site(target), facts or make_facts(board), back
    )


def test_nothing_is_priced_that_has_nothing_to_move() -> None:
    """More stay than there are: none moves, and none is owed."""
    moving = make_workload(desired_replicas=2, minimum_replicas=5)
    candidate = price_of(moving)
    assert (candidate.replicas, candidate.keeps, candidate.wave_sizes) == (0, 5, ())
    assert candidate.bill is not None
    assert candidate.bill.savings_usd == 0


@pytest.mark.parametrize(
    ("declared", "setting", "staying"), [(None, 0, 0), (None, 2, 2), (0, 2, 0), (3, 2, 3)]
)
def test_what_a_deployment_declares_to_stay_counts_before_the_settings(
    declared: int | None, setting: int, staying: int
) -> None:
    settings = replace(SETTINGS, minimum_replicas=setting)
    assert count_staying(make_workload(minimum_replicas=declared), settings) == staying


@pytest.mark.parametrize(("declared", "before", "keeps"), [(1, 3, 3), (3, 1, 3), (None, 2, 2)])
def test_a_way_back_leaves_what_ran_there_before_or_what_has_to_stay_whichever_is_more(
    declared: int | None, before: int, keeps: int
) -> None:
    way = WayBack(CHECKOUT, "virginia", "m1", keeps=before)
    facts = replace(make_facts(make_board(tokyo="0.40", virginia="0.10")), ways_back=(way,))
    back = price_of(make_workload(minimum_replicas=declared), facts, "m1")
    assert (back.keeps, back.replicas, back.way_back_of) == (keeps, 4 - keeps, "m1")
    assert price_of(make_workload(minimum_replicas=declared), facts).keeps == (declared or 0)


@pytest.mark.parametrize(("before", "is_shift"), [(3, True), (0, False)], ids=["shifted", "copied"])
def test_what_was_shifted_away_is_shifted_back_to_the_deployment_that_is_still_there(
    before: int, is_shift: bool
) -> None:
    way = WayBack(CHECKOUT, "virginia", "m1", keeps=before)
    facts = replace(make_facts(make_board(tokyo="0.40", virginia="0.10")), ways_back=(way,))
    left = (make_workload(THERE, desired_replicas=0),)
    assert price_of(make_workload(), facts, "m1", workloads=left).is_shift is is_shift
    assert not price_of(make_workload(), facts, "m1", workloads=()).is_shift, "somebody has deleted it"
    assert not price_of(make_workload(), facts, workloads=left).is_shift, "a move like any other"


@pytest.mark.parametrize(
    ("declared", "assumed", "gb"),
    [(1.5, None, "1.5"), (0.0, "7", "0.0"), (None, "7", "7"), (None, None, None)],
    ids=["declared", "declared to be none", "assumed", "unknown"],
)
def test_state_that_is_declared_counts_before_what_is_assumed(
    declared: float | None, assumed: str | None, gb: str | None
) -> None:
    settings = replace(SETTINGS, assumed_state_gb=None if assumed is None else Decimal(assumed))
    assert find_state_gb(make_workload(state_gb=declared), settings) == (None if gb is None else Decimal(gb))


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("unknown", ["provider", "region"])
def test_a_place_that_is_not_known_has_no_route(side: str, unknown: str) -> None:
    changes = {side: {unknown: None}}
    source = describe_site(make_cluster("tokyo", **changes.get("source", {})))
    target = describe_site(make_cluster("virginia", **changes.get("target", {})))
    assert find_route(EGRESS, source, target) is None


def test_a_route_is_that_from_the_source_to_the_target() -> None:
    tokyo, virginia = describe_site(make_cluster("tokyo")), describe_site(make_cluster("virginia"))
    there, back = find_route(EGRESS, tokyo, virginia), find_route(EGRESS, virginia, tokyo)
    assert there is EGRESS.find_rate("aws", "ap-northeast-1", "aws", "us-east-1")
    assert back is EGRESS.find_rate("aws", "us-east-1", "aws", "ap-northeast-1")


def test_a_transfer_is_charged_by_the_month_so_far_on_either_way() -> None:
    """From Tokyo over the internet, after 20 TB: the dear first tier is used up; back from Google it is not."""
    moving = make_workload(state_gb=1.073741824)
    facts = make_facts(make_board(tokyo="0.40", iowa="0.10"), sent_gb={"aws": Decimal(20_000)})
    tokyo, iowa = describe_site(make_cluster("tokyo", moving)), describe_site(make_cluster("iowa"))
    transfer = price_candidate(tokyo, moving, iowa, facts).transfer
    assert (transfer.gb, transfer.used_gb) == (Decimal("1.073741824"), Decimal(20_000))
    assert transfer.rate is not None
    assert (
        transfer.usd == transfer.rate.compute_usd(Decimal("1.073741824"), Decimal(20_000)) == Decimal("0.089")
    )
    back = EGRESS.find_rate("gcp", "us-central1", "aws", "ap-northeast-1")
    assert back is not None
    assert transfer.return_usd == back.compute_usd(Decimal("1.073741824"), back.find_used_gb({}))
    assert transfer.list_charges() == transfer.rate.list_charges(Decimal("1.073741824"), Decimal(20_000))


@pytest.mark.parametrize(("gb", "region"), [(None, "us-east-1"), (1.0, None)], ids=["no volume", "no route"])
def test_what_is_not_known_of_a_transfer_has_no_price_and_no_lines(
    gb: float | None, region: str | None
) -> None:
    candidate = price_of(make_workload(state_gb=gb), region=region)
    transfer = candidate.transfer
    assert (transfer.usd, transfer.return_usd, transfer.used_gb, transfer.list_charges()) == (
        None,
        None,
        0,
        (),
    )
    assert (transfer.gb is None, transfer.rate is None) == (gb is None, region is None)
    assert candidate.bill is not None, "what runs double is known all the same"
    assert candidate.bill.one_off_usd == candidate.bill.overlap_usd + candidate.bill.warm_up_usd
    assert rank_candidate(candidate, SETTINGS) is None


@pytest.mark.parametrize("known", ["tokyo", "virginia"])
def test_without_a_price_on_one_side_there_is_no_bill_and_no_rank(known: str) -> None:
    candidate = price_of(make_workload(), make_facts(make_board(**{known: "0.1"})))
    assert candidate.bill is None
    assert rank_candidate(candidate, SETTINGS) is None


def test_pods_that_come_are_those_of_the_deployment_that_is_there() -> None:
    theirs = make_workload(THERE, requests=Resources(2.0, 2.0))
    candidate = price_of(make_workload(), workloads=(theirs,))
    assert (candidate.namesake, candidate.coming) == (theirs, theirs)
    assert candidate.here.usd_per_hour == Decimal("0.10")
    assert candidate.there.usd_per_hour == Decimal("0.05"), "half of a node, and not a quarter"
    for other in (replace(THERE, name="x"), replace(THERE, namespace="x")):
        alone = price_of(make_workload(), workloads=(make_workload(other),))
        assert (alone.namesake, alone.coming.key, alone.is_shift) == (None, CHECKOUT, False)


def test_nodes_of_another_cluster_say_nothing_of_the_price_at_a_site() -> None:
    """A copy stands in for a source that is out of sight: its pods are on nodes of the target."""
    quotes = {("tokyo", ON_DEMAND): make_quote("tokyo", "1.60", offering=ON_DEMAND)}
    facts = make_facts(QuoteBoard({**make_board(tokyo="0.40").quotes, **quotes}))
    site, hosts = describe_site(make_mixed_cluster()), ((make_offering("tokyo"), 4),)
    own, copy = (make_workload(key, hosts=hosts) for key in (CHECKOUT, THERE))
    assert price_home(site, own, facts).usd_per_hour == Decimal("0.10")
    assert price_home(site, copy, facts).usd_per_hour == Decimal("0.40"), "as on most nodes there"
