"""For how long a target serves before its source is lowered, wave by wave, as the clusters see it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.world import PATH, SETTINGS, World, simulate, start

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
