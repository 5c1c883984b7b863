"""A migration on a good day, in virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.clusters.user_agent import VERSION
from tests.simulation.cluster import Cluster, Request
from tests.simulation.world import World, simulate, start


@pytest.mark.parametrize("replicas", [1, 2, 6, 13])
def test_all_replicas_arrive_and_none_is_missed(tmp_path: Path, replicas: int) -> None:
    lowest: list[int] = []

    async def scenario(world: World) -> None:
        _, _, task = await start(world)
        while not task.done():
            lowest.append(world.available())
            await asyncio.sleep(0.5)

    world = simulate(scenario, 1, tmp_path, replicas=replicas)
    assert world.result() == (0, replicas)
    assert min(lowest) >= replicas
    assert world.violations == []
    assert world.journaled_phase() == "DONE"
    assert world.holders() == set()


def test_every_write_of_a_move_names_it_to_the_audit_log(tmp_path: Path) -> None:
    agents: set[str] = set()

    def listen(cluster: Cluster, request: Request) -> None:
        if request.is_write:
            agents.add(request.user_agent)

    async def scenario(world: World) -> None:
        _, migration_id, task = await start(world)
        await task
        assert agents == {f"sentinelaura/{VERSION} (migration {migration_id})"}

    assert simulate(scenario, 1, tmp_path, directed=listen).result() == (0, 6)
