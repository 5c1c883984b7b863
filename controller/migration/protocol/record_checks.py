"""What holds for every record that this program writes down, beyond the types of its fields. Pure.

Whoever may write a Lease can write any journal. One that no run of this program could have left is not acted upon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from controller.clusters import paths
from controller.contract.dry_run import Verdict
from controller.migration.protocol.fences import Fence
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.record import MigrationRecord, SideRecord, StepRecord
from controller.migration.protocol.states import EventKind, MigrationState, Phase, accepts
from oracle.foundation.reason import Reason

_STEP_NAME = re.compile(r"[a-z][a-z-]{0,31}")

#: Phases that wait: only they have a phase to come back to.
_WAITING = (Phase.HOLD, Phase.NEEDS_OPERATOR, Phase.INSURED)


def find_contradiction(record: MigrationRecord) -> Reason | None:
    """Return what no journal of this program has, and this record does; None where nothing is wrong with it."""
    return next(_find_contradictions(record), None)


def _find_contradictions(record: MigrationRecord) -> Iterator[Reason]:
    yield from _find_state_contradictions(record.state)
    if not _can_be_named(record):
        yield JournalCode.NAME_IMPOSSIBLE.because()
    if not _are_two_clusters(record.source, record.target) or record.source.deployment_uid is None:
        yield JournalCode.NO_TWO_CLUSTERS.because()
    if record.floor < 1 or record.surge < 1 or record.floor_now < 1:
        yield JournalCode.NO_FLOOR.because()
    if not _is_target_known(record):
        yield JournalCode.NO_TARGET_KEPT.because()
    if not _are_steps(record.steps):
        yield JournalCode.STEPS_UNNAMED.because()
    yield from _find_plan_contradictions(record)


def _find_plan_contradictions(record: MigrationRecord) -> Iterator[Reason]:
    workload, dry_run, waves = record.workload, record.dry_run, record.state.waves
    if workload.context != record.source.context or dry_run.workload != workload:
        yield JournalCode.TWO_WORKLOADS.because()
    if dry_run.target != record.target.context:
        yield JournalCode.TWO_TARGETS.because()
    if tuple(accumulate(dry_run.wave_sizes)) != waves or dry_run.replicas != waves[-1]:
        yield JournalCode.OTHER_WAVES.because()
    if (dry_run.verdict is Verdict.WAY_BACK) != (dry_run.way_back_of is not None):
        yield JournalCode.NO_SUCH_WAY_BACK.because()
    costs = (
        record.meter.overlap_usd,
        dry_run.egress_usd,
        dry_run.overlap_usd,
        dry_run.warm_up_usd,
        dry_run.source_usd_per_hour,
        dry_run.target_usd_per_hour,
    )
    if any(cost is not None and cost < 0 for cost in costs):
        yield JournalCode.COST_BELOW_ZERO.because()


def _find_state_contradictions(state: MigrationState) -> Iterator[Reason]:
    """First, because a record whose waves make no sense cannot even be asked for its replicas."""
    steps = (0, *state.waves)
    ascends = all(before < after for before, after in zip(steps, state.waves, strict=False))
    if not state.waves or not ascends or state.wave >= len(state.waves):
        yield JournalCode.WAVE_IMPOSSIBLE.because()
    if state.phase in (Phase.PLANNED, Phase.PREFLIGHT):
        yield JournalCode.PHASE_NEVER_JOURNALED.because(phase=state.phase.value)
    came_from = state.resume_phase
    if (came_from is not None) != (state.phase in _WAITING):
        yield JournalCode.NO_WAY_OUT.because()
    if came_from in _WAITING or (came_from is not None and not _can_be_returned_to(came_from, state)):
        yield JournalCode.NO_WAY_BACK.because(phase=came_from.value)


def _is_target_known(record: MigrationRecord) -> bool:
    """Whether a target in which replicas stay is one that was there before, and has a pod template of its own."""
    if record.keeps_target:
        return record.target_existed and record.target.deployment_uid is not None
    return record.state.staying.target == 0


def _are_steps(steps: tuple[StepRecord, ...]) -> bool:
    names = [step.name for step in steps]
    return len(set(names)) == len(names) and all(_STEP_NAME.fullmatch(name) for name in names)


def _can_be_returned_to(phase: Phase, state: MigrationState) -> bool:
    if state.phase is Phase.INSURED:
        return phase in (Phase.VERIFY, Phase.ROLLBACK)
    return accepts(MigrationState(state.waves, phase), EventKind.HELD)


def _can_be_named(record: MigrationRecord) -> bool:
    """Whether the names can be written into a path and into a fence."""
    try:
        paths.deployment(record.workload.namespace, record.workload.name)
        Fence.parse(str(record.fence("x")))
    except ValueError:
        return False
    return True


def _are_two_clusters(source: SideRecord, target: SideRecord) -> bool:
    uids = {source.cluster_uid, target.cluster_uid} - {""}
    return len(uids) == 2 and source.context != target.context
