"""Every judgement names what it speaks of: which cluster, which move, how many replicas, how long it was waited for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.errors import ControllerError
from controller.migration.protocol.errors import (
    FactsOutdated,
    HandedOver,
    Interrupted,
    LeaseLost,
    LeaseUncertain,
    MigrationRefused,
)
from controller.migration.protocol.leadership import refuse_start
from controller.migration.protocol.patience import GivingUp, Stay, give_up, judge_call, judge_hold
from controller.migration.protocol.record import Meter
from controller.migration.protocol.states import Event, EventKind, HoldReason
from controller.migration.protocol.verdicts import Failed, Held
from controller.migration.protocol.waves import (
    Bake,
    Settling,
    Soak,
    judge_begin,
    judge_outage,
    judge_scale_down,
    judge_settling,
    judge_soak,
    judge_surge,
    judge_verification,
)
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.migration.facts import serving, side
from tests.controller.migration.records import record

SETTINGS = MigrationSettings(hold_timeout_s=900, migration_timeout_s=3600)
BECAUSE = Code.NO_FRESH_PRICE.because()


def test_a_wave_that_does_not_begin_says_how_long_the_move_has_taken_and_where_there_are_too_many() -> None:
    late = replace(record(), meter=Meter(elapsed_s=3601))
    on_time = replace(record(), meter=Meter(elapsed_s=3600))
    assert judge_begin(late, None, SETTINGS) == Failed(Code.MIGRATION_TOO_LONG.because(elapsed_s=3601))
    assert judge_begin(on_time, BECAUSE, SETTINGS) == Held(BECAUSE)
    assert judge_surge(record(), None, 1) == Held(Code.TOO_MANY_REPLICAS.because(context="osaka"))


def test_a_target_that_does_not_serve_in_time_is_named_with_what_it_has_and_what_it_should_have() -> None:
    late, on_time = Bake(waited_s=301), Bake(waited_s=300)

    def judge(bake: Bake, deadline_s: int | None = None) -> object:
        target = replace(side(3, 2), progress_deadline_s=deadline_s)
        return judge_verification(record(), target, 3, bake, SETTINGS, now=301)

    assert judge(late) == Failed(
        Code.TARGET_NOT_SERVING.because(context="osaka", waited_s=300, available=2, replicas=3)
    )
    assert not isinstance(judge(on_time), Failed)
    assert not isinstance(judge(late, deadline_s=600), Failed), "its own deadline is longer"


def test_a_source_that_is_not_lowered_is_named_with_why() -> None:
    not_covered = judge_scale_down(record(), serving(6), None, 5, give_up_at=60, now=61)
    assert not_covered == Failed(Code.FLOOR_NOT_COVERED.because(context="osaka"))
    nothing = judge_outage(record(), side(3, 0), side(3, 0))
    assert nothing == Failed(Code.NOTHING_SERVES.because(context="osaka"))


def test_a_source_that_does_not_settle_is_named_with_the_replicas_it_should_have() -> None:
    def judge(now: float, deadline_s: int | None = None) -> object:
        source = replace(serving(6), progress_deadline_s=deadline_s)
        return judge_settling(record(), source, (), 5, Settling(1000), SETTINGS, now=now)

    assert judge(1301) == Failed(Code.SOURCE_NOT_SCALED_DOWN.because(context="paris", replicas=5))
    assert not isinstance(judge(1300), Failed)
    assert not isinstance(judge(1301, deadline_s=600), Failed), "its own deadline is longer"


def test_a_source_that_was_lowered_but_counts_more_again_has_not_settled() -> None:
    lowered = Settling(0, lowered_s=10)
    late = judge_settling(record(), serving(6), (), 5, lowered, SETTINGS, now=301)
    assert isinstance(late, Failed)


def test_a_target_that_wavers_too_long_is_named() -> None:
    wavering = Soak(looked_s=1000, healthy_s=0)
    lost = judge_soak(record(), side(6, 5), wavering, SETTINGS, now=1000)
    assert lost == Failed(Code.TARGET_LOST_REPLICAS.because(context="osaka"))


def test_what_pods_say_stands_beside_what_failed() -> None:
    why = Code.POD_WITHOUT_NODE.because(pod="a", message="0/4 nodes are available")
    wavering = Soak(looked_s=1000, healthy_s=0)
    for verdict in (
        judge_soak(record(), side(6, 5), wavering, SETTINGS, now=1000, why=why),
        judge_scale_down(record(), serving(6), None, 5, give_up_at=60, now=61, why=why),
    ):
        assert isinstance(verdict, Failed)
        assert str(verdict.reason).endswith("the pod a has no node: 0/4 nodes are available")


def test_the_end_of_a_hold_says_that_it_ended() -> None:
    ended = judge_hold(Stay(()), None, record(), SETTINGS)
    assert ended == Event(EventKind.HOLD_ENDED, Code.HOLD_ENDED.because())


def test_giving_up_says_how_long_it_was_waited_for_and_why() -> None:
    waited = Code.HOLD_TOO_LONG.because(waited_s=900, why=BECAUSE)
    one = Stay((), reasons=frozenset({HoldReason.AUTH}))
    many = Stay((), reasons=frozenset({HoldReason.AUTH, HoldReason.PRICE_STALE}))
    giving_up = GivingUp(BECAUSE)
    assert give_up(one, giving_up, SETTINGS, can_go_back=False) == Event(EventKind.STUCK, waited)
    assert give_up(one, giving_up, SETTINGS, can_go_back=True) == Event(
        EventKind.HOLD_EXPIRED, waited, HoldReason.AUTH
    )
    assert give_up(many, giving_up, SETTINGS, can_go_back=True) == Event(EventKind.HOLD_EXPIRED, waited)


def test_a_way_back_that_opens_is_named_by_where_it_leads() -> None:
    opened = judge_call(record(), has_reason=True, can_go_back=True)
    assert opened == Event(EventKind.UNSTUCK, Code.WAY_BACK_OPEN.because(context="paris"))


def test_a_start_is_refused_with_the_move_that_stands_in_its_way() -> None:
    far_away = replace(record().source, cluster_uid="cluster-c", context="tokyo")
    near = Code.MOVE_UNFINISHED.because(source="paris", target="osaka")
    elsewhere = Code.MOVE_NOT_FINISHED_ELSEWHERE.because(source="tokyo", target="osaka", migration_id="m1")
    assert refuse_start(record(), record()).reason == near
    assert refuse_start(replace(record(), source=far_away), record()).reason == elsewhere


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LeaseLost("paris", "laptop"), Code.LEASE_LOST.because(context="paris", holder="laptop")),
        (LeaseLost("paris", ""), Code.LEASE_LOST.because(context="paris", holder="nobody")),
        (
            HandedOver("paris"),
            Code.LEASE_LOST.because(context="paris", holder="a person at another instance"),
        ),
        (LeaseUncertain("paris"), Code.LEASE_UNCERTAIN.because(context="paris")),
        (FactsOutdated("paris"), Code.WRITE_TOO_LATE.because(context="paris")),
        (Interrupted(by_stop=True), Code.PROGRAM_ENDS.because()),
        (Interrupted(by_stop=False), Code.CANCELLED.because()),
        (MigrationRefused("checkout", BECAUSE, context="paris"), BECAUSE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ControllerError) else None,
)
def test_an_error_says_of_which_cluster_it_is(error: ControllerError, reason: Reason) -> None:
    assert error.reason == reason
    assert getattr(error, "context", "paris") == "paris"


def test_a_stop_and_a_cancel_are_told_apart_and_a_refusal_names_its_workload() -> None:
    assert (Interrupted(by_stop=True).by_stop, Interrupted(by_stop=False).by_stop) == (True, False)
    refused = MigrationRefused("checkout", BECAUSE)
    assert (refused.workload, refused.context) == ("checkout", None)
    assert str(refused) == f"checkout cannot be moved: {BECAUSE}"
