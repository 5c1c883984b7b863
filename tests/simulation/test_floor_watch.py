"""The seconds below the floor are seen to count: a source that could be raised and is not is a finding."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.simulation.cluster import Cluster, Request
from tests.simulation.floor_watch import FloorWatch
from tests.simulation.network import Delivery
from tests.simulation.world import PATH, World, simulate, start


def test_a_source_that_nobody_raises_although_somebody_could_is_found(tmp_path: Path) -> None:
    watches: list[FloorWatch] = []

    def lose_raises(cluster: Cluster, request: Request) -> Delivery | None:
        return Delivery(None) if cluster.context == "paris" and request.raises else None

    async def scenario(world: World) -> None:
        watches.append(FloorWatch(world))
        world.loop.create_task(watches[0].look_on())
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)
        await asyncio.sleep(watches[0].limit_s - 10)
        assert world.violations == []
        await asyncio.sleep(20)

    world = simulate(scenario, 1, tmp_path, directed=lose_raises, checks_readiness=False)
    assert [text.split(" at ")[0] for text in world.violations] == [
        "I1: longer below the floor than it takes"
    ]
    assert watches[0].below_s >= watches[0].longest_s > watches[0].limit_s
