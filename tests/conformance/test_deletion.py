"""Deletion: preconditions, grace, and what goes along."""

from __future__ import annotations

import pytest

from tests.conformance.cluster_under_test import ClusterUnderTest
from tests.conformance.manifests import config_map, deployment, pod


@pytest.mark.parametrize(
    ("precondition", "text"),
    [
        ({"uid": "another"}, "the UID in the precondition (another) does not match the UID in record"),
        ({"resourceVersion": "1"}, "the ResourceVersion in the precondition (1) does not match"),
    ],
    ids=["uid", "resourceVersion"],
)
def test_deletion_with_a_wrong_precondition_is_409(
    cluster: ClusterUnderTest, precondition: dict[str, str], text: str
) -> None:
    cluster.create(cluster.deployment(), deployment("kept", 0))
    answer = cluster.delete(cluster.deployment("kept"), {"preconditions": precondition})
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    assert text in answer.body["message"]
    assert cluster.request("GET", cluster.deployment("kept")).code == 200


def test_deletion_with_right_preconditions_says_what_is_gone(cluster: ClusterUnderTest) -> None:
    metadata = cluster.create(cluster.path("configmaps"), config_map("mine"))["metadata"]
    preconditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    answer = cluster.delete(cluster.path("configmaps", "mine"), {"preconditions": preconditions})
    assert answer.code == 200
    assert (answer.body["kind"], answer.body["status"]) == ("Status", "Success")
    assert answer.body["details"] == {"name": "mine", "kind": "configmaps", "uid": metadata["uid"]}
    assert cluster.request("GET", cluster.path("configmaps", "mine")).code == 404


def test_same_name_gets_another_uid(cluster: ClusterUnderTest) -> None:
    first = cluster.create(cluster.path("configmaps"), config_map("again"))["metadata"]["uid"]
    cluster.delete(cluster.path("configmaps", "again"))
    second = cluster.create(cluster.path("configmaps"), config_map("again"))["metadata"]["uid"]
    assert first != second


def test_deletion_of_a_missing_object_is_404(cluster: ClusterUnderTest) -> None:
    assert cluster.delete(cluster.path("configmaps", "absent")).code == 404


def test_deleted_deployment_takes_its_pods_along(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 2))
    cluster.eventually(cluster.deployment("web"), lambda one: one["status"].get("readyReplicas") == 2)
    cluster.delete(cluster.deployment("web"))
    cluster.eventually_listed(cluster.path("pods"), lambda pods: not pods)
    cluster.eventually_listed(cluster.path("replicasets", group="apps/v1"), lambda sets: not sets)


def test_foreground_deletion_waits_for_dependents(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1))
    cluster.eventually(cluster.deployment("web"), lambda one: one["status"].get("readyReplicas") == 1)
    lingering = cluster.delete(cluster.deployment("web"), propagationPolicy="Foreground").body
    assert lingering["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert lingering["metadata"]["deletionTimestamp"]
    cluster.eventually_listed(cluster.deployment(), lambda deployments: not deployments)
    assert cluster.get(cluster.path("pods"))["items"] == []


def test_orphaning_deletion_leaves_dependents(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1))
    cluster.eventually(cluster.deployment("web"), lambda one: one["status"].get("readyReplicas") == 1)
    cluster.delete(cluster.deployment("web"), propagationPolicy="Orphan")
    cluster.eventually_listed(cluster.deployment(), lambda deployments: not deployments)
    (replica_set,) = cluster.get(cluster.path("replicasets", group="apps/v1"))["items"]
    assert not replica_set["metadata"].get("ownerReferences")


def test_finalizer_holds_an_object_back(cluster: ClusterUnderTest) -> None:
    value = config_map("held")
    value["metadata"]["finalizers"] = ["example.org/hold"]
    cluster.create(cluster.path("configmaps"), value)
    cluster.delete(cluster.path("configmaps", "held"))
    assert cluster.get(cluster.path("configmaps", "held"))["metadata"]["deletionTimestamp"]
    cluster.patch(cluster.path("configmaps", "held"), {"metadata": {"finalizers": None}})
    assert cluster.request("GET", cluster.path("configmaps", "held")).code == 404


def test_deleted_pod_that_runs_is_told_its_grace_period_and_goes(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("pods"), pod("solo", terminationGracePeriodSeconds=2))
    cluster.eventually(cluster.path("pods", "solo"), lambda one: one["status"]["phase"] == "Running")
    ending = cluster.delete(cluster.path("pods", "solo")).body
    assert ending["kind"] == "Pod"
    assert ending["metadata"]["deletionGracePeriodSeconds"] == 2
    cluster.eventually_listed(cluster.path("pods"), lambda pods: not pods)


def test_namespace_that_ends_takes_no_new_objects(cluster: ClusterUnderTest) -> None:
    value = config_map("held")
    value["metadata"]["finalizers"] = ["example.org/hold"]
    cluster.create(cluster.path("configmaps"), value)
    cluster.delete(f"/api/v1/namespaces/{cluster.namespace}")
    answer = cluster.request("POST", cluster.path("configmaps"), config_map("late"))
    assert (answer.code, answer.body["reason"]) == (403, "Forbidden")
    cluster.patch(cluster.path("configmaps", "held"), {"metadata": {"finalizers": None}})
    cluster.eventually_listed(
        "/api/v1/namespaces", lambda all_: cluster.namespace not in {one["metadata"]["name"] for one in all_}
    )
