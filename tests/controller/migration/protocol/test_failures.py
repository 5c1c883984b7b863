from __future__ import annotations

import pytest

from controller.errors import AccessDenied, ClusterUnreachable, ControllerError, ServerFailed
from controller.migration.protocol.errors import HoldNeeded, JournalError, LeaseUncertain, MoveFailed
from controller.migration.protocol.failures import find_hold, to_event
from controller.migration.protocol.states import EventKind, HoldReason, Phase, accepts
from controller.reasons import Code
from oracle.foundation.reason import Reason
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


HOLDS: list[tuple[Reason, HoldReason]] = [
    (Code.CLUSTER_REPLACED.because(context="osaka"), HoldReason.INTERFERENCE),
    (Code.COPY_PATH_FOREIGN.because(path="/x"), HoldReason.INTERFERENCE),
    (Code.DEPLOYMENT_DELETED.because(context="osaka"), HoldReason.INTERFERENCE),
    (Code.DEPLOYMENT_FOREIGN.because(context="osaka"), HoldReason.INTERFERENCE),
    (Code.FENCE_FOREIGN.because(context="osaka", fence="m2:1:1"), HoldReason.INTERFERENCE),
    (Code.FENCE_REMOVED.because(context="osaka"), HoldReason.INTERFERENCE),
    (Code.NOT_ARMED.because(contexts=("osaka",)), HoldReason.OPERATOR),
    (Code.NOTHING_LEFT_TO_SAVE.because(replicas=3, worth_usd=None), HoldReason.COST_FLIPPED),
    (
        Code.PRICES_NOT_LIVE.because(contexts=("osaka",), modes=("simulated",)),
        HoldReason.PRICE_STALE,
    ),
    (Code.TOO_MANY_REPLICAS.because(context="osaka"), HoldReason.INTERFERENCE),
    (
        Code.REPLICAS_CHANGED.because(context="osaka", replicas=2, expected=3, manager="kubectl"),
        HoldReason.INTERFERENCE,
    ),
    (Code.TEMPLATE_CHANGED.because(context="osaka", manager="kubectl"), HoldReason.TEMPLATE_CHANGED),
    (
        Code.SOURCE_RESTORED_ALONE.because(replicas=6, source="paris", target="osaka", answer="none"),
        HoldReason.TARGET_UNREACHABLE,
    ),
    (Code.UNCLASSIFIED.because(text="as an older program had it"), HoldReason.OPERATOR),
]


def make(code: Code, context: str) -> Reason:
    """A reason with the parameters that it wants; which do not matter here."""
    others = {name: None for name in code.parameters if name != "context"}
    return code.because(context=context, **others)


@pytest.mark.parametrize("code", sorted(ClusterUnreachable.codes | ServerFailed.codes))
def test_a_cluster_that_gives_no_answer_may_come_back_whatever_kept_it(code: Code) -> None:
    assert find_hold(make(code, "osaka"), record()) is HoldReason.TARGET_UNREACHABLE
    assert find_hold(make(code, "paris"), record()) is HoldReason.SOURCE_UNREACHABLE


@pytest.mark.parametrize("code", sorted(AccessDenied.codes))
def test_a_credential_that_does_not_do_holds_as_one(code: Code) -> None:
    assert find_hold(make(code, "osaka"), record()) is HoldReason.AUTH


@pytest.mark.parametrize(("reason", "hold"), HOLDS, ids=lambda value: getattr(value, "code", value))
def test_the_code_alone_tells_what_kind_of_hold_it_is(reason: Reason, hold: HoldReason) -> None:
    assert find_hold(reason, record()) is hold


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
    "phase", [phase for phase in Phase if not phase.is_final and phase is not Phase.PLANNED]
)
@pytest.mark.parametrize("error", [error for error, _ in TROUBLES] + FAILURES)
def test_every_phase_knows_what_to_do_with_every_trouble(phase: Phase, error: ControllerError) -> None:
    assert accepts(record(phase).state, to_event(error, record(phase)).kind)
