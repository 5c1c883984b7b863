"""Starts that a person has confirmed and that wait for their turn, in the order of the confirmations.

Kept in this process alone: what a person confirms is what they see, on contexts that are armed, and neither outlives
the program. Nothing of a waiting move has begun; when its turn comes it is judged as if it were confirmed at that
moment. Belongs to the engine's loop.
"""

from __future__ import annotations

from dataclasses import replace

from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import StartMigration
from controller.contract.snapshots import QueuedMove
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: What passes while other moves come to their ends: who confirms a move meanwhile lines up.
_OTHER_MOVES = frozenset({Code.CONCURRENCY_SPENT, Code.ARMED_REPLICAS_SPENT})

#: How long a price that has run out is waited for, seconds: one that only skips a turn is back by then. Arbitrary; what
#: was confirmed must not begin long after, nor keep those behind it waiting for something that may never come.
PRICE_PATIENCE_S = 60.0

#: More than a person lines up. Arbitrary.
MAX_QUEUED = 100


class MoveQueue:
    """The waiting starts, first come first served: none overtakes another one."""

    def __init__(self) -> None:
        self._waiting: list[QueuedMove] = []
        #: Since when the first one, or those that were first before it, find no price.
        self._unpriced_since: float | None = None

    @property
    def waiting(self) -> tuple[QueuedMove, ...]:
        """All of them in their order, each with what it waits for."""
        first, *others = self._waiting or (None,)
        if first is None:
            return ()
        behind = (replace(one, reason=_tell_turn(n)) for n, one in enumerate(others, 1))
        return (first, *behind)

    @property
    def head(self) -> StartMigration | None:
        """The start whose turn is next; None: none waits."""
        return self._waiting[0].start if self._waiting else None

    @property
    def waits_for_price(self) -> bool:
        """Whether the first one waits for a price: of its coming, or not coming, no event tells."""
        return bool(self._waiting) and self._unpriced_since is not None

    def find_obstacle(self, start: StartMigration) -> Reason | None:
        """Why this start cannot line up; None: it can."""
        same = next((one for one in self._waiting if _have_one_name(one.start, start)), None)
        if same is not None:
            return Code.ALREADY_QUEUED.because(source=same.start.workload.context, target=same.start.target)
        if len(self._waiting) >= MAX_QUEUED:
            return Code.QUEUE_FULL.because(moves=len(self._waiting))
        return None

    def find_wait(self, reason: Reason | None) -> Reason | None:
        """What a start would wait for that is judged so now (`reason`: what is against it); None: it would not wait."""
        if reason is not None and not _is_for_other_moves(reason):
            return None
        return _tell_turn(len(self._waiting)) if self._waiting else reason

    def line_up(self, start: StartMigration, reason: Reason, now: float) -> None:
        """Let a start wait behind all others."""
        self._waiting.append(QueuedMove(start, now, reason))

    def waits_on(self, reason: Reason | None, now: float) -> bool:
        """Whether the first one waits on, when this is against it at wall time `now` (None: nothing is)."""
        is_unpriced = reason is not None and reason.code is Code.PRICE_UNKNOWN
        self._unpriced_since = self._find_unpriced_since(now) if is_unpriced else None
        if reason is None or not (self._has_patience(now) or _is_for_other_moves(reason)):
            return False
        self._waiting[0] = replace(self._waiting[0], reason=reason)
        return True

    def _find_unpriced_since(self, now: float) -> float:
        """A wall clock that was set back begins the time anew."""
        return now if self._unpriced_since is None else min(now, self._unpriced_since)

    def _has_patience(self, now: float) -> bool:
        return self._unpriced_since is not None and now - self._unpriced_since < PRICE_PATIENCE_S

    def take_first(self) -> None:
        """The turn of the first one has come, or it is over with it."""
        del self._waiting[0]

    def take_out(self, workload: WorkloadKey, target: str) -> StartMigration | None:
        """Let go of a start that waits; None: it does not."""
        found = next((one for one in self._waiting if _is_move(one.start, workload, target)), None)
        if found is None:
            return None
        self._waiting.remove(found)
        return found.start

    def clear(self) -> tuple[StartMigration, ...]:
        """Let go of all, and return them."""
        starts, self._waiting = tuple(one.start for one in self._waiting), []
        return starts


def _is_for_other_moves(reason: Reason) -> bool:
    """A move that alone exceeds what its contexts are armed for waits for nothing."""
    if reason.code is Code.ARMED_REPLICAS_SPENT:
        replicas, limit = reason["replicas"], reason["limit"]
        return isinstance(replicas, int) and isinstance(limit, int) and replicas <= limit
    return reason.code in _OTHER_MOVES


def _tell_turn(before: int) -> Reason:
    return Code.QUEUED_BEHIND.because(moves=before)


def _is_move(start: StartMigration, workload: WorkloadKey, target: str) -> bool:
    return (start.workload, start.target) == (workload, target)


def _have_one_name(one: StartMigration, other: StartMigration) -> bool:
    """Whether both are of a workload of one name in one of their contexts: two such moves cannot both happen."""
    names = [(start.workload.namespace, start.workload.name) for start in (one, other)]
    return names[0] == names[1] and bool(_sides(one) & _sides(other))


def _sides(start: StartMigration) -> set[str]:
    return {start.workload.context, start.target}
