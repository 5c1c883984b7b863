"""Work that becomes due in virtual time. Pure.

Like the work queues of Kubernetes' control loops: a key waits in it once, at the earliest time asked for.
"""

import heapq
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WorkKey:
    """One object that one control loop shall look at."""

    loop: str
    namespace: str
    name: str


@dataclass(slots=True)
class WorkQueue:
    """Keys by due time, in epoch seconds; equal times leave in the order in which they came."""

    _heap: list[tuple[float, int, WorkKey]] = field(default_factory=list)
    _due_at: dict[WorkKey, float] = field(default_factory=dict)
    _order: int = 0

    def add(self, key: WorkKey, due_at: float) -> None:
        if key in self._due_at and self._due_at[key] <= due_at:
            return
        self._due_at[key] = due_at
        self._order += 1
        heapq.heappush(self._heap, (due_at, self._order, key))

    def next_due_at(self) -> float | None:
        """When the earliest key becomes due, or None while nothing waits."""
        self._drop_superseded()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> tuple[float, WorkKey] | None:
        """The earliest key that is due, with its due time, or None."""
        due_at = self.next_due_at()
        if due_at is None or due_at > now:
            return None
        _, _, key = heapq.heappop(self._heap)
        del self._due_at[key]
        return due_at, key

    def _drop_superseded(self) -> None:
        while self._heap and self._due_at.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
