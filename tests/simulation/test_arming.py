"""What is armed binds what begins; what has begun goes to its end, unless a person or another cluster stops it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.clusters.arming import ArmingTerms
from controller.contract.commands import SetArmed
from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from tests.simulation.program import Program, Rejected
from tests.simulation.test_bad_days import IDENTITY
from tests.simulation.world import TARGET, WORKLOAD, World, simulate

#: Long enough to begin the move, and over long before its end.
SHORT_S = 10.0


async def open_armed(world: World, **terms: object) -> Program:
    """A program with both contexts armed on these terms."""
    program = world.open_program("a")
    await program.arm()
    for context in world.clusters:
        program.submit(SetArmed(context, True, ArmingTerms(**terms)))  # type: ignore[arg-type]
    await asyncio.sleep(1)
    return program


def replace_cluster(world: World) -> None:
    """Another cluster answers behind the target's context."""
    namespace = world.target.require(IDENTITY)
    world.target.put(IDENTITY, {**namespace, "metadata": {**namespace["metadata"], "uid": "another"}})


def test_arming_that_runs_out_in_the_middle_stops_no_move_and_begins_none(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program = await open_armed(world, lasts_s=SHORT_S)
        migration_id = await program.start_move(WORKLOAD, TARGET)
        await world.wait_for(lambda: program.snapshot is not None and not program.snapshot.contexts[0].armed)
        assert world.journaled_phase() not in ("DONE", None)
        await program.wait_until_over(migration_id)
        assert program.view.stage is MigrationStage.DONE, program.view.sentence
        assert world.result() == (0, 6)
        world.turn_prices()
        await asyncio.sleep(30)
        with pytest.raises(Rejected) as refused:
            await program.start_move(replace(WORKLOAD, context=TARGET), "paris")
        assert refused.value.code is Code.ARMING_OVER
        assert sum("armed no more" in entry.text for entry in program.entries) == 2

    assert simulate(scenario, 2, tmp_path).violations == []


def test_who_disarms_stops_a_move_whose_arming_has_run_out(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program = await open_armed(world, lasts_s=SHORT_S)
        await program.start_move(WORKLOAD, TARGET)
        await asyncio.sleep(SHORT_S + 1)
        program.submit(SetArmed(TARGET, False))
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 90)
        before = world.result()
        await asyncio.sleep(40)
        assert world.result() == before
        assert "not armed (read-only): osaka" in program.view.sentence

    simulate(scenario, 2, tmp_path)


def test_another_cluster_behind_the_context_is_not_armed_and_nothing_is_written_there(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program = await open_armed(world)
        replace_cluster(world)
        migration_id = await program.start_move(WORKLOAD, TARGET)  # nothing was read there since
        await program.wait_until_over(migration_id)
        assert program.view.reason == Code.ARMED_CLUSTER_REPLACED.because(contexts=(TARGET,))
        with pytest.raises(Rejected) as refused:
            await program.start_move(WORKLOAD, TARGET)
        assert refused.value.code is Code.ARMED_CLUSTER_REPLACED
        assert world.target.history == []

    simulate(scenario, 2, tmp_path)


def test_a_workload_in_a_namespace_that_is_not_armed_is_only_observed(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program = await open_armed(world, namespaces=frozenset({"billing"}))
        with pytest.raises(Rejected) as refused:
            await program.start_move(WORKLOAD, TARGET)
        assert refused.value.code is Code.NAMESPACE_NOT_ARMED
        assert not any(cluster.history for cluster in world.clusters.values())

    simulate(scenario, 2, tmp_path)


def test_arming_for_the_namespace_of_the_workload_is_enough(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program = await open_armed(world, namespaces=frozenset({"shop"}))
        await program.wait_until_over(await program.start_move(WORKLOAD, TARGET))

    assert simulate(scenario, 2, tmp_path).result() == (0, 6)


def test_what_was_left_unfinished_in_a_namespace_that_is_not_armed_is_not_taken_up(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program = await open_armed(world)
        await program.start_move(WORKLOAD, TARGET)
        await world.wait_for(lambda: world.journaled_phase() == "SETTLE")
        program.process.kill()
        before = world.result()
        again = world.open_program("b")
        await again.arm()
        for context in world.clusters:
            again.submit(SetArmed(context, True, ArmingTerms(namespaces=frozenset({"billing"}))))
        await asyncio.sleep(120)
        assert (again.views(), world.result()) == ((), before)

    simulate(scenario, 2, tmp_path)
