"""The store: versions that only rise, a window of changes, and no version for nothing."""

from __future__ import annotations

import pytest

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.object_store import ObjectStore, StoreEvent
from controller.simulation.api.status_errors import ApiError


def config(name: str, **data: str) -> JsonObject:
    return {"metadata": {"name": name, "namespace": "shop"}, "data": data}


def test_every_change_has_a_higher_version_over_all_kinds() -> None:
    store = ObjectStore()
    first = store.put(kinds.CONFIG_MAPS, config("a"))
    second = store.put(kinds.SECRETS, config("a"))
    last = store.remove(kinds.CONFIG_MAPS, "shop", "a")
    assert last is not None
    versions = [int(one["metadata"]["resourceVersion"]) for one in (first, second, last)]
    assert versions == sorted(set(versions))


def test_unchanged_object_is_no_change() -> None:
    store = ObjectStore()
    stored = store.put(kinds.CONFIG_MAPS, config("a", x="1"))
    assert store.put(kinds.CONFIG_MAPS, dict(stored)) is stored


def test_changes_are_kept_kind_by_kind_up_to_the_window() -> None:
    store = ObjectStore(window=3)
    beginning = store.resource_version
    store.put(kinds.SECRETS, config("quiet"))
    for number in range(5):
        store.put(kinds.CONFIG_MAPS, config("busy", x=str(number)))
    assert len(store.events_after(kinds.SECRETS, beginning)) == 1
    with pytest.raises(ApiError) as refusal:
        store.events_after(kinds.CONFIG_MAPS, beginning)
    assert (refusal.value.code, refusal.value.reason) == (410, "Expired")
    assert len(store.events_after(kinds.CONFIG_MAPS, store.resource_version - 3)) == 3


def test_restart_forgets_what_was_and_keeps_what_comes() -> None:
    store = ObjectStore()
    old = store.resource_version
    store.put(kinds.CONFIG_MAPS, config("a"))
    store.forget_changes()
    now = store.resource_version
    store.put(kinds.CONFIG_MAPS, config("b"))
    with pytest.raises(ApiError):
        store.events_after(kinds.CONFIG_MAPS, old)
    assert [one.type for one in store.events_after(kinds.CONFIG_MAPS, now)] == ["ADDED"]


def test_young_store_knows_everything_since_version_1() -> None:
    store = ObjectStore()
    store.put(kinds.CONFIG_MAPS, config("a"))
    assert [one.type for one in store.events_after(kinds.CONFIG_MAPS, 1)] == ["ADDED"]


def test_listener_hears_each_change_until_it_leaves() -> None:
    store = ObjectStore()
    heard: list[StoreEvent] = []
    leave = store.subscribe(heard.append)
    store.put(kinds.CONFIG_MAPS, config("a"))
    leave()
    store.put(kinds.CONFIG_MAPS, config("b"))
    assert [(one.type, one.current["metadata"]["name"]) for one in heard] == [("ADDED", "a")]


def test_objects_are_listed_in_the_order_of_their_keys() -> None:
    store = ObjectStore()
    for namespace, name in (("b", "x"), ("a", "z"), ("a", "y")):
        store.put(kinds.PODS, {"metadata": {"namespace": namespace, "name": name}})
    assert [one["metadata"]["name"] for one in store.list_of(kinds.PODS)] == ["y", "z", "x"]
    assert [one["metadata"]["name"] for one in store.list_of(kinds.PODS, "a")] == ["y", "z"]
