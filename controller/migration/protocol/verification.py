"""Which journals are believed when one is taken up. Pure.

Who may write Leases in one namespace of one cluster can write any journal there. So a journal counts only as far as
the other cluster's says the same, and what lies in a cluster is taken from that cluster's own Lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.errors import ControllerError
from controller.migration.protocol.record import MigrationRecord, Side


class JournalDoubted(ControllerError):
    """The other cluster does not bear out what a journal says: nothing may be done in its name."""


def reconcile(journal: MigrationRecord, mirror: MigrationRecord | None) -> MigrationRecord:
    """Return the record to go on with, from the source's unfinished journal and the target's mirror of it.

    What was created in the target is what the target itself says.
    Raises: JournalDoubted where the target does not know of the migration, or not of the same one.
    """
    there = journal.target.context
    if journal.source.cluster_uid == journal.target.cluster_uid:
        raise JournalDoubted("its journal names one cluster as both source and target")
    if mirror is None or mirror.migration_id != journal.migration_id:
        raise JournalDoubted(f"{there} does not know of this migration")
    if mirror.state.phase.is_final:
        raise JournalDoubted(f"{there} says that this migration is over ({mirror.state.phase})")
    if not is_same_plan(journal, mirror):
        raise JournalDoubted(f"{there} tells another story of this migration")
    target = replace(journal.target, deployment_uid=mirror.target.deployment_uid)
    return replace(journal, target=target, created=mirror.created)


def find_unfinished_journal(
    journals: Mapping[Side, MigrationRecord | None], wanted: MigrationRecord
) -> MigrationRecord | None:
    """Return the migration that both clusters' Leases leave unfinished for another one, or None.

    The authority is the Lease of the migration's own source. Where that says that it is over, or has gone on to a
    later one since, a mirror in the other cluster that says less was left by a crash and is to be overwritten.
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
    """Whether two records agree in all that never changes again once a migration has passed its preflight."""
    return _fixed_part(one) == _fixed_part(other)


def _fixed_part(record: MigrationRecord) -> tuple[object, ...]:
    source, target = record.source, record.target
    return (
        record.migration_id,
        record.workload,
        (source.context, source.cluster_uid, source.deployment_uid),
        (target.context, target.cluster_uid),
        record.dry_run,
        record.plan,
        record.template_hash,
        (record.floor, record.surge, record.state.waves),
        record.target_existed,
        record.started_at,
    )
