"""Lists and watches: pages, resource versions, bookmarks, and the end of a version that is too old."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.cluster_under_test import ClusterUnderTest
from tests.conformance.manifests import config_map, deployment

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


def test_watch_gets_a_bookmark_before_its_end_once_the_kind_has_moved_on(cluster: ClusterUnderTest) -> None:
    version = cluster.get(cluster.path("configmaps"))["metadata"]["resourceVersion"]
    query = {"resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": "5"}
    elsewhere = {"metadata": {"generateName": "elsewhere-"}}
    with cluster.watch(cluster.path("configmaps"), **query) as watch:
        moved_on = cluster.create("/api/v1/namespaces/default/configmaps", elsewhere)
        events = list(watch)
    assert {event["type"] for event in events} == {"BOOKMARK"}
    bookmark = events[-1]["object"]
    assert bookmark["kind"] == "ConfigMap"
    assert int(bookmark["metadata"]["resourceVersion"]) >= int(moved_on["metadata"]["resourceVersion"])
    assert "name" not in bookmark["metadata"]


def test_watch_of_a_kind_that_rests_is_silent_to_its_end(cluster: ClusterUnderTest) -> None:
    """Bookmarks are no heartbeat: silence for as long as the watch lasts is healthy. Seen on v1.36.3 and v1.37.2."""
    path = cluster.path("networkpolicies", group="networking.k8s.io/v1")
    version = cluster.get(path)["metadata"]["resourceVersion"]
    with cluster.watch(path, resourceVersion=version, allowWatchBookmarks="true", timeoutSeconds=4) as watch:
        assert list(watch) == []


def test_watch_without_bookmarks_gets_none(cluster: ClusterUnderTest) -> None:
    version = cluster.get(cluster.path("configmaps"))["metadata"]["resourceVersion"]
    with cluster.watch(cluster.path("configmaps"), resourceVersion=version, timeoutSeconds=1) as watch:
        assert list(watch) == []


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
