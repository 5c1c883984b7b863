"""What is shown of a start is what the engine says of it; only its time is looked at here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model.start_gate import Gate, judge_start, make_start
from controller.contract.commands import StartMigration
from controller.contract.dry_run import DryRun, Verdict
from controller.contract.snapshots import Consideration
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.app.scripted_engine import ScriptedEngine

UNARMED = Code.NOT_ARMED.because(contexts=("tokyo", "virginia"))
RESTS = Code.COOLDOWN.because(ago=60.0, rest=3600.0)
CHANGED = Code.PLAN_CHANGED.because()


@pytest.fixture
def dry_run(engine: ScriptedEngine) -> DryRun:
    return engine.snapshot().opportunities[0]


def judge(dry_run: DryRun, refusal: Reason | None = None, start: StartMigration | None = None) -> Gate:
    """What is known where the engine says this of a start, that of the dry run if not another."""
    return judge_start(dry_run, Consideration(start or make_start(dry_run), refusal), dry_run.computed_at)


def test_what_the_engine_would_take_up_may_start(dry_run: DryRun) -> None:
    assert judge(dry_run) == Gate()
    assert judge(dry_run).is_open


@pytest.mark.parametrize("refusal", [UNARMED, RESTS, CHANGED], ids=lambda reason: reason.code)
def test_what_the_engine_would_answer_to_a_click_is_shown_before_it(dry_run: DryRun, refusal: Reason) -> None:
    gate = judge(dry_run, refusal)
    assert (gate.reason, gate.is_judged, gate.is_open) == (refusal, True, False)


def test_contexts_to_be_armed_are_those_that_the_engine_names(dry_run: DryRun) -> None:
    assert judge(dry_run, UNARMED).unarmed == ("tokyo", "virginia")
    assert judge(dry_run, RESTS).unarmed == ()
    assert judge(dry_run).unarmed == ()


@pytest.mark.parametrize(
    "reason",
    [
        Code.NAMESPACE_NOT_ARMED.because(namespace="shop", contexts=("tokyo",)),
        Code.ARMING_OVER.because(contexts=("tokyo",)),
        Code.ARMED_CLUSTER_REPLACED.because(contexts=("tokyo",)),
    ],
)
def test_what_is_armed_no_more_or_not_for_this_can_be_armed_anew(dry_run: DryRun, reason: Reason) -> None:
    assert judge(dry_run, reason).unarmed == ("tokyo",)


def test_a_move_that_does_not_pay_says_why_whatever_else_is_against_it(dry_run: DryRun) -> None:
    dear = Code.NOT_CHEAPER.because(target_usd_per_day=2, source_usd_per_day=1)
    gate = judge(replace(dry_run, verdict=Verdict.TOO_DEAR, reason=dear), UNARMED)
    assert gate == Gate(dear)


def test_an_outdated_dry_run_may_not_start_from_its_moment_on(dry_run: DryRun) -> None:
    """Also where no snapshot comes any more: the engine's last word was that it may."""
    considered = Consideration(make_start(dry_run), None)
    assert judge_start(dry_run, considered, dry_run.expires_at - 0.001).is_open
    assert judge_start(dry_run, considered, dry_run.expires_at) == Gate(Code.PLAN_EXPIRED.because())


@pytest.mark.parametrize(
    ("refusal", "outdated"),
    [(Code.PLAN_EXPIRED.because(), True), (CHANGED, True), (UNARMED, False), (None, False)],
)
def test_a_new_dry_run_is_asked_for_where_it_can_help(
    dry_run: DryRun, refusal: Reason | None, outdated: bool
) -> None:
    assert judge(dry_run, refusal).is_outdated is outdated


def test_what_is_not_judged_yet_is_not_known_to_start(dry_run: DryRun) -> None:
    unknown = Gate(is_judged=False)
    assert judge_start(dry_run, None, dry_run.computed_at) == unknown
    for other in (
        replace(make_start(dry_run), target="nowhere"),
        replace(make_start(dry_run), workload="other"),
    ):
        assert judge(dry_run, RESTS, other) == unknown


def test_while_the_numbers_are_renewed_what_is_against_the_move_stays(dry_run: DryRun) -> None:
    """Else the words and the button to arm would flicker with every price."""
    before = replace(make_start(dry_run), plan_digest="of a moment ago")
    assert judge(dry_run, UNARMED, before) == Gate(UNARMED, is_judged=False)
    assert judge(dry_run, CHANGED, before) == Gate(is_judged=False)
    assert judge(dry_run, None, before) == Gate(is_judged=False)
