"""dryRun=All on every kind that a migration creates: all of the checks, none of the effect."""

from __future__ import annotations

import pytest

from controller.migration.steps.travelling import COPIED_RESOURCES
from tests.conformance.cluster_under_test import ClusterUnderTest
from tests.conformance.manifests import (
    autoscaler,
    config_map,
    deployment,
    disruption_budget,
    lease,
    network_policy,
    pod,
    service,
)
from tests.conformance.quotas import create_quota

CREATED_KINDS = {
    "configmaps": ("", config_map("dry", a="1")),
    "secrets": ("", {"metadata": {"name": "dry"}, "stringData": {"a": "1"}}),
    "serviceaccounts": ("", {"metadata": {"name": "dry"}}),
    "services": ("", service("dry")),
    "deployments": ("apps/v1", deployment("dry", 0)),
    "leases": ("coordination.k8s.io/v1", lease("dry", holderIdentity="me")),
    "poddisruptionbudgets": ("policy/v1", disruption_budget("dry", 1)),
    "horizontalpodautoscalers": ("autoscaling/v2", autoscaler("dry", 1, 2)),
    "networkpolicies": ("networking.k8s.io/v1", network_policy("dry")),
}
"""Plural → (API group and version, an object without kind where the path says enough)."""


def test_every_kind_that_a_migration_creates_is_tried() -> None:
    assert {*COPIED_RESOURCES, "leases"} <= set(CREATED_KINDS)


@pytest.mark.parametrize("plural", CREATED_KINDS)
def test_dry_creation_answers_with_the_object_and_stores_nothing(
    cluster: ClusterUnderTest, plural: str
) -> None:
    group, value = CREATED_KINDS[plural]
    answer = cluster.create(cluster.path(plural, group=group), value, dryRun="All")
    assert answer["metadata"]["uid"]
    assert "resourceVersion" not in answer["metadata"]
    assert cluster.request("GET", cluster.path(plural, "dry", group)).code == 404


@pytest.mark.parametrize("plural", CREATED_KINDS)
def test_wet_creation_stores_what_was_sent(cluster: ClusterUnderTest, plural: str) -> None:
    group, value = CREATED_KINDS[plural]
    cluster.create(cluster.path(plural, group=group), value)
    stored = cluster.get(cluster.path(plural, "dry", group))
    assert_contains(stored, {key: item for key, item in value.items() if key != "stringData"})


def assert_contains(actual: object, wanted: object) -> None:
    """Every wanted member is there; the server may have added others."""
    if isinstance(wanted, dict):
        assert isinstance(actual, dict)
        for key, item in wanted.items():
            assert_contains(actual.get(key), item)
    elif isinstance(wanted, list):
        assert isinstance(actual, list)
        for one, other in zip(actual, wanted, strict=True):
            assert_contains(one, other)
    else:
        assert actual == wanted


def test_dry_namespace_is_not_created(cluster: ClusterUnderTest) -> None:
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "never"}}, dryRun="All")
    assert cluster.request("GET", "/api/v1/namespaces/never").code == 404


def test_dry_patch_answers_with_the_change_and_keeps_the_object(cluster: ClusterUnderTest) -> None:
    before = cluster.create(cluster.deployment(), deployment("web", 0))
    patched = cluster.patch(cluster.deployment("web"), {"spec": {"replicas": 4}}, dryRun="All")
    assert (patched["spec"]["replicas"], patched["metadata"]["generation"]) == (4, 2)
    assert patched["metadata"]["uid"] == before["metadata"]["uid"]
    assert cluster.get(cluster.deployment("web"))["spec"]["replicas"] == 0


def test_dry_deletion_keeps_the_object(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("kept"))
    assert cluster.delete(cluster.path("configmaps", "kept"), dryRun="All").code == 200
    assert cluster.request("GET", cluster.path("configmaps", "kept")).code == 200


def test_dry_run_still_refuses(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("there"))
    again = cluster.request("POST", cluster.path("configmaps"), config_map("there"), dryRun="All")
    invalid = cluster.request("POST", cluster.path("configmaps"), config_map("Bad_Name"), dryRun="All")
    assert (again.code, invalid.code) == (409, 422)


def test_dry_run_of_a_pod_asks_the_quota(cluster: ClusterUnderTest) -> None:
    create_quota(cluster, pods="0")
    answer = cluster.request("POST", cluster.path("pods"), pod("dry"), dryRun="All")
    assert answer.code == 403
    assert (
        "exceeded quota: narrow, requested: pods=1, used: pods=0, limited: pods=0" in answer.body["message"]
    )


def test_other_dry_run_than_all_is_422(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("POST", cluster.path("configmaps"), config_map("x"), dryRun="Some")
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
