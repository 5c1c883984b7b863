"""Which journals are acted upon when a migration is taken up. Pure.

Who may write Leases in one namespace of one cluster can write any journal there. So a journal counts only as far as
the other cluster's confirms it, and what lies in a cluster is taken from that cluster's own Lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.migration.protocol.errors import JournalDoubted
from controller.migration.protocol.journal import to_wire
from controller.migration.protocol.record import MigrationRecord, Side, StepRecord
from controller.reasons import Code


def confirm(journal: MigrationRecord, mirror: MigrationRecord | None) -> MigrationRecord:
    """Return the record to go on with, from the source's unfinished journal and the target's mirror of it.

    What the steps have left in the target is taken from the target's own journal.
    Raises: JournalDoubted where the target does not know of the migration, or not of the same one.
    """
    there = journal.target.context
    if journal.source.cluster_uid == journal.target.cluster_uid:
        raise JournalDoubted(Code.JOURNAL_OF_ONE_CLUSTER.because())
    if mirror is None or mirror.migration_id != journal.migration_id:
        raise JournalDoubted(Code.JOURNAL_NOT_BELIEVED_THERE.because(context=there))
    if mirror.state.phase.is_final:
        phase = mirror.state.phase.value
        raise JournalDoubted(Code.JOURNAL_OVER_THERE.because(context=there, phase=phase))
    if not is_same_plan(journal, mirror):
        raise JournalDoubted(Code.JOURNAL_CONTRADICTED.because(context=there))
    return merge_sides(journal, mirror)


def merge_sides(journal: MigrationRecord, mirror: MigrationRecord | None) -> MigrationRecord:
    """Return the source's record with what lies in the target as the target's own journal has it; nothing without one.

    Where the target had the Deployment before the move, its UID is part of the plan and no note.
    """
    if mirror is None:
        uid = journal.target.deployment_uid if journal.target_existed else None
        steps = tuple(replace(step, target=()) for step in journal.steps)
    else:
        uid, steps = mirror.target.deployment_uid, _merge_steps(journal, mirror)
    return replace(journal, target=replace(journal.target, deployment_uid=uid), steps=steps)


def _merge_steps(journal: MigrationRecord, mirror: MigrationRecord) -> tuple[StepRecord, ...]:
    """Take each side's notes from that side's own journal."""
    merged = [replace(step, target=mirror.step(step.name).target) for step in journal.steps]
    known = {step.name for step in merged}
    merged += [replace(step, source=()) for step in mirror.steps if step.name not in known]
    return tuple(merged)


def find_unfinished_journal(
    journals: Mapping[Side, MigrationRecord | None], wanted: MigrationRecord
) -> MigrationRecord | None:
    """Return the migration that both clusters' Leases leave unfinished for another one, or None.

    The authority is the Lease of the migration's own source. Where that has it as over, or has gone on to a
    later one since, an unfinished mirror in the other cluster was left by a crash and is to be overwritten.
    """
    for side, left in journals.items():
        if left is None or left.state.phase.is_final:
            continue
        other = Side.TARGET if side is Side.SOURCE else Side.SOURCE
        authority = journals[other]
        is_mirror = left.source.cluster_uid == wanted.side(other).cluster_uid
        if not (is_mirror and authority is not None and authority.state.phase.is_final):
            return left
    return None


def is_same_plan(one: MigrationRecord, other: MigrationRecord) -> bool:
    """Whether two records agree in all that never changes again once a migration has passed its preflight.

    By what a journal holds of it, so that a record is the same before and after it was journaled.
    """
    return _fixed_part(one) == _fixed_part(other)


def _fixed_part(record: MigrationRecord) -> tuple[object, ...]:
    source, target = record.source, record.target
    return (
        record.migration_id,
        record.workload,
        (source.context, source.cluster_uid, source.deployment_uid),
        (target.context, target.cluster_uid),
        to_wire(record.dry_run),
        record.template_hash,
        (record.floor, record.surge, record.state.waves),
        record.target_existed,
        record.started_at,
    )
