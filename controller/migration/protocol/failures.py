"""What a failure means for a migration: the one table from errors to events, and from reasons to holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from controller.errors import AccessDenied, ClusterUnreachable, ControllerError, RequestRefused, ServerFailed
from controller.migration.protocol.errors import HoldNeeded, JournalError, MoveFailed
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import Event, EventKind, HoldReason, Phase, accepts
from controller.migration.protocol.verdicts import Failed, Held, Outdated, Reached, Verdict, Waiting
from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode

#: What holds a migration whichever cluster it concerns. Every other code asks for a person.
_HOLDS: Mapping[ReasonCode, HoldReason] = {
    **dict.fromkeys(AccessDenied.codes, HoldReason.AUTH),
    Code.CLUSTER_REPLACED: HoldReason.INTERFERENCE,
    Code.COPY_PATH_FOREIGN: HoldReason.INTERFERENCE,
    Code.DEPLOYMENT_DELETED: HoldReason.INTERFERENCE,
    Code.DEPLOYMENT_FOREIGN: HoldReason.INTERFERENCE,
    Code.FENCE_FOREIGN: HoldReason.INTERFERENCE,
    Code.FENCE_REMOVED: HoldReason.INTERFERENCE,
    Code.NO_FRESH_PRICE: HoldReason.PRICE_STALE,
    Code.NOTHING_LEFT_TO_SAVE: HoldReason.COST_FLIPPED,
    Code.OBJECT_NOT_FOUND: HoldReason.INTERFERENCE,
    Code.NODE_SIZE_UNKNOWN: HoldReason.PRICE_STALE,
    Code.NO_HOME_NODE: HoldReason.PRICE_STALE,
    Code.NO_NODE_FITS: HoldReason.PRICE_STALE,
    Code.NO_REQUESTS: HoldReason.PRICE_STALE,
    Code.NO_WORKLOAD: HoldReason.PRICE_STALE,
    Code.PRICES_NOT_LIVE: HoldReason.PRICE_STALE,
    Code.PRICE_UNKNOWN: HoldReason.PRICE_STALE,
    Code.REPLICAS_CHANGED: HoldReason.INTERFERENCE,
    Code.SOURCE_RESTORED_ALONE: HoldReason.TARGET_UNREACHABLE,
    Code.TEMPLATE_CHANGED: HoldReason.TEMPLATE_CHANGED,
    Code.TOO_MANY_REPLICAS: HoldReason.INTERFERENCE,
}

#: One cluster does not answer as it should, which may pass by itself.
_SILENCES = frozenset(
    {
        *ClusterUnreachable.codes,
        *ServerFailed.codes,
        Code.LEASE_UNCERTAIN,
        Code.RATE_LIMITED,
        Code.RESOURCE_EXPIRED,
        Code.VERSION_CONFLICT,
    }
)


def to_event(error: ControllerError, record: MigrationRecord) -> Event:
    """Return what follows from an error in the record's phase. What cannot be finished fails; what may pass
    is held.
    """
    reason = error.reason
    if record.state.phase is Phase.PREFLIGHT:
        return Event(EventKind.REFUSED, reason)
    has_failed = isinstance(error, (MoveFailed, RequestRefused, JournalError))
    if has_failed and accepts(record.state, EventKind.FAILED):
        return Event(EventKind.FAILED, reason)
    return Event(EventKind.HELD, reason, find_hold(reason, record))


def find_hold(reason: Reason, record: MigrationRecord) -> HoldReason:
    """Return what kind of HOLD a reason asks for."""
    if reason.code in _SILENCES:
        is_target = reason["context"] == record.target.context
        return HoldReason.TARGET_UNREACHABLE if is_target else HoldReason.SOURCE_UNREACHABLE
    return _HOLDS.get(reason.code, HoldReason.OPERATOR)


def require_going_on(verdict: Verdict) -> Reached | Waiting | Outdated:
    """Return a verdict that turns nothing aside. Raises: HoldNeeded, MoveFailed."""
    if isinstance(verdict, Held):
        raise HoldNeeded(verdict.reason)
    if isinstance(verdict, Failed):
        raise MoveFailed(verdict.reason)
    return verdict
