"""What follows from the events: moves and how they ended, what they were to save and did, the state at a moment. Pure.

Each projection is folded from events in the order in which they were written, so that it can be made anew at any time.
Moves are reported as facts (`PastMove`); what counts against which budget stands in `controller/decision/budgets.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey
from controller.history.events import (
    AnyEvent,
    ClustersBack,
    ClustersLost,
    ContextArmed,
    ContextDisarmed,
    EngineStopped,
    MoveEnded,
    MoveOffered,
    MoveResumed,
    MoveStarted,
    MoveStopped,
    OfferWithdrawn,
    PhaseEntered,
    PricesBack,
    PricesLost,
    Recorded,
)
from controller.history.sentences import DONE

#: The phase of a migration that was refused before anything was changed, as journals have it.
REFUSED = "REFUSED"
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
    predicted_savings_usd_per_day: Decimal | None = None
    realised_cost_usd: Decimal | None = None
    realised_savings_usd_per_day: Decimal | None = None
    writer: str = ""

    @property
    def is_moved(self) -> bool:
        """Whether the workload stands in the target."""
        return self.phase == DONE

    @property
    def has_changed_anything(self) -> bool:
        """Whether it may have written to a cluster."""
        return self.phase != REFUSED


@dataclass(frozen=True, slots=True)
class Savings:
    """Predicted against realised, over the moves that reached their target, US dollars.

    A sum is over the moves in which that number was known; `unknown` counts the others.
    """

    moves: int = 0
    unknown: int = 0
    predicted_usd_per_day: Decimal = Decimal(0)
    realised_usd_per_day: Decimal = Decimal(0)
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Moment:
    """The state at one moment, as far as this installation had recorded it by then.

    armed: contexts that a process of it might write to.
    offered: workload -> the target in which it would have been cheaper.
    lost: contexts that could not be used. has_prices: whether new prices arrived.
    What a process had armed and seen holds until it ended; until the last thing that it recorded, if it never said so.
    """

    armed: frozenset[str] = frozenset()
    offered: Mapping[WorkloadKey, str] = field(default_factory=dict)
    moving: tuple[PastMove, ...] = ()
    lost: frozenset[str] = frozenset()
    has_prices: bool = True


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
    """Return the moves that these events tell of."""
    fold = MoveFold()
    for recorded in events:
        fold.add(recorded)
    return fold.moves


def sum_up_savings(moves: Iterable[PastMove]) -> Savings:
    """Compare what the moves were to save with what they saved."""
    done = [move for move in moves if move.is_moved]
    realised = [move.realised_savings_usd_per_day for move in done]
    return Savings(
        len(done),
        sum(1 for amount in realised if amount is None),
        _sum(move.predicted_savings_usd_per_day for move in done),
        _sum(realised),
        _sum(move.realised_cost_usd for move in done),
    )


def find_state_at(
    events: Iterable[Recorded], moment: float, *, living: frozenset[str] = frozenset()
) -> Moment:
    """Return the state at a moment (Unix seconds) from all events that were recorded, older and newer ones.

    `living`: the writers that are known to run still.
    """
    fold, last_heard, ended = _StateFold(), dict[str, float](), set[str]()
    for recorded in events:
        last_heard[recorded.writer] = recorded.at
        if isinstance(recorded.event, EngineStopped):
            ended.add(recorded.writer)
        if recorded.at <= moment:
            fold.add(recorded)
    silent = {writer for writer, at in last_heard.items() if at < moment} - ended - living
    return fold.build(silent)


def _advance(move: PastMove, event: AnyEvent, at: float) -> PastMove:
    last_seen_at = max(move.last_seen_at, at)
    match event:
        case MoveStarted() | MoveResumed():
            started_at = event.started_at if isinstance(event, MoveResumed) else at
            return replace(
                move,
                last_seen_at=last_seen_at,
                started_at=min(move.started_at, started_at),
                predicted_egress_usd=event.predicted.egress_usd,
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
                predicted_savings_usd_per_day=event.predicted.savings_usd_per_day,
                realised_cost_usd=event.realised.cost_usd,
                realised_savings_usd_per_day=event.realised.savings_usd_per_day,
            )
        case PhaseEntered() | MoveStopped():
            return replace(move, last_seen_at=last_seen_at, phase=event.phase)
        case _:
            return move


@dataclass(slots=True)
class _Seen:
    """What one process has seen and allowed."""

    armed: set[str] = field(default_factory=set)
    offered: dict[WorkloadKey, str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    has_prices: bool = True


class _StateFold:
    """Folds events into the state after the last of them."""

    def __init__(self) -> None:
        self._moves = MoveFold()
        #: writer -> what it has seen; a process that has ended sees nothing.
        self._seen: dict[str, _Seen] = {}

    def add(self, recorded: Recorded) -> None:
        self._moves.add(recorded)
        if isinstance(recorded.event, EngineStopped):
            self._seen.pop(recorded.writer, None)
        else:
            _follow(self._seen.setdefault(recorded.writer, _Seen()), recorded.event)

    def build(self, silent: set[str]) -> Moment:
        """Return the state; `silent`: writers that recorded nothing more, so that nobody knows what they see."""
        seen = [seen for writer, seen in self._seen.items() if writer not in silent]
        return Moment(
            frozenset[str]().union(*(one.armed for one in seen)),
            {workload: target for one in seen for workload, target in one.offered.items()},
            tuple(move for move in self._moves.moves if move.ended_at is None),
            frozenset[str]().union(*(one.lost for one in seen)),
            all(one.has_prices for one in seen),
        )


def _follow(seen: _Seen, event: AnyEvent) -> None:
    match event:
        case ContextArmed():
            seen.armed.add(event.context)
        case ContextDisarmed():
            seen.armed.discard(event.context)
        case MoveOffered():
            seen.offered[event.workload] = event.target
        case OfferWithdrawn() | MoveStarted():
            seen.offered.pop(event.workload, None)
        case ClustersLost():
            seen.lost |= event.reasons.keys()
        case ClustersBack():
            seen.lost -= set(event.contexts)
        case PricesLost() | PricesBack():
            seen.has_prices = isinstance(event, PricesBack)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))
