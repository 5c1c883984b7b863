"""The target's controllers stand still: its status says that all serve, and its pods are gone. Pods are believed."""

from __future__ import annotations

import asyncio
import copy
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.requests import ApiResponse
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.world import PATH, World, simulate, start


@pytest.mark.parametrize(("phase", "wave", "wait_s"), [("SCALE_DOWN_SOURCE", 3, 0.0), ("SOAK", 4, 5.0)])
def test_a_target_without_pods_is_no_target_whatever_its_status_says(
    tmp_path: Path, phase: str, wave: int, wait_s: float
) -> None:
    frozen: list[JsonObject] = []

    def choose(cluster: Cluster, request: Request) -> Delivery | None:
        if cluster.context != "osaka" or request.path != PATH or not frozen:
            return None
        if request.method == "GET":
            return Delivery(0.05, answer=ApiResponse(200, frozen[0]))
        if request.is_write:
            frozen.clear()  # somebody writes: the controllers are back
        return None

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == phase and program.view.wave == wave)
        frozen.append(copy.deepcopy(world.target.require(PATH)))
        await asyncio.sleep(wait_s)  # what was asked before has its answer by then
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, 60)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path, directed=choose, checks_readiness=False)
    assert world.violations == []
    assert world.result() == (world.replicas, None)
