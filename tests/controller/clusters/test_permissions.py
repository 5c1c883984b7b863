"""What these credentials may do, as the API server itself says."""

from __future__ import annotations

import asyncio

import pytest

from controller.clusters.checks import Outcome
from controller.clusters.kube_api import KubeApi
from controller.clusters.paths import ACCESS_REVIEWS
from controller.clusters.permissions import check_permissions
from controller.clusters.rights import ROLES, Permission, Role
from tests.controller.clusters.fake_api import FakeApi, ReviewingApi
from tests.controller.faults import unreachable


def deny(*denied: str) -> ReviewingApi:
    """An account that may do everything but one thing, (verb, resource)."""
    return ReviewingApi(lambda verb, resource, namespace: (verb, resource) != denied)


def check(api: KubeApi, *asked: Permission, namespace: str | None = None) -> list[Outcome]:
    return [r.outcome for r in asyncio.run(check_permissions(api, asked, namespace))]


def test_each_permission_is_asked_for_and_answered_in_order() -> None:
    api = deny("patch", "deployments")
    asked = [Permission("get", "deployments"), Permission("patch", "deployments")]
    assert check(api, *asked, namespace="shop") == [Outcome.PASSED, Outcome.FAILED]
    assert set(api.requests) == {f"POST {ACCESS_REVIEWS}"}
    assert api.bodies[1]["spec"]["resourceAttributes"] == {
        "verb": "patch", "group": "apps", "resource": "deployments", "namespace": "shop",
    }  # fmt: skip


def test_a_denial_says_who_where_and_what_to_do() -> None:
    asked = [Permission("patch", "deployments")]
    result = asyncio.run(check_permissions(deny("patch", "deployments"), asked, "shop"))[0]
    assert str(result.reason) == (
        "these credentials may not patch deployments in the namespace shop of eu (no role); "
        "ask the cluster's administrator for it"
    )


def test_cluster_scoped_kinds_are_asked_for_without_a_namespace() -> None:
    api = ReviewingApi(lambda verb, resource, namespace: True)
    check(api, Permission("list", "nodes"), namespace="shop")
    assert api.bodies[0]["spec"]["resourceAttributes"] == {"verb": "list", "group": "", "resource": "nodes"}


@pytest.mark.parametrize(("name", "asked"), [(None, "shop"), ("kube-system", "kube-system")])
def test_a_namespace_is_asked_for_as_lying_in_itself(name: str | None, asked: str) -> None:
    """So the API server judges the request for it: a role within a namespace may grant reading that namespace."""
    api = ReviewingApi(lambda verb, resource, namespace: True)
    check(api, Permission("get", "namespaces", name), namespace="shop")
    attributes = api.bodies[0]["spec"]["resourceAttributes"]
    assert (attributes["name"], attributes["namespace"]) == (asked, asked)


def test_no_answer_is_neither_yes_nor_no() -> None:
    api = FakeApi()
    api.failures[ACCESS_REVIEWS] = unreachable("eu", "refused")
    assert check(api, Permission("get", "pods")) == [Outcome.UNKNOWN]


def test_an_answer_without_a_decision_is_a_denial() -> None:
    assert check(FakeApi(), Permission("get", "pods")) == [Outcome.FAILED]


def test_nothing_is_created_or_deleted_where_a_workload_leaves_but_the_lease() -> None:
    created = {p for p in ROLES[Role.SOURCE] if p.verb in ("create", "delete", "update")}
    assert created == {Permission("create", "leases"), Permission("update", "leases")}


def test_no_role_reads_secrets() -> None:
    assert not {p for permissions in ROLES.values() for p in permissions if p.resource == "secrets"}


@pytest.mark.parametrize("role", [Role.IDENTITY, Role.OBSERVER, Role.CLUSTER])
def test_who_only_looks_only_reads(role: Role) -> None:
    assert {permission.verb for permission in ROLES[role]} <= {"get", "list", "watch"}
