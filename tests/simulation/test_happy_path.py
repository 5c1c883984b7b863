"""A migration on a good day, in virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

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
