"""How large a journal may become, found out before the first wave instead of half-way. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from controller.migration.protocol.fences import MAX_EPOCH
from controller.migration.protocol.journal import PHASE_NAMES, to_wire
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.record import (
    Intent,
    Meter,
    MigrationRecord,
    Side,
    StepRecord,
    StepStatus,
    Watched,
)
from controller.migration.protocol.states import HoldReason
from controller.reasons import Code
from oracle.foundation.reason import Parameter, Reason
from oracle.foundation.untrusted_text import clean_text

#: Of the reason that is journaled, as JSON writes it; the history has all of it.
MAX_REASON_BYTES = 800

#: Of a parameter that is not known: `null`.
_UNKNOWN_BYTES = 4

#: As long as a UUID.
ANY_UID = "0" * 36


def shorten_reason(record: MigrationRecord) -> MigrationRecord:
    """Return the record with a reason that always fits into the journal, however long an API server's text was."""
    reason = record.state.reason
    if reason is None:
        return record
    shortened = _clean_reason(reason)
    while _count_bytes(shortened) > MAX_REASON_BYTES:
        shortened = _shorten_longest(shortened)
    return replace(record, state=replace(record.state, reason=shortened))


def _clean_reason(reason: Reason) -> Reason:
    return Reason(reason.code, tuple((name, _clean(value)) for name, value in reason.parameters))


def _clean(value: Parameter) -> Parameter:
    if isinstance(value, Reason):
        return _clean_reason(value)
    return clean_text(value) if isinstance(value, str) else value


def _shorten_longest(reason: Reason) -> Reason:
    longest = max(reason.parameters, key=lambda item: _count_bytes(item[1]))[0]
    return Reason(
        reason.code,
        tuple((name, _shorten(value) if name == longest else value) for name, value in reason.parameters),
    )


def _shorten(value: Parameter) -> Parameter:
    """Only texts, lists of them and reasons can be too long; what cannot become shorter is given up at last."""
    if isinstance(value, Reason):
        can_shrink = any(_count_bytes(inner) > _UNKNOWN_BYTES for _, inner in value.parameters)
        return _shorten_longest(value) if can_shrink else None
    return value[:-1] if isinstance(value, (str, tuple)) else None


def _count_bytes(value: Parameter) -> int:
    return len(json.dumps(to_wire(value), separators=(",", ":")))


def build_largest(record: MigrationRecord, steps: Iterable[StepRecord]) -> MigrationRecord:
    """Return the record as long as this migration can make it, where the steps leave these notes."""
    empty = Code.UNCLASSIFIED.because(text="")
    room = MAX_REASON_BYTES - _count_bytes(empty)
    state = replace(
        record.state,
        phase=max(PHASE_NAMES, key=lambda phase: len(PHASE_NAMES[phase])),
        wave=len(record.state.waves) - 1,
        hold=max(HoldReason, key=len),
        resume_phase=max(PHASE_NAMES, key=lambda phase: len(PHASE_NAMES[phase])),
        reason=Code.UNCLASSIFIED.because(text="x" * room),
        newer=NewerWork(record.state.total_replicas * 1000, record.template_hash),
    )
    return replace(
        record,
        state=state,
        epoch=MAX_EPOCH,
        operation=MAX_EPOCH,
        intent=Intent(max(Side, key=len), record.state.total_replicas, MAX_EPOCH),
        target=replace(record.target, deployment_uid=ANY_UID, replicas=record.state.total_replicas),
        steps=tuple(replace(step, status=max(StepStatus, key=len)) for step in steps),
        meter=Meter(1 / 3 * 1e6, 1 / 3 * 1e6, Decimal(1) / Decimal(3) * 1000),
        ended_at=record.started_at + 1 / 3,
        watched=Watched(len(record.state.waves), 1 / 3 * 1e6, 1 / 3 * 1e6),
    )
