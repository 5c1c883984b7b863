"""Real clusters and prices that nobody charges: whoever says them, and whenever that changes, nothing more is moved."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from controller.clusters.fleet import Cluster, FleetPicture, Node, Resources
from controller.contract.snapshots import MigrationStage
from controller.engine.market_gate import MarketGate
from oracle.market import Offering
from oracle.quotes import Playback, PriceMode, Quote, QuoteBoard
from tests.simulation.processes import Process
from tests.simulation.test_bad_days import hold_until
from tests.simulation.world import PATH, World, simulate, start

#: Prices of March 2016, played as slowly as they came.
PLAYBACK = Playback(1_457_000_000.0, 1.0)
NOT_LIVE = [PriceMode.SIMULATED, PriceMode.RECORDED]
NODE_USD_PER_HOUR = {"paris": "0.40", "osaka": "0.10"}


class SharedMarket:
    """The quote board of a store that others feed as well; `mode` says in which world."""

    def __init__(self, world: World) -> None:
        self.mode = PriceMode.LIVE
        self._world = world
        world.gate = MarketGate(self, self.board, world.wall, accepts_any_prices=False)

    def board(self) -> QuoteBoard:
        now = self._world.wall()
        playback = PLAYBACK if self.mode is PriceMode.RECORDED else None
        quotes = [
            Quote(
                context,
                find_offering(context),
                Decimal(price),
                now,
                now,
                now + 60.0,
                "test",
                self.mode,
                playback,
            )
            for context, price in NODE_USD_PER_HOUR.items()
        ]
        return QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})

    # What the gate asks of the fleet.

    def is_armed(self, context: str) -> bool:
        return True

    def picture(self) -> FleetPicture:
        clusters = self._world.picture().clusters.values()
        return FleetPicture({cluster.context: add_node(cluster) for cluster in clusters})


def find_offering(context: str) -> Offering:
    return Offering("aws", context, "m5.xlarge")


def add_node(cluster: Cluster) -> Cluster:
    size = Resources(4.0, 16.0)
    node = Node("node", find_offering(cluster.context), None, size, True, True, "amd64")
    workloads = tuple(replace(workload, requests=Resources(1.0, 4.0)) for workload in cluster.workloads)
    return replace(cluster, nodes=(node,), workloads=workloads)


def count_copies(world: World) -> int:
    return world.result()[1] or 0


@pytest.mark.parametrize("mode", NOT_LIVE)
@pytest.mark.parametrize("phase", ["SURGE", "SETTLE"])
def test_source_that_changes_in_the_middle_holds_the_move_until_live_prices_are_back(
    tmp_path: Path, phase: str, mode: PriceMode
) -> None:
    details: list[str] = []

    async def scenario(world: World) -> None:
        market = SharedMarket(world)

        def lose_the_live_prices(_: World) -> None:
            market.mode = mode

        def bring_them_back(_: World) -> None:
            market.mode = PriceMode.LIVE

        details.append(await hold_until(world, lose_the_live_prices, bring_them_back, phase))

    world = simulate(scenario, 2, tmp_path)
    assert f"the prices of osaka and paris are {mode}" in details[0]
    assert world.result() == (0, world.replicas)
    assert world.violations == []


@pytest.mark.parametrize("mode", NOT_LIVE)
def test_move_is_not_resumed_on_prices_that_are_not_live(tmp_path: Path, mode: PriceMode) -> None:
    async def scenario(world: World) -> None:
        market = SharedMarket(world)
        first = Process("first")
        moving = world.loop.create_task(world.migrate(first, world.build_controller("first")))
        await world.wait_for(lambda: world.journaled_phase() == "SETTLE" and count_copies(world) == 3)
        first.kill()
        market.mode = mode
        resumed = world.build_controller("second")
        resuming = world.loop.create_task(world.migrate(Process("second"), resumed))
        await world.wait_for(
            lambda: any(view.stage is MigrationStage.HOLDING for view in resumed.views()), 200
        )
        assert mode in resumed.views()[0].sentence
        before = world.result()
        await asyncio.sleep(40)
        assert world.result() == before
        await resuming
        assert resumed.views()[0].stage is MigrationStage.ROLLED_BACK, (
            "waiting for real prices ends at the source"
        )
        moving.cancel()

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


@pytest.mark.parametrize("mode", NOT_LIVE)
def test_move_is_not_started_on_prices_that_are_not_live(tmp_path: Path, mode: PriceMode) -> None:
    async def scenario(world: World) -> None:
        SharedMarket(world).mode = mode
        controller, _, task = await start(world)
        await task
        assert controller.views()[0].stage is MigrationStage.REFUSED
        assert mode in controller.views()[0].sentence

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert PATH not in world.target.objects
