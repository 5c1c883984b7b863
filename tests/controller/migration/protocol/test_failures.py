from __future__ import annotations

import pytest

from controller.errors import ControllerError
from controller.migration.protocol.errors import (
    HoldNeeded,
    JournalError,
    LeaseUncertain,
    MigrationRefused,
    MoveFailed,
)
from controller.migration.protocol.failures import to_event
from controller.migration.protocol.states import EventKind, HoldReason, Phase, accepts
from controller.reasons import Code
from tests.controller.faults import answered, not_armed, unreachable
from tests.controller.migration.records import record

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
    assert (event.kind, event.hold) == (EventKind.HELD, hold)


FAILURES = [
    MoveFailed(Code.NOTHING_SERVES.because(context="osaka")),
    answered("osaka", 422, "exceeded quota"),
    JournalError(Code.JOURNAL_TOO_LARGE.because(size=9000, limit=8192)),
]


@pytest.mark.parametrize("error", FAILURES)
def test_what_cannot_be_finished_goes_back(error: ControllerError) -> None:
    assert to_event(error, record(Phase.SURGE)).kind is EventKind.FAILED


@pytest.mark.parametrize("error", FAILURES)
def test_a_rollback_that_is_refused_waits_for_a_person(error: ControllerError) -> None:
    event = to_event(error, record(Phase.ROLLBACK))
    assert (event.kind, event.hold) == (EventKind.HELD, HoldReason.OPERATOR)


@pytest.mark.parametrize("error", [error for error, _ in TROUBLES] + FAILURES)
def test_before_the_start_every_trouble_is_a_refusal(error: ControllerError) -> None:
    assert to_event(error, record(Phase.PREFLIGHT)).kind is EventKind.REFUSED


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
