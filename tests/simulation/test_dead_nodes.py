"""Nodes go, the controllers stand still, and the pods look Ready: the Leases of the nodes are believed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.migration.access.lease import format_micro_time
from controller.reasons import Code
from controller.simulation.api.requests import ApiResponse
from controller.simulation.api.resource_kinds import LEASES, NODES
from controller.simulation.api.status_errors import forbidden
from oracle.foundation.reason import Reason
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, answer_with
from tests.simulation.world import PATH, SETTINGS, World, simulate, start

#: How often a kubelet renews the Lease of its node, seconds.
RENEWS_S = 10.0


class Kubelets:
    """Answer for the Leases of all nodes, as long as their kubelets live; `denied`: what may not be read."""

    def __init__(self, *denied: str) -> None:
        self.denied = denied
        self.died_at: float | None = None

    def direct(self, cluster: Cluster, request: Request) -> Delivery | None:
        if request.path.startswith("/api/v1/nodes/") and "nodes" in self.denied:
            return answer_with(forbidden(NODES, "", "the role does not name nodes"))
        if "kube-node-lease" not in request.path:
            return None
        if "leases" in self.denied:
            return answer_with(forbidden(LEASES, "", "the role does not name them"))
        now = cluster.now()
        if cluster.context == "osaka" and self.died_at is not None:
            now = self.died_at
        spec = {"renewTime": format_micro_time(now - now % RENEWS_S), "leaseDurationSeconds": 40}
        name = request.path.rpartition("/")[2]
        metadata = {
            "name": name,
            "namespace": "kube-node-lease",
            "uid": f"uid-{name}",
            "resourceVersion": "1",
        }
        return Delivery(0.05, answer=ApiResponse(200, {"kind": "Lease", "metadata": metadata, "spec": spec}))


@pytest.mark.parametrize(("phase", "wave"), [("VERIFY", 3), ("SOAK", 4)])
def test_pods_on_nodes_that_have_died_serve_nobody_however_ready_they_look(
    tmp_path: Path, phase: str, wave: int
) -> None:
    kubelets = Kubelets()

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == phase and program.view.wave == wave)
        if phase == "SOAK":
            assert program.view.detail.code is Code.PHASE_SOAK_WATCHED
        kubelets.died_at = world.target.now()
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, 300)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK
        assert len(world.source.ready_pods(PATH)) == world.replicas

    settings = replace(SETTINGS, bake_s=60.0, bake_between_s=60.0, soak_s=200.0, verify_timeout_s=150.0)
    world = simulate(scenario, 2, tmp_path, directed=kubelets.direct, settings=settings)
    assert world.violations == []


@pytest.mark.parametrize(
    ("denied", "basis"),
    [
        ((), Code.COUNTED_ON_LIVING_NODES),
        (("leases",), Code.COUNTED_BY_CONDITIONS),
        (("leases", "nodes"), Code.COUNTED_BY_PODS),
    ],
)
def test_a_soak_says_by_what_pods_count_as_serving(
    tmp_path: Path, denied: tuple[str, ...], basis: Code
) -> None:
    said: list[Reason] = []

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        await asyncio.sleep(5)
        said.append(program.view.detail)
        await task

    world = simulate(scenario, 1, tmp_path, directed=Kubelets(*denied).direct)
    found = said[0]["basis"]
    assert isinstance(found, Reason)
    assert found.code is basis
    assert "6 of 6 replicas ready in osaka, by " in str(said[0])
    assert world.result() == (0, world.replicas)
