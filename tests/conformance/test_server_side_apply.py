"""Server-side apply: how the controller learns who else owns `replicas`, without guessing."""

from __future__ import annotations

from tests.conformance.cluster_under_test import Answer, ClusterUnderTest, JsonObject, expect
from tests.conformance.manifests import deployment, refusal


def replicas_only(name: str, replicas: int) -> JsonObject:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": replicas},
    }


def apply(cluster: ClusterUnderTest, wanted: JsonObject, **query: str) -> Answer:
    """Apply to the Deployment `web` as we do."""
    return cluster.request(
        "PATCH", cluster.deployment("web"), wanted, patch="apply", fieldManager="sentinelaura", **query
    )


def test_dry_run_apply_of_other_replicas_is_409_and_names_the_owner(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 2), fieldManager="argocd-controller")
    answer = apply(cluster, replicas_only("web", 3), force="false", dryRun="All")
    assert answer.code == 409
    assert answer.body == refusal(
        409,
        "Conflict",
        'Apply failed with 1 conflict: conflict with "argocd-controller" using apps/v1: .spec.replicas',
        {
            "causes": [
                {
                    "reason": "FieldManagerConflict",
                    "message": 'conflict with "argocd-controller" using apps/v1',
                    "field": ".spec.replicas",
                }
            ]
        },
    )


def test_owner_by_apply_is_named_without_a_version(cluster: ClusterUnderTest) -> None:
    value = deployment("web", 2)
    expect(
        201, cluster.request("PATCH", cluster.deployment("web"), value, patch="apply", fieldManager="flux")
    )
    answer = apply(cluster, replicas_only("web", 3))
    assert answer.body["message"] == 'Apply failed with 1 conflict: conflict with "flux": .spec.replicas'


def test_owner_by_the_scale_subresource_is_named_with_it(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0), fieldManager="helm")
    cluster.patch(cluster.deployment("web/scale"), {"spec": {"replicas": 1}}, fieldManager="autoscaler")
    answer = apply(cluster, replicas_only("web", 3))
    (cause,) = answer.body["details"]["causes"]
    assert cause["message"] == 'conflict with "autoscaler" with subresource "scale" using apps/v1'


def test_several_owners_are_listed(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 2, minReadySeconds=5), fieldManager="helm")
    cluster.patch(cluster.deployment("web"), {"spec": {"replicas": 4}}, fieldManager="kubectl")
    wanted = replicas_only("web", 3)
    wanted["spec"]["minReadySeconds"] = 6
    answer = apply(cluster, wanted)
    assert answer.body["message"] == (
        'Apply failed with 2 conflicts: conflicts with "helm" using apps/v1:\n- .spec.minReadySeconds\n'
        'conflicts with "kubectl" using apps/v1:\n- .spec.replicas'
    )


def test_same_value_is_shared_and_conflicts_with_nobody(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 2), fieldManager="helm")
    applied = expect(200, apply(cluster, replicas_only("web", 2)))
    owners = {
        one["manager"]
        for one in applied["metadata"]["managedFields"]
        if "f:replicas" in one["fieldsV1"].get("f:spec", {})
    }
    assert owners == {"helm", "sentinelaura"}


def test_dry_run_apply_changes_nothing(cluster: ClusterUnderTest) -> None:
    before = cluster.create(cluster.deployment(), deployment("web", 0))
    answer = expect(200, apply(cluster, replicas_only("web", 3), force="true", dryRun="All"))
    assert answer["spec"]["replicas"] == 3
    after = cluster.get(cluster.deployment("web"))
    assert after["spec"] == before["spec"]
    assert "sentinelaura" not in {one["manager"] for one in after["metadata"]["managedFields"]}


def test_forced_apply_takes_the_field_over(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0), fieldManager="helm")
    cluster.patch(
        cluster.deployment("web"), replicas_only("web", 1), "apply", fieldManager="mover", force="true"
    )
    fields = cluster.get(cluster.deployment("web"))["metadata"]["managedFields"]
    owners = {one["manager"] for one in fields if "f:replicas" in one["fieldsV1"].get("f:spec", {})}
    assert owners == {"mover"}


def test_field_that_is_no_longer_applied_goes(cluster: ClusterUnderTest) -> None:
    value = deployment("web", 0)
    value["metadata"]["annotations"] = {"note": "x"}
    expect(
        201, cluster.request("PATCH", cluster.deployment("web"), value, patch="apply", fieldManager="flux")
    )
    del value["metadata"]["annotations"]
    applied = cluster.patch(cluster.deployment("web"), value, "apply", fieldManager="flux")
    assert "note" not in applied["metadata"].get("annotations", {})


def test_second_writer_owns_what_it_changed(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.deployment(), deployment("web", 0), fieldManager="helm")
    patched = cluster.patch(
        cluster.deployment("web"), {"spec": {"replicas": 1}}, fieldManager="kubectl-scale"
    )
    (owner,) = (
        one
        for one in patched["metadata"]["managedFields"]
        if "f:replicas" in one["fieldsV1"].get("f:spec", {})
    )
    assert (owner["manager"], owner["operation"], owner["apiVersion"]) == (
        "kubectl-scale",
        "Update",
        "apps/v1",
    )


def test_apply_without_a_manager_is_422(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("PATCH", cluster.deployment("web"), replicas_only("web", 1), patch="apply")
    assert (answer.code, answer.body["details"]["causes"][0]["field"]) == (422, "fieldManager")
