"""How much moving is allowed: cooldown, moves a day, concurrency, egress a day. Pure.

A workload is recognised by namespace and name in whichever context it runs, because a move changes the
context.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey
from controller.decision.settings import BudgetSettings

_DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Move:
    """A migration that began; `ended_at` is None until it is over. Times are Unix seconds.

    waits_for_person: nothing goes on with it by itself. It still stands in the way of its own workload.
    """

    workload: WorkloadKey
    target: str
    started_at: float
    ended_at: float | None = None
    egress_usd: Decimal = Decimal(0)
    waits_for_person: bool = False

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


#: The usage of a program that has just begun.
NOTHING_MOVED = BudgetUsage()


def find_move_under_way(workload: WorkloadKey, usage: BudgetUsage) -> str | None:
    """Say which move of this workload is not over, ours or another process's; None: there is none."""
    if any(move.ended_at is None and move.concerns(workload) for move in usage.moves):
        return "it is being moved right now"
    left = next((move for move in usage.unfinished if move.concerns(workload)), None)
    if left is None:
        return None
    way = f"from {left.workload.context} to {left.target}"
    return f"its move {way} is not finished; it goes on where both are armed"


def find_cooldown_obstacle(
    workload: WorkloadKey, usage: BudgetUsage, settings: BudgetSettings, now: float
) -> str | None:
    """Why this workload must rest now; None: it need not."""
    under_way = find_move_under_way(workload, usage)
    if under_way is not None:
        return under_way
    ends = [move.ended_at for move in usage.moves if move.ended_at is not None and move.concerns(workload)]
    last = max(ends, default=None)
    if last is None or now >= last + settings.cooldown_s:
        return None
    return f"it was moved {_show_hours(now - last)} ago and rests for {_show_hours(settings.cooldown_s)}"


def find_budget_obstacle(
    usage: BudgetUsage, settings: BudgetSettings, egress_usd: Decimal, now: float
) -> str | None:
    """Why no further move with this egress may begin now, whichever workload it is; None: it may."""
    running = len(usage.running())
    if running >= settings.concurrent_moves:
        return f"{running} migrations are running, which is the limit"
    today = usage.begun_since(now - _DAY_S)
    if len(today) >= settings.moves_per_day:
        return f"{len(today)} moves began in the last 24 hours, which is the limit"
    limit = settings.egress_usd_per_day
    spent = sum_egress(today)
    if limit is not None and spent + egress_usd > limit:
        return f"${spent:.2f} of egress was spent in the last 24 hours; ${egress_usd:.2f} more exceed ${limit:.2f}"
    return None


def sum_egress(moves: Iterable[Move]) -> Decimal:
    """USD of egress of these moves."""
    return sum((move.egress_usd for move in moves), Decimal(0))


def _show_hours(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
