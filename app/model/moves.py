"""One move from a click to its end: its dry run, its migration, and the words for what happens meanwhile. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from app.model.start_gate import Gate
from controller.clusters.acceptance import Acceptance, find_acceptance
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import StartMigration
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import EngineSnapshot, MigrationStage, MigrationView, UnstartedMove
from controller.contract.way_back import WayBack
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
    DECIDE = "decide about a move that waits"
    ACCEPT = "accept for this move what refuses it"
    TAKE_OUT = "take it out of the queue"


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
    engine's refusal of this start. is_taken_back: a person has undone the start, or not confirmed it. way_back_of,
    accepts: see `DryRun`.
    """

    workload: WorkloadKey
    target: str
    reported: Reported = Reported()
    dry_run: DryRun | None = None
    sent_s: float | None = None
    migration_id: str | None = None
    unstarted: UnstartedMove | None = None
    is_taken_back: bool = False
    way_back_of: str | None = None
    accepts: frozenset[Acceptance] = frozenset()

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


def find_move(snapshot: EngineSnapshot, migration_id: str) -> FollowedMove | None:
    """Return what can be looked at of a migration: itself, or where only its end is remembered, its way back."""
    migration = next((m for m in snapshot.migrations if m.migration_id == migration_id), None)
    if migration is not None:
        return move_of(migration)
    back = next((way for way in snapshot.ways_back if way.migration_id == migration_id), None)
    return None if back is None else follow_back(back)


def way_back(migration: MigrationView) -> FollowedMove | None:
    """Return the way back of a finished move, which is a move of its own; None where there is none to go.

    Until a move is finished it is restored by a cancel, which needs no dry run.
    """
    if migration.stage is not MigrationStage.DONE:
        return None
    there = replace(migration.workload, context=migration.target)
    return follow_back(WayBack(there, migration.workload.context, migration.migration_id))


def follow_back(way: WayBack) -> FollowedMove:
    """Return a way back as a move that a person looks at."""
    return FollowedMove(way.workload, way.target, way_back_of=way.migration_id)


def ask_anew(move: FollowedMove, snapshot: EngineSnapshot | None) -> FollowedMove:
    """Return the move as it is looked at before anything is known of it: its dry run is to be asked for."""
    reported = list_reported(snapshot)
    return FollowedMove(
        move.workload, move.target, reported, way_back_of=move.way_back_of, accepts=move.accepts
    )


def accept_refusal(dry_run: DryRun, reason: Reason) -> FollowedMove | None:
    """Return the move of a dry run with what refuses it accepted as well; None where nobody can accept that."""
    acceptance = find_acceptance(reason)
    if acceptance is None or acceptance in dry_run.accepts:
        return None
    return FollowedMove(
        dry_run.workload,
        dry_run.target,
        way_back_of=dry_run.way_back_of,
        accepts=dry_run.accepts | {acceptance},
    )


def follow_move(move: FollowedMove, snapshot: EngineSnapshot) -> FollowedMove:
    """Return the move as the newest snapshot knows it: its migration, else the newest numbers of its dry run."""
    if move.migration_id is not None:
        return move
    if move.sent_s is None and find_place(move, snapshot) is not None:
        # It was confirmed before, perhaps on another card.
        return _renew(replace(move, sent_s=0.0, reported=list_reported(snapshot)), snapshot)
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


def find_place(move: FollowedMove, snapshot: EngineSnapshot) -> int | None:
    """Return where the move stands in the queue, from 0; None: not in it."""
    places = (n for n, queued in enumerate(snapshot.queue) if _is_same_move(queued.start, move))
    return next(places, None)


def queue_text(move: FollowedMove, snapshot: EngineSnapshot) -> str:
    """Return what to say of a move that waits for its turn; empty where it does not."""
    place = find_place(move, snapshot)
    if place is None:
        return ""
    where = f"number {place + 1} of {len(snapshot.queue)}" if len(snapshot.queue) > 1 else "next"
    waits_for = _word(snapshot.queue[place].reason)
    return (
        f"In the queue, {where}: {waits_for}. It is judged again when its turn comes, and forgotten when the program "
        "ends."
    )


def refusal_text(move: FollowedMove, gate: Gate) -> str:
    """Return why the move does not start: what the engine answered to a click, and what it says now; empty: nothing."""
    if move.is_taken_back:
        return " ".join(("Taken back: nothing was changed.", _gate_text(move, gate))).strip()
    unstarted = move.unstarted if move.sent_s is None else None
    answer = f"Not started: {_word(unstarted.reason)}. Nothing was changed." if unstarted is not None else ""
    return " ".join(part for part in (answer, _gate_text(move, gate)) if part)


def _gate_text(move: FollowedMove, gate: Gate) -> str:
    """Return what the engine says of a start now, unless the card says it already."""
    if gate.reason is None and gate.waits_for is not None:
        return f"It would wait in the queue: {_word(gate.waits_for)}."
    if gate.reason is None or (move.dry_run is not None and gate.reason == move.dry_run.reason):
        return ""
    is_answered = move.unstarted is not None and move.unstarted.reason.code is gate.reason.code
    return "" if is_answered else f"It cannot start now: {_word(gate.reason)}."


def _word(reason: Reason) -> str:
    """Return a reason's sentence without a full stop, which a text from outside may have."""
    return str(reason).rstrip(".")


def _is_same_move(
    report: MigrationView | UnstartedMove | DryRun | StartMigration, move: FollowedMove
) -> bool:
    return (report.workload, report.target) == (move.workload, move.target)


def _is_its_dry_run(dry_run: DryRun, move: FollowedMove) -> bool:
    told = (dry_run.way_back_of, dry_run.accepts)
    return _is_same_move(dry_run, move) and told == (move.way_back_of, move.accepts)


def _renew(move: FollowedMove, snapshot: EngineSnapshot) -> FollowedMove:
    """Take over the newest numbers: those of the plan, which every snapshot has, else an answer."""
    planned = next((d for d in snapshot.opportunities if _is_its_dry_run(d, move)), None)
    if planned is not None:
        return replace(move, dry_run=planned, reported=replace(move.reported, answers=snapshot.answers))
    news = [d for d in snapshot.answers if _is_its_dry_run(d, move) and d not in move.reported.answers]
    return replace(move, dry_run=news[-1]) if news else move
