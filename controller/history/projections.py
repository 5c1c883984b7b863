"""What follows from the events: moves, how they ended, what they were to save and did. Pure.

Each projection (here, in `savings.py` and in `state.py`) is folded from events in the order in which they were
written, so that it can be made anew at any time.
Moves are reported as facts (`PastMove`); what counts against which budget stands in `controller/decision/budgets.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey
from controller.history.events import (
    AnyEvent,
    MoveEnded,
    MoveResumed,
    MoveStarted,
    MoveStopped,
    PhaseEntered,
    Recorded,
)
from controller.history.sentences import DONE

#: The phases of a migration that was refused before anything was changed, of one that was taken back, as journals have
#: them, and of one that a person let go of.
REFUSED = "REFUSED"
ROLLED_BACK = "ROLLED_BACK"
ABANDONED = "ABANDONED"
#: The kinds of events that moves are made of.
MOVE_KINDS = ("move_started", "move_resumed", "phase_entered", "move_ended", "move_stopped")


@dataclass(frozen=True, slots=True)
class PastMove:
    """A migration as history or a Lease's journal knows it. Times are Unix seconds.

    `phase` is its last one, as journals have it; `ended_at` is None as long as no end was seen, and `last_seen_at` is
    when anything was last recorded of it. `realised` is empty until it has ended.
    """

    migration_id: str
    workload: WorkloadKey
    target: str
    started_at: float
    last_seen_at: float
    phase: str = ""
    ended_at: float | None = None
    predicted_egress_usd: Decimal | None = None
    predicted_egress_gb: Decimal | None = None
    predicted_savings_usd_per_day: Decimal | None = None
    realised_cost_usd: Decimal | None = None
    realised_savings_usd_per_day: Decimal | None = None
    writer: str = ""
    #: How many replicas ran in the target before.
    stays: int = 0

    @property
    def is_moved(self) -> bool:
        """Whether the workload stands in the target."""
        return self.phase == DONE

    @property
    def is_rolled_back(self) -> bool:
        """Whether it failed, was cancelled or was let go of: the workload was not moved."""
        return self.phase in (ROLLED_BACK, ABANDONED) and self.ended_at is not None

    @property
    def has_changed_anything(self) -> bool:
        """Whether it may have written to a cluster."""
        return self.phase != REFUSED


class MoveFold:
    """Folds events into moves: migration id -> move. Owned by one task."""

    def __init__(self) -> None:
        self._moves: dict[str, PastMove] = {}

    @property
    def moves(self) -> tuple[PastMove, ...]:
        """All moves that were seen, in the order of their first event."""
        return tuple(self._moves.values())

    def add(self, recorded: Recorded) -> None:
        """Take in one event; others than those of moves change nothing."""
        event = recorded.event
        if not isinstance(event, (MoveStarted, MoveResumed, PhaseEntered, MoveEnded, MoveStopped)):
            return
        known = self._moves.get(event.migration_id)
        if known is None:
            known = PastMove(
                event.migration_id,
                event.workload,
                event.target,
                recorded.at,
                recorded.at,
                writer=recorded.writer,
            )
        self._moves[event.migration_id] = _advance(known, event, recorded.at)

    def forget(self, before: float) -> None:
        """Drop the moves of which nothing was recorded since this moment."""
        self._moves = {key: move for key, move in self._moves.items() if move.last_seen_at >= before}


def fold_moves(events: Iterable[Recorded]) -> tuple[PastMove, ...]:
    """Return the moves that these events are about."""
    fold = MoveFold()
    for recorded in events:
        fold.add(recorded)
    return fold.moves


def _advance(move: PastMove, event: AnyEvent, at: float) -> PastMove:
    last_seen_at = max(move.last_seen_at, at)
    match event:
        case MoveStarted() | MoveResumed():
            started_at = event.started_at if isinstance(event, MoveResumed) else at
            return replace(
                move,
                last_seen_at=last_seen_at,
                started_at=min(move.started_at, started_at),
                stays=event.stays,
                predicted_egress_usd=event.predicted.egress_usd,
                predicted_egress_gb=event.predicted.egress_gb,
                predicted_savings_usd_per_day=event.predicted.savings_usd_per_day,
            )
        case MoveEnded():
            return replace(
                move,
                last_seen_at=last_seen_at,
                phase=event.phase,
                started_at=min(move.started_at, event.started_at),
                ended_at=at,
                predicted_egress_usd=event.predicted.egress_usd,
                predicted_egress_gb=event.predicted.egress_gb,
                predicted_savings_usd_per_day=event.predicted.savings_usd_per_day,
                realised_cost_usd=event.realised.cost_usd,
                realised_savings_usd_per_day=event.realised.savings_usd_per_day,
            )
        case PhaseEntered() | MoveStopped():
            return replace(move, last_seen_at=last_seen_at, phase=event.phase)
        case _:
            return move
