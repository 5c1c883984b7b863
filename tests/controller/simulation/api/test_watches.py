"""Bookmarks: told while the watched kind moves on, and not while it rests."""

from __future__ import annotations

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.object_store import ObjectStore
from controller.simulation.api.requests import Target
from controller.simulation.api.watches import WatchCursor


def touch(store: ObjectStore, kind: kinds.ResourceKind, namespace: str, name: str) -> int:
    """Create an object and return its version."""
    stored = store.put(kind, {"metadata": {"namespace": namespace, "name": name}})
    return int(stored["metadata"]["resourceVersion"])


def watch_shop(store: ObjectStore, version: int) -> WatchCursor:
    target = Target(kinds.CONFIG_MAPS, "shop", "", "")
    return WatchCursor(store, target, {"resourceVersion": str(version)})


def test_kind_that_rests_has_no_bookmark() -> None:
    store = ObjectStore()
    cursor = watch_shop(store, touch(store, kinds.CONFIG_MAPS, "shop", "first"))
    touch(store, kinds.SECRETS, "shop", "other-kind")
    assert cursor.take_events() == []
    assert cursor.take_bookmark() is None


def test_what_happened_before_the_watch_was_opened_is_worth_no_bookmark() -> None:
    store = ObjectStore()
    version = touch(store, kinds.CONFIG_MAPS, "shop", "first")
    touch(store, kinds.CONFIG_MAPS, "elsewhere", "second")
    cursor = watch_shop(store, version)
    assert cursor.take_events() == []
    assert cursor.take_bookmark() is None


def test_each_bookmark_tells_how_far_the_kind_has_come_since_the_watch_was_opened() -> None:
    store = ObjectStore()
    cursor = watch_shop(store, store.resource_version)
    version = touch(store, kinds.CONFIG_MAPS, "shop", "mine")
    (event,) = cursor.take_events()
    assert event["type"] == "ADDED"
    for _ in range(2):
        bookmark = cursor.take_bookmark()
        assert bookmark is not None
        assert (bookmark["type"], bookmark["object"]["metadata"]["resourceVersion"]) == (
            "BOOKMARK",
            str(version),
        )
