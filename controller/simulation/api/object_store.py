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

    def __init__(self, window: int = 500) -> None:
        """`window`: how many changes of its kind a watch may lag behind before it is refused as expired."""
        self.resource_version = FIRST_RESOURCE_VERSION
        self._window = window
        self._objects: dict[ResourceKind, dict[str, dict[str, JsonObject]]] = {}
        """Kind → namespace → name → object."""
        self._changes: dict[ResourceKind, deque[StoreEvent]] = {}
        self._dropped: dict[ResourceKind, int] = {}
        """Kind → newest version whose change fell out of the window."""
        self._forgotten = 0
        """Newest version whose change was forgotten, of all kinds; 0 while nothing was: a young server that is asked
        for version 1 still knows everything."""
        self._listeners: list[Callable[[StoreEvent], None]] = []

    def get(self, kind: ResourceKind, namespace: str, name: str) -> JsonObject | None:
        return self._objects.get(kind, {}).get(namespace, {}).get(name)

    def list_of(self, kind: ResourceKind, namespace: str | None = None) -> list[JsonObject]:
        """Objects in the order of their keys `namespace/name`, of one namespace or (None) of all."""
        spaces = self._objects.get(kind, {})
        chosen = sorted(spaces, key=lambda space: f"{space}/") if namespace is None else [namespace]
        return [spaces[space][name] for space in chosen for name in sorted(spaces.get(space, ()))]

    def put(self, kind: ResourceKind, value: JsonObject) -> JsonObject:
        """Store a new version and return it with its resource version; an unchanged object is no change at all."""
        named = self._objects.setdefault(kind, {}).setdefault(namespace_of(value), {})
        previous = named.get(name_of(value))
        if previous is not None and value == previous:
            return previous
        stored = self._numbered(value)
        named[name_of(value)] = stored
        self._publish("ADDED" if previous is None else "MODIFIED", kind, stored, previous)
        return stored

    def remove(self, kind: ResourceKind, namespace: str, name: str) -> JsonObject | None:
        """Take an object away; returns its last version, numbered by the deletion, or None if there was none."""
        previous = self._objects.get(kind, {}).get(namespace, {}).pop(name, None)
        if previous is None:
            return None
        last = self._numbered(previous)
        self._publish("DELETED", kind, last, previous)
        return last

    def events_after(self, kind: ResourceKind, resource_version: int) -> list[StoreEvent]:
        """Changes of a kind newer than `resource_version`, oldest first. Raises ApiError 410 if some are forgotten."""
        forgotten = max(self._forgotten, self._dropped.get(kind, 0))
        if resource_version < forgotten:
            raise too_old_resource_version(resource_version, forgotten)
        newest_first = []
        for event in reversed(self._changes.get(kind, ())):
            if event.resource_version <= resource_version:
                break
            newest_first.append(event)
        return newest_first[::-1]

    def newest_change(self, kind: ResourceKind) -> int:
        """Version of the last change of a kind that is still known, or 0."""
        changes = self._changes.get(kind)
        return changes[-1].resource_version if changes else 0

    def forget_changes(self) -> None:
        """Lose the watch cache, as a restart does: every earlier resource version is now too old to watch."""
        self._changes.clear()
        self._forgotten = self.resource_version

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
        changes = self._changes.setdefault(kind, deque())
        changes.append(event)
        if len(changes) > self._window:
            self._dropped[kind] = changes.popleft().resource_version
        for listener in tuple(self._listeners):
            listener(event)
