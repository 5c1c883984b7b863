"""One simulated cluster: its objects, its control loops, and the virtual time they act in. Pure.

No clock: time comes in by `advance`. A change makes the loops that care look at the object a little later, each at
its own time, so that a client sees the same states in between as on a real cluster.
"""

from collections.abc import Callable, Sequence

from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.object_store import StoreEvent
from controller.simulation.controllers.loop import ControlLoop
from controller.simulation.work_queue import WorkKey, WorkQueue


class ClusterModel:
    """Owner of one cluster's state and time. Not thread-safe."""

    def __init__(self, state: ClusterState, loops: Sequence[ControlLoop], started_at: float) -> None:
        """`started_at`: epoch seconds at which virtual time begins."""
        self.state = state
        self.now = started_at
        self.on_schedule_changed: Callable[[], None] = lambda: None
        """Called when the next due time may have become earlier; the driver sets it."""
        self._loops = {loop.name: loop for loop in loops}
        self._queue = WorkQueue()
        state.store.subscribe(self._on_change)

    def next_due_at(self) -> float | None:
        """Epoch seconds of the next thing that will happen by itself, or None while nothing will."""
        return self._queue.next_due_at()

    def advance(self, now: float) -> None:
        """Let everything happen that is due up to `now`, in order; time never runs backwards."""
        while (due := self._queue.pop_due(now)) is not None:
            due_at, key = due
            self.now = max(self.now, due_at)
            again_at = self._loops[key.loop].reconcile(self.state, (key.namespace, key.name), self.now)
            if again_at is not None:
                # A look that asks for itself at once again would never let time move on.
                self._queue.add(key, max(again_at, self.now + 0.001))
        self.now = max(self.now, now)

    def _on_change(self, event: StoreEvent) -> None:
        for loop in self._loops.values():
            for namespace, name in loop.keys_for(event, self.state):
                self._queue.add(WorkKey(loop.name, namespace, name), self.now + loop.reaction_s)
        self.on_schedule_changed()
