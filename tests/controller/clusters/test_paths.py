"""Paths of the API, and names that must not become paths."""

from __future__ import annotations

import pytest

from controller.clusters import paths


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (paths.deployment("shop", "checkout"), "/apis/apps/v1/namespaces/shop/deployments/checkout"),
        (paths.lease("shop", "l"), "/apis/coordination.k8s.io/v1/namespaces/shop/leases/l"),
        (paths.namespace("kube-system"), "/api/v1/namespaces/kube-system"),
        (paths.collection("pods"), "/api/v1/pods"),
        (paths.collection("nodes"), "/api/v1/nodes"),
        (paths.item("configmaps", "kube-root-ca.crt", "shop"), "/api/v1/namespaces/shop/configmaps/kube-root-ca.crt"),
    ],
    ids=["deployment", "lease", "namespace", "all pods", "nodes", "dots in a name"],
)  # fmt: skip
def test_paths_are_those_of_the_api(path: str, expected: str) -> None:
    assert path == expected


@pytest.mark.parametrize(
    "name", ["..", ".", "", "a/b", "%2e%2e", "a b", "a?b", "a#b", "-x", "x" * 300, "a\n"]
)
def test_a_name_that_would_leave_its_path_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a name"):
        paths.deployment("shop", name)


def test_a_namespaced_object_needs_its_namespace() -> None:
    with pytest.raises(ValueError, match="needs its namespace"):
        paths.item("pods", "x")


def test_a_cluster_scoped_kind_lives_in_no_namespace() -> None:
    with pytest.raises(ValueError, match="no namespace"):
        paths.collection("nodes", "shop")


@pytest.mark.parametrize(
    ("resource", "group"), [("pods", ""), ("deployments", "apps"), ("leases", "coordination.k8s.io")]
)
def test_groups_are_those_of_access_reviews(resource: str, group: str) -> None:
    assert paths.api_group(resource) == group


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (paths.item("secrets", "db", "shop"), True),
        (paths.collection("secrets", "shop"), True),
        (paths.collection("secrets"), True),
        (paths.item("configmaps", "secrets", "secrets"), False),
        (paths.namespace("secrets"), False),
        (paths.collection("pods", "secrets"), False),
    ],
)
def test_a_path_to_secrets_is_known(path: str, expected: bool) -> None:
    assert paths.is_secret(path) is expected


@pytest.mark.parametrize(
    ("path", "namespace"),
    [
        (paths.deployment("shop", "checkout"), "shop"),
        (paths.collection("leases", "shop"), "shop"),
        (paths.served_collection("example.com", "v1", "widgets", "shop"), "shop"),
        (paths.namespace("shop"), None),
        (paths.collection("deployments"), None),
        ("/apis/apps/v1/namespaces/shop/../billing/deployments", None),
        ("/api/v1/namespaces/shop/%2e%2e/billing", None),
    ],
)
def test_the_namespace_of_a_path_is_known(path: str, namespace: str | None) -> None:
    """One that climbs out of its namespace is in none."""
    assert paths.find_namespace(path) == namespace


@pytest.mark.parametrize("resource", ["pods", "deployments", "leases", "horizontalpodautoscalers", "secrets"])
def test_an_object_is_told_from_what_holds_it(resource: str) -> None:
    assert paths.names_object(paths.item(resource, "x", "shop"))
    assert not paths.names_object(paths.collection(resource, "shop"))
    assert not paths.names_object(paths.collection(resource))


def test_an_object_of_the_cluster_is_told_from_what_the_server_serves() -> None:
    assert paths.names_object(paths.namespace("kube-system"))
    assert paths.names_object(paths.item("nodes", "x"))
    others = (paths.collection("namespaces"), paths.VERSION, paths.GROUPS, paths.served_group("apps", "v1"))
    assert not any(map(paths.names_object, others))
