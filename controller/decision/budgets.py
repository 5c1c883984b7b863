"""The moves that count against what is allowed: cooldown, moves a day, concurrency, egress a day. Pure.

What is allowed is a setting, and whether one more fits in is asked by `rules.py`. A workload is recognised by namespace
and name in whichever context it runs, because a move changes the context.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey

DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Move:
    """A migration that began; `ended_at` is None until it is over. Times are Unix seconds.

    waits_for_person: nothing goes on with it by itself. It still stands in the way of its own workload.
    is_rolled_back: it failed or was cancelled, and its workload stands where it was. Who doesn't know says no.
    """

    workload: WorkloadKey
    target: str
    started_at: float
    ended_at: float | None = None
    egress_usd: Decimal = Decimal(0)
    waits_for_person: bool = False
    is_rolled_back: bool = False

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
    """

    moves: tuple[Move, ...] = ()
    unfinished: tuple[Move, ...] = ()

    def running(self) -> tuple[Move, ...]:
        """Moves that go on: those that wait for a person may wait for ever, and must not keep all others waiting."""
        return tuple(move for move in self.moves if move.ended_at is None and not move.waits_for_person)

    def begun_since(self, instant: float) -> tuple[Move, ...]:
        """Moves that began after `instant`."""
        return tuple(move for move in self.moves if move.started_at > instant)

    def under_way(self) -> tuple[Move, ...]:
        """Moves that are not over, ours before those of other processes."""
        return (*(move for move in self.moves if move.ended_at is None), *self.unfinished)

    def find_under_way(self, workload: WorkloadKey) -> Move | None:
        """The move of this workload that is not over, ours before another process's."""
        return next((move for move in self.under_way() if move.concerns(workload)), None)

    def find_last_end(self, workload: WorkloadKey) -> float | None:
        """When the last move that may have moved this workload ended; None: none is remembered."""
        ends = (
            move.ended_at
            for move in self.moves
            if move.ended_at is not None and not move.is_rolled_back and move.concerns(workload)
        )
        return max(ends, default=None)

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
