from __future__ import annotations

from dataclasses import replace

import pytest

from controller.errors import ControllerError, NotArmed
from controller.migration.protocol.errors import (
    HoldNeeded,
    JournalError,
    LeaseUncertain,
    MigrationRefused,
    MoveFailed,
    NewerWorkFound,
)
from controller.migration.protocol.failures import require_going_on, to_event
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.pod_troubles import explain
from controller.migration.protocol.states import EventKind, HoldReason, Phase, accepts
from controller.migration.protocol.verdicts import Failed, Held, Outdated, Reached, Waiting
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.faults import answered, not_armed, unreachable
from tests.controller.migration.records import record
from tests.controller.refusals import refuses

TROUBLES: list[tuple[ControllerError, HoldReason]] = [
    (unreachable("paris", "no answer"), HoldReason.SOURCE_UNREACHABLE),
    (unreachable("osaka", "no answer"), HoldReason.TARGET_UNREACHABLE),
    (answered("osaka", 500, "etcd"), HoldReason.TARGET_UNREACHABLE),
    (answered("paris", 429, "slow down"), HoldReason.SOURCE_UNREACHABLE),
    (LeaseUncertain("osaka"), HoldReason.TARGET_UNREACHABLE),
    (answered("osaka", 403, "forbidden"), HoldReason.AUTH),
    (not_armed("osaka"), HoldReason.OPERATOR),
    (answered("paris", 404, "config map"), HoldReason.INTERFERENCE),
    (HoldNeeded(Code.NO_FRESH_PRICE.because()), HoldReason.PRICE_STALE),
]


@pytest.mark.parametrize(("error", "hold"), TROUBLES)
@pytest.mark.parametrize("phase", [Phase.SURGE, Phase.SCALE_DOWN_SOURCE, Phase.ROLLBACK])
def test_what_may_pass_is_held(error: ControllerError, hold: HoldReason, phase: Phase) -> None:
    event = to_event(error, record(phase))
    assert (event.kind, event.hold, event.reason) == (EventKind.HELD, hold, error.reason)


FAILURES = [
    MoveFailed(Code.NOTHING_SERVES.because(context="osaka")),
    answered("osaka", 422, "exceeded quota"),
    JournalError(Code.JOURNAL_TOO_LARGE.because(size=9000, limit=8192)),
]


@pytest.mark.parametrize("error", FAILURES)
def test_what_cannot_be_finished_goes_back(error: ControllerError) -> None:
    event = to_event(error, record(Phase.SURGE))
    assert (event.kind, event.reason) == (EventKind.FAILED, error.reason)


@pytest.mark.parametrize("error", FAILURES)
def test_a_rollback_that_is_refused_waits_for_a_person(error: ControllerError) -> None:
    event = to_event(error, record(Phase.ROLLBACK))
    assert (event.kind, event.hold) == (EventKind.HELD, HoldReason.OPERATOR)


@pytest.mark.parametrize("error", [error for error, _ in TROUBLES] + FAILURES)
def test_before_the_start_every_trouble_is_a_refusal(error: ControllerError) -> None:
    event = to_event(error, record(Phase.PREFLIGHT))
    assert (event.kind, event.reason) == (EventKind.REFUSED, error.reason)


@pytest.mark.parametrize(
    ("error", "context"),
    [
        (unreachable("paris", "no answer"), "paris"),
        (answered("osaka", 422, "exceeded quota"), "osaka"),
        (MigrationRefused("shop/web", Code.ROLLOUT_IN_PROGRESS.because(), context="paris"), "paris"),
        (MigrationRefused("shop/web", Code.SAME_CLUSTER.because()), None),
        (not_armed("osaka"), None),
    ],
)
def test_a_refusal_keeps_which_cluster_is_its_cause(error: ControllerError, context: str | None) -> None:
    assert to_event(error, record(Phase.PREFLIGHT)).refused_by == context


