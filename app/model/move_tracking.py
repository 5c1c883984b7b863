"""One move on its way from a click to its end: which dry run, which migration, what to say meanwhile. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import EngineSnapshot, MigrationStage, MigrationView, Rejection
from oracle.untrusted_text import clean_text

#: An engine that has said nothing for so long gets mentioned. Arbitrary.
SLOW_ANSWER_S = 12.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What the engine had said when a person asked; none of it answers them.

    What came before is told by this and not by its time: the wall clock may be set back in between.
    """

    migration_ids: frozenset[str] = frozenset()
    rejections: tuple[Rejection, ...] = ()
    answers: tuple[DryRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A move that a person looks at.

    dry_run: None while it was asked for and has not come. sent_s: monotonic seconds at which the start was sent to the
    engine, None before and after a refusal. migration_id: known once the engine has taken it up. rejection: the
    engine's refusal of this start.
    """

    workload: WorkloadKey
    target: str
    heard: Heard = Heard()
    dry_run: DryRun | None = None
    sent_s: float | None = None
    migration_id: str | None = None
    rejection: Rejection | None = None

    @property
    def way(self) -> tuple[str, str]:
        """Source and target context."""
        return self.workload.context, self.target

    def find_migration(self, snapshot: EngineSnapshot) -> MigrationView | None:
        """Return the migration that this move has become."""
        return next((m for m in snapshot.migrations if m.migration_id == self.migration_id), None)


def hear(snapshot: EngineSnapshot | None) -> Heard:
    """Return what the engine has said so far."""
    if snapshot is None:
        return Heard()
    return Heard(
        frozenset(m.migration_id for m in snapshot.migrations), snapshot.rejections, snapshot.answers
    )


def move_of(migration: MigrationView) -> Move:
    """Return a migration that runs already, or ran, as a move."""
    return Move(
        migration.workload, migration.target, dry_run=migration.dry_run, migration_id=migration.migration_id
    )


def follow_move(move: Move, snapshot: EngineSnapshot) -> Move:
    """Return the move as the newest snapshot knows it: its migration, else the newest numbers of its dry run."""
    if move.migration_id is not None:
        return move
    if move.sent_s is not None:
        begun = [m for m in snapshot.migrations if _is_same_way(m, move)]
        begun = [m for m in begun if m.migration_id not in move.heard.migration_ids]
        if begun:
            return replace(move, migration_id=begun[-1].migration_id)
        refused = [r for r in snapshot.rejections if _is_same_way(r, move) and r not in move.heard.rejections]
        if not refused:
            return move
        move = replace(move, sent_s=None, rejection=refused[-1])
    return _renew(move, snapshot)


def find_unattended(snapshot: EngineSnapshot) -> tuple[MigrationView, ...]:
    """Return the moves that would stand still if the program ended; a demo's clusters end with it."""
    if snapshot.demo:
        return ()
    stages = (MigrationStage.RUNNING, MigrationStage.HOLDING, MigrationStage.ROLLING_BACK)
    return tuple(migration for migration in snapshot.migrations if migration.stage in stages)


def waiting_text(move: Move, now_s: float) -> str:
    """Return what to say while the engine has not answered by `now_s`, monotonic; empty where nothing is awaited."""
    if move.sent_s is None or move.migration_id is not None:
        return ""
    if now_s - move.sent_s < SLOW_ANSWER_S:
        return "Starting…"
    return "The engine has not taken it up yet; the timeline will tell."


def refusal_text(move: Move) -> str:
    """Return why the engine did not take the start up; empty where it did not refuse one."""
    if move.rejection is None or move.sent_s is not None:
        return ""
    reason = clean_text(move.rejection.reason).rstrip(".")
    return f"Not started: {reason}. Nothing was changed."


def _is_same_way(said: MigrationView | Rejection | DryRun, move: Move) -> bool:
    return (said.workload, said.target) == (move.workload, move.target)


def _renew(move: Move, snapshot: EngineSnapshot) -> Move:
    """Take over the newest numbers: those of the plan, which is made anew for every snapshot, else an answer."""
    planned = next((d for d in snapshot.opportunities if _is_same_way(d, move)), None)
    if planned is not None:
        return replace(move, dry_run=planned, heard=replace(move.heard, answers=snapshot.answers))
    news = [d for d in snapshot.answers if _is_same_way(d, move) and d not in move.heard.answers]
    return replace(move, dry_run=news[-1]) if news else move
