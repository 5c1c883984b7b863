"""In which waves a move goes, and for how long each serves before its source is lowered, as the clusters see it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.decision.settings import DecisionSettings
from tests.simulation.network import Faults
from tests.simulation.world import PATH, SETTINGS, World, keep_alive, simulate, start

BAKES = replace(SETTINGS, bake_s=30.0, bake_between_s=10.0)


def test_the_first_and_the_last_wave_serve_for_longer_than_those_between(tmp_path: Path) -> None:
    served_s: list[float] = []

    async def scenario(world: World) -> None:
        _, _, task = await start(world)
        for moved in (1, 3, 5, 6):
            await world.wait_for(lambda moved=moved: world.target.available(PATH) >= moved)
            since_s = world.loop.time()
            await world.wait_for(lambda moved=moved: world.source.replicas(PATH) <= 6 - moved)
            served_s.append(world.loop.time() - since_s)
        await task

    world = simulate(scenario, 1, tmp_path, settings=BAKES)
    assert world.result() == (0, 6)
    assert world.violations == []
    # And some seconds more, in which the change is seen and the pods are counted.
    assert served_s == pytest.approx([32, 12, 12, 32], abs=2)


@pytest.mark.parametrize(
    ("replicas", "waves"), [(4, [1, 4]), (6, [1, 6]), (8, [1, 5, 8])], ids=["four", "six", "eight"]
)
def test_few_replicas_move_in_few_waves_and_none_is_missed(
    tmp_path: Path, replicas: int, waves: list[int]
) -> None:
    """With the waves and bakes that people have by default, under requests that are lost, late and doubled."""
    raised: list[int] = []

    async def scenario(world: World) -> None:
        task = world.loop.create_task(keep_alive(world, "a"))
        while not task.done():
            _, there = world.result()
            if there and there not in raised:
                raised.append(there)
            await asyncio.sleep(0.05)
        await task

    world = simulate(
        scenario,
        1,
        tmp_path,
        replicas=replicas,
        settings=replace(SETTINGS, bake_between_s=None),
        wave_replicas=DecisionSettings().wave_replicas,
        faults=Faults(lost=0.02, unanswered=0.02, late=0.02, doubled=0.02),
    )
    assert raised == waves
    assert world.result() == (0, replicas)
    assert world.judge_end() == []
