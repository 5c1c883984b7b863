"""The scale subresource, and what a change of the spec does to the generation."""

from __future__ import annotations

from tests.conformance.cluster_under_test import ClusterUnderTest
from tests.conformance.manifests import deployment


def test_scale_shows_replicas_and_selector(cluster: ClusterUnderTest) -> None:
    created = cluster.create(cluster.deployment(), deployment("web", 2))
    scale = cluster.get(cluster.deployment("web/scale"))
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert scale["metadata"]["uid"] == created["metadata"]["uid"]
    assert scale["spec"] == {"replicas": 2}
    assert scale["status"]["selector"] == "app=web"


def test_scale_to_zero_leaves_replicas_out(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0))
    assert cluster.get(cluster.deployment("web/scale"))["spec"] == {}


def test_patched_scale_scales(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0))
    scale = cluster.patch(cluster.deployment("web/scale"), {"spec": {"replicas": 2}})
    assert scale["spec"]["replicas"] == 2
    assert cluster.get(cluster.deployment("web"))["spec"]["replicas"] == 2


def test_who_scales_owns_the_replicas_alone_and_leaves_no_time(cluster: ClusterUnderTest) -> None:
    """So that who changed them is not read from the newest entry."""
    cluster.create(cluster.deployment(), deployment("web", 1), fieldManager="helm")
    cluster.patch(cluster.deployment("web/scale"), {"spec": {"replicas": 2}}, fieldManager="kubectl-scale")
    fields = cluster.get(cluster.deployment("web"))["metadata"]["managedFields"]
    [owner] = [one for one in fields if "f:replicas" in one["fieldsV1"].get("f:spec", {})]
    assert (owner["manager"], owner["subresource"], "time" in owner) == ("kubectl-scale", "scale", False)


def test_stale_scale_is_409(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0))
    scale = cluster.get(cluster.deployment("web/scale"))
    cluster.patch(cluster.deployment("web"), {"spec": {"minReadySeconds": 1}})
    answer = cluster.request("PUT", cluster.deployment("web/scale"), {**scale, "spec": {"replicas": 3}})
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")


def test_json_patch_of_scale_tests_replicas(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 2))
    operations = [
        {"op": "test", "path": "/spec/replicas", "value": 5},
        {"op": "replace", "path": "/spec/replicas", "value": 1},
    ]
    assert cluster.request("PATCH", cluster.deployment("web/scale"), operations, patch="json").code == 422
    assert cluster.get(cluster.deployment("web"))["spec"]["replicas"] == 2


def test_generation_rises_with_the_spec(cluster: ClusterUnderTest) -> None:
    created = cluster.create(cluster.deployment(), deployment("web", 0))
    assert created["metadata"]["generation"] == 1
    assert cluster.patch(cluster.deployment("web"), {"spec": {"replicas": 1}})["metadata"]["generation"] == 2


def test_generation_rises_with_a_deployments_annotations(cluster: ClusterUnderTest) -> None:
    """They are copied to its replica sets."""
    cluster.create(cluster.deployment(), deployment("web", 0))
    patched = cluster.patch(cluster.deployment("web"), {"metadata": {"annotations": {"fence": "1"}}})
    assert patched["metadata"]["generation"] == 2


def test_generation_stays_with_labels(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0))
    patched = cluster.patch(cluster.deployment("web"), {"metadata": {"labels": {"tier": "gold"}}})
    assert patched["metadata"]["generation"] == 1


def test_write_of_the_object_leaves_the_status(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0))
    patched = cluster.patch(cluster.deployment("web"), {"status": {"readyReplicas": 7}})
    assert "readyReplicas" not in patched["status"]


def test_write_of_the_status_leaves_the_spec(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0))
    body = {"spec": {"replicas": 9}, "status": {"collisionCount": 3}}
    patched = cluster.patch(cluster.deployment("web/status"), body)
    assert (patched["spec"]["replicas"], patched["status"]["collisionCount"]) == (0, 3)
    assert patched["metadata"]["generation"] == 1
