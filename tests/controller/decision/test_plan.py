"""What a plan says of a move when it is asked, and for how long a bill that was made once is shown again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from controller.clusters.fleet import FleetPicture, WorkloadKey
from controller.contract.dry_run import DryRun, UnofferedMove, Verdict
from controller.contract.inventory import Inventory
from controller.decision.candidates import price_candidate, rank_candidate
from controller.decision.evaluation import evaluate_move
from controller.decision.facts import Facts
from controller.decision.plan import BillCache, Offer, Plan
from controller.decision.planning import Planner
from controller.decision.sites import Site, describe_site
from controller.reasons import Code
from oracle.quotes import QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    make_board,
    make_cluster,
    make_facts,
    make_picture,
    make_workload,
)

BOARD = make_board(tokyo="0.40", virginia="0.10", oregon="0.12", iowa="0.50")
NOWHERE = replace(CHECKOUT, name="nowhere")
TIED = Code.PLACE_SELECTED.because(label="topology.kubernetes.io/zone")


def fleet(**workload: Any) -> FleetPicture:
    """Checkout in Tokyo; Virginia and Oregon are cheaper, Iowa is dearer."""
    others = (make_cluster(context) for context in ("virginia", "oregon", "iowa"))
    return make_picture(make_cluster("tokyo", make_workload(**workload)), *others)


def plan_of(picture: FleetPicture, facts: Facts | None = None) -> Plan:
    return Planner().plan(picture, facts or make_facts(BOARD))


def rank(picture: FleetPicture, target: str) -> Decimal | None:
    """What a move to a target is worth with its probable way back."""
    source, facts = describe_site(picture.clusters["tokyo"]), make_facts(BOARD)
    there = describe_site(picture.clusters[target])
    candidate = price_candidate(source, picture.clusters["tokyo"].workloads[0], there, facts)
    return rank_candidate(candidate, facts.settings)


def test_what_does_not_exist_is_named() -> None:
    plan = plan_of(fleet())
    assert plan.why(NOWHERE, "virginia") == Code.NO_WORKLOAD.because(workload="tokyo/shop/nowhere")
    assert plan.why(CHECKOUT, "mars") == Code.NO_CONTEXT.because(context="mars")
    assert plan.find_code(NOWHERE, "mars") is Code.NO_WORKLOAD
    assert plan.list_unoffered(NOWHERE) == ()


def test_a_target_that_is_not_the_best_says_which_one_is_and_by_how_much() -> None:
    picture = fleet()
    best_usd, usd = rank(picture, "virginia"), rank(picture, "oregon")
    assert best_usd is not None
    assert usd is not None
    assert best_usd > usd > 0
    better = Code.BETTER_TARGET.because(best="virginia", best_usd=best_usd, usd=usd)
    assert plan_of(picture).why(CHECKOUT, "oregon") == better


def test_a_workload_that_is_offered_lists_each_other_target_once_with_its_reason() -> None:
    plan = plan_of(fleet())
    listed = plan.list_unoffered(CHECKOUT)
    assert listed == (
        UnofferedMove(CHECKOUT, "oregon", plan.why(CHECKOUT, "oregon")),
        UnofferedMove(CHECKOUT, "iowa", plan.why(CHECKOUT, "iowa")),
    )
    assert [one.reason.code for one in listed] == [Code.BETTER_TARGET, Code.NOT_CHEAPER]


@pytest.mark.parametrize(("limit", "count"), [(0, 0), (1, 1), (2, 2), (9, 2), (None, 2)])
def test_no_more_reasons_are_listed_than_are_asked_for(limit: int | None, count: int) -> None:
    assert len(plan_of(fleet()).list_unoffered(CHECKOUT, limit)) == count


def test_a_workload_that_can_go_nowhere_is_told_once_and_without_a_target() -> None:
    paused = Code.PAUSED.because()
    listed = plan_of(fleet(immovable_reasons=(paused,))).list_unoffered(CHECKOUT)
    assert listed == (UnofferedMove(CHECKOUT, None, paused),)


def test_a_tie_is_told_once_where_nothing_runs_elsewhere_and_target_by_target_where_something_does() -> None:
    tied = fleet(immovable_reasons=(TIED,))
    assert plan_of(tied).list_unoffered(CHECKOUT) == (UnofferedMove(CHECKOUT, None, TIED),)
    there = make_cluster("oregon", make_workload(replace(CHECKOUT, context="oregon")))
    runs = FleetPicture({**tied.clusters, "oregon": there})
    assert [(one.target, one.reason.code) for one in plan_of(runs).list_unoffered(CHECKOUT)] == [
        ("virginia", Code.PLACE_SELECTED),
        ("iowa", Code.PLACE_SELECTED),
    ]


def test_what_is_against_all_moves_offers_none_and_is_the_reason_of_each() -> None:
    plan = plan_of(fleet())
    spent = Code.DAY_SPENT.because(moves=3, limit=3)
    stopped = replace(plan, fleet_reason=spent)
    assert plan.offers == (Offer(CHECKOUT, "virginia"),)
    assert stopped.offers == ()
    assert stopped.opportunities() == ()
    assert stopped.find_code(CHECKOUT, "virginia") is Code.DAY_SPENT
    assert stopped.find_code(CHECKOUT, "iowa") is Code.NOT_CHEAPER, "what is against a target counts first"


@pytest.mark.parametrize(("limit", "names"), [(0, []), (1, ["b"]), (2, ["b", "a"]), (None, ["b", "a"])])
def test_only_as_many_bills_are_made_as_are_asked_for_the_best_first(
    limit: int | None, names: list[str]
) -> None:
    pair = (
        make_workload(WorkloadKey("tokyo", "shop", "a"), desired_replicas=2, available_replicas=2),
        make_workload(WorkloadKey("tokyo", "shop", "b")),
    )
    plan = plan_of(make_picture(make_cluster("tokyo", *pair), make_cluster("virginia")))
    assert [one.workload.name for one in plan.opportunities(limit)] == names


class TestBills:
    """A bill is shown again, the same object, while all that it rests on is the same."""

    SOURCE = describe_site(make_cluster("tokyo", make_workload()))
    TARGET = describe_site(make_cluster("virginia"))
    OFFER = Offer(CHECKOUT, "virginia")

    def bill(self, bills: BillCache, facts: Facts, target: Site | None = None, **workload: Any) -> DryRun:
        moving = make_workload(**workload) if workload else self.SOURCE.cluster.workloads[0]
        return bills.evaluate(self.OFFER, self.SOURCE, moving, target or self.TARGET, facts)

    def test_it_is_the_dry_run_that_a_person_gets_who_asks_by_name(self) -> None:
        picture, facts = fleet(), make_facts(BOARD)
        assert self.bill(BillCache(), facts) == evaluate_move(picture, facts, CHECKOUT, "virginia")

    def test_a_board_with_equal_quotes_makes_no_new_one(self) -> None:
        bills, facts = BillCache(), make_facts(BOARD)
        first = self.bill(bills, facts)
        equal = make_facts(QuoteBoard(dict(BOARD.quotes)))
        assert self.bill(bills, facts) is self.bill(bills, equal) is self.bill(bills, equal) is first

    def test_it_is_not_shown_from_the_moment_on_at_which_a_price_ends(self) -> None:
        bills, end = BillCache(), NOW + 180.0
        first = self.bill(bills, make_facts(BOARD))
        assert first.verdict is Verdict.PAYS
        assert self.bill(bills, make_facts(BOARD, now=end - 0.1)) is first
        over = self.bill(bills, make_facts(BOARD, now=end))
        assert (over.verdict, over.reason.code) == (Verdict.UNKNOWN, Code.PRICE_UNKNOWN)

    def test_a_clock_that_was_put_back_finds_prices_that_are_not_yet_said(self) -> None:
        bills = BillCache()
        self.bill(bills, make_facts(BOARD))
        earlier = self.bill(bills, make_facts(BOARD, now=NOW - 3600))
        assert earlier.reason.code is Code.PRICE_UNKNOWN

    @pytest.mark.parametrize("context", ["tokyo", "virginia"])
    def test_another_price_on_either_side_makes_another_one(self, context: str) -> None:
        bills = BillCache()
        first = self.bill(bills, make_facts(BOARD))
        prices = {key: structs.replace(quote, usd_per_hour=quote.usd_per_hour + Decimal("0.001"))
                  if key[0] == context else quote for key, quote in BOARD.quotes.items()}  # fmt: skip
        changed = self.bill(bills, make_facts(QuoteBoard(prices)))
        assert changed.savings_usd != first.savings_usd

    def test_another_workload_cluster_or_inventory_makes_another_one(self) -> None:
        facts, seen = make_facts(BOARD), Inventory(NOW)
        elsewhere = describe_site(make_cluster("virginia", uid="another"))
        for facts_then, target, workload in (
            (facts, None, {"template_hash": "newer"}),
            (facts, elsewhere, {}),
            (replace(facts, inventories={CHECKOUT: seen}), None, {}),
        ):
            bills = BillCache()
            first = self.bill(bills, facts)
            then = self.bill(bills, facts_then, target, **workload)
            assert (then.plan_digest, then.inventory) != (first.plan_digest, first.inventory)

    def test_what_is_not_offered_any_more_is_forgotten_and_nothing_else(self) -> None:
        bills, facts = BillCache(), make_facts(BOARD)
        first = self.bill(bills, facts)
        bills.forget_all_but(frozenset({self.OFFER}))
        assert self.bill(bills, facts) is first
        bills.forget_all_but(frozenset({Offer(CHECKOUT, "oregon")}))
        again = self.bill(bills, facts)
        assert again is not first
        assert again == first
