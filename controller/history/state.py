"""The state at one moment of the past, folded from the events that had been recorded by then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controller.clusters.fleet import WorkloadKey
from controller.history.events import (
    AnyEvent,
    ArmingEnded,
    ClustersBack,
    ClustersLost,
    ContextArmed,
    ContextDisarmed,
    EngineStopped,
    MoveEnded,
    MoveEvent,
    MoveOffered,
    MoveStarted,
    OfferWithdrawn,
    PricesBack,
    PricesLost,
    Recorded,
)
from controller.history.projections import MoveFold, PastMove
from controller.history.sentences import describe

#: The phases in which nothing is written until something changes, or a person looks; as journals have them.
HELD_PHASES = ("HOLD", "NEEDS_OPERATOR")


@dataclass(frozen=True, slots=True)
class OpenMove:
    """A migration that had begun and not ended; `text` is what was last said of it."""

    move: PastMove
    text: str

    @property
    def is_held(self) -> bool:
        """Whether it waited, and wrote nothing."""
        return self.move.phase in HELD_PHASES


@dataclass(frozen=True, slots=True)
class Unheard:
    """A process of which nothing was recorded any more, not even its end, and what it might write to at the last."""

    last_heard_at: float
    armed: frozenset[str]


@dataclass(frozen=True, slots=True)
class PastState:
    """The state at one moment, as far as this installation had recorded it by then.

    armed: contexts that a process of it might write to. What a process had armed and seen holds until it ended, or
    until the last thing that it recorded: what it had armed then is `unheard`, because nobody knows.
    offered: workload -> the target in which it would have been cheaper.
    open: what was under way. moved: what had reached its target, in the order of their ends.
    lost: contexts that could not be used. has_prices: whether new prices arrived.
    """

    armed: frozenset[str] = frozenset()
    unheard: tuple[Unheard, ...] = ()
    offered: Mapping[WorkloadKey, str] = field(default_factory=dict)
    open: tuple[OpenMove, ...] = ()
    moved: tuple[PastMove, ...] = ()
    lost: frozenset[str] = frozenset()
    has_prices: bool = True


def find_state_at(events: Iterable[Recorded], moment: float) -> PastState:
    """Return the state at a moment (Unix seconds) from all events that were recorded, older and newer ones."""
    fold, last_heard = _StateFold(), dict[str, float]()
    for recorded in events:
        last_heard[recorded.writer] = recorded.at
        if recorded.at <= moment:
            fold.add(recorded)
    return fold.build({writer: at for writer, at in last_heard.items() if at < moment})


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
        #: migration id -> what was last said of it.
        self._texts: dict[str, str] = {}
        #: writer -> what it has seen; a process that has ended sees nothing.
        self._seen: dict[str, _Seen] = {}

    def add(self, recorded: Recorded) -> None:
        event = recorded.event
        self._moves.add(recorded)
        if isinstance(event, MoveEnded):
            self._texts.pop(event.migration_id, None)
        elif isinstance(event, MoveEvent):
            self._texts[event.migration_id] = describe(event).text
        if isinstance(event, EngineStopped):
            self._seen.pop(recorded.writer, None)
        else:
            _follow(self._seen.setdefault(recorded.writer, _Seen()), event)

    def build(self, silent: Mapping[str, float]) -> PastState:
        """Return the state; `silent`: when writers were last heard of that recorded nothing more."""
        seen = [seen for writer, seen in self._seen.items() if writer not in silent]
        moves = self._moves.moves
        return PastState(
            armed=frozenset[str]().union(*(one.armed for one in seen)),
            unheard=self._list_unheard(silent),
            offered={workload: target for one in seen for workload, target in one.offered.items()},
            open=tuple(
                OpenMove(move, self._texts[move.migration_id]) for move in moves if move.ended_at is None
            ),
            moved=tuple(sorted((m for m in moves if m.is_moved), key=lambda move: move.ended_at or 0.0)),
            lost=frozenset[str]().union(*(one.lost for one in seen)),
            has_prices=all(one.has_prices for one in seen),
        )

    def _list_unheard(self, silent: Mapping[str, float]) -> tuple[Unheard, ...]:
        known = (
            (at, self._seen.get(writer)) for writer, at in sorted(silent.items(), key=lambda one: one[1])
        )
        return tuple(
            Unheard(at, frozenset(seen.armed)) for at, seen in known if seen is not None and seen.armed
        )


def _follow(seen: _Seen, event: AnyEvent) -> None:
    match event:
        case ContextArmed():
            seen.armed.add(event.context)
        case ContextDisarmed() | ArmingEnded():
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
