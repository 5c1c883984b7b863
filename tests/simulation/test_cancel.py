"""Cancelling at each phase brings everything back, and stopping the program does not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from tests.simulation.processes import Process
from tests.simulation.world import PATH, SETTINGS, World, simulate, start, wait_until_over

#: (phase, wave)
MOMENTS = [("LOCKED", 1), ("PROVISION", 1), ("SOAK", 4)]
MOMENTS += [(phase, wave) for phase in ("SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE") for wave in (1, 3)]


@pytest.mark.parametrize(("phase", "wave"), MOMENTS)
def test_cancel_brings_all_replicas_back(tmp_path: Path, phase: str, wave: int) -> None:
    async def scenario(world: World) -> None:
        controller, migration_id, task = await start(world)
        await world.wait_for(
            lambda: controller.views()[0].phase == phase and controller.views()[0].wave >= wave
        )
        controller.cancel(migration_id)
        await task
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK
        assert not controller.views()[0].can_cancel

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []
    assert world.journaled_phase() == "ROLLED_BACK"
    assert world.holders() == set()


def test_rollback_leaves_nothing_of_its_own_in_the_target(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        controller, migration_id, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == "SCALE_DOWN_SOURCE")
        controller.cancel(migration_id)
        await task

    world = simulate(scenario, 3, tmp_path)
    left = [path for path in world.target.objects if "/namespaces/shop/" in path]
    assert [path.split("/")[-2] for path in left] == ["leases"]


def test_rollback_keeps_what_was_there_before(tmp_path: Path) -> None:
    config = "/api/v1/namespaces/shop/configmaps/settings"

    async def scenario(world: World) -> None:
        world.target._store(config, world.source.objects[config])
        controller, migration_id, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == "VERIFY")
        controller.cancel(migration_id)
        await task

    world = simulate(scenario, 3, tmp_path)
    assert config in world.target.objects
    assert world.target.deployment(PATH) is None


def test_the_source_keeps_its_own_annotations(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        _, _, task = await start(world)
        await task

    world = simulate(scenario, 3, tmp_path)
    source, target = world.source.deployment(PATH), world.target.deployment(PATH)
    assert source is not None
    assert target is not None
    assert source["metadata"]["annotations"]["team"] == target["metadata"]["annotations"]["team"] == "shop"


@pytest.mark.parametrize("phase", ["VERIFY", "SETTLE", "SOAK"])
def test_closing_the_window_stops_in_place_and_the_next_start_goes_on(tmp_path: Path, phase: str) -> None:
    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == phase)
        await controller.stop()
        await task
        assert world.journaled_phase() == phase
        assert world.holders() == set()
        again = world.build_controller("b")
        began = world.loop.time()
        await world.migrate(Process("b"), again)
        assert again.views()[0].stage is MigrationStage.DONE
        # The Leases were given back, so that nobody has to wait for them to expire.
        assert world.loop.time() - began < 150

    world = simulate(scenario, 4, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.violations == []


def test_a_workload_moves_back_to_where_it_came_from(tmp_path: Path) -> None:
    """The source's Deployment, left at 0 replicas, is the target of the way back; epochs go on growing.

    It starts at once, while the status of the Deployment still lags behind its last fence.
    """

    async def scenario(world: World) -> None:
        _, _, task = await start(world)
        await task
        # The last fence was a change of the Deployment, which the Deployment's controller has yet to see.
        await asyncio.sleep(2.0)
        controller = world.build_controller("back")
        there = world.dry_run()
        back = replace(there, workload=replace(there.workload, context="osaka"), target="paris")
        migration_id = await controller.start(back)
        await wait_until_over(controller, migration_id)
        assert controller.views()[0].stage is MigrationStage.DONE, controller.views()[0].sentence

    world = simulate(scenario, 5, tmp_path, settings=replace(SETTINGS, soak_s=2.0))
    assert world.result() == (world.replicas, 0)
    assert world.violations == []
