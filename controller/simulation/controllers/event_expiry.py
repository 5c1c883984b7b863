"""Events live for an hour, so that a long demo stays small. Pure."""

from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.controllers.loop import keys_of


class EventExpiryLoop:
    name: ClassVar[str] = "event-expiry"
    reaction_s: ClassVar[float] = 3600.0
    """The API server's default time to live of an Event."""

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        return keys_of(event, kinds.EVENTS, "ADDED")

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        state.store.remove(kinds.EVENTS, *key)
        return None
