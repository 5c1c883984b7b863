"""Which journals are acted upon when a migration is taken up. Pure.

Who may write Leases in one namespace of one cluster can write any journal there. So a journal counts only as far as
the other cluster's confirms it, and what lies in a cluster is taken from that cluster's own Lease. Who may write those
of both can put back what we have signed ourselves, earlier in the same move or in one that is long over. So it also
counts only as far as the fences of the Deployments confirm it, for which other rights are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.migration.protocol.errors import JournalDoubted
from controller.migration.protocol.fences import parse_fence_of
from controller.migration.protocol.journal import to_wire
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import is_ours
from controller.migration.protocol.record import MigrationRecord, Side, StepRecord, StepStatus
from controller.migration.protocol.states import Phase
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


def require_newest(journal: MigrationRecord, found: Mapping[Side, DeploymentFacts | None]) -> None:
    """Check a journal against the Deployments: each write to them was journaled in the source before it was sent.

    From the first seal to the end the source has a fence of the migration; a source that is gone, or that is another
    one, is none that a rollback or a wave could be written to.
    Raises: JournalDoubted where a fence is ahead of the journal, or where there is none although there has to be one.
    """
    for side, facts in found.items():
        fence = None if facts is None else parse_fence_of(journal.migration_id, facts.fence)
        context = journal.side(side).context
        if fence is not None and fence.order > (journal.epoch, journal.operation):
            raise JournalDoubted(Code.JOURNAL_OUTDATED.because(context=context, fence=str(fence)))
    if is_unfenced(journal, found[Side.SOURCE]):
        known = {"context": journal.source.context, "phase": journal.state.phase.value}
        raise JournalDoubted(Code.JOURNAL_UNFENCED.because(**known))


def is_unfenced(journal: MigrationRecord, source: DeploymentFacts | None) -> bool:
    """Whether the source's Deployment is the one of the migration, and has no fence of it."""
    if source is None or not is_ours(source, journal, Side.SOURCE):
        return False
    return parse_fence_of(journal.migration_id, source.fence) is None


def has_nothing_left(journal: MigrationRecord) -> bool:
    """Whether only the fences and the journal's last word were left to be written: every step has said that it is over.

    That is journaled before the first fence is taken off.
    """
    last = {Phase.SOAK: StepStatus.CLEANED_UP, Phase.ROLLBACK: StepStatus.UNDONE}.get(journal.state.phase)
    return bool(journal.steps) and all(step.status is last for step in journal.steps)


def merge_sides(journal: MigrationRecord, mirror: MigrationRecord | None) -> MigrationRecord:
    """Return the source's record with what lies in the target as the target's own journal has it; nothing without one.

    Where the target had the Deployment before the move, its UID is part of the plan and no note. What others have made
    of the target counts where both say the same, because it sets the floor: it is found again where it does not.
    """
    if mirror is None:
        uid = journal.target.deployment_uid if journal.target_existed else None
        steps = tuple(replace(step, target=()) for step in journal.steps)
    else:
        uid, steps = mirror.target.deployment_uid, _merge_steps(journal, mirror)
    newer = journal.state.newer if mirror is not None and mirror.state.newer == journal.state.newer else None
    return replace(
        journal,
        target=replace(journal.target, deployment_uid=uid),
        steps=steps,
        state=replace(journal.state, newer=newer),
    )


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
