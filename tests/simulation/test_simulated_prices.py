"""Real clusters and prices that nobody charges: whoever says them, and whenever that changes, nothing more is moved."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.quotes import PriceMode
from tests.simulation.program import Rejected
from tests.simulation.test_bad_days import hold_until
from tests.simulation.world import PATH, World, simulate, start

NOT_LIVE = [PriceMode.SIMULATED, PriceMode.RECORDED]


def tell_not_live(mode: PriceMode) -> Reason:
    """What a person is told of prices of this mode on both sides."""
    return Code.PRICES_NOT_LIVE.because(contexts=("osaka", "paris"), modes=(str(mode),))


@pytest.mark.parametrize("mode", NOT_LIVE)
@pytest.mark.parametrize("phase", ["SURGE", "SETTLE"])
def test_source_that_changes_in_the_middle_holds_the_move_until_live_prices_are_back(
    tmp_path: Path, phase: str, mode: PriceMode
) -> None:
    async def scenario(world: World) -> None:
        def lose_the_live_prices(*_: object) -> None:
            world.market.mode = mode

        def bring_them_back(*_: object) -> None:
            world.market.mode = PriceMode.LIVE

        detail = await hold_until(world, lose_the_live_prices, bring_them_back, phase)
        assert str(tell_not_live(mode)) in detail

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.violations == []


@pytest.mark.parametrize("mode", NOT_LIVE)
def test_move_is_not_resumed_on_prices_that_are_not_live(tmp_path: Path, mode: PriceMode) -> None:
    async def scenario(world: World) -> None:
        first, _, _ = await start(world)
        await world.wait_for(lambda: world.journaled_phase() == "SETTLE" and world.result()[1] == 3)
        first.process.kill()
        world.market.mode = mode
        resumed = world.open_program("second")
        resuming = world.loop.create_task(world.work(resumed))
        await world.wait_for(
            lambda: any(view.stage is MigrationStage.HOLDING for view in resumed.views()), 200
        )
        assert resumed.view.reason == tell_not_live(mode)
        before = world.result()
        await asyncio.sleep(40)
        assert world.result() == before
        await resuming
        assert resumed.view.stage is MigrationStage.ROLLED_BACK, "waiting for live prices ends at the source"

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


@pytest.mark.parametrize("mode", NOT_LIVE)
def test_move_is_not_started_on_prices_that_are_not_live(tmp_path: Path, mode: PriceMode) -> None:
    async def scenario(world: World) -> None:
        world.market.mode = mode
        with pytest.raises(Rejected) as rejected:
            await start(world)
        assert rejected.value.reason == tell_not_live(mode)

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.target.get(PATH) is None
