"""VERIFY and SOAK count what somebody watched, all rounds together: a HOLD or a restart begins no clock anew."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from controller.contract.snapshots import MigrationStage
from controller.migration.protocol.pod_troubles import find_explained
from controller.reasons import Code
from tests.simulation.world import SETTINGS, World, simulate, start, start_into_full

LONG = replace(SETTINGS, soak_s=200.0)

#: What a look that nobody answers, a HOLD's pause and a renewal may cost in each round.
SLACK_S = 40.0


def cut_source(world: World, seconds: float) -> None:
    """The source cannot be reached for a while, which holds the move."""
    now = world.loop.time()
    world.network.faults.partitions.append(("paris", now, now + seconds))


def test_a_soak_that_was_held_goes_on_with_what_was_watched_before(tmp_path: Path) -> None:
    lasted: list[float] = []

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        began_s = world.loop.time()
        await asyncio.sleep(150)
        cut_source(world, 60)
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 60)
        await task
        assert program.view.stage is MigrationStage.DONE
        lasted.append(world.loop.time() - began_s)

    world = simulate(scenario, 1, tmp_path, settings=LONG)
    assert 200 + 30 < lasted[0] < 200 + 60 + SLACK_S
    assert world.violations == []


def test_a_restart_in_a_soak_goes_on_with_what_was_watched_before(tmp_path: Path) -> None:
    lasted: list[float] = []

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        began_s = world.loop.time()
        await asyncio.sleep(150)
        program.process.kill()
        await asyncio.sleep(100)
        await world.work(world.open_program("b"))
        assert world.journaled_phase() == "DONE"
        lasted.append(world.loop.time() - began_s)

    world = simulate(scenario, 1, tmp_path, settings=LONG)
    assert 200 + 100 < lasted[0] < 200 + 100 + 2 * SLACK_S
    assert world.violations == []


def test_a_canary_that_stays_pending_is_given_the_time_of_one_wave_however_often_it_is_held(
    tmp_path: Path,
) -> None:
    lasted: list[float] = []

    async def scenario(world: World) -> None:
        program, _, task = await start_into_full(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY")
        began_s = world.loop.time()
        for _ in range(2):
            await asyncio.sleep(30)
            cut_source(world, 30)
            await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 60)
            await world.wait_for(lambda: program.view.phase == "VERIFY", 90)
        await world.wait_for(lambda: program.view.phase == "ROLLBACK", 200)
        assert program.view.reason is not None
        assert find_explained(program.view.reason).code is Code.TARGET_NOT_SERVING
        lasted.append(world.loop.time() - began_s)
        await task

    world = simulate(scenario, 1, tmp_path)
    assert SETTINGS.verify_timeout_s is not None
    assert lasted[0] < SETTINGS.verify_timeout_s + 2 * (30 + SLACK_S)
    assert world.violations == []
