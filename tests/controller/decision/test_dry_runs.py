"""Dry runs in full: each number, date and sentence of a plain move, of a shift and of a way back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from controller.clusters.acceptance import Acceptance
from controller.clusters.fleet import FleetPicture, Resources, WorkloadKey
from controller.clusters.known_by import KnownBy, SizeKnownBy
from controller.contract.dry_run import DryRun, Staying, Verdict
from controller.contract.inventory import Inventory
from controller.contract.way_back import WayBack
from controller.decision.evaluation import WAY_BACK_LIFE_S, confirm_move, evaluate_move, find_candidate
from controller.decision.plan_terms import PlanTerms, compute_digest
from controller.decision.rule import Moment
from controller.reasons import Code
from oracle.quotes import Dispute, PriceMode, QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    ONE_GIB,
    OTHER_OUTLINE,
    SETTINGS,
    THERE,
    arm,
    make_board,
    make_cluster,
    make_facts,
    make_offering,
    make_picture,
    make_quote,
    make_workload,
    two_regions,
)

HERE_QUOTE, THERE_QUOTE = make_quote("tokyo", "0.40", deadline=NOW + 90), make_quote("virginia", "0.10")
BOARD = QuoteBoard({(quote.context, quote.offering): quote for quote in (HERE_QUOTE, THERE_QUOTE)})
FACTS = make_facts(BOARD)
#: What a person agrees to in the plain case.
TERMS = PlanTerms(
    workload=CHECKOUT,
    workload_uid="uid-checkout",
    template_hash="template",
    source_cluster_uid="uid-tokyo",
    target="virginia",
    target_cluster_uid="uid-virginia",
    replicas=4,
    wave_sizes=(1, 1, 1, 1),
    accepted=(),
    egress_gb=Decimal(repr(ONE_GIB)),
    egress_usd=Decimal("0.09"),
    source_usd_per_hour=Decimal("0.40"),
    target_usd_per_hour=Decimal("0.10"),
)


def judge(picture: FleetPicture, **asked: Any) -> DryRun:
    return evaluate_move(picture, asked.pop("facts", FACTS), CHECKOUT, "virginia", **asked)


def shifting(desired: int = 3, *, minimum: int | None = None, **there: Any) -> FleetPicture:
    """Checkout in Tokyo, and a Deployment of the same name in Virginia."""
    namesake = make_workload(
        THERE, desired_replicas=desired, ready_replicas=desired, available_replicas=desired
    )
    namesake = replace(namesake, **{"uid": "uid-there", **there})
    here = make_workload(minimum_replicas=minimum, accepted=frozenset({Acceptance.TEMPLATE}))
    return make_picture(make_cluster("tokyo", here), make_cluster("virginia", namesake))


def test_a_plain_move_in_full() -> None:
    seen = Inventory(NOW)
    facts = replace(FACTS, inventories={CHECKOUT: seen})
    hosts = ((make_offering("tokyo"), 4),)
    found = judge(two_regions(hosts=hosts), facts=facts)
    [charge] = found.egress_charges
    assert (charge.usd, charge.gb) == (Decimal("0.09"), Decimal(repr(ONE_GIB)))
    assert found == DryRun(
        workload=CHECKOUT,
        target="virginia",
        replicas=4,
        wave_sizes=(1, 1, 1, 1),
        horizon_h=24.0,
        source_quote=HERE_QUOTE,
        target_quote=THERE_QUOTE,
        source_usd_per_hour=Decimal("0.40"),
        target_usd_per_hour=Decimal("0.10"),
        egress_gb=Decimal(repr(ONE_GIB)),
        egress_usd_per_gb=Decimal("0.083819"),
        egress_usd=Decimal("0.09"),
        return_egress_usd=Decimal("0.02"),
        overlap_h=Decimal("0.4"),
        overlap_usd=Decimal("0.085"),
        warm_up_usd=Decimal("0.005"),
        savings_usd=Decimal("7.20"),
        net_usd=Decimal("7.02"),
        payback_h=Decimal("0.60"),
        verdict=Verdict.PAYS,
        reason=Code.PAYS.because(
            savings_usd=Decimal("7.20"), hours=Decimal(24), cost_usd=Decimal("0.18"), net_usd=Decimal("7.02")
        ),
        computed_at=NOW,
        expires_at=NOW + 90,
        plan_digest=compute_digest(TERMS),
        egress_charges=(charge,),
        state_known_by=make_workload().state_known_by,
        inventory=seen,
        runs_on=hosts,
        pod=Resources(1.0, 2.0),
        pod_known_by=make_workload().size_known_by,
    )


def test_who_says_the_size_and_the_state_is_told() -> None:
    size = SizeKnownBy(KnownBy.POD_SPEC, KnownBy.SETTING)
    said = judge(two_regions(state_known_by=KnownBy.POD_SPEC, size_known_by=size))
    assert (said.state_known_by, said.pod_known_by) == (KnownBy.POD_SPEC, size)


def test_without_one_price_the_other_side_is_shown_with_what_it_rests_on() -> None:
    found = judge(two_regions(), facts=make_facts(make_board(tokyo="0.40")))
    assert (found.source_usd_per_hour, found.target_usd_per_hour) == (Decimal("0.40"), None)
    assert (found.egress_usd, found.return_egress_usd) == (Decimal("0.09"), Decimal("0.02"))
    money = (found.overlap_usd, found.warm_up_usd, found.savings_usd, found.net_usd, found.payback_h)
    assert money == (None,) * 5
    assert found.expires_at == NOW + 180, "the price that is known ends then"
    none = judge(two_regions(), facts=make_facts(QuoteBoard({})))
    assert none.expires_at == NOW, "where there is none, it has to be computed anew at once"


def test_without_a_route_what_runs_double_is_shown_and_nothing_that_rests_on_the_route() -> None:
    nowhere = make_picture(make_cluster("tokyo", make_workload()), make_cluster("virginia", region=None))
    found = judge(nowhere)
    assert (found.egress_gb, found.egress_usd, found.egress_usd_per_gb) == (
        Decimal(repr(ONE_GIB)),
        None,
        None,
    )
    assert (found.overlap_usd, found.warm_up_usd) == (Decimal("0.085"), Decimal("0.005"))
    assert (found.savings_usd, found.net_usd, found.payback_h) == (Decimal("7.20"), None, None)
    assert found.egress_charges == ()


def test_what_is_accepted_for_one_move_is_part_of_its_terms_in_a_fixed_order() -> None:
    names = frozenset({Acceptance.TRAFFIC, Acceptance.IDENTITY})
    found = judge(two_regions(), accepts=names)
    assert found.accepts == names
    assert found.plan_digest == compute_digest(replace(TERMS, accepted=tuple(sorted(names))))


def test_what_does_not_exist_keeps_what_was_asked_for() -> None:
    names = frozenset({Acceptance.TRAFFIC})
    missing = evaluate_move(
        make_picture(), FACTS, CHECKOUT, "virginia", Moment.PLAN, way_back_of="m1", accepts=names
    )
    assert (missing.accepts, missing.way_back_of) == (names, "m1")
    assert missing.reason == Code.NO_WORKLOAD.because(workload="tokyo/shop/checkout")


def test_a_candidate_is_refused_for_what_of_it_does_not_exist() -> None:
    def find(key: WorkloadKey, target: str) -> object:
        return find_candidate(two_regions(), FACTS, key, target)

    nowhere = replace(CHECKOUT, context="mars")
    assert find(nowhere, "virginia") == Code.NO_WORKLOAD.because(workload="mars/shop/checkout")
    for other in (replace(CHECKOUT, name="x"), replace(CHECKOUT, namespace="x")):
        assert find(other, "mars") == Code.NO_WORKLOAD.because(workload=str(other))
    assert find(CHECKOUT, "mars") == Code.NO_CONTEXT.because(context="mars")


class TestStaying:
    """What does not move is on the bill, in the terms and among the warnings."""

    def test_replicas_that_stay_at_home(self) -> None:
        found = judge(two_regions(minimum_replicas=1))
        assert (found.replicas, found.wave_sizes, found.staying) == (3, (1, 1, 1), Staying(1, 0))
        assert found.warnings == (Code.KEEPS_SOME.because(keeps=1, source="tokyo"),)
        assert (found.source_usd_per_hour, found.target_usd_per_hour) == (Decimal("0.30"), Decimal("0.075"))
        assert (found.target_template, found.overlap_h) == (None, Decimal("0.3"))

    def test_replicas_that_are_shifted_to_an_equal_deployment(self) -> None:
        found = judge(shifting(3))
        told = Code.SHIFTS.because(source="tokyo", target="virginia", there=3, coming=4, keeps=0)
        assert found.warnings[:1] == (told,)
        assert Code.TEMPLATE_KEPT not in {one.code for one in found.warnings}
        assert found.staying == Staying(0, 3)
        assert (found.target_template, found.replicas) == ("template", 4)

    def test_replicas_that_are_shifted_to_one_that_differs_as_accepted(self) -> None:
        found = judge(shifting(3, minimum=1, outline=OTHER_OUTLINE, template_hash="theirs"))
        told = Code.SHIFTS.because(source="tokyo", target="virginia", there=3, coming=3, keeps=1)
        assert found.warnings[0] == told
        kept = found.warnings[1]
        assert (kept.code, kept["target"]) == (Code.TEMPLATE_KEPT, "virginia")
        assert kept["differences"]
        terms = replace(
            TERMS,
            replicas=3,
            wave_sizes=(1, 1, 1),
            accepted=(Acceptance.TEMPLATE,),
            source_usd_per_hour=Decimal("0.30"),
            target_usd_per_hour=Decimal("0.075"),
            staying=Staying(1, 3),
            target_template="theirs",
            target_uid="uid-there",
        )
        assert found.plan_digest == compute_digest(terms)

    def test_nothing_stays_where_nothing_is_said(self) -> None:
        assert judge(two_regions()).warnings == ()


class TestWayBack:
    """What a person who brings a workload back is told and agrees to."""

    FACTS = replace(FACTS, ways_back=(WayBack(CHECKOUT, "virginia", "m1", keeps=1),))

    def test_in_full(self) -> None:
        found = judge(two_regions(), facts=self.FACTS, way_back_of="m1")
        assert (found.verdict, found.replicas, found.staying) == (Verdict.WAY_BACK, 3, Staying(1, 0))
        assert found.expires_at == NOW + WAY_BACK_LIFE_S
        assert found.reason == Code.GOES_BACK.because(
            cost_usd=found.one_off_usd, here_usd_per_day=Decimal("7.20"), there_usd_per_day=Decimal("1.80")
        )
        terms = replace(TERMS, replicas=3, wave_sizes=(1, 1, 1), staying=Staying(1), way_back_of="m1")
        assert found.plan_digest == compute_digest(terms), "whatever it costs"

    def test_a_move_that_is_none_keeps_nothing_for_it(self) -> None:
        assert judge(two_regions(), facts=self.FACTS).replicas == 4
        assert judge(two_regions(), facts=self.FACTS, way_back_of="m2").replicas == 4

    @pytest.mark.parametrize(
        ("known", "here", "there"), [("tokyo", "7.20", None), ("virginia", None, "1.80")]
    )
    def test_with_one_price_the_cost_is_unknown_and_that_side_is_told(
        self, known: str, here: str | None, there: str | None
    ) -> None:
        board = QuoteBoard({key: quote for key, quote in BOARD.quotes.items() if key[0] == known})
        found = judge(two_regions(), facts=replace(self.FACTS, board=board), way_back_of="m1")
        assert found.reason == Code.GOES_BACK.because(
            cost_usd=None,
            here_usd_per_day=None if here is None else Decimal(here),
            there_usd_per_day=None if there is None else Decimal(there),
        )

    @pytest.mark.parametrize(
        ("changes", "is_signed"),
        [
            ({"mode": PriceMode.RECORDED}, True),
            ({"dispute": Dispute("another list", Decimal("0.01"))}, True),
            ({}, False),
        ],
        ids=["not live", "disputed", "unsigned"],
    )
    def test_prices_that_nobody_charges_signs_or_agrees_on_are_none(
        self, changes: dict[str, Any], is_signed: bool
    ) -> None:
        quotes = {key: structs.replace(quote, **changes) for key, quote in BOARD.quotes.items()}
        board = QuoteBoard(quotes, unsigned=frozenset(() if is_signed else quotes))
        found = judge(two_regions(), facts=replace(self.FACTS, board=board), way_back_of="m1")
        none = Code.GOES_BACK.because(cost_usd=None, here_usd_per_day=None, there_usd_per_day=None)
        assert (found.verdict, found.reason) == (Verdict.WAY_BACK, none)


class TestConfirmation:
    """What a person has confirmed is what begins."""

    FACTS = make_facts(BOARD, armed=arm("tokyo", "virginia"))

    def test_what_begins_is_the_dry_run_of_that_moment(self) -> None:
        names = frozenset({Acceptance.TRAFFIC})
        seen = judge(two_regions(), accepts=names)
        later = replace(self.FACTS, now=NOW + 30)
        begun = confirm_move(two_regions(), later, CHECKOUT, "virginia", seen.plan_digest, accepts=names)
        assert begun == replace(seen, computed_at=NOW + 30)

    def test_what_does_not_exist_is_said(self) -> None:
        refused = confirm_move(two_regions(), self.FACTS, CHECKOUT, "mars", "")
        assert refused == Code.NO_CONTEXT.because(context="mars")


def test_settings_say_how_long_waves_take_and_how_far_it_is_looked_ahead() -> None:
    settings = replace(SETTINGS, horizon_h=Decimal(12), wave_h=Decimal("0.5"), minimum_replicas=2)
    found = judge(two_regions(), facts=make_facts(BOARD, settings))
    assert (found.horizon_h, found.overlap_h, found.replicas) == (12.0, Decimal(1), 2)
    assert found.reason["hours"] == Decimal(12)
