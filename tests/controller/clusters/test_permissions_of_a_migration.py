"""The roles are what a migration uses: no less, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from controller.clusters import paths
from controller.clusters.acceptance import ACCEPT_ANNOTATION, Acceptance
from controller.clusters.kube_api import PatchType
from controller.clusters.rights import GRANTED_BY_NAME, ROLES, Permission, Role
from controller.contract.snapshots import MigrationStage
from controller.migration.run.standing_moves import read_standing_moves
from tests.controller.migration.keys import KEYS
from tests.controller.migration.moves import resume_all
from tests.controller.migration.run.test_on_simulated_fleet import REPLICAS, Place, open_place, wait_for

Right = tuple[str, str]


class AllBut(frozenset[Right]):
    """Denials of an account that has only these rights; notes in `used` what was asked for."""

    def __new__(cls, permissions: Iterable[Permission]) -> AllBut:
        denied = super().__new__(cls)
        denied.rights = {(permission.verb, permission.resource) for permission in permissions}
        denied.used = set()
        return denied

    rights: set[Right]
    used: set[Right]

    def __contains__(self, asked: object) -> bool:
        assert isinstance(asked, tuple)
        self.used.add(asked)
        return asked not in self.rights


def named(kind: str, name: str, api_version: str = "v1", **content: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **content}


async def give_it_all_that_travels(place: Place) -> None:
    """Let the workload use one object of every kind that a migration takes along or looks for."""
    paris, osaka = place.clients["paris"], place.clients["osaka"]
    priority = named("PriorityClass", "high", "scheduling.k8s.io/v1", value=1)
    runtime = named("RuntimeClass", "gvisor", "node.k8s.io/v1", handler="runsc")
    for client in (paris, osaka):
        await client.create(paths.collection("priorityclasses"), priority)
        await client.create(paths.collection("runtimeclasses"), runtime)
    secret = named("Secret", "password")
    await osaka.create(paths.collection("secrets", "shop"), secret)
    await paris.create(paths.collection("secrets", "shop"), secret)
    await paris.create(paths.collection("configmaps", "shop"), named("ConfigMap", "settings"))
    await paris.create(paths.collection("serviceaccounts", "shop"), named("ServiceAccount", "web"))
    body = await paris.get(paths.deployment("shop", "checkout"))
    template = body["spec"]["template"]
    service = {"selector": template["metadata"]["labels"], "ports": [{"port": 80}]}
    await paris.create(paths.collection("services", "shop"), named("Service", "web", spec=service))
    policy = {"podSelector": {"matchLabels": template["metadata"]["labels"]}, "policyTypes": ["Ingress"]}
    await paris.create(
        paths.collection("networkpolicies", "shop"),
        named("NetworkPolicy", "web", "networking.k8s.io/v1", spec=policy),
    )
    autoscaler = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
        "minReplicas": 2,
        "maxReplicas": 9,
    }
    await paris.create(
        paths.collection("horizontalpodautoscalers", "shop"),
        named("HorizontalPodAutoscaler", "web", "autoscaling/v2", spec=autoscaler),
    )
    template["spec"] |= {
        "serviceAccountName": "web",
        "priorityClassName": "high",
        "runtimeClassName": "gvisor",
    }
    template["spec"]["containers"][0]["envFrom"] = [
        {"configMapRef": {"name": "settings"}},
        {"secretRef": {"name": "password"}},
    ]
    accepted = {ACCEPT_ANNOTATION: Acceptance.AUTOSCALER.value}
    change = {"metadata": {"annotations": accepted}, "spec": {"template": template}}
    await paris.patch(paths.deployment("shop", "checkout"), change, PatchType.MERGE)


async def wait_for_rollout(place: Place) -> None:
    while True:
        body = await place.clients["paris"].get(paths.deployment("shop", "checkout"))
        status = body["status"]
        counts = {status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")}
        if status.get("observedGeneration") == body["metadata"]["generation"] and counts == {REPLICAS}:
            return
        await asyncio.sleep(0.05)


async def move_there_and_back_and_there(place: Place) -> None:
    """Begin, stop, resume, cancel, and move again to the end."""
    first = place.controller()
    await first.start(place.dry_run())
    await wait_for(first, lambda view: view.phase == "VERIFY" and view.wave == 2)
    await first.stop()
    second = place.controller()
    [migration_id] = await resume_all(second, place.picture())
    second.cancel(migration_id)
    view = await wait_for(second, lambda view: view.stage.is_final)
    assert view.stage is MigrationStage.ROLLED_BACK, view.sentence
    await second.stop()
    third = place.controller()
    await third.start(place.dry_run())
    view = await wait_for(third, lambda view: view.stage.is_final)
    assert view.stage is MigrationStage.DONE, view.sentence
    await third.stop()


def may(*roles: Role, beside: Iterable[Permission] = ()) -> AllBut:
    """An account with these roles."""
    every = (Role.IDENTITY, Role.OBSERVER, *roles)
    return AllBut((*chain.from_iterable(ROLES[role] for role in every), *beside))


def rights_of(*roles: Role) -> set[Right]:
    return {(permission.verb, permission.resource) for role in roles for permission in ROLES[role]}


def test_a_migration_succeeds_with_these_roles_and_uses_all_that_they_grant(tmp_path: Path) -> None:
    leaving = may(Role.SOURCE, Role.EVENTS)
    arriving = may(Role.TARGET, Role.CLUSTER, Role.EVENTS, beside=(GRANTED_BY_NAME,))

    async def main() -> None:
        async with open_place(tmp_path) as place:
            await give_it_all_that_travels(place)
            await wait_for_rollout(place)
            place.fleet.api("paris").denied = leaving
            place.fleet.api("osaka").denied = arriving
            await move_there_and_back_and_there(place)
            standing = await read_standing_moves(place.clients.values(), {"shop"}, KEYS)
            assert not standing.unread

    asyncio.run(main())
    # Whether the nodes live is asked once, and done without.
    assert rights_of(Role.IDENTITY, Role.SOURCE) <= leaving.used <= leaving.rights | {("get", "nodes")}
    # An autoscaler that the target had before is patched, and a copy deleted where the very end is cancelled.
    others = {(verb, "horizontalpodautoscalers") for verb in ("patch", "delete")}
    assert rights_of(Role.IDENTITY, Role.TARGET) - others <= arriving.used <= arriving.rights
    assert {right for right in arriving.used if right[1] == "secrets"} == {("get", "secrets")}
    assert not {right for right in leaving.used if right[1] == "secrets"}
