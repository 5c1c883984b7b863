"""Lists and watches: pages, resource versions, bookmarks, and the end of a version that is too old."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.backends import Backend
from tests.conformance.cluster_under_test import ClusterUnderTest
from tests.conformance.manifests import ONE_MIB, config_map, deployment, large_bodies

MINE = {"labelSelector": "suite=lists"}


def labelled(name: str, **labels: str) -> dict[str, object]:
    value = config_map(name)
    value["metadata"]["labels"] = {"suite": "lists", **labels}
    return value


def create_some(cluster: ClusterUnderTest, count: int) -> None:
    for number in range(count):
        cluster.create(cluster.path("configmaps"), labelled(f"item-{number}"))


def names(listed: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [one["metadata"]["name"] for one in listed["items"]]


def test_list_names_its_kind_once_and_its_version(cluster: ClusterUnderTest) -> None:
    create_some(cluster, 2)
    listed = cluster.get(cluster.path("configmaps"), **MINE)
    assert (listed["kind"], listed["apiVersion"]) == ("ConfigMapList", "v1")
    assert int(listed["metadata"]["resourceVersion"]) > 0
    assert not any("kind" in one or "apiVersion" in one for one in listed["items"])
    assert names(listed) == ["item-0", "item-1"]


def test_pages_show_one_moment(cluster: ClusterUnderTest) -> None:
    create_some(cluster, 5)
    first = cluster.get(cluster.path("configmaps"), limit=3, **MINE)
    cluster.delete(cluster.path("configmaps", "item-4"))
    cluster.create(cluster.path("configmaps"), labelled("item-9"))
    second = cluster.get(
        cluster.path("configmaps"), limit=3, **MINE, **{"continue": first["metadata"]["continue"]}
    )
    assert names(first) + names(second) == [f"item-{number}" for number in range(5)]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert not second["metadata"].get("continue")


def test_objects_of_all_namespaces_are_listed_in_the_order_of_their_keys(cluster: ClusterUnderTest) -> None:
    """By `namespace/name` as one text, so that a namespace comes after those that go on where it ends."""
    longer = f"{cluster.namespace}-and-more"
    cluster.create("/api/v1/namespaces", {"metadata": {"name": longer}})
    for namespace in (cluster.namespace, longer):
        cluster.create(f"/api/v1/namespaces/{namespace}/configmaps", labelled("same"))
    listed = cluster.get("/api/v1/configmaps", **MINE)["items"]
    cluster.delete(f"/api/v1/namespaces/{longer}")
    namespaces = [one["metadata"]["namespace"] for one in listed]
    assert namespaces.index(longer) < namespaces.index(cluster.namespace)


def test_page_without_selector_counts_what_remains(cluster: ClusterUnderTest) -> None:
    for number in range(4):
        cluster.create(cluster.deployment(), deployment(f"web-{number}", 0))
    listed = cluster.get(cluster.deployment(), limit=1)
    assert listed["metadata"]["remainingItemCount"] == 3


def test_unreadable_continue_is_400(cluster: ClusterUnderTest) -> None:
    query: Any = {"continue": "zzz", "limit": 1}
    answer = cluster.request("GET", cluster.path("configmaps"), **query)
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("tier=gold", ["a"]),
        ("tier!=gold", ["b", "c"]),
        ("tier in (gold, silver)", ["a", "b"]),
        ("tier notin (gold)", ["b", "c"]),
        ("tier", ["a", "b"]),
        ("!tier", ["c"]),
    ],
)
def test_label_selectors(cluster: ClusterUnderTest, selector: str, found: list[str]) -> None:
    cluster.create(cluster.path("configmaps"), labelled("a", tier="gold"))
    cluster.create(cluster.path("configmaps"), labelled("b", tier="silver"))
    cluster.create(cluster.path("configmaps"), labelled("c"))
    assert names(cluster.get(cluster.path("configmaps"), labelSelector=f"suite=lists,{selector}")) == found


def test_field_selector_finds_one_name(cluster: ClusterUnderTest) -> None:
    create_some(cluster, 2)
    assert names(cluster.get(cluster.path("configmaps"), fieldSelector="metadata.name=item-1")) == ["item-1"]


def test_pods_are_selected_by_node(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1))
    cluster.eventually(cluster.deployment("web"), lambda one: one["status"].get("readyReplicas") == 1)
    (pod,) = cluster.get(cluster.path("pods"))["items"]
    node = pod["spec"]["nodeName"]
    assert len(cluster.get(cluster.path("pods"), fieldSelector=f"spec.nodeName={node}")["items"]) == 1
    assert cluster.get(cluster.path("pods"), fieldSelector="spec.nodeName=nowhere")["items"] == []


def test_resource_version_of_the_future_is_504_with_a_hint_to_retry(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("GET", cluster.path("configmaps"), resourceVersion=99_999_999)
    assert (answer.code, answer.body["reason"]) == (504, "Timeout")
    assert answer.body["details"]["retryAfterSeconds"] == 1
    assert answer.body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def test_watch_from_a_version_tells_each_later_change_once(cluster: ClusterUnderTest) -> None:
    create_some(cluster, 1)
    version = cluster.get(cluster.path("configmaps"))["metadata"]["resourceVersion"]
    cluster.create(cluster.path("configmaps"), labelled("later"))
    cluster.patch(cluster.path("configmaps", "later"), {"data": {"a": "1"}})
    cluster.delete(cluster.path("configmaps", "later"))
    with cluster.watch(cluster.path("configmaps"), resourceVersion=version, **MINE) as watch:
        events = watch.take(3)
    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "DELETED"]
    assert {event["object"]["metadata"]["name"] for event in events} == {"later"}
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert int(version) < versions[0] < versions[1] < versions[2]
    assert events[0]["object"]["kind"] == "ConfigMap"


def test_watch_without_a_version_begins_with_what_exists(cluster: ClusterUnderTest) -> None:
    create_some(cluster, 2)
    with cluster.watch(cluster.path("configmaps"), **MINE) as watch:
        first = watch.take(2)
        cluster.delete(cluster.path("configmaps", "item-0"))
        last = watch.next()
    assert [event["type"] for event in first] == ["ADDED", "ADDED"]
    assert last is not None
    assert last["type"] == "DELETED"


def test_object_that_leaves_the_selection_is_deleted_from_the_watch(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), labelled("moves", tier="gold"))
    version = cluster.get(cluster.path("configmaps"))["metadata"]["resourceVersion"]
    with cluster.watch(
        cluster.path("configmaps"), resourceVersion=version, labelSelector="tier=gold"
    ) as watch:
        cluster.patch(cluster.path("configmaps", "moves"), {"metadata": {"labels": {"tier": "tin"}}})
        cluster.patch(cluster.path("configmaps", "moves"), {"metadata": {"labels": {"tier": "gold"}}})
        assert [event["type"] for event in watch.take(2)] == ["DELETED", "ADDED"]


def test_bookmarks_come_to_who_asked_once_the_kind_has_moved_on(
    backend: Backend, cluster: ClusterUnderTest
) -> None:
    """The last one shortly before the end of the watch."""
    path = cluster.path("configmaps")
    version = cluster.get(path)["metadata"]["resourceVersion"]
    query = {"resourceVersion": version, "timeoutSeconds": backend.watch_s, **MINE}
    with (
        cluster.watch(path, allowWatchBookmarks="true", **query) as watch,
        cluster.watch(path, **query) as watch_without,
    ):
        cluster.create(path, labelled("mine"))
        elsewhere = {"metadata": {"generateName": "elsewhere-"}}
        moved_on = cluster.create("/api/v1/namespaces/default/configmaps", elsewhere)
        events, events_without = list(watch), list(watch_without)
    assert [event["type"] for event in events_without] == ["ADDED"]
    assert events[0] == events_without[0]
    assert len(events) > 1
    assert {event["type"] for event in events[1:]} == {"BOOKMARK"}
    bookmark = events[-1]["object"]
    assert bookmark["kind"] == "ConfigMap"
    assert int(bookmark["metadata"]["resourceVersion"]) >= int(moved_on["metadata"]["resourceVersion"])
    assert "name" not in bookmark["metadata"]


def test_watch_of_a_kind_that_rests_tells_of_no_change_to_its_end(cluster: ClusterUnderTest) -> None:
    """Most often it is silent to its end, so bookmarks are no heartbeat.

    A real server may send one nevertheless, where its store told it how far other kinds have come.
    """
    path = cluster.path("networkpolicies", group="networking.k8s.io/v1")
    version = cluster.get(path)["metadata"]["resourceVersion"]
    with cluster.watch(path, resourceVersion=version, allowWatchBookmarks="true", timeoutSeconds=4) as watch:
        assert {event["type"] for event in watch} <= {"BOOKMARK"}


@large_bodies
def test_event_may_be_larger_than_any_buffer(cluster: ClusterUnderTest) -> None:
    text = "x" * ONE_MIB
    path = cluster.path("configmaps")
    version = cluster.get(path)["metadata"]["resourceVersion"]
    cluster.create(path, config_map("large", text=text))
    cluster.create(path, config_map("small"))
    with cluster.watch(path, resourceVersion=version) as watch:
        large, small = watch.take(2)
    assert large["object"]["data"]["text"] == text
    assert small["object"]["metadata"]["name"] == "small"


def test_streaming_list_ends_with_a_marked_bookmark(cluster: ClusterUnderTest) -> None:
    create_some(cluster, 1)
    query = {
        "sendInitialEvents": "true",
        "allowWatchBookmarks": "true",
        "resourceVersionMatch": "NotOlderThan",
        **MINE,
    }
    with cluster.watch(cluster.path("configmaps"), **query) as watch:
        added, bookmark = watch.take(2)
    assert (added["type"], bookmark["type"]) == ("ADDED", "BOOKMARK")
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_watch_of_one_object_by_name(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), labelled("one"))
    cluster.create(cluster.path("configmaps"), labelled("two"))
    with cluster.watch(cluster.path("configmaps"), fieldSelector="metadata.name=two") as watch:
        event = watch.next()
    assert event is not None
    assert event["object"]["metadata"]["name"] == "two"
