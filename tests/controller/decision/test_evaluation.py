"""The 24-hour dry run: its numbers, its verdicts, and what it never says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.clusters.acceptance import Acceptance
from controller.clusters.fleet import WorkloadKey
from controller.clusters.known_by import KnownBy
from controller.contract.dry_run import DryRun, Verdict
from controller.contract.egress import EgressKind, EgressUnit
from controller.decision.evaluation import confirm_move, evaluate_move
from controller.decision.settings import DecisionSettings
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.quotes import QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    SETTINGS,
    arm,
    make_board,
    make_cluster,
    make_facts,
    make_picture,
    make_quote,
    make_workload,
    two_regions,
)

prices = st.decimals(min_value="0.001", max_value=50, places=4)
gigabytes = st.floats(min_value=0, max_value=5000).map(lambda gb: round(gb, 3))

#: What comes from outside to the pods would still go to the old cluster.
TIED = Code.EXPOSED_POD.because(annotation="external-dns")


def evaluate(
    tokyo: str = "0.40", virginia: str = "0.10", settings: DecisionSettings = SETTINGS, **workload: Any
) -> DryRun:
    board = make_board(tokyo=tokyo, virginia=virginia)
    return evaluate_move(two_regions(**workload), make_facts(board, settings), CHECKOUT, "virginia")


def test_a_clear_case_pays_with_every_number_in_it() -> None:
    dry_run = evaluate()
    assert dry_run.verdict is Verdict.PAYS
    assert dry_run.source_usd_per_hour == Decimal("0.40")
    assert dry_run.target_usd_per_hour == Decimal("0.10")
    assert dry_run.savings_usd == Decimal("7.20")
    assert dry_run.egress_usd == Decimal("0.09")
    assert dry_run.return_egress_usd == Decimal("0.02")
    assert dry_run.warm_up_usd == Decimal("0.005")
    # Four pods in four waves of 0.1 h: the target's 0.1 h, and 0.25 h of late savings.
    assert dry_run.overlap_usd == Decimal("0.010") + Decimal("0.075")
    assert dry_run.overlap_h == Decimal("0.4")
    assert dry_run.net_usd == Decimal("7.02")
    assert dry_run.payback_h == Decimal("0.60")
    assert dry_run.reason.code is Code.PAYS
    assert dry_run.reason["net_usd"] == Decimal("7.02")


def test_few_replicas_move_in_few_waves_which_costs_less() -> None:
    dry_run = evaluate(settings=replace(SETTINGS, wave_replicas=3))
    assert dry_run.wave_sizes == (1, 3)
    assert dry_run.overlap_h == Decimal("0.2")
    assert dry_run.net_usd == Decimal("7.0425")


def test_what_speaks_against_a_move_is_the_verdict_and_its_numbers_are_shown_all_the_same() -> None:
    too_dear = evaluate(state_gb=100.0)
    assert (too_dear.verdict, too_dear.reason.code) == (Verdict.TOO_DEAR, Code.COSTS_MORE)
    assert too_dear.net_usd is not None
    assert too_dear.net_usd < 0
    refused = evaluate(immovable_reasons=(Code.PAUSED.because(),))
    assert (refused.verdict, refused.reason) == (Verdict.REFUSED, Code.PAUSED.because())
    assert refused.net_usd == Decimal("7.02")


def test_what_was_accepted_stands_on_the_bill_and_makes_another_plan() -> None:
    accepted = two_regions(accepted=frozenset({Acceptance.TRAFFIC}))
    facts = make_facts(make_board(tokyo="0.40", virginia="0.10"))
    before, now = (
        evaluate_move(picture, facts, CHECKOUT, "virginia") for picture in (two_regions(), accepted)
    )
    assert (before.warnings, now.warnings) == ((), (Code.ACCEPTED_TRAFFIC.because(),))
    assert now.verdict is Verdict.PAYS
    answer = confirm_move(accepted, facts, CHECKOUT, "virginia", before.plan_digest)
    assert answer == Code.PLAN_CHANGED.because()


def test_a_dearer_target_never_pays_back() -> None:
    dry_run = evaluate(tokyo="0.10", virginia="0.40")
    assert dry_run.reason.code is Code.NOT_CHEAPER
    assert dry_run.payback_h is None


def test_what_does_not_exist_is_refused_with_its_name() -> None:
    facts = make_facts(make_board(tokyo="0.40"))
    missing = WorkloadKey("tokyo", "shop", "nowhere")
    nowhere = evaluate_move(two_regions(), facts, missing, "virginia")
    assert nowhere.reason == Code.NO_WORKLOAD.because(workload="tokyo/shop/nowhere")
    mars = evaluate_move(two_regions(), facts, CHECKOUT, "mars")
    assert mars.reason == Code.NO_CONTEXT.because(context="mars")
    assert mars.verdict is nowhere.verdict is Verdict.REFUSED


def test_without_a_price_nothing_of_the_money_is_known() -> None:
    dry_run = evaluate_move(two_regions(), make_facts(make_board(tokyo="0.1")), CHECKOUT, "virginia")
    assert dry_run.verdict is Verdict.UNKNOWN
    assert (dry_run.net_usd, dry_run.overlap_usd, dry_run.payback_h) == (None, None, None)


def test_without_a_state_what_is_known_is_still_shown() -> None:
    dry_run = evaluate(state_gb=None)
    assert dry_run.verdict is Verdict.UNKNOWN
    assert (dry_run.savings_usd, dry_run.net_usd, dry_run.payback_h) == (Decimal("7.20"), None, None)


def test_the_dry_run_says_how_its_state_is_known() -> None:
    assumed = replace(SETTINGS, assumed_state_gb=Decimal(2))
    seen: dict[str, Any] = {"state_gb": 0.0, "state_known_by": KnownBy.POD_SPEC}
    assert evaluate(**seen, settings=assumed).state_known_by is KnownBy.POD_SPEC
    assert evaluate(state_gb=None, settings=assumed).state_known_by is KnownBy.SETTING
    assert evaluate(state_gb=None).state_known_by is None


def test_the_dry_run_says_what_its_egress_is_made_of() -> None:
    dry_run = evaluate(state_gb=10.0)
    [charge] = dry_run.egress_charges
    assert (charge.kind, charge.unit, charge.usd_per_unit) == (
        EgressKind.BETWEEN_REGIONS,
        EgressUnit.GIB,
        Decimal("0.09"),
    )
    assert charge.usd == dry_run.egress_usd
    assert charge.source.text.startswith("AWS Price List")
    assert evaluate(state_gb=None).egress_charges == ()


def test_the_month_so_far_is_part_of_what_a_move_is_charged() -> None:
    """Of 20 TB that our moves have sent, the dear first tier is used up."""
    picture = make_picture(make_cluster("tokyo", make_workload()), make_cluster("iowa"))
    board = make_board(tokyo="0.40", iowa="0.10")
    first, later = (
        evaluate_move(picture, make_facts(board, sent_gb=sent), CHECKOUT, "iowa")
        for sent in ({}, {"aws": Decimal(20_000)})
    )
    assert (first.egress_usd, later.egress_usd) == (Decimal("0.114"), Decimal("0.089"))
    assert [charge.above for charge in later.egress_charges] == [10_240]


def test_the_price_of_nothing_is_that_of_the_first_gb_and_not_of_what_others_had_free() -> None:
    picture = make_picture(make_cluster("tokyo", make_workload(state_gb=0.0)), make_cluster("iowa"))
    board = make_board(tokyo="0.40", iowa="0.10")
    dry_run = evaluate_move(picture, make_facts(board), CHECKOUT, "iowa")
    assert (dry_run.egress_usd, dry_run.egress_usd_per_gb) == (0, Decimal("0.106171"))


def test_the_settings_may_assume_a_state() -> None:
    settings = replace(SETTINGS, assumed_state_gb=Decimal("2.147483648"))
    assert evaluate(state_gb=None, settings=settings).egress_usd == Decimal("0.18")


def test_a_plan_expires_with_the_older_price() -> None:
    quotes = [make_quote("tokyo", "0.40", deadline=NOW + 60), make_quote("virginia", "0.10")]
    board = QuoteBoard({(q.context, q.offering): q for q in quotes})
    assert evaluate_move(two_regions(), make_facts(board), CHECKOUT, "virginia").expires_at == NOW + 60


@given(tokyo=prices, virginia=prices, gb=gigabytes)
def test_the_sums_are_exact(tokyo: Decimal, virginia: Decimal, gb: float) -> None:
    dry_run = evaluate(str(tokyo), str(virginia), state_gb=gb)
    assert dry_run.source_usd_per_hour is not None
    assert dry_run.target_usd_per_hour is not None
    assert dry_run.savings_usd == (dry_run.source_usd_per_hour - dry_run.target_usd_per_hour) * 24
    parts = (dry_run.egress_usd, dry_run.overlap_usd, dry_run.warm_up_usd)
    costs = sum((part for part in parts if part is not None), Decimal(0))
    assert dry_run.net_usd == dry_run.savings_usd - costs


@given(tokyo=prices, virginia=prices, gb=gigabytes)
def test_only_a_gain_pays(tokyo: Decimal, virginia: Decimal, gb: float) -> None:
    dry_run = evaluate(str(tokyo), str(virginia), state_gb=gb)
    if dry_run.verdict is Verdict.PAYS:
        assert dry_run.net_usd is not None
        assert dry_run.net_usd >= SETTINGS.minimum_net_usd
        assert dry_run.payback_h is not None
        assert dry_run.payback_h <= 24


@given(gb=gigabytes, more=st.floats(min_value=0.001, max_value=1000).map(lambda gb: round(gb, 3)))
def test_more_data_never_makes_a_move_better(gb: float, more: float) -> None:
    little, much = evaluate(state_gb=gb).net_usd, evaluate(state_gb=gb + more).net_usd
    assert little is not None
    assert much is not None
    assert much < little


@given(tokyo=prices, virginia=prices)
def test_moving_there_and_back_never_gains(tokyo: Decimal, virginia: Decimal) -> None:
    picture = two_regions()
    back = make_picture(
        make_cluster("tokyo"), make_cluster("virginia", make_workload(replace(CHECKOUT, context="virginia")))
    )
    facts = make_facts(make_board(tokyo=str(tokyo), virginia=str(virginia)))
    out = evaluate_move(picture, facts, CHECKOUT, "virginia")
    home = evaluate_move(back, facts, replace(CHECKOUT, context="virginia"), "tokyo")
    assert out.net_usd is not None
    assert home.net_usd is not None
    assert out.net_usd + home.net_usd < 0


def accepting(*names: Acceptance, reason: Reason = TIED) -> DryRun:
    """The dry run of a workload that is tied down, with what a person accepts for this one move."""
    facts, tied = (
        make_facts(make_board(tokyo="0.40", virginia="0.10")),
        two_regions(immovable_reasons=(reason,)),
    )
    return evaluate_move(tied, facts, CHECKOUT, "virginia", accepts=frozenset(names))


def test_what_a_person_accepts_for_one_move_refuses_it_no_more_and_stands_on_its_bill() -> None:
    refused, accepted = accepting(), accepting(Acceptance.TRAFFIC)
    assert (refused.verdict, refused.reason) == (Verdict.REFUSED, TIED)
    assert (accepted.verdict, accepted.warnings) == (Verdict.PAYS, (Code.ACCEPTED_TRAFFIC.because(),))
    assert accepted.accepts == {Acceptance.TRAFFIC}


@pytest.mark.parametrize("others", [Acceptance.IDENTITY, Acceptance.HOST_ACCESS, Acceptance.TWO_AT_ONCE])
def test_what_is_accepted_for_one_move_accepts_nothing_else(others: Acceptance) -> None:
    assert accepting(others).reason == TIED
    assert accepting(*Acceptance, reason=Code.PAUSED.because()).reason == Code.PAUSED.because()


def test_a_confirmation_holds_for_what_was_accepted_with_it_and_for_no_more_and_no_less() -> None:
    board = make_board(tokyo="0.40", virginia="0.10")
    facts, tied = make_facts(board, armed=arm("tokyo", "virginia")), two_regions(immovable_reasons=(TIED,))
    digest = accepting(Acceptance.TRAFFIC).plan_digest

    def confirm(*names: Acceptance) -> DryRun | Reason:
        return confirm_move(tied, facts, CHECKOUT, "virginia", digest, accepts=frozenset(names))

    confirmed = confirm(Acceptance.TRAFFIC)
    assert isinstance(confirmed, DryRun)
    assert confirmed.accepts == {Acceptance.TRAFFIC}
    assert confirm() == TIED
    assert confirm(Acceptance.TRAFFIC, Acceptance.IDENTITY) == Code.PLAN_CHANGED.because()


class TestConfirmation:
    """A person confirms what they saw, by its digest."""

    def confirm(
        self, digest: str, *, tokyo: str = "0.40", virginia: str = "0.10", armed: bool = True, **workload: Any
    ) -> DryRun | Reason:
        contexts = arm(*(("tokyo", "virginia") if armed else ()))
        facts = make_facts(make_board(tokyo=tokyo, virginia=virginia), armed=contexts)
        return confirm_move(two_regions(**workload), facts, CHECKOUT, "virginia", digest)

    def test_the_same_plan_is_confirmed(self) -> None:
        confirmed = self.confirm(evaluate().plan_digest)
        assert isinstance(confirmed, DryRun)
        assert confirmed.verdict is Verdict.PAYS

    @example(drift=-0.0199, base=Decimal("0.1422"))
    @given(drift=st.floats(min_value=-0.0199, max_value=0.0199), base=prices)
    def test_a_tick_below_two_percent_is_always_accepted(self, drift: float, base: Decimal) -> None:
        seen, later = str(base), str(base * Decimal(repr(1 + drift)))
        digest = evaluate(tokyo="90", virginia=seen).plan_digest
        assert isinstance(self.confirm(digest, tokyo="90", virginia=later), DryRun)

    @given(drift=st.floats(min_value=0.0417, max_value=0.5), base=prices)
    def test_a_change_above_four_point_two_percent_is_never_accepted(
        self, drift: float, base: Decimal
    ) -> None:
        seen, later = str(base), str(base * Decimal(repr(1 + drift)))
        digest = evaluate(tokyo="90", virginia=seen).plan_digest
        assert self.confirm(digest, tokyo="90", virginia=later) == Code.PLAN_CHANGED.because()

    @pytest.mark.parametrize(
        "change",
        [
            {"uid": "another"},
            {"template_hash": "another"},
            {"desired_replicas": 5, "available_replicas": 5},
            {"state_gb": 2.0},
        ],
        ids=["recreated", "new template", "scaled", "more data"],
    )
    def test_another_workload_is_another_plan(self, change: dict[str, Any]) -> None:
        assert self.confirm(evaluate().plan_digest, **change) == Code.PLAN_CHANGED.because()

    def test_a_plan_that_no_longer_pays_is_refused_for_that(self) -> None:
        refusal = self.confirm(evaluate().plan_digest, tokyo="0.05")
        assert isinstance(refusal, Reason)
        assert refusal.code is Code.NOT_CHEAPER

    def test_a_confirmation_asks_for_permission_as_well(self) -> None:
        refusal = self.confirm(evaluate().plan_digest, armed=False)
        assert refusal == Code.NOT_ARMED.because(contexts=("tokyo", "virginia"))

    def test_what_is_gone_is_not_confirmed(self) -> None:
        facts = make_facts(make_board(tokyo="0.40", virginia="0.10"))
        refusal = confirm_move(make_picture(), facts, CHECKOUT, "virginia", evaluate().plan_digest)
        assert refusal == Code.NO_WORKLOAD.because(workload=str(CHECKOUT))


def test_of_what_does_not_exist_nothing_is_known_but_the_reason() -> None:
    facts = make_facts(make_board(tokyo="0.40"))
    missing = WorkloadKey("tokyo", "shop", "nowhere")
    assert evaluate_move(two_regions(), facts, missing, "virginia", way_back_of="m1") == DryRun(
        workload=missing,
        target="virginia",
        replicas=0,
        wave_sizes=(),
        horizon_h=24.0,
        source_quote=None,
        target_quote=None,
        source_usd_per_hour=None,
        target_usd_per_hour=None,
        egress_gb=None,
        egress_usd_per_gb=None,
        egress_usd=None,
        return_egress_usd=None,
        overlap_h=Decimal(0),
        overlap_usd=None,
        warm_up_usd=None,
        savings_usd=None,
        net_usd=None,
        payback_h=None,
        verdict=Verdict.REFUSED,
        reason=Code.NO_WORKLOAD.because(workload="tokyo/shop/nowhere"),
        computed_at=facts.now,
        expires_at=facts.now,
        plan_digest="",
        way_back_of="m1",
    )
