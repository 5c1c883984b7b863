"""The source loses its nodes in the middle: the safe way is forward, and bringing capacity back needs no price."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.contract.commands import SetArmed
from controller.contract.snapshots import MigrationStage
from tests.simulation.cluster import Cluster
from tests.simulation.world import PATH, World, simulate, start


def cordon(cluster: Cluster) -> None:
    """No node takes pods any more; those that run there stay."""
    node = f"/api/v1/nodes/{cluster.act('GET', '/api/v1/nodes')['items'][0]['metadata']['name']}"
    cluster.edit(node, {"spec": {"unschedulable": True}})


def lose_nodes(cluster: Cluster) -> None:
    """All nodes are reclaimed and none is to be had."""
    cordon(cluster)
    cluster.set_capacity(0)
    cluster.lose_pods(PATH)


@pytest.mark.parametrize("phase", ["SURGE", "VERIFY", "SETTLE"])
def test_a_source_without_nodes_is_left_although_nothing_there_has_a_price(
    tmp_path: Path, phase: str
) -> None:
    below_s: list[float] = []

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == phase and program.view.wave == 3)
        lose_nodes(world.source)
        lost_at = world.loop.time()
        await world.wait_for(lambda: world.target.available(PATH) == world.replicas, 120)
        below_s.append(world.loop.time() - lost_at)
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    world = simulate(scenario, 2, tmp_path, checks_readiness=False)
    assert world.judge_end() == []
    assert below_s[0] < 60


def test_a_source_without_nodes_is_left_only_where_both_sides_are_armed(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        program.submit(SetArmed("osaka", armed=False))
        lose_nodes(world.source)
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 120)
        asked = world.target.replicas(PATH)
        await asyncio.sleep(60)
        assert world.target.replicas(PATH) == asked
        program.submit(SetArmed("osaka", armed=True))
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    simulate(scenario, 2, tmp_path, checks_readiness=False)
