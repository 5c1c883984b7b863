"""The manifests that people apply grant exactly what the program asks for: neither less nor more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.clusters import paths, rights
from controller.clusters.rights import ROLES, Permission, Role
from controller.clusters.traffic import ROUTING

FOLDER = Path(__file__).parents[2]


def load(role: Role) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / role.manifest).read_text()))


def list_granted(role: Role) -> list[Permission]:
    [grants, _] = load(role)
    return [
        Permission(verb, resource, name, group)
        for rule in grants["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", (None,))
    ]


def with_group(permission: Permission) -> Permission:
    group = paths.api_group(permission.resource) if permission.group is None else permission.group
    return Permission(permission.verb, permission.resource, permission.name, group)


def is_route(permission: Permission) -> bool:
    return re.fullmatch(ROUTING.get(permission.group or "", "never"), permission.resource) is not None


@pytest.mark.parametrize("role", Role)
def test_a_manifest_grants_its_role_and_nothing_more(role: Role) -> None:
    granted = list_granted(role)
    assert len(granted) == len(set(granted))
    routes = {p for p in granted if is_route(p)} if role is Role.SOURCE else set()
    asked = {with_group(permission) for permission in ROLES[role]}
    assert set(granted) - routes == asked - routes
    assert {permission.verb for permission in routes} <= {"list"}


def test_the_source_sees_each_kind_that_may_lead_traffic_to_a_workload() -> None:
    routes = {p for p in list_granted(Role.SOURCE) if is_route(p)}
    assert {permission.group for permission in routes} == ROUTING.keys()


@pytest.mark.parametrize("role", Role)
def test_a_manifest_is_a_role_and_its_binding_to_the_one_account(role: Role) -> None:
    grants, binding = load(role)
    name = grants["metadata"]["name"]
    kinds = ("ClusterRole", "ClusterRoleBinding") if role is Role.CLUSTER else ("Role", "RoleBinding")
    assert (grants["kind"], binding["kind"]) == kinds
    assert binding["roleRef"]["name"] == binding["metadata"]["name"] == name == f"sentinelaura-{role}"
    assert [subject["name"] for subject in binding["subjects"]] == ["sentinelaura"]
    # Whoever applies it says the namespace, but where it is always the same.
    namespace = {Role.IDENTITY: "kube-system", Role.KUBELETS: rights.KUBELET_NAMESPACE}.get(role)
    assert {document["metadata"].get("namespace") for document in (grants, binding)} == {namespace}


def test_no_manifest_touches_secrets_or_grants_by_a_wildcard() -> None:
    for role in Role:
        for permission in list_granted(role):
            assert permission.resource != "secrets"
            assert "*" not in (permission.verb, permission.resource, permission.group)


def test_what_is_missing_is_looked_up_in_the_manifests_that_are_meant() -> None:
    lacking = [Permission("patch", "deployments"), Permission("list", "pods")]
    assert rights.find_manifests(lacking, Role) == (
        "packaging/rbac/observer.yaml",
        "packaging/rbac/source.yaml",
        "packaging/rbac/target.yaml",
    )
    assert rights.find_manifests(lacking, (Role.TARGET,)) == ("packaging/rbac/target.yaml",)
