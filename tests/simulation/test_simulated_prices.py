"""Real clusters and simulated prices: whoever says the prices, and whenever that changes, nothing more is moved."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from oracle.quotes import SIMULATED_MARKET
from tests.simulation.market import RECORDING
from tests.simulation.program import Rejected
from tests.simulation.test_bad_days import hold_until
from tests.simulation.world import PATH, World, simulate, start


@pytest.mark.parametrize("phase", ["SURGE", "SETTLE"])
def test_source_that_changes_in_the_middle_holds_the_move_until_real_prices_are_back(
    tmp_path: Path, phase: str
) -> None:
    details: list[str] = []

    async def scenario(world: World) -> None:
        def say_who(name: str) -> None:
            world.market.name = name

        details.append(
            await hold_until(
                world, lambda *_: say_who(SIMULATED_MARKET), lambda *_: say_who(RECORDING), phase
            )
        )

    world = simulate(scenario, 2, tmp_path)
    assert "the prices of osaka and paris are simulated" in details[0]
    assert world.result() == (0, world.replicas)
    assert world.violations == []


def test_move_is_not_resumed_on_simulated_prices(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        first, _, _ = await start(world)
        await world.wait_for(lambda: world.journaled_phase() == "SETTLE" and world.result()[1] == 3)
        first.process.kill()
        world.market.name = SIMULATED_MARKET
        resumed = world.open_program("second")
        resuming = world.loop.create_task(world.work(resumed))
        await world.wait_for(
            lambda: any(view.stage is MigrationStage.HOLDING for view in resumed.views()), 200
        )
        assert "simulated" in resumed.view.detail
        before = world.result()
        await asyncio.sleep(40)
        assert world.result() == before
        await resuming
        assert resumed.view.stage is MigrationStage.ROLLED_BACK, "waiting for real prices ends at the source"

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_move_is_not_started_on_simulated_prices(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.market.name = SIMULATED_MARKET
        with pytest.raises(Rejected, match="simulated"):
            await start(world)

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.target.get(PATH) is None
