"""What one watch reports: changes after a resource version, seen through its selectors. Pure."""

from collections.abc import Iterable, Mapping

from controller.simulation.api.json_objects import JsonObject, labels_of
from controller.simulation.api.lists import select_objects
from controller.simulation.api.object_store import ObjectStore, StoreEvent
from controller.simulation.api.requests import Target
from controller.simulation.api.selectors import check_field_query, matches_field_query, matches_label_query
from controller.simulation.api.status_errors import ApiError, bad_request

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""Annotation of the bookmark that ends the initial events of a streaming list."""


class WatchCursor:
    """The place of one watch in its cluster's changes."""

    def __init__(self, store: ObjectStore, target: Target, query: Mapping[str, str]) -> None:
        self._store = store
        self._target = target
        self._query = query
        version = query.get("resourceVersion", "")
        if version and not version.isdigit():
            raise bad_request(f'Invalid value: "{version}": resourceVersion: Invalid value')
        check_field_query(query.get("fieldSelector", ""), target.kind)
        self._sends_initial = query.get("sendInitialEvents", "").lower() == "true"
        self._starts_now = version in ("", "0") or self._sends_initial
        self._seen = store.resource_version if self._starts_now else int(version)
        self._began_at = max(self._seen, store.newest_change(target.kind))

    def begin(self) -> list[JsonObject]:
        """What exists already, as ADDED events, for a watch that starts without a resource version."""
        if not self._starts_now:
            return []
        events = [_event("ADDED", one) for one in select_objects(self._store, self._target, self._query)]
        if self._sends_initial:
            events.append(self._bookmark({INITIAL_EVENTS_END: "true"}))
        return events

    def take_events(self) -> list[JsonObject]:
        """Changes since the last call. Raises ApiError 410 where they fell out of the window."""
        events: list[JsonObject] = []
        for event in self._store.events_after(self._target.kind, self._seen):
            self._seen = event.resource_version
            events.extend(self._as_seen(event))
        return events

    def take_bookmark(self) -> JsonObject | None:
        """How far this watch has come, or None while the watched kind has rested since the watch was opened.

        The real server reports more where its store shows it the progress of others; the least is reported here.
        """
        return self._bookmark() if self._seen > self._began_at else None

    def _bookmark(self, annotations: Mapping[str, str] | None = None) -> JsonObject:
        """How far this watch has come, without an object."""
        metadata: JsonObject = {"resourceVersion": str(self._seen), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = dict(annotations)
        kind = self._target.kind
        return _event("BOOKMARK", {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata})

    def _as_seen(self, event: StoreEvent) -> Iterable[JsonObject]:
        """An object that enters the selection is ADDED, one that leaves it is DELETED."""
        is_in = event.type != "DELETED" and self._matches(event.current)
        was_in = event.previous is not None and self._matches(event.previous)
        if is_in:
            yield _event("MODIFIED" if was_in else "ADDED", event.current)
        elif was_in:
            last = {**(event.previous or {}), "metadata": event.current["metadata"]}
            yield _event("DELETED", event.current if event.type == "DELETED" else last)

    def _matches(self, value: JsonObject) -> bool:
        namespace = self._target.namespace
        if namespace and value["metadata"].get("namespace") != namespace:
            return False
        return matches_label_query(
            self._query.get("labelSelector", ""), labels_of(value)
        ) and matches_field_query(self._query.get("fieldSelector", ""), value)


def error_event(error: ApiError) -> JsonObject:
    """How a watch ends that cannot go on: the failure as its last event."""
    return _event("ERROR", error.to_status())


def _event(type_: str, value: JsonObject) -> JsonObject:
    return {"type": type_, "object": value}
