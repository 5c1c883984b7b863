"""What `doctor` says of an account's rights: each that is missing, where, and which manifest grants it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import chain
from typing import Any

import pytest

from app.diagnostics.checks import Check, CheckState
from app.diagnostics.rights import check_rights
from controller.clusters import paths
from controller.clusters.kube_api import KubeApi
from controller.clusters.rights import ROLES, SEE, Permission, Role
from controller.clusters.settings import ContextOverride
from tests.controller.clusters.fake_api import ReviewingApi
from tests.controller.faults import unreachable

NAMESPACES = ("billing", "shop")


def check(api: KubeApi, namespaces: Iterable[str] = NAMESPACES, **said: Any) -> dict[str, Check]:
    override = ContextOverride(namespaces=frozenset(namespaces) or None, **said)
    return {found.name: found for found in asyncio.run(check_rights(api, override))}


def lacking(permission: Permission, where: str | None) -> ReviewingApi:
    """An account with all rights but one, in one namespace."""
    missing = (permission.verb, permission.resource, where)
    return ReviewingApi(lambda verb, resource, namespace: (verb, resource, namespace) != missing)


IN_NAMESPACE = [
    (role, permission) for role in (Role.OBSERVER, Role.SOURCE, Role.TARGET) for permission in ROLES[role]
]


@pytest.mark.parametrize(("role", "permission"), IN_NAMESPACE, ids=lambda value: str(value))
def test_each_right_that_is_missing_in_a_namespace_is_named_with_the_manifest_that_grants_it(
    role: Role, permission: Permission
) -> None:
    found = check_list(lacking(permission, "shop"))
    told = [check for check in found if check.state is not CheckState.OK]
    assert {check.name for check in told} == {"permissions eu shop"}
    assert all(str(permission) in check.detail and "namespace shop" in check.detail for check in told)
    assert all("kubectl apply --namespace shop -f packaging/rbac/" in check.advice for check in told)
    assert any(f" -f {role.manifest}" in check.advice for check in told)
    state = CheckState.BROKEN if permission in SEE else CheckState.WARNING
    assert {check.state for check in told} == {state}


def check_list(api: KubeApi) -> list[Check]:
    return asyncio.run(check_rights(api, ContextOverride(namespaces=frozenset(NAMESPACES))))


@pytest.mark.parametrize("permission", ROLES[Role.CLUSTER], ids=str)
def test_what_is_of_the_whole_cluster_is_optional_and_said_once(permission: Permission) -> None:
    api = ReviewingApi(
        lambda verb, resource, namespace: (verb, resource) != (permission.verb, permission.resource)
    )
    found = check(api)
    told = found["permissions eu"]
    assert told.state is CheckState.WARNING
    assert told.detail == f"may not {permission}"
    assert "optional" in told.advice
    assert "kubectl apply -f packaging/rbac/cluster.yaml" in told.advice
    assert found["permissions eu shop"].state is CheckState.OK


def test_nodes_that_may_not_be_heard_of_are_optional() -> None:
    told = check(ReviewingApi(lambda verb, resource, namespace: namespace != "kube-node-lease"))[
        "permissions eu"
    ]
    assert (told.state, told.detail) == (
        CheckState.WARNING,
        "may not get leases in namespace kube-node-lease",
    )
    assert told.advice.startswith("optional")
    assert "kubectl apply -f packaging/rbac/kubelets.yaml" in told.advice


def test_events_that_may_not_be_listed_are_optional() -> None:
    found = check(ReviewingApi(lambda verb, resource, namespace: resource != "events"))
    told = found["permissions eu shop events"]
    assert (told.state, told.detail) == (CheckState.WARNING, "may not list events in namespace shop")
    assert told.advice.startswith("optional")
    assert "kubectl apply --namespace shop -f packaging/rbac/events.yaml" in told.advice
    assert found["permissions eu shop"].state is CheckState.OK


def test_nodes_are_not_asked_for_where_the_configuration_says_what_they_are() -> None:
    place = {"provider": "aws", "region": "eu-west-1", "instance_type": "m5.large", "capacity_type": "spot"}
    api = ReviewingApi(lambda verb, resource, namespace: resource != "nodes")
    assert "permissions eu" in check(api)
    assert "permissions eu" not in check(api, **place, node_cpu_cores=2, node_memory_gib=8)


def test_a_cluster_that_may_not_be_known_by_its_identity_is_broken() -> None:
    told = check(ReviewingApi(lambda verb, resource, namespace: namespace != "kube-system"))["permissions eu"]
    assert told.state is CheckState.BROKEN
    assert "get namespaces kube-system" in told.detail
    assert "kubectl apply -f packaging/rbac/identity.yaml" in told.advice


def test_an_account_that_only_sees_is_told_what_it_lacks_to_move_from_and_to_a_namespace() -> None:
    api = ReviewingApi(
        lambda verb, resource, namespace: verb in ("list", "watch") or namespace == "kube-system"
    )
    told = [found for found in check_list(api) if found.name == "permissions eu shop"]
    assert [found.detail.partition(" namespace")[0] for found in told] == [
        "nothing can be moved away from",
        "nothing can be moved to",
    ]


def test_an_account_that_is_asked_for_all_namespaces_is_told_to_apply_the_manifests_in_each() -> None:
    api = ReviewingApi(lambda verb, resource, namespace: resource != "leases")
    [_, from_here, _] = [
        c for c in asyncio.run(check_rights(api, ContextOverride())) if c.name == "permissions eu"
    ]
    assert "in all namespaces" not in from_here.advice
    assert "--namespace NAMESPACE -f packaging/rbac/source.yaml" in from_here.advice


def test_no_answer_is_not_taken_for_a_right_or_for_its_lack() -> None:
    api = ReviewingApi(lambda verb, resource, namespace: True)
    api.failures[paths.ACCESS_REVIEWS] = unreachable("eu", "refused")
    [found] = check_list(api)
    assert (found.state, found.advice) == (CheckState.WARNING, "run doctor again once the server answers")


def test_secrets_are_not_asked_for() -> None:
    api = ReviewingApi(lambda verb, resource, namespace: True)
    check(api)
    asked = {body["spec"]["resourceAttributes"]["resource"] for body in api.bodies}
    assert asked == {permission.resource for permission in chain.from_iterable(ROLES.values())}
    assert "secrets" not in asked
