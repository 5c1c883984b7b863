"""How large a journal may become, found out before the first wave instead of half-way. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from controller.migration.protocol.fences import MAX_EPOCH
from controller.migration.protocol.record import CreatedObject, Intent, Meter, MigrationRecord, Side
from controller.migration.protocol.states import HoldReason, Phase
from oracle.untrusted_text import clean_text

#: Of the reason that is journaled, as JSON writes it; the history has all of it.
MAX_REASON_BYTES = 800

#: As long as a UUID.
_ANY_UID = "0" * 36


def shorten_reason(record: MigrationRecord) -> MigrationRecord:
    """Return the record with a reason that always fits into the journal, however long an API server's was."""
    reason = clean_text(record.state.reason)
    while len(json.dumps(reason)) > MAX_REASON_BYTES:
        reason = reason[:-1]
    return replace(record, state=replace(record.state, reason=reason))


def build_largest(record: MigrationRecord, created_paths: Iterable[str]) -> MigrationRecord:
    """Return the record as long as this migration can make it, with all of these objects created."""
    state = replace(
        record.state,
        phase=max(Phase, key=len),
        wave=len(record.state.waves) - 1,
        hold=max(HoldReason, key=len),
        resume_phase=max(Phase, key=len),
        reason="x" * (MAX_REASON_BYTES - 2),
    )
    return replace(
        record,
        state=state,
        epoch=MAX_EPOCH,
        operation=MAX_EPOCH,
        intent=Intent(max(Side, key=len), record.replicas, MAX_EPOCH),
        target=replace(record.target, deployment_uid=_ANY_UID, replicas=record.replicas),
        created=tuple(CreatedObject(path, _ANY_UID) for path in created_paths),
        meter=Meter(1 / 3 * 1e6, 1 / 3 * 1e6, Decimal(1) / Decimal(3) * 1000),
        ended_at=record.started_at + 1 / 3,
    )
