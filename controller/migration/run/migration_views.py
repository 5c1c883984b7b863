"""A migration as the engine's snapshot shows it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from controller.contract.snapshots import MigrationStage, MigrationView
from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.migration.protocol.metering import compute_cost_usd, compute_savings_usd_per_day
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import EventKind, Phase, accepts
from oracle.untrusted_text import clean_text

_STAGES: Mapping[Phase, MigrationStage] = {
    Phase.HOLD: MigrationStage.HOLDING,
    Phase.ROLLBACK: MigrationStage.ROLLING_BACK,
    Phase.NEEDS_OPERATOR: MigrationStage.NEEDS_OPERATOR,
    Phase.DONE: MigrationStage.DONE,
    Phase.ROLLED_BACK: MigrationStage.ROLLED_BACK,
    Phase.REFUSED: MigrationStage.REFUSED,
}


def build_view(
    record: MigrationRecord,
    source: DeploymentFacts | None,
    target: DeploymentFacts | None,
    rates: MoveRates | Unpriced,
    *,
    is_leading: bool,
) -> MigrationView:
    """Return the view; `source` and `target` are the last facts seen, None where nothing was."""
    state = record.state
    return MigrationView(
        migration_id=record.migration_id,
        workload=record.workload,
        target=record.target.context,
        stage=_STAGES.get(state.phase, MigrationStage.RUNNING),
        phase=state.phase.value,
        detail=describe(record),
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
    )


def _count_landed(record: MigrationRecord, target: DeploymentFacts | None) -> int:
    """Return the pods last known to be ready in the target; before the first look, as after a restart, those of the
    waves that the journal says were verified.
    """
    if target is not None and target.shown_ready is not None:
        return min(target.shown_ready, record.replicas)
    state = record.state
    phase = state.resume_phase or state.phase
    if phase in (Phase.DRAIN, Phase.SETTLE, Phase.SOAK, Phase.DONE):
        verified = state.wave_replicas
    else:
        verified = state.waves[state.wave - 1] if state.wave else 0
    return min(verified, record.target.replicas)


def describe(record: MigrationRecord) -> str:
    """Return one sentence: what is happening, or why it stopped."""
    state, source, target = record.state, record.side(Side.SOURCE).context, record.side(Side.TARGET).context
    wave = f"wave {state.wave + 1} of {len(state.waves)}"
    arrived = f"{state.wave_replicas} of {record.replicas}"
    left = f"{record.replicas - state.wave_replicas} of {record.replicas}"
    sentences: Mapping[Phase, str] = {
        Phase.PLANNED: "Waiting to start",
        Phase.PREFLIGHT: f"Checking {source} and {target} before anything is changed",
        Phase.LOCKED: "Marking both Deployments as being moved",
        Phase.PROVISION: f"Creating what the pods need in {target}",
        Phase.SURGE: f"Starting {arrived} replicas in {target} ({wave})",
        Phase.VERIFY: f"Waiting until {arrived} replicas serve in {target} ({wave})",
        Phase.DRAIN: f"Lowering {source} to {left} replicas ({wave})",
        Phase.SETTLE: f"Waiting for the last pods of {source} to end ({wave})",
        Phase.SOAK: f"All replicas serve in {target}; watching them before the way back is closed",
        Phase.HOLD: "On hold, nothing is changed",
        Phase.ROLLBACK: f"Going back to {source}",
        Phase.NEEDS_OPERATOR: "A person has to look; nothing is changed until then",
        Phase.DONE: f"Moved to {target}",
        Phase.ROLLED_BACK: f"Back in {source} as before",
        Phase.REFUSED: "Not started, nothing was changed",
    }
    reason = clean_text(state.reason)
    return f"{sentences[state.phase]}: {reason}" if reason else sentences[state.phase]
