"""The manifests on a real API server: they grant what is asked for, and `doctor` names each verb that one lacks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
import yaml

from app.diagnostics.checks import Check, CheckState
from app.diagnostics.rights import check_rights
from controller.clusters.checks import Outcome
from controller.clusters.permissions import check_permissions
from controller.clusters.rights import ROLES, Permission, Role
from controller.clusters.settings import ContextOverride
from oracle.market import CapacityType
from tests.controller.clusters.clients import make_client
from tests.controlplane.cluster import RBAC, Cluster
from tests.controlplane.cluster import ROLES as MANIFESTS
from tests.controlplane.pool import ControlPlanePool

pytestmark = pytest.mark.controlplane

USER = "sentinelaura"
#: What a move cannot do without in a namespace, and all that may be granted there.
NEEDED = (Role.OBSERVER, Role.SOURCE, Role.TARGET)
NAMESPACED = (*NEEDED, Role.EVENTS, Role.USAGE)
#: How long an API server may take to notice that a role has changed, seconds.
PATIENCE_S = 20.0


def ask(cluster: Cluster, namespace: str) -> list[Check]:
    """What doctor says of the account in this namespace, where the configuration says what the nodes are."""
    place = cluster.place
    said = ContextOverride(
        place.provider,
        place.region,
        place.machine.instance_type,
        CapacityType.SPOT,
        namespaces=frozenset({namespace}),
        node_cpu_cores=3,
        node_memory_gib=12,
    )

    async def main() -> list[Check]:
        client = make_client(cluster.users[USER].kubeconfig, cluster.context)
        try:
            return await check_rights(client, said)
        finally:
            await client.close()

    return asyncio.run(main())


def ask_until(cluster: Cluster, namespace: str, condition: Callable[[list[Check]], bool]) -> list[Check]:
    """Ask again until an API server that was just told has noticed."""
    give_up_at = time.monotonic() + PATIENCE_S
    while not condition(found := ask(cluster, namespace)):
        assert time.monotonic() < give_up_at, found
    return found


def is_whole(found: list[Check]) -> bool:
    """Whether nothing lacks in the namespace; that there is no ClusterRole is said of the whole."""
    return [check.state for check in found] == [CheckState.WARNING, CheckState.OK]


def test_the_roles_of_a_namespace_are_all_that_it_takes_there(control_planes: ControlPlanePool) -> None:
    [cluster] = control_planes.lend(1)
    namespace = cluster.create_namespace(roles=NAMESPACED)
    whole, there = ask_until(cluster, namespace, is_whole)
    assert there.detail == f"may observe and migrate in namespace {namespace}"
    assert whole.detail == "may not get priorityclasses; get runtimeclasses; list nodepools"
    assert "optional" in whole.advice


def test_the_roles_allow_nothing_beside_their_rows(control_planes: ControlPlanePool) -> None:
    [cluster] = control_planes.lend(1)
    namespace = cluster.create_namespace(roles=NAMESPACED)
    ask_until(cluster, namespace, is_whole)
    granted = set(chain.from_iterable(ROLES.values()))
    others = {(one, None) for one in ("secrets", "events", "replicasets")}
    resources = {(permission.resource, permission.group) for permission in granted} | others
    verbs = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
    beside = {Permission(verb, one, group=group) for verb in verbs for one, group in resources} - granted

    async def main() -> list[str]:
        client = make_client(cluster.users[USER].kubeconfig, cluster.context)
        try:
            results = await check_permissions(client, beside, namespace)
        finally:
            await client.close()
        return [result.name for result in results if result.outcome is not Outcome.FAILED]

    assert asyncio.run(main()) == []


def without(
    rules: list[dict[str, list[str]]], number: int, resource: str, verb: str
) -> list[dict[str, list[str]]]:
    """The rules with one verb on one resource less."""
    rule = rules[number]
    others = {**rule, "resources": [one for one in rule["resources"] if one != resource]}
    less = {**rule, "resources": [resource], "verbs": [one for one in rule["verbs"] if one != verb]}
    kept = [one for one in (others, less) if one["resources"] and one["verbs"]]
    return [*rules[:number], *kept, *rules[number + 1 :]]


@pytest.mark.parametrize("role", NEEDED)
@pytest.mark.timeout(300)
def test_each_single_verb_that_is_taken_away_is_named_with_its_manifest(
    control_planes: ControlPlanePool, role: Role
) -> None:
    """Without the other end's role, which grants some of the same."""
    [cluster] = control_planes.lend(1)
    namespace = cluster.create_namespace(roles=dict.fromkeys((Role.OBSERVER, role)))
    granted = next(yaml.safe_load_all((MANIFESTS / f"{role}.yaml").read_text()))
    path = f"{RBAC}/namespaces/{namespace}/roles/{granted['metadata']['name']}"
    admin, rules = cluster.client(), granted["rules"]
    asked = {(permission.verb, permission.resource) for permission in ROLES[role]}
    taken = [
        (number, resource, verb)
        for number, rule in enumerate(rules)
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if (verb, resource) in asked
    ]
    assert len(taken) == len(asked)
    for number, resource, verb in taken:
        admin.patch(path, {"rules": without(rules, number, resource, verb)})
        lacks = f"{verb} {resource}"
        found = ask_until(
            cluster,
            namespace,
            lambda found, lacks=lacks: names(found, role) == lacks,  # type: ignore[misc]
        )
        assert any(role.manifest in check.advice for check in found)


def names(found: list[Check], role: Role) -> str:
    """The rights that are named as missing for what the role is for, alone."""
    told = {
        Role.OBSERVER: ("doctor_cannot_observe", "doctor_cannot_follow", "doctor_cannot_leave"),
        Role.SOURCE: ("doctor_cannot_leave",),
        Role.TARGET: ("doctor_cannot_arrive",),
    }[role]
    named = [
        part
        for check in found
        if check.reason is not None and check.reason.code.value in told
        for part in str(check.reason["rights"]).split("; ")
    ]
    own = {str(permission) for permission in ROLES[role]}
    return "; ".join(part for part in named if part in own)


def test_a_secret_that_is_looked_for_keeps_its_content_on_the_server(
    control_planes: ControlPlanePool,
) -> None:
    [cluster] = control_planes.lend(1)
    namespace, admin = cluster.create_namespace(), cluster.users["admin"]
    folder = f"/api/v1/namespaces/{namespace}/secrets"
    cluster.client().create(folder, {"metadata": {"name": "db"}, "stringData": {"password": "hunter2"}})

    async def main() -> dict[str, Any]:
        client = make_client(admin.kubeconfig, cluster.context)
        try:
            return await client.get(f"{folder}/db")
        finally:
            await client.close()

    body = asyncio.run(main())
    assert body["metadata"]["name"] == "db"
    assert "data" not in body
