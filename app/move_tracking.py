"""One move on its way from a click to its end: which dry run, which migration, what to say meanwhile. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.formatting import plain_text
from controller.clusters.fleet import WorkloadKey
from controller.decision.dry_run import DryRun
from controller.snapshots import EngineSnapshot, MigrationStage, MigrationView, Rejection

#: The engine's clock and ours are the same machine's; this covers the rounding between them.
CLOCK_SLACK_S = 2.0
#: An engine that has said nothing for so long gets mentioned. Arbitrary.
SLOW_ANSWER_S = 12.0


@dataclass(frozen=True, slots=True)
class Move:
    """A move that a person looks at.

    dry_run: None while it was asked for and has not come. sent_at: when the start was sent to the engine, None before
    and after a refusal. migration_id: known once the engine has taken it up. heard: the refusals that were known when
    the start was sent; none of them answers it. rejection: the engine's refusal of this start.
    """

    workload: WorkloadKey
    target: str
    asked_at: float
    dry_run: DryRun | None = None
    sent_at: float | None = None
    migration_id: str | None = None
    heard: tuple[Rejection, ...] = ()
    rejection: Rejection | None = None

    @property
    def way(self) -> tuple[str, str]:
        """Source and target context."""
        return self.workload.context, self.target

    def find_migration(self, snapshot: EngineSnapshot) -> MigrationView | None:
        """Return the migration that this move has become."""
        return next((m for m in snapshot.migrations if m.migration_id == self.migration_id), None)


def move_of(migration: MigrationView) -> Move:
    """Return a migration that runs already, or ran, as a move."""
    return Move(
        migration.workload,
        migration.target,
        migration.started_at,
        migration.dry_run,
        migration.started_at,
        migration.migration_id,
    )


def follow_move(move: Move, snapshot: EngineSnapshot) -> Move:
    """Return the move as the newest snapshot knows it: its migration, else the newest numbers of its dry run."""
    if move.migration_id is not None:
        return move
    if move.sent_at is not None:
        begun = [m for m in snapshot.migrations if _is_ours(m, move, move.sent_at)]
        if begun:
            return replace(move, migration_id=begun[-1].migration_id)
        rejection = _find_rejection(move, move.sent_at, snapshot)
        if rejection is None:
            return move
        move = replace(move, sent_at=None, rejection=rejection)
    newest = _newest_dry_run(move, snapshot)
    return move if newest is None else replace(move, dry_run=newest)


def find_unattended(snapshot: EngineSnapshot) -> tuple[MigrationView, ...]:
    """Return the moves that would stand still if the program ended; a demo's clusters end with it."""
    if snapshot.demo:
        return ()
    stages = (MigrationStage.RUNNING, MigrationStage.HOLDING, MigrationStage.ROLLING_BACK)
    return tuple(migration for migration in snapshot.migrations if migration.stage in stages)


def waiting_text(move: Move, now: float) -> str:
    """Return what to say while the engine has not answered; empty where nothing is awaited."""
    if move.sent_at is None or move.migration_id is not None:
        return ""
    if now - move.sent_at < SLOW_ANSWER_S:
        return "Starting…"
    return "The engine has not taken it up yet; the timeline will tell."


def refusal_text(move: Move) -> str:
    """Return why the engine did not take the start up; empty where it did not refuse one."""
    if move.rejection is None or move.sent_at is not None:
        return ""
    reason = plain_text(move.rejection.reason).rstrip(".")
    return f"Not started: {reason}. Nothing was changed."


def _is_ours(migration: MigrationView, move: Move, sent_at: float) -> bool:
    same = migration.workload == move.workload and migration.target == move.target
    return same and migration.started_at >= sent_at - CLOCK_SLACK_S


def _find_rejection(move: Move, sent_at: float, snapshot: EngineSnapshot) -> Rejection | None:
    """Return the refusal of this very start, and not that of an earlier one."""
    return next(
        (
            rejection
            for rejection in reversed(snapshot.rejections)
            if rejection.workload == move.workload
            and rejection.target == move.target
            and rejection.at >= sent_at - CLOCK_SLACK_S
            and rejection not in move.heard
        ),
        None,
    )


def _newest_dry_run(move: Move, snapshot: EngineSnapshot) -> DryRun | None:
    least = move.asked_at - CLOCK_SLACK_S if move.dry_run is None else move.dry_run.computed_at
    known = [
        dry_run
        for dry_run in (*snapshot.opportunities, *snapshot.answers)
        if dry_run.workload == move.workload
        and dry_run.target == move.target
        and dry_run.computed_at >= least
    ]
    return max(known, key=lambda dry_run: dry_run.computed_at, default=None)
