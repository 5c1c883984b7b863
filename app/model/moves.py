"""One move from a click to its end: its dry run, its migration, and the words for what happens meanwhile. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from app.model.start_gate import Gate
from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import EngineSnapshot, MigrationStage, MigrationView, UnstartedMove
from oracle.foundation.reason import Reason

#: Silence of the engine that is worth a word. Seconds, arbitrary.
SLOW_ANSWER_S = 12.0


class Press(Enum):
    """What a person can want of the move on the card."""

    MIGRATE = "migrate"
    RENEW = "new dry run"
    ARM = "arm the contexts"
    CANCEL = "cancel and roll back"
    UNDO = "take back the start"
    BACK = "dry run of the way back"


@dataclass(frozen=True, slots=True)
class Reported:
    """What the engine had reported when a person asked; none of it answers them.

    An answer is what is not among it, whatever its time: the wall clock may be set back in between.
    """

    migration_ids: frozenset[str] = frozenset()
    unstarted: tuple[UnstartedMove, ...] = ()
    answers: tuple[DryRun, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowedMove:
    """A move that a person looks at.

    dry_run: None while the requested one has not come. sent_s: monotonic seconds at which the start was sent to the
    engine, None before and after a refusal. migration_id: known once the engine has taken it up. unstarted: the
    engine's refusal of this start. is_taken_back: a person has undone the start.
    """

    workload: WorkloadKey
    target: str
    reported: Reported = Reported()
    dry_run: DryRun | None = None
    sent_s: float | None = None
    migration_id: str | None = None
    unstarted: UnstartedMove | None = None
    is_taken_back: bool = False

    @property
    def route(self) -> tuple[str, str]:
        """Source and target context."""
        return self.workload.context, self.target

    def find_migration(self, snapshot: EngineSnapshot) -> MigrationView | None:
        """Return the migration that this move has become."""
        return next((m for m in snapshot.migrations if m.migration_id == self.migration_id), None)


def list_reported(snapshot: EngineSnapshot | None) -> Reported:
    """Return what the engine has reported so far."""
    if snapshot is None:
        return Reported()
    return Reported(
        frozenset(m.migration_id for m in snapshot.migrations), snapshot.unstarted, snapshot.answers
    )


def move_of(migration: MigrationView) -> FollowedMove:
    """Return a migration that runs already, or ran, as a move."""
    return FollowedMove(
        migration.workload, migration.target, dry_run=migration.dry_run, migration_id=migration.migration_id
    )


def way_back(migration: MigrationView) -> FollowedMove | None:
    """Return the way back of a finished move, which is a move of its own; None where there is none to go.

    Until a move is finished it is restored by a cancel, which needs no dry run.
    """
    if migration.stage is not MigrationStage.DONE:
        return None
    there = WorkloadKey(migration.target, migration.workload.namespace, migration.workload.name)
    return FollowedMove(there, migration.workload.context)


def follow_move(move: FollowedMove, snapshot: EngineSnapshot) -> FollowedMove:
    """Return the move as the newest snapshot knows it: its migration, else the newest numbers of its dry run."""
    if move.migration_id is not None:
        return move
    if move.sent_s is not None:
        begun = [m for m in snapshot.migrations if _is_same_move(m, move)]
        begun = [m for m in begun if m.migration_id not in move.reported.migration_ids]
        if begun:
            return replace(move, migration_id=begun[-1].migration_id)
        refused = [
            r for r in snapshot.unstarted if _is_same_move(r, move) and r not in move.reported.unstarted
        ]
        if not refused:
            return move
        move = replace(move, sent_s=None, unstarted=refused[-1])
    return _renew(move, snapshot)


def find_unattended(snapshot: EngineSnapshot) -> tuple[MigrationView, ...]:
    """Return the moves that would stand still if the program ended; a demo's clusters end with it."""
    if snapshot.demo:
        return ()
    stages = (MigrationStage.RUNNING, MigrationStage.HOLDING, MigrationStage.ROLLING_BACK)
    return tuple(migration for migration in snapshot.migrations if migration.stage in stages)


#: What is said while a start can be taken back.
RING_TEXT = "About to start: nothing is changed before its ring has closed."


def waiting_text(move: FollowedMove, now_s: float) -> str:
    """Return what to say while the engine has not answered by `now_s`, monotonic; empty where nothing is awaited."""
    if move.sent_s is None or move.migration_id is not None:
        return ""
    if now_s - move.sent_s < SLOW_ANSWER_S:
        return "Starting…"
    return "The engine has not taken it up yet; the timeline will show when it does."


def refusal_text(move: FollowedMove, gate: Gate) -> str:
    """Return why the move does not start: what the engine answered to a click, and what it says now; empty: nothing."""
    if move.is_taken_back:
        return " ".join(("Taken back: nothing was changed.", _gate_text(move, gate))).strip()
    unstarted = move.unstarted if move.sent_s is None else None
    answer = f"Not started: {_word(unstarted.reason)}. Nothing was changed." if unstarted is not None else ""
    return " ".join(part for part in (answer, _gate_text(move, gate)) if part)


def _gate_text(move: FollowedMove, gate: Gate) -> str:
    """Return what the engine says of a start now, unless the card says it already."""
    if gate.reason is None or (move.dry_run is not None and gate.reason == move.dry_run.reason):
        return ""
    is_answered = move.unstarted is not None and move.unstarted.reason.code is gate.reason.code
    return "" if is_answered else f"It cannot start now: {_word(gate.reason)}."


def _word(reason: Reason) -> str:
    """Return a reason's sentence without a full stop, which a text from outside may have."""
    return str(reason).rstrip(".")


def _is_same_move(report: MigrationView | UnstartedMove | DryRun, move: FollowedMove) -> bool:
    return (report.workload, report.target) == (move.workload, move.target)


def _renew(move: FollowedMove, snapshot: EngineSnapshot) -> FollowedMove:
    """Take over the newest numbers: those of the plan, which every snapshot has, else an answer."""
    planned = next((d for d in snapshot.opportunities if _is_same_move(d, move)), None)
    if planned is not None:
        return replace(move, dry_run=planned, reported=replace(move.reported, answers=snapshot.answers))
    news = [d for d in snapshot.answers if _is_same_move(d, move) and d not in move.reported.answers]
    return replace(move, dry_run=news[-1]) if news else move
