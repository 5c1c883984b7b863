"""The permissions that are asked for are those that a migration uses: no fewer, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from controller.clusters import paths
from controller.clusters.kube_api import PatchType
from controller.clusters.permissions import FIND_NEEDED, MOVE_FROM, MOVE_TO, Permission
from controller.contract.snapshots import MigrationStage
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
    template["spec"] |= {
        "serviceAccountName": "web",
        "priorityClassName": "high",
        "runtimeClassName": "gvisor",
    }
    template["spec"]["containers"][0]["envFrom"] = [
        {"configMapRef": {"name": "settings"}},
        {"secretRef": {"name": "password"}},
    ]
    change = {"spec": {"template": template}}
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


def test_a_migration_succeeds_with_these_rights_and_uses_each_of_them(tmp_path: Path) -> None:
    leaving, arriving = AllBut(MOVE_FROM), AllBut((*MOVE_TO, *FIND_NEEDED))

    async def main() -> None:
        async with open_place(tmp_path) as place:
            await give_it_all_that_travels(place)
            await wait_for_rollout(place)
            place.fleet.api("paris").denied = leaving
            place.fleet.api("osaka").denied = arriving
            await move_there_and_back_and_there(place)

    asyncio.run(main())
    assert leaving.used == leaving.rights
    assert arriving.used == arriving.rights
