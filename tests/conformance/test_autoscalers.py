"""Autoscalers without metrics: their bounds fight a half-scaled workload, and leave one at zero alone."""

from __future__ import annotations

import pytest

from controller.migration.steps.freezing import build_freeze, build_thaw, read_bounds, restore
from tests.conformance.cluster_under_test import ClusterUnderTest, JsonObject, condition
from tests.conformance.manifests import autoscaler, deployment

GROUP = "autoscaling/v2"


def create_pair(
    cluster: ClusterUnderTest, replicas: int, least: int, most: int, **behavior: JsonObject
) -> str:
    """A Deployment and its autoscaler; returns the autoscaler's path."""
    cluster.create(cluster.deployment(), deployment("web", replicas))
    value = autoscaler("web", least, most)
    if behavior:
        value["spec"]["behavior"] = behavior
    cluster.create(cluster.path("horizontalpodautoscalers", group=GROUP), value)
    return cluster.path("horizontalpodautoscalers", "web", group=GROUP)


def test_below_its_minimum_a_workload_is_scaled_back_up_even_without_metrics(
    cluster: ClusterUnderTest,
) -> None:
    create_pair(cluster, 1, least=3, most=6)
    raised = cluster.eventually(cluster.deployment("web"), lambda one: one["spec"]["replicas"] == 3)
    owners = {
        (one["manager"], one.get("subresource"))
        for one in raised["metadata"]["managedFields"]
        if "f:replicas" in one["fieldsV1"].get("f:spec", {})
    }
    assert owners == {("kube-controller-manager", "scale")}


def test_above_its_maximum_a_workload_is_scaled_down(cluster: ClusterUnderTest) -> None:
    create_pair(cluster, 4, least=1, most=2)
    cluster.eventually(cluster.deployment("web"), lambda one: one["spec"]["replicas"] == 2)


def test_at_zero_the_autoscaler_goes_quiet(cluster: ClusterUnderTest) -> None:
    path = create_pair(cluster, 0, least=2, most=4)
    quiet = cluster.eventually(
        path, lambda one: condition(one, "ScalingActive").get("reason") == "ScalingDisabled"
    )
    assert condition(quiet, "ScalingActive")["status"] == "False"
    assert cluster.get(cluster.deployment("web"))["spec"]["replicas"] == 0


def test_disabled_policies_do_not_hold_the_minimum_back(cluster: ClusterUnderTest) -> None:
    """So freezing an autoscaler takes its minimum as well as its policies."""
    disabled = {"selectPolicy": "Disabled"}
    create_pair(cluster, 1, least=2, most=4, scaleUp=disabled, scaleDown=disabled)
    cluster.eventually(cluster.deployment("web"), lambda one: one["spec"]["replicas"] == 2)


@pytest.mark.parametrize(
    "behavior", [{}, {"scaleDown": {"stabilizationWindowSeconds": 60}}], ids=["none", "own"]
)
def test_one_that_is_frozen_lets_a_workload_below_its_minimum_alone_until_it_comes_free(
    cluster: ClusterUnderTest, behavior: JsonObject
) -> None:
    path = create_pair(cluster, 2, least=2, most=4, **behavior)
    free = cluster.eventually(path, lambda one: bool(condition(one, "ScalingActive")))
    frozen = cluster.patch(path, build_freeze(free, "m-1"), kind="json")
    cluster.patch(cluster.deployment("web"), {"spec": {"replicas": 1}})
    cluster.eventually(path, lambda one: one["status"].get("currentReplicas") == 1)
    assert cluster.get(cluster.deployment("web"))["spec"]["replicas"] == 1
    assert restore(frozen, read_bounds(free))["spec"] == free["spec"]
    thawed = cluster.patch(path, build_thaw(cluster.get(path), read_bounds(free)), kind="json")
    assert thawed["spec"] == free["spec"]
    cluster.eventually(cluster.deployment("web"), lambda one: one["spec"]["replicas"] == 2)


def test_within_its_bounds_and_without_metrics_it_leaves_the_workload_alone(
    cluster: ClusterUnderTest,
) -> None:
    path = create_pair(cluster, 2, least=1, most=4)
    seen = cluster.eventually(path, lambda one: bool(condition(one, "ScalingActive")))
    assert condition(seen, "ScalingActive")["reason"] == "FailedGetResourceMetric"
    assert condition(seen, "AbleToScale")["status"] == "True"
    assert cluster.get(cluster.deployment("web"))["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("kind", "version"), [("StatefulSet", "apps/v1"), ("Deployment", "example.com/v1")], ids=["kind", "group"]
)
def test_a_namesake_of_another_kind_or_group_is_not_scaled(
    cluster: ClusterUnderTest, kind: str, version: str
) -> None:
    cluster.create(cluster.deployment(), deployment("web", 1))
    value = autoscaler("web", 3, 6)
    value["spec"]["scaleTargetRef"] |= {"kind": kind, "apiVersion": version}
    cluster.create(cluster.path("horizontalpodautoscalers", group=GROUP), value)
    path = cluster.path("horizontalpodautoscalers", "web", group=GROUP)
    seen = cluster.eventually(path, lambda one: bool(condition(one, "AbleToScale")))
    assert condition(seen, "AbleToScale")["status"] == "False"
    assert condition(seen, "AbleToScale")["reason"] == "FailedGetScale"
    assert cluster.get(cluster.deployment("web"))["spec"]["replicas"] == 1


def test_autoscalers_are_listed_and_watched_as_everything_else(cluster: ClusterUnderTest) -> None:
    path = create_pair(cluster, 2, least=1, most=4)
    collection = cluster.path("horizontalpodautoscalers", group=GROUP)
    listed = cluster.get(collection)
    assert (listed["kind"], listed["apiVersion"]) == ("HorizontalPodAutoscalerList", GROUP)
    assert [one["spec"]["scaleTargetRef"]["name"] for one in listed["items"]] == ["web"]
    with cluster.watch(collection, resourceVersion=listed["metadata"]["resourceVersion"]) as events:
        cluster.delete(path)
        deleted = next(event for event in events if event["type"] == "DELETED")
    assert deleted["object"]["metadata"]["name"] == "web"


def test_minimum_above_maximum_is_422(cluster: ClusterUnderTest) -> None:
    path = cluster.path("horizontalpodautoscalers", group=GROUP)
    answer = cluster.request("POST", path, autoscaler("web", 5, 2))
    assert answer.code == 422
    assert "spec.maxReplicas" in {one["field"] for one in answer.body["details"]["causes"]}
