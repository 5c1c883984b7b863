"""Writes that land late, after what they rested on has gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.migration.access.fenced_writer import FencedWriter
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.program import Program
from tests.simulation.world import PATH, World, simulate, start


def lose_target(world: World) -> None:
    """The target's nodes go, and no others come."""
    world.target.set_capacity(0)
    world.target.lose_pods(PATH)


def lose_replicas_to_a_stuck_write(tmp_path: Path, lands_after_s: float) -> int:
    """The last write that lowers the source lands late, and 5 s after it was sent the target loses its pods. Returns
    how many serving replicas the source lost.
    """
    worlds: list[World] = []
    sent_at: list[float] = []
    lost: list[int] = []

    def stick(cluster: Cluster, request: Request) -> Delivery | None:
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
def test_stuck_scale_down_takes_no_replica_after_the_target_has_lost_its_pods(
    tmp_path: Path, lands_after_s: float
) -> None:
    assert lose_replicas_to_a_stuck_write(tmp_path, lands_after_s) == 0


def test_without_the_seal_of_a_silent_write_it_takes_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FencedWriter, "_expect_late_write", lambda self, side: None)
    assert lose_replicas_to_a_stuck_write(tmp_path, 25.0) == 1


@pytest.mark.parametrize("phase", ["SETTLE", "SOAK"])
def test_target_without_any_serving_replica_is_left_at_once(tmp_path: Path, phase: str) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == phase and program.view.wave == 4)
        lose_target(world)
        lost_at = world.loop.time()
        await world.wait_for(lambda: program.view.phase == "INSURED")
        assert "none of the replicas serves" in program.view.sentence
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas)
        assert world.loop.time() - lost_at < 5
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 1, tmp_path, checks_readiness=False)
    assert world.result() == (world.replicas, None)


async def take_over_in_wave_three(world: World) -> tuple[Program, asyncio.Task[None]]:
    """A process dies in wave 3; returns the second one when it leads, before it has sealed anything."""
    first, migration_id, _ = await start(world)
    await world.wait_for(lambda: first.view.phase == "VERIFY" and first.view.wave == 3)
    first.process.kill()
    program = world.open_program("b")
    await program.arm(*world.clusters)
    await world.wait_for(lambda: program.leads(migration_id))
    return program, world.loop.create_task(program.wait_until_over(migration_id))


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
        program, task = await take_over_in_wave_three(world)
        world.network.faults.partitions.append(("osaka", world.loop.time(), world.loop.time() + 60))
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.violations == []
