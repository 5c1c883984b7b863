"""What these credentials may do, as the API server itself says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from controller.clusters import permissions
from controller.clusters.checks import Outcome
from controller.clusters.kube_api import KubeApi
from controller.clusters.paths import ACCESS_REVIEWS
from controller.clusters.permissions import Permission, check_permissions
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.clusters.objects import Json
from tests.controller.faults import unreachable


class ReviewingApi(FakeApi):
    """Denies what it was told to, as (verb, resource)."""

    def __init__(self, *denied: tuple[str, str]) -> None:
        super().__init__()
        self.denied = frozenset(denied)

    async def create(self, path: str, body: Mapping[str, Any], *, dry_run: bool = False) -> Json:
        await super().create(path, body, dry_run=dry_run)
        asked = body["spec"]["resourceAttributes"]
        allowed = (asked["verb"], asked["resource"]) not in self.denied
        return {"status": {"allowed": allowed, "reason": "no role"}}


def check(api: KubeApi, *asked: Permission, namespace: str | None = None) -> list[Outcome]:
    return [r.outcome for r in asyncio.run(check_permissions(api, asked, namespace))]


def test_each_permission_is_asked_for_and_answered_in_order() -> None:
    api = ReviewingApi(("patch", "deployments"))
    asked = [Permission("get", "deployments"), Permission("patch", "deployments")]
    assert check(api, *asked, namespace="shop") == [Outcome.PASSED, Outcome.FAILED]
    assert set(api.requests) == {f"POST {ACCESS_REVIEWS}"}
    assert api.bodies[1]["spec"]["resourceAttributes"] == {
        "verb": "patch", "group": "apps", "resource": "deployments", "namespace": "shop",
    }  # fmt: skip


def test_a_denial_says_who_where_and_what_to_do() -> None:
    asked = [Permission("patch", "deployments")]
    result = asyncio.run(check_permissions(ReviewingApi(("patch", "deployments")), asked, "shop"))[0]
    assert str(result.reason) == (
        "these credentials may not patch deployments in the namespace shop of eu (no role); "
        "ask the cluster's administrator for it"
    )


def test_cluster_scoped_kinds_are_asked_for_without_a_namespace() -> None:
    api = ReviewingApi()
    check(api, Permission("list", "nodes"), namespace="shop")
    assert api.bodies[0]["spec"]["resourceAttributes"] == {"verb": "list", "group": "", "resource": "nodes"}


@pytest.mark.parametrize(("name", "asked"), [(None, "shop"), ("kube-system", "kube-system")])
def test_a_namespace_is_asked_for_as_lying_in_itself(name: str | None, asked: str) -> None:
    """So the API server judges the request for it: a role within a namespace may grant reading that namespace."""
    api = ReviewingApi()
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
    created = {p for p in permissions.MOVE_FROM if p.verb in ("create", "delete", "update")}
    assert created == {Permission("create", "leases"), Permission("update", "leases")}


def test_secrets_are_never_listed_and_only_looked_for_where_a_workload_arrives() -> None:
    assert {p for p in permissions.ALL if p.resource == "secrets"} == {Permission("get", "secrets")}
    assert not {p for p in (*permissions.OBSERVE, *permissions.MOVE_FROM) if p.resource == "secrets"}


def test_observing_only_reads() -> None:
    observing = (*permissions.OBSERVE, *permissions.FOLLOW)
    assert {permission.verb for permission in observing} == {"get", "list", "watch"}
