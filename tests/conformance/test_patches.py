"""Patches: the compare-and-set that every step of a migration rests on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.cluster_under_test import ClusterUnderTest, JsonObject, Request, condition
from tests.conformance.manifests import config_map, deployment, refusal

FENCE = "sentinelaura.io/fence"
FENCE_POINTER = "/metadata/annotations/sentinelaura.io~1fence"


def fenced(name: str, replicas: int, fence: str) -> JsonObject:
    value = deployment(name, replicas)
    value["metadata"]["annotations"] = {FENCE: fence}
    return value


def scale_operations(uid: str, old: tuple[str, int], new: tuple[str, int]) -> list[JsonObject]:
    """The patch that a migration sends: test who it is, the fence and the replicas; then change both."""
    return [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": FENCE_POINTER, "value": old[0]},
        {"op": "test", "path": "/spec/replicas", "value": old[1]},
        {"op": "replace", "path": FENCE_POINTER, "value": new[0]},
        {"op": "replace", "path": "/spec/replicas", "value": new[1]},
    ]


def test_json_patch_whose_tests_hold_changes_fence_and_replicas_at_once(cluster: ClusterUnderTest) -> None:
    uid = cluster.create(cluster.deployment(), fenced("web", 0, "m1:1:1"))["metadata"]["uid"]
    patched = cluster.patch(
        cluster.deployment("web"), scale_operations(uid, ("m1:1:1", 0), ("m1:1:2", 1)), "json"
    )
    assert (patched["metadata"]["annotations"][FENCE], patched["spec"]["replicas"]) == ("m1:1:2", 1)


@pytest.mark.parametrize(
    ("uid", "fence", "replicas"),
    [("another", "m1:1:1", 0), (None, "m1:0:9", 0), (None, "m1:1:1", 5)],
    ids=["other uid", "older fence", "other replicas"],
)
def test_json_patch_with_a_failing_test_is_422_and_changes_nothing(
    cluster: ClusterUnderTest, uid: str | None, fence: str, replicas: int
) -> None:
    created = cluster.create(cluster.deployment(), fenced("web", 0, "m1:1:1"))
    operations = scale_operations(uid or created["metadata"]["uid"], (fence, replicas), ("m1:1:2", 3))
    answer = cluster.request("PATCH", cluster.deployment("web"), operations, patch="json")
    assert answer.code == 422
    assert answer.body == refusal(
        422, "Invalid", "the server rejected our request due to an error in our request", {}
    )
    after = cluster.get(cluster.deployment("web"))
    assert (after["spec"]["replicas"], after["metadata"]["annotations"][FENCE]) == (0, "m1:1:1")


def test_failing_test_after_a_change_takes_the_change_back(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("whole", a="1"))
    operations = [
        {"op": "replace", "path": "/data/a", "value": "2"},
        {"op": "test", "path": "/data/a", "value": "1"},
    ]
    answer = cluster.request("PATCH", cluster.path("configmaps", "whole"), operations, patch="json")
    assert answer.code == 422
    assert cluster.get(cluster.path("configmaps", "whole"))["data"] == {"a": "1"}


def status_update(cluster: ClusterUnderTest, collisions: int) -> Request:
    """What a control loop does all the time, here with a count that nobody else changes."""
    body = {"status": {"collisionCount": collisions}}
    return Request("PATCH", cluster.deployment("busy/status"), body, "merge")


def compare_and_set(cluster: ClusterUnderTest, operations: list[JsonObject]) -> Request:
    return Request("PATCH", cluster.deployment("busy"), operations, "json")


def test_failing_json_patches_change_nothing_while_status_updates_go_on(cluster: ClusterUnderTest) -> None:
    created = cluster.create(cluster.deployment(), fenced("busy", 3, "f:0"))
    wrong = scale_operations(created["metadata"]["uid"], ("f:9", 3), ("f:10", 9))
    for number in range(1, 6):
        updated, *refused = cluster.race(
            [status_update(cluster, number), *[compare_and_set(cluster, wrong)] * 3]
        )
        assert (updated.code, updated.body["status"]["collisionCount"]) == (200, number)
        assert [answer.code for answer in refused] == [422] * 3
    after = cluster.get(cluster.deployment("busy"))
    assert (after["spec"], after["metadata"]["generation"]) == (created["spec"], 1)
    assert after["metadata"]["annotations"][FENCE] == "f:0"
    # Who compares the resource version instead cannot get through.
    assert cluster.request("PUT", cluster.deployment("busy"), created).code == 409


def test_json_patches_need_no_retry_while_status_updates_go_on(cluster: ClusterUnderTest) -> None:
    """And of equal ones that are sent at the same moment, one comes through."""
    created = cluster.create(cluster.deployment(), fenced("busy", 3, "f:0"))
    for number in range(5):
        step = scale_operations(
            created["metadata"]["uid"], (f"f:{number}", 3 + number), (f"f:{number + 1}", 4 + number)
        )
        updated, *steps = cluster.race(
            [status_update(cluster, number + 1), *[compare_and_set(cluster, step)] * 2]
        )
        assert updated.code == 200
        assert sorted(answer.code for answer in steps) == [200, 422]
    after = cluster.get(cluster.deployment("busy"))
    assert (after["spec"]["replicas"], after["metadata"]["annotations"][FENCE]) == (8, "f:5")
    assert after["status"]["collisionCount"] == 5


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/metadata/annotations/absent"},
        {"op": "replace", "path": "/spec/absent/deeper", "value": 1},
        {"op": "add", "path": "/spec/absent/deeper", "value": 1},
        {"op": "test", "path": "/spec/absent", "value": 1},
        {"op": "conjure", "path": "/spec/replicas", "value": 1},
    ],
    ids=lambda operation: operation["op"],
)
def test_operation_that_cannot_be_done_is_422(cluster: ClusterUnderTest, operation: JsonObject) -> None:
    cluster.create(cluster.deployment(), fenced("web", 0, "f"))
    answer = cluster.request("PATCH", cluster.deployment("web"), [operation], patch="json")
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")


def test_replacing_a_missing_member_adds_it(cluster: ClusterUnderTest) -> None:
    """Not as RFC 6902 has it, so `replace` alone never proves that something was there."""
    cluster.create(cluster.path("configmaps"), config_map("lenient", a="1"))
    operation = {"op": "replace", "path": "/data/b", "value": "2"}
    assert cluster.patch(cluster.path("configmaps", "lenient"), [operation], "json")["data"] == {
        "a": "1",
        "b": "2",
    }


def test_absence_is_tested_with_null(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), fenced("web", 0, "f"))
    absent = [{"op": "test", "path": "/metadata/annotations/absent", "value": None}]
    present = [{"op": "test", "path": FENCE_POINTER, "value": None}]
    assert cluster.request("PATCH", cluster.deployment("web"), absent, patch="json").code == 200
    assert cluster.request("PATCH", cluster.deployment("web"), present, patch="json").code == 422


def test_patch_that_changes_nothing_leaves_the_resource_version(cluster: ClusterUnderTest) -> None:
    before = cluster.create(cluster.path("configmaps"), config_map("same", a="1"))
    after = cluster.patch(cluster.path("configmaps", "same"), {"data": {"a": "1"}})
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_merge_patch_with_a_stale_resource_version_is_409(cluster: ClusterUnderTest) -> None:
    old = cluster.create(cluster.deployment(), fenced("web", 0, "m1:1:1"))["metadata"]["resourceVersion"]
    cluster.patch(cluster.deployment("web"), {"metadata": {"labels": {"tier": "gold"}}})
    patch = {"metadata": {"resourceVersion": old, "annotations": {FENCE: "late"}}, "spec": {"replicas": 9}}
    answer = cluster.request("PATCH", cluster.deployment("web"), patch, patch="merge")
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    after = cluster.get(cluster.deployment("web"))
    assert (after["metadata"]["annotations"][FENCE], after["spec"]["replicas"]) == ("m1:1:1", 0)


def test_merge_patch_with_the_present_resource_version_keeps_other_annotations(
    cluster: ClusterUnderTest,
) -> None:
    cluster.create(cluster.deployment(), fenced("web", 0, "m1:1:1"))
    resting = cluster.eventually(
        cluster.deployment("web"),
        lambda one: condition(one, "Progressing").get("reason") == "NewReplicaSetAvailable",
    )
    version = resting["metadata"]["resourceVersion"]
    patch = {"metadata": {"resourceVersion": version, "annotations": {FENCE: "m1:1:2"}}}
    patched = cluster.patch(cluster.deployment("web"), patch)
    assert patched["metadata"]["annotations"] == {**resting["metadata"]["annotations"], FENCE: "m1:1:2"}
    assert len(patched["metadata"]["annotations"]) == 2


def test_null_in_a_merge_patch_removes(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("shrinks", a="1", b="2"))
    patched = cluster.patch(cluster.path("configmaps", "shrinks"), {"data": {"a": None}})
    assert patched["data"] == {"b": "2"}


@pytest.mark.parametrize("kind", ["merge", "json"])
def test_metadata_of_the_server_cannot_be_patched(cluster: ClusterUnderTest, kind: str) -> None:
    before = cluster.create(cluster.deployment(), deployment("own", 0))["metadata"]
    merge = {"metadata": {"generation": 99, "creationTimestamp": "2001-01-01T00:00:00Z"}}
    operations = [{"op": "replace", "path": "/metadata/generation", "value": 99}]
    body: Any = merge if kind == "merge" else operations
    after = cluster.patch(cluster.deployment("own"), body, kind)["metadata"]
    assert (after["generation"], after["creationTimestamp"]) == (
        before["generation"],
        before["creationTimestamp"],
    )


def test_strategic_merge_merges_containers_by_name(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0))
    patch = {
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "registry.example/web:2"}]}}}
    }
    patched = cluster.patch(cluster.deployment("web"), patch, "strategic")
    (container,) = patched["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example/web:2"
    assert container["resources"] == {"requests": {"cpu": "10m"}}


def test_merge_patch_replaces_containers(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0))
    patch = {
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "registry.example/web:2"}]}}}
    }
    (container,) = cluster.patch(cluster.deployment("web"), patch)["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {}
