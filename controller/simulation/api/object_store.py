"""All objects of one simulated cluster, with resource versions and the window of changes that watches read. Pure.

Stands where etcd and the watch cache stand in a real cluster: one counter numbers every change of the cluster,
the newest changes are kept, and what fell out of the window is refused as expired.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from controller.simulation.api.json_objects import JsonObject, name_of, namespace_of, with_path
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.status_errors import too_old_resource_version

ObjectKey = tuple[str, str]
"""(namespace, name); the namespace of an object of the whole cluster is ""."""

FIRST_RESOURCE_VERSION = 1000
"""Arbitrary, above 0 and 1: those two have meanings of their own for clients of the API."""


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """One change: `previous` is None for ADDED, `current` is the last version for DELETED."""

    resource_version: int
    type: str
    kind: ResourceKind
    current: JsonObject
    previous: JsonObject | None


class ObjectStore:
    """Owner of every object of one cluster. Not thread-safe: one event loop, or one test, uses it."""

    def __init__(self, window: int = 1000) -> None:
        """`window`: how many changes a watch may lag behind before it is refused as expired."""
        self.resource_version = FIRST_RESOURCE_VERSION
        self._objects: dict[ResourceKind, dict[ObjectKey, JsonObject]] = {}
        self._events: deque[StoreEvent] = deque(maxlen=window)
        self._listeners: list[Callable[[StoreEvent], None]] = []

    def get(self, kind: ResourceKind, namespace: str, name: str) -> JsonObject | None:
        return self._objects.get(kind, {}).get((namespace, name))

    def list_of(self, kind: ResourceKind, namespace: str | None = None) -> list[JsonObject]:
        """Objects in key order, of one namespace or (None) of all."""
        keyed = self._objects.get(kind, {})
        return [keyed[key] for key in sorted(keyed) if namespace is None or key[0] == namespace]

    def put(self, kind: ResourceKind, value: JsonObject) -> JsonObject:
        """Store a new version and return it with its resource version; an unchanged object is no change at all."""
        key = (namespace_of(value), name_of(value))
        keyed = self._objects.setdefault(kind, {})
        previous = keyed.get(key)
        if previous is not None and value == previous:
            return previous
        stored = self._numbered(value)
        keyed[key] = stored
        self._publish("ADDED" if previous is None else "MODIFIED", kind, stored, previous)
        return stored

    def remove(self, kind: ResourceKind, namespace: str, name: str) -> JsonObject | None:
        """Take an object away; returns its last version, numbered by the deletion, or None if there was none."""
        previous = self._objects.get(kind, {}).pop((namespace, name), None)
        if previous is None:
            return None
        last = self._numbered(previous)
        self._publish("DELETED", kind, last, previous)
        return last

    def events_after(self, resource_version: int) -> list[StoreEvent]:
        """Changes newer than `resource_version`, oldest first. Raises ApiError 410 if some fell out of the window."""
        oldest = self._events[0].resource_version if self._events else self.resource_version + 1
        if resource_version < oldest - 1:
            raise too_old_resource_version(resource_version, oldest)
        newest_first = []
        for event in reversed(self._events):
            if event.resource_version <= resource_version:
                break
            newest_first.append(event)
        return newest_first[::-1]

    def compact(self) -> None:
        """Forget the window, as etcd's compaction does: every earlier resource version is now too old to watch."""
        self._events.clear()

    def subscribe(self, listener: Callable[[StoreEvent], None]) -> Callable[[], None]:
        """Call `listener` after every change; returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _numbered(self, value: JsonObject) -> JsonObject:
        self.resource_version += 1
        return with_path(value, ("metadata", "resourceVersion"), str(self.resource_version))

    def _publish(
        self, type_: str, kind: ResourceKind, current: JsonObject, previous: JsonObject | None
    ) -> None:
        event = StoreEvent(self.resource_version, type_, kind, current, previous)
        self._events.append(event)
        for listener in tuple(self._listeners):
            listener(event)
