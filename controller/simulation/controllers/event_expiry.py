"""Events live for an hour, so that a long demo stays small. Pure."""

from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import name_of, namespace_of
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.cluster_state import ClusterState


class EventExpiryLoop:
    name: ClassVar[str] = "event-expiry"
    reaction_s: ClassVar[float] = 3600.0
    """The API server's default time to live of an Event."""

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        if event.kind is kinds.EVENTS and event.type == "ADDED":
            yield namespace_of(event.current), name_of(event.current)

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        state.store.remove(kinds.EVENTS, *key)
        return None
