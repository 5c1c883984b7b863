"""The moves that count: against cooldown, moves a day, concurrency, egress a day; and for a month's tiers. Pure.

What is allowed is a setting, and whether one more fits in is asked by `rules.py`. A workload is recognised by namespace
and name in whichever context it runs, because a move changes the context.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey

DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Move:
    """A migration that began; `ended_at` is None until it is over. Times are Unix seconds.

    waits_for_person: nothing goes on with it by itself. It still stands in the way of its own workload.
    is_soaking: all replicas have moved, and it is only watched before its way back is closed.
    replicas: those of its workload; None: not known.
    is_rolled_back: it failed, was cancelled or let go of, and its workload was not moved. Who doesn't know says no.
    is_end_known: where it left its workload is known; otherwise `ended_at` is when it was last heard of.
    """

    workload: WorkloadKey
    target: str
    started_at: float
    ended_at: float | None = None
    egress_usd: Decimal = Decimal(0)
    waits_for_person: bool = False
    is_rolled_back: bool = False
    is_end_known: bool = True
    is_soaking: bool = False
    replicas: int | None = None
    #: What was sent to begin it, GB.
    egress_gb: Decimal = Decimal(0)

    def touches(self, context: str) -> bool:
        """Whether it was a move from or to this context."""
        return context in (self.workload.context, self.target)

    def concerns(self, workload: WorkloadKey) -> bool:
        """Whether this was a move of that workload, in either direction."""
        contexts = (self.workload.context, self.target)
        names = (self.workload.namespace, self.workload.name)
        return workload.context in contexts and names == (workload.namespace, workload.name)


@dataclass(frozen=True, slots=True)
class BudgetUsage:
    """The moves of at least the last day or cooldown, whichever is longer, in any order.

    unfinished: moves that another process began and that are not over; they count against no budget of ours, but
    their workloads may not begin another move.
    of_month: those of ours, now and earlier, that began in this calendar month.
    """

    moves: tuple[Move, ...] = ()
    unfinished: tuple[Move, ...] = ()
    of_month: tuple[Move, ...] = ()

    def running(self) -> tuple[Move, ...]:
        """Moves that still move. Those that soak only watch, and those that wait for a person may wait for ever.
        Neither may keep all others waiting.
        """
        going_on = (move for move in self.moves if move.ended_at is None and not move.waits_for_person)
        return tuple(move for move in going_on if not move.is_soaking)

    def begun_since(self, instant: float) -> tuple[Move, ...]:
        """Moves that began after `instant`."""
        return tuple(move for move in self.moves if move.started_at > instant)

    def under_way(self) -> tuple[Move, ...]:
        """Moves that are not over, ours before those of other processes."""
        return (*(move for move in self.moves if move.ended_at is None), *self.unfinished)

    def find_under_way(self, workload: WorkloadKey) -> Move | None:
        """The move of this workload that is not over, ours before another process's."""
        return next((move for move in self.under_way() if move.concerns(workload)), None)

    def find_last_ended(self, workload: WorkloadKey) -> Move | None:
        """The last move that may have moved this workload, of those that are over; None: none is remembered."""
        over = (
            move
            for move in self.moves
            if move.ended_at is not None and not move.is_rolled_back and move.concerns(workload)
        )
        return max(over, key=lambda move: move.ended_at or 0.0, default=None)

    def find_last_return(self, workload: WorkloadKey, target: str) -> float | None:
        """When the last move of this workload to this target that was rolled back ended; None: none is known."""
        ends = (
            move.ended_at for move in self.rolled_back() if (move.workload, move.target) == (workload, target)
        )
        return max((end for end in ends if end is not None), default=None)

    def rolled_back(self) -> tuple[Move, ...]:
        """Moves after which the workload stands where it was."""
        return tuple(move for move in self.moves if move.is_rolled_back and move.ended_at is not None)


#: The usage of a program that has just begun.
NOTHING_MOVED = BudgetUsage()


def sum_egress(moves: Iterable[Move]) -> Decimal:
    """USD of egress of these moves."""
    return sum((move.egress_usd for move in moves), Decimal(0))


def sum_sent_gb(moves: Iterable[Move], providers: Mapping[str, str | None]) -> dict[str, Decimal]:
    """Provider -> GB that these moves sent from it over the internet, as far as the providers of both sides are known.

    `providers`: context -> its provider.
    """
    sent: dict[str, Decimal] = {}
    for move in moves:
        source, target = providers.get(move.workload.context), providers.get(move.target)
        if source is not None and target is not None and source != target:
            sent[source] = sent.get(source, Decimal(0)) + move.egress_gb
    return sent


def name_month(now: float) -> str:
    """The calendar month of a moment, as `2026-11`: providers bill by months of UTC."""
    return f"{_month_of(now):%Y-%m}"


def find_month_start(now: float) -> float:
    """When the calendar month of a moment began, Unix seconds."""
    return _month_of(now).timestamp()


def find_month_end(now: float) -> float:
    """When the calendar month of a moment ends, Unix seconds."""
    # 32 days on is in the next month, whatever the length of this one.
    return find_month_start((_month_of(now) + timedelta(days=32)).timestamp())


def _month_of(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
