"""Cancelling at each phase brings everything back, and stopping the program does not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.simulation.api.json_objects import name_of
from tests.simulation.world import PATH, SETTINGS, SETTINGS_PATH, WORKLOAD, World, cancel_at, simulate, start

#: (phase, wave)
MOMENTS = [("LOCKED", 1), ("PROVISION", 1), ("SOAK", 4)]
MOMENTS += [(phase, wave) for phase in ("SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE") for wave in (1, 3)]


@pytest.mark.parametrize(("phase", "wave"), MOMENTS)
def test_cancel_brings_all_replicas_back(tmp_path: Path, phase: str, wave: int) -> None:
    async def scenario(world: World) -> None:
        program = await cancel_at(world, phase, wave)
        assert program.view.stage is MigrationStage.ROLLED_BACK
        assert not program.view.can_cancel

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []
    assert world.journaled_phase() == "ROLLED_BACK"
    assert world.holders() == set()


def test_rollback_leaves_nothing_of_its_own_in_the_target(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await cancel_at(world, "SCALE_DOWN_SOURCE")

    world = simulate(scenario, 3, tmp_path)
    assert [left["kind"] for left in world.target.own_objects("shop")] == ["Lease"]


def test_rollback_keeps_what_was_there_before(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.target.apply(
            SETTINGS_PATH.rpartition("/")[0], {"metadata": {"name": "settings"}, "data": {"a": "1"}}
        )
        await cancel_at(world, "VERIFY")

    world = simulate(scenario, 3, tmp_path)
    assert [name_of(left) for left in world.target.own_objects("shop") if left["kind"] == "ConfigMap"] == [
        "settings"
    ]
    assert world.target.get(PATH) is None


def test_the_source_keeps_its_own_annotations(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        _, _, task = await start(world)
        await task

    world = simulate(scenario, 3, tmp_path)
    source, target = world.source.require(PATH), world.target.require(PATH)
    assert source["metadata"]["annotations"]["team"] == target["metadata"]["annotations"]["team"] == "shop"


@pytest.mark.parametrize("phase", ["VERIFY", "SETTLE", "SOAK"])
def test_closing_the_window_stops_in_place_and_the_next_start_goes_on(tmp_path: Path, phase: str) -> None:
    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == phase)
        await program.close()
        assert world.journaled_phase() == phase
        assert world.holders() == set()
        again = world.open_program("b")
        began = world.loop.time()
        await world.work(again)
        assert again.view.stage is MigrationStage.DONE
        # The Leases were given back, so that nobody has to wait for them to expire.
        assert world.loop.time() - began < 150

    world = simulate(scenario, 4, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.violations == []


def test_a_workload_moves_back_to_where_it_came_from(tmp_path: Path) -> None:
    """The source's Deployment, left at 0 replicas, is the target of the way back; epochs go on growing.

    It starts as soon as the prices have turned, in the same program.
    """

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await task
        world.turn_prices()
        await asyncio.sleep(10.0)
        back = replace(WORKLOAD, context="osaka")
        migration_id = await program.start_move(back, "paris")
        await program.wait_until_over(migration_id)
        assert program.views()[-1].stage is MigrationStage.DONE, program.views()[-1].sentence

    world = simulate(scenario, 5, tmp_path, settings=replace(SETTINGS, soak_s=2.0))
    assert world.result() == (world.replicas, 0)
    assert world.violations == []
