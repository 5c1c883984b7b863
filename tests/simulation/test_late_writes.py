"""Writes that land late, after what they rested on has gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.migration.access.fenced_writer import FencedWriter
from controller.migration.run.migration_controller import MigrationController
from tests.simulation.fake_cluster import FakeCluster, Request
from tests.simulation.network import Delivery
from tests.simulation.processes import Process
from tests.simulation.world import PATH, World, resume_all, simulate, start


def lose_target(world: World) -> None:
    """The target's nodes go, and no others come."""
    world.target.capacity = 0
    world.target.lose_pods(PATH, 100)


def lose_replicas_to_a_stuck_drain(tmp_path: Path, lands_after_s: float) -> int:
    """The last write that lowers the source lands late, and 5 s after it was sent the target loses its pods. Returns
    how many serving replicas the source lost.
    """
    worlds: list[World] = []
    sent_at: list[float] = []
    lost: list[int] = []

    def stick(cluster: FakeCluster, request: Request) -> Delivery | None:
        if sent_at or cluster.context != "paris" or not request.lowers or request.replicas != 0:
            return None
        sent_at.append(worlds[0].loop.time())
        worlds[0].loop.call_later(5, lambda: lose_target(worlds[0]))
        return Delivery(lands_after_s)

    async def scenario(world: World) -> None:
        worlds.append(world)
        _, _, task = await start(world)
        await world.wait_for(lambda: bool(sent_at))
        serving = world.source.available(PATH)
        while world.loop.time() < sent_at[0] + 60:
            lost.append(serving - world.source.available(PATH))
            await asyncio.sleep(0.5)
        await task

    world = simulate(scenario, 1, tmp_path, directed=stick, checks_readiness=False)
    assert world.result() == (world.replicas, None)
    assert world.violations == []
    return max(lost)


@pytest.mark.parametrize("lands_after_s", [15.0, 25.0, 40.0])
def test_stuck_drain_takes_no_replica_after_the_target_has_lost_its_pods(
    tmp_path: Path, lands_after_s: float
) -> None:
    assert lose_replicas_to_a_stuck_drain(tmp_path, lands_after_s) == 0


def test_without_the_seal_of_a_silent_write_it_takes_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FencedWriter, "_expect_late_write", lambda self, side: None)
    assert lose_replicas_to_a_stuck_drain(tmp_path, 25.0) == 1


@pytest.mark.parametrize("phase", ["SETTLE", "SOAK"])
def test_target_without_any_serving_replica_is_left_at_once(tmp_path: Path, phase: str) -> None:
    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == phase and controller.views()[0].wave == 4)
        lose_target(world)
        lost_at = world.loop.time()
        await world.wait_for(lambda: controller.views()[0].phase == "ROLLBACK")
        assert world.loop.time() - lost_at < 5
        await task
        assert "none of the replicas serves" in controller.views()[0].sentence

    world = simulate(scenario, 1, tmp_path, checks_readiness=False)
    assert world.result() == (world.replicas, None)


async def take_over_in_wave_three(world: World) -> tuple[MigrationController, asyncio.Task[None]]:
    """A process dies in wave 3; returns the second one's controller when it leads, before it has sealed anything."""
    first = Process("a")
    dying = world.build_controller("a")
    world.loop.create_task(world.migrate(first, dying))
    await world.wait_for(
        lambda: bool(dying.views()) and dying.views()[0].phase == "VERIFY" and dying.views()[0].wave == 3
    )
    first.kill()
    controller = world.build_controller("b")
    [migration_id] = await resume_all(controller, world.picture())
    started = controller._started[migration_id]
    await world.wait_for(lambda: started.run.journal._leases is not None)
    return controller, started.task


def test_target_lost_between_takeover_and_seal_gives_the_source_all_replicas_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        _, task = await take_over_in_wave_three(world)
        lose_target(world)
        world.network.faults.partitions.append(("osaka", world.loop.time(), world.loop.time() + 600))
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, 400)
        await task

    world = simulate(scenario, 2, tmp_path, checks_readiness=False)
    assert world.result() == (world.replicas, None)


def test_short_silence_between_takeover_and_seal_does_not_end_the_move(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        controller, task = await take_over_in_wave_three(world)
        world.network.faults.partitions.append(("osaka", world.loop.time(), world.loop.time() + 60))
        await task
        assert controller.views()[0].stage is MigrationStage.DONE, controller.views()[0].sentence

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.violations == []
