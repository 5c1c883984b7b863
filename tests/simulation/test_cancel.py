"""Cancelling at each phase brings everything back, and stopping the program does not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.migration.access.lease import find_journal
from controller.migration.protocol.fences import FENCE_ANNOTATION
from controller.migration.protocol.journal import decode_journal
from controller.reasons import Code
from controller.simulation.api.json_objects import JsonObject, name_of
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.program import Program
from tests.simulation.world import (
    LEASE_PATH,
    PATH,
    SETTINGS,
    SETTINGS_PATH,
    WORKLOAD,
    World,
    cancel_at,
    keep_alive,
    simulate,
    start,
)

#: (phase, wave)
MOMENTS = [("LOCKED", 1), ("PROVISION", 1), ("SOAK", 4)]
MOMENTS += [(phase, wave) for phase in ("SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE") for wave in (1, 3)]


def own_parts(deployment: JsonObject) -> list[object]:
    """What a Deployment's owner has written: its annotations, labels and spec."""
    metadata = deployment["metadata"]
    return [metadata.get("annotations"), metadata.get("labels"), deployment["spec"]]


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


@pytest.mark.parametrize("phase", ["VERIFY", "SOAK"])
def test_a_move_that_went_back_leaves_the_source_as_it_was(tmp_path: Path, phase: str) -> None:
    """Byte for byte, but for what the cluster itself counts: the owner's tools are to find nothing of ours."""
    seen: list[object] = []

    async def scenario(world: World) -> None:
        seen.append(own_parts(world.source.require(PATH)))
        await cancel_at(world, phase)
        seen.append(own_parts(world.source.require(PATH)))

    simulate(scenario, 3, tmp_path)
    assert seen[0] == seen[1]


def test_a_move_that_is_over_leaves_no_fence_on_either_side(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        _, _, task = await start(world)
        await task

    world = simulate(scenario, 3, tmp_path)
    for cluster in world.clusters.values():
        assert FENCE_ANNOTATION not in cluster.require(PATH)["metadata"]["annotations"]
    assert world.violations == []


def takes_fence_off(request: Request) -> bool:
    """Whether a request is the patch that removes a fence."""
    return isinstance(request.body, list) and any(step["op"] == "remove" for step in request.body)


def journals_end(request: Request) -> bool:
    """Whether a request says in a Lease that the move is over."""
    text = find_journal(request.body) if request.path == LEASE_PATH and request.method == "PUT" else None
    return text is not None and decode_journal(text).state.phase.is_final


@pytest.mark.parametrize("phase", ["VERIFY", ""])
def test_a_fence_that_cannot_be_taken_off_holds_nothing_up(tmp_path: Path, phase: str) -> None:
    """The replicas stand where they should by then: the move is over, and a person reads what was left behind."""

    def choose(cluster: Cluster, request: Request) -> Delivery | None:
        return Delivery(None) if cluster.context == "paris" and takes_fence_off(request) else None

    async def scenario(world: World) -> None:
        if phase:
            program = await cancel_at(world, phase)
        else:
            program, _, task = await start(world)
            await task
        assert program.view.stage is (MigrationStage.ROLLED_BACK if phase else MigrationStage.DONE)
        assert program.view.reason is not None
        assert program.view.reason.code is Code.FENCE_LEFT_BEHIND

    world = simulate(scenario, 3, tmp_path, directed=choose)
    assert world.violations == []
    assert FENCE_ANNOTATION in world.source.require(PATH)["metadata"]["annotations"]


@pytest.mark.parametrize("phase", ["VERIFY", ""])
def test_who_dies_with_the_fences_off_is_followed_to_the_same_end(tmp_path: Path, phase: str) -> None:
    """The end is not journaled yet: the next start fences anew, and takes that fence off as well."""
    worlds: list[World] = []
    programs: list[Program] = []

    def choose(cluster: Cluster, request: Request) -> Delivery | None:
        if not programs or programs[0].process.is_dead or not journals_end(request):
            return None
        worlds[0].loop.call_soon(programs[0].process.kill)
        return Delivery(None)

    async def scenario(world: World) -> None:
        worlds.append(world)
        program, migration_id, task = await start(world)
        programs.append(program)
        if phase:
            await world.wait_for(lambda: program.view.phase == phase)
            program.cancel(migration_id)
        await task
        assert not world.is_over()
        await keep_alive(world, "b")

    world = simulate(scenario, 3, tmp_path, directed=choose)
    assert world.judge_end() == []
    for cluster in world.clusters.values():
        deployment = cluster.get(PATH)
        assert deployment is None or FENCE_ANNOTATION not in deployment["metadata"]["annotations"]


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
