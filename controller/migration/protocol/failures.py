"""What a trouble means for a migration: the one table from errors to events. Pure."""

from __future__ import annotations

from controller.errors import (
    AccessDenied,
    ClusterError,
    ControllerError,
    NotArmed,
    ObjectNotFound,
    RequestRefused,
)
from controller.migration.protocol.errors import HoldNeeded, LeaseUncertain, MoveFailed
from controller.migration.protocol.journal import JournalError
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import Event, EventKind, HoldReason, Phase, accepts


def to_event(error: ControllerError, record: MigrationRecord) -> Event:
    """Return what follows from an error in the record's phase. What cannot be finished fails; what may pass
    is held.
    """
    reason = str(error)
    if record.state.phase is Phase.PREFLIGHT:
        return Event(EventKind.REFUSED, reason)
    has_failed = isinstance(error, (MoveFailed, RequestRefused, JournalError))
    if has_failed and accepts(record.state, EventKind.FAILED):
        return Event(EventKind.FAILED, reason)
    return Event(EventKind.HELD, reason, _find_hold(error, record))


def _find_hold(error: ControllerError, record: MigrationRecord) -> HoldReason:
    if isinstance(error, HoldNeeded):
        return error.hold
    if isinstance(error, AccessDenied):
        return HoldReason.AUTH
    if isinstance(error, ObjectNotFound):
        return HoldReason.INTERFERENCE
    if isinstance(error, (ClusterError, LeaseUncertain)) and not isinstance(error, RequestRefused):
        is_target = error.context == record.target.context
        return HoldReason.TARGET_UNREACHABLE if is_target else HoldReason.SOURCE_UNREACHABLE
    if isinstance(error, NotArmed):
        return HoldReason.OPERATOR
    return HoldReason.OPERATOR
