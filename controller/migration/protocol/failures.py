"""What a failure means for a migration: the one way from errors to events. Pure."""

from __future__ import annotations

from controller.errors import ClusterError, ControllerError, RequestRefused
from controller.migration.protocol.errors import (
    HoldNeeded,
    JournalError,
    MigrationRefused,
    MoveFailed,
    NewerWorkFound,
)
from controller.migration.protocol.holds import find_hold, find_silent
from controller.migration.protocol.ownership import is_loss_of_target
from controller.migration.protocol.pod_troubles import find_explained
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import Event, EventKind, Phase, accepts
from controller.migration.protocol.verdicts import Failed, Held, Outdated, Reached, Verdict, Waiting
from controller.reasons import Code

#: What says that fewer than the floor serve, and not only for a moment.
_OUTAGES = (Code.NOTHING_SERVES, Code.TARGET_LOST_REPLICAS)

#: What says of a cluster, other than an error of its own, that it gives no answer.
_SILENCES = (Code.TARGET_SILENT, Code.ARMED_UNIDENTIFIED)


def to_event(error: ControllerError, record: MigrationRecord) -> Event:
    """Return what follows from an error in the record's phase. What cannot be finished fails; what may pass
    is held.
    """
    reason = error.reason
    if record.state.phase is Phase.PREFLIGHT:
        refused_by = error.context if isinstance(error, (MigrationRefused, ClusterError)) else None
        return Event(EventKind.REFUSED, reason, refused_by=refused_by)
    if isinstance(error, NewerWorkFound):
        return Event(EventKind.NEWER_WORK, reason, newer=error.newer)
    if record.source_is_short and accepts(record.state, EventKind.TARGET_LOST) and _is_lost(error, record):
        return Event(EventKind.TARGET_LOST, reason)
    has_failed = isinstance(error, (MoveFailed, RequestRefused, JournalError))
    if has_failed and accepts(record.state, EventKind.FAILED):
        return Event(EventKind.FAILED, reason)
    return Event(EventKind.HELD, reason, find_hold(reason, record))


def _is_lost(error: ControllerError, record: MigrationRecord) -> bool:
    """Whether the target is known to be lost; where the source comes first, a silence is enough."""
    if record.state.source_first and isinstance(error, ClusterError):
        return error.reason["context"] == record.target.context
    if record.state.source_first and error.reason.code in _SILENCES:
        return find_silent(error.reason) == (record.target.context,)
    reason = find_explained(error.reason)
    return reason.code in _OUTAGES or is_loss_of_target(reason, record)


def require_going_on(verdict: Verdict) -> Reached | Waiting | Outdated:
    """Return a verdict that turns nothing aside. Raises: HoldNeeded, MoveFailed."""
    if isinstance(verdict, Held):
        raise HoldNeeded(verdict.reason)
    if isinstance(verdict, Failed):
        raise MoveFailed(verdict.reason)
    return verdict