@pytest.mark.parametrize(
    "phase", [phase for phase in Phase if not phase.is_final and phase is not Phase.PLANNED]
)
@pytest.mark.parametrize("error", [error for error, _ in TROUBLES] + FAILURES)
def test_every_phase_knows_what_to_do_with_every_trouble(phase: Phase, error: ControllerError) -> None:
    assert accepts(record(phase).state, to_event(error, record(phase)).kind)


def test_who_asked_for_the_way_back_waits_for_no_silent_target() -> None:
    """Where the source lacks nothing there is nothing to raise, and a source that is silent cannot be raised."""
    unidentified = NotArmed(Code.ARMED_UNIDENTIFIED.because(contexts=("osaka",)), request="PATCH /x")
    silences = (unreachable("osaka", "no route"), answered("osaka", 401, "expired"), unidentified)
    for source_first, source, context, kind in (
        (True, 0, "osaka", EventKind.TARGET_LOST),
        (False, 0, "osaka", EventKind.HELD),
        (True, 6, "osaka", EventKind.HELD),
        (True, 0, "paris", EventKind.HELD),
    ):
        known = record(Phase.ROLLBACK, source=source, target=6)
        going_back = replace(known, state=replace(known.state, source_first=source_first))
        errors = silences if context == "osaka" else (unreachable("paris", "no route"),)
        assert {to_event(error, going_back).kind for error in errors} == {kind}


@pytest.mark.parametrize(
    ("reason", "is_lost"),
    [
        (Code.DEPLOYMENT_DELETED.because(context="osaka"), True),
        (Code.DEPLOYMENT_FOREIGN.because(context="osaka"), True),
        (Code.DEPLOYMENT_DELETED.because(context="paris"), False),
        (Code.REPLICAS_CHANGED.because(context="osaka", replicas=0, expected=6, manager="kubectl"), True),
        (Code.REPLICAS_CHANGED.because(context="osaka", replicas=1, expected=6, manager="kubectl"), False),
        (Code.REPLICAS_CHANGED.because(context="paris", replicas=0, expected=6, manager="kubectl"), False),
        (Code.TEMPLATE_CHANGED.because(context="osaka", manager="kubectl"), False),
        (Code.NOTHING_SERVES.because(context="osaka"), True),
        (Code.TARGET_LOST_REPLICAS.because(context="osaka"), True),
        (
            explain(Code.TARGET_LOST_REPLICAS.because(context="osaka"), Code.POD_NOT_READY.because(pod="a")),
            True,
        ),
    ],
)
def test_a_target_that_is_known_to_be_lost_has_the_source_raised(reason: Reason, is_lost: bool) -> None:
    lost = EventKind.TARGET_LOST if is_lost else EventKind.HELD
    event = to_event(HoldNeeded(reason), record(Phase.SOAK, source=0, target=6))
    assert (event.kind, event.reason) == (lost, reason)
    assert to_event(HoldNeeded(reason), record(Phase.VERIFY, source=6)).kind is EventKind.HELD


def test_newer_work_keeps_why_it_is_one() -> None:
    found = NewerWorkFound(
        Code.TEMPLATE_CHANGED.because(context="osaka", manager="kubectl"), NewerWork(6, "beef")
    )
    event = to_event(found, record(Phase.SOAK, source=0, target=6))
    assert (event.kind, event.reason, event.newer) == (EventKind.NEWER_WORK, found.reason, found.newer)


def test_a_verdict_that_turns_aside_does_so_with_its_reason_and_any_other_is_gone_on_with() -> None:
    for verdict in (Reached(), Waiting(), Outdated()):
        assert require_going_on(verdict) is verdict
    reason = Code.NOTHING_SERVES.because(context="osaka")
    for verdict, error in ((Held(reason), HoldNeeded), (Failed(reason), MoveFailed)):
        with refuses(error, Code.NOTHING_SERVES):
            require_going_on(verdict)
