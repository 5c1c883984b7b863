"""A migration as the engine's snapshot shows it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from controller.contract.snapshots import MigrationStage, MigrationView
from controller.migration.protocol.advice import find_advice, needs_person_though_insured
from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.migration.protocol.metering import compute_cost_usd, compute_savings_usd_per_day
from controller.migration.protocol.node_lives import Basis
from controller.migration.protocol.observation import DeploymentFacts, ServingCount
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import EventKind, Phase, accepts
from controller.reasons import Code
from oracle.foundation.reason import Parameter, Reason

_STAGES: Mapping[Phase, MigrationStage] = {
    Phase.HOLD: MigrationStage.HOLDING,
    Phase.INSURED: MigrationStage.HOLDING,
    Phase.ROLLBACK: MigrationStage.ROLLING_BACK,
    Phase.NEEDS_OPERATOR: MigrationStage.NEEDS_OPERATOR,
    Phase.DONE: MigrationStage.DONE,
    Phase.ROLLED_BACK: MigrationStage.ROLLED_BACK,
    Phase.REFUSED: MigrationStage.REFUSED,
}


_CODES: Mapping[Phase, Code] = {
    Phase.PLANNED: Code.PHASE_PLANNED,
    Phase.PREFLIGHT: Code.PHASE_PREFLIGHT,
    Phase.LOCKED: Code.PHASE_LOCKED,
    Phase.PROVISION: Code.PHASE_PROVISION,
    Phase.SURGE: Code.PHASE_SURGE,
    Phase.VERIFY: Code.PHASE_VERIFY,
    Phase.SCALE_DOWN_SOURCE: Code.PHASE_SCALE_DOWN_SOURCE,
    Phase.SETTLE: Code.PHASE_SETTLE,
    Phase.SOAK: Code.PHASE_SOAK,
    Phase.HOLD: Code.PHASE_HOLD,
    Phase.ROLLBACK: Code.PHASE_ROLLBACK,
    Phase.NEEDS_OPERATOR: Code.PHASE_NEEDS_OPERATOR,
    Phase.INSURED: Code.PHASE_INSURED,
    Phase.DONE: Code.PHASE_DONE,
    Phase.ROLLED_BACK: Code.PHASE_ROLLED_BACK,
    Phase.REFUSED: Code.PHASE_REFUSED,
}


#: By what the words of SOAK say that pods serve.
_BASES: Mapping[Basis, Code] = {
    Basis.LEASES: Code.COUNTED_ON_LIVING_NODES,
    Basis.CONDITIONS: Code.COUNTED_BY_CONDITIONS,
    Basis.PODS: Code.COUNTED_BY_PODS,
}


def build_view(
    record: MigrationRecord,
    source: DeploymentFacts | None,
    target: DeploymentFacts | None,
    rates: MoveRates | Unpriced,
    *,
    is_leading: bool,
    source_is_fresh: bool,
    target_unread_since: float | None,
    refused_by: str | None = None,
    counted: ServingCount | None = None,
) -> MigrationView:
    """Return the view; `source` and `target` are the last facts seen, None where nothing was.

    `source_is_fresh`: whether the last look at the source found those. `target_unread_since`: the Unix time since which
    those of the target are not fresh; None: they are. `counted`: its pods, when they were counted last.
    """
    state = record.state
    return MigrationView(
        migration_id=record.migration_id,
        workload=record.workload,
        target=record.target.context,
        stage=_find_stage(record),
        phase=state.phase.value,
        detail=_describe_now(
            record, source if source_is_fresh else None, target, target_unread_since, counted
        ),
        reason=state.reason,
        advice=find_advice(record),
        refused_by=refused_by,
        replicas=record.replicas,
        landed=_count_landed(record, target),
        source_ready=source.shown_ready if source is not None else None,
        source_desired=source.replicas if source is not None else None,
        target_ready=target.shown_ready if target is not None else None,
        target_desired=target.replicas if target is not None else None,
        wave=state.wave + 1,
        waves=len(state.waves),
        started_at=record.started_at,
        ended_at=record.ended_at,
        can_cancel=is_leading and accepts(state, EventKind.CANCELLED),
        dry_run=record.dry_run,
        cost_usd=compute_cost_usd(record),
        savings_usd_per_day=compute_savings_usd_per_day(record, rates),
        is_leading=is_leading,
    )


def _find_stage(record: MigrationRecord) -> MigrationStage:
    if needs_person_though_insured(record):
        return MigrationStage.NEEDS_OPERATOR
    return _STAGES.get(record.state.phase, MigrationStage.RUNNING)


def _count_landed(record: MigrationRecord, target: DeploymentFacts | None) -> int:
    """Return the pods last known to be ready in the target; before the first look, as after a restart, those of the
    waves that were verified according to the journal.
    """
    if target is not None and target.shown_ready is not None:
        return min(max(0, target.shown_ready - record.state.staying.target), record.replicas)
    state = record.state
    phase = state.resume_phase or state.phase
    if phase in (Phase.SCALE_DOWN_SOURCE, Phase.SETTLE, Phase.SOAK, Phase.DONE):
        verified = state.target_wave_replicas - state.staying.target
    else:
        verified = state.waves[state.wave - 1] if state.wave else 0
    return max(0, min(verified, record.target.replicas - state.staying.target))


def _describe_now(
    record: MigrationRecord,
    source: DeploymentFacts | None,
    target: DeploymentFacts | None,
    unread_since: float | None,
    counted: ServingCount | None,
) -> Reason:
    """Say what is happening; in SOAK and INSURED by what was just read, or since when that is not known."""
    name = record.target.context
    if record.state.phase is Phase.INSURED and source is not None and source.ready is not None:
        goes_back = record.state.resume_phase is Phase.ROLLBACK
        code = Code.PHASE_INSURED_GOING_BACK if goes_back else Code.PHASE_INSURED_WATCHED
        return code.because(
            ready=source.ready,
            replicas=record.state.source_replicas,
            source=record.source.context,
            target=name,
        )
    if record.state.phase is not Phase.SOAK:
        return describe(record)
    if unread_since is not None:
        since = f"{datetime.fromtimestamp(unread_since, UTC):%Y-%m-%d %H:%M:%S} UTC"
        return Code.PHASE_SOAK_UNREAD.because(target=name, since=since)
    ready = (target.ready if target is not None else 0) or 0
    basis = Code.COUNTED_BY_STATUS
    if counted is not None:
        ready, basis = min(ready, counted.serving), _BASES[counted.basis]
    return Code.PHASE_SOAK_WATCHED.because(
        ready=ready, replicas=record.state.target_replicas, target=name, basis=basis.because()
    )


def describe(record: MigrationRecord) -> Reason:
    """Return what is happening, as the journal has it; why it stopped, if it did, is the state's own reason."""
    state = record.state
    is_about_source = state.phase in (Phase.SCALE_DOWN_SOURCE, Phase.INSURED)
    known: Mapping[str, Parameter] = {
        "source": record.source.context,
        "target": record.target.context,
        "arrived": state.target_wave_replicas,
        "left": state.source_wave_replicas,
        "replicas": state.source_replicas if is_about_source else state.target_replicas,
        "wave": state.wave + 1,
        "waves": len(state.waves),
    }
    code = _CODES[state.phase]
    return code.because(**{name: known[name] for name in code.parameters})


def describe_abandoned(record: MigrationRecord) -> Reason:
    """Return what a person did who lets go of a migration."""
    return Code.MOVE_ABANDONED.because(source=record.source.context, target=record.target.context)
