"""What every control loop of a simulated cluster has in common. Pure."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Protocol

from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.json_objects import JsonObject, name_of, namespace_of
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.resource_kinds import ResourceKind


class ControlLoop(Protocol):
    """Learns of changes as keys, and looks at one key at a time."""

    name: ClassVar[str]
    reaction_s: ClassVar[float]
    """Virtual seconds from a change to the look at it: a client sees the time in between, as with the real one."""

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        """Objects that this change makes worth a look."""

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        """Bring one object nearer to what is wanted; returns when to look again by itself, or None."""


def keys_of(event: StoreEvent, kind: ResourceKind, *types: str) -> Iterator[ObjectKey]:
    """The key of the changed object, where it is of this kind and the change is one of `types`."""
    if event.kind is kind and event.type in types:
        yield namespace_of(event.current), name_of(event.current)


def keys_of_owners(value: JsonObject, kind: str) -> Iterator[ObjectKey]:
    """The keys of those who own an object and are of this kind."""
    for reference in value["metadata"].get("ownerReferences") or ():
        if reference["kind"] == kind:
            yield namespace_of(value), reference["name"]
