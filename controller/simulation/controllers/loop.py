"""What every control loop of a simulated cluster has in common. Pure."""

from collections.abc import Iterable
from typing import ClassVar, Protocol

from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.cluster_state import ClusterState


class ControlLoop(Protocol):
    """Learns of changes as keys, and looks at one key at a time."""

    name: ClassVar[str]
    reaction_s: ClassVar[float]
    """Virtual seconds from a change to the look at it: a client sees the time in between, as with the real one."""

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        """Objects that this change makes worth a look."""

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        """Bring one object nearer to what is wanted; returns when to look again by itself, or None."""
