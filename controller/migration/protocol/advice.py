"""What a person can do about a migration that no event moves on by itself: one sentence for each kind of trouble. Pure.

Every wait that may last for ever has one. Those that end by themselves, or by the patience of a HOLD, have none.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.holds import find_hold
from controller.migration.protocol.ownership import is_loss_of_target
from controller.migration.protocol.pod_troubles import find_explained
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import HoldReason, Phase
from controller.reasons import Code
from oracle.foundation.reason import Parameter, Reason, ReasonCode

#: Why nobody acts upon a journal.
_DOUBTS = frozenset(
    {
        Code.JOURNAL_CONTRADICTED,
        Code.JOURNAL_NOT_BELIEVED_THERE,
        Code.JOURNAL_OF_ONE_CLUSTER,
        Code.JOURNAL_OUTDATED,
        Code.JOURNAL_OVER_THERE,
        Code.JOURNAL_REPLACED,
        Code.JOURNAL_UNFENCED,
    }
)

#: Reasons that say themselves what to do, or with which program.
_PLAIN = frozenset(
    {
        Code.JOURNAL_FOREIGN,
        Code.JOURNAL_FORGED,
        Code.JOURNAL_NEWER,
        Code.JOURNAL_STEP_UNKNOWN,
        Code.JOURNAL_UNSIGNED,
        Code.NOT_ARMED,
    }
)

_ADVICE: Mapping[ReasonCode, ActCode] = {
    **dict.fromkeys(_DOUBTS, ActCode.ADVICE_ON_DOUBT),
    Code.CLUSTER_REPLACED: ActCode.ADVICE_ON_REPLACED_CLUSTER,
    Code.DEPLOYMENT_DELETED: ActCode.ADVICE_ON_DELETED_SOURCE,
    Code.DEPLOYMENT_FOREIGN: ActCode.ADVICE_ON_OTHER_SOURCE,
    Code.NEWER_WORK_IN_THE_WAY: ActCode.ADVICE_ON_NEWER_WORK,
    Code.ROLLBACK_WAITS_FOR_PODS: ActCode.ADVICE_ON_MISSING_PODS,
}

_SILENCES = (HoldReason.SOURCE_UNREACHABLE, HoldReason.TARGET_UNREACHABLE, HoldReason.AUTH)


def find_advice(record: MigrationRecord) -> Reason | None:
    """Return what a person can do; None where nothing waits for one."""
    reason = record.state.reason
    is_resuming = reason is not None and reason.code is Code.WAITING_TO_RESUME
    calls_somebody = record.state.phase is Phase.NEEDS_OPERATOR or needs_person_though_insured(record)
    if not calls_somebody and not is_resuming:
        return None
    root = find_root(reason) if reason is not None else None
    if root is not None and root.code in _PLAIN:
        return None
    if reason is not None and _is_insured_loss(record) and not is_resuming:
        return _fill(ActCode.ADVICE_ON_LOST_TARGET, record)
    if record.state.asks_before_going_back and not is_resuming:
        return _fill(ActCode.ADVICE_ON_NEWER_WORK, record)
    return _fill(_choose(root, record, is_resuming=is_resuming), record)


def is_insured_for_good(record: MigrationRecord) -> bool:
    """Whether the source was raised because what others have deployed in the target does not come to serve: nothing is
    taken back there, so that only a person moves it on.
    """
    reason, state = record.state.reason, record.state
    is_stuck = reason is not None and find_explained(reason).code is Code.TARGET_NOT_SERVING
    return state.phase is Phase.INSURED and state.asks_before_going_back and is_stuck


def needs_person_though_insured(record: MigrationRecord) -> bool:
    """Whether an insurance waits for what only a person brings about: a target that is known to be lost or to serve
    nothing, or a source that refuses its replicas. A silence may pass.
    """
    return is_insured_for_good(record) or _is_insured_loss(record) or _is_refused_by_source(record)


def _is_insured_loss(record: MigrationRecord) -> bool:
    reason = record.state.reason
    return record.state.phase is Phase.INSURED and reason is not None and is_loss_of_target(reason, record)


def _is_refused_by_source(record: MigrationRecord) -> bool:
    """Whether the replicas are not even asked for, because of something in the source."""
    reason = record.state.reason
    is_about_source = (
        reason is not None and ("context", record.source.context) in find_root(reason).parameters
    )
    return record.state.phase is Phase.INSURED and record.source_is_short and is_about_source


def find_root(reason: Reason) -> Reason:
    """Return what a reason comes of: the innermost one."""
    inner = next((value for _, value in reason.parameters if isinstance(value, Reason)), None)
    return reason if inner is None else find_root(inner)


def _choose(root: Reason | None, record: MigrationRecord, *, is_resuming: bool) -> ActCode:
    if root is not None and root.code in _ADVICE:
        return _ADVICE[root.code]
    if root is not None and (is_resuming or find_hold(root, record) in _SILENCES):
        return ActCode.ADVICE_ON_SILENCE
    return ActCode.ADVICE_IN_GENERAL


def _fill(code: ActCode, record: MigrationRecord) -> Reason:
    known: Mapping[str, Parameter] = {
        "source": record.source.context,
        "target": record.target.context,
        "migration_id": record.migration_id,
    }
    return code.because(**{name: known[name] for name in code.parameters})
