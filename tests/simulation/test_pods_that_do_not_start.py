"""A wave whose pods do not start: what keeps them from it is read while it waits, when it goes back, and afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.migration.protocol.pod_troubles import find_explained
from controller.reasons import Code
from controller.simulation.api import resource_kinds as kinds
from controller.simulation.controllers.kubelet import BEHAVIOUR_LABEL
from oracle.foundation.reason import Reason
from tests.simulation.test_migrations_command import Terminal
from tests.simulation.world import PATH, World, simulate, start, start_into_full

FULL = "0/1 nodes are available: 1 Too many pods."


def find_why(reason: Reason | None) -> Reason:
    """What the pods say, of a reason that tells it."""
    assert reason is not None
    assert reason.code is Code.PODS_SAY_WHY
    why = reason["why"]
    assert isinstance(why, Reason)
    return why


def test_a_canary_without_a_node_is_told_with_the_schedulers_words_in_window_history_and_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, task = await start_into_full(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and FULL in program.view.sentence, 60)
        await asyncio.sleep(15)  # the next renewal of the Lease carries it
        code, said = await Terminal(world, capsys).run("show", migration_id)
        await world.wait_for(lambda: program.view.phase == "ROLLBACK", 300)
        reason = program.view.reason
        assert reason is not None
        assert find_why(reason).code is Code.POD_WITHOUT_NODE
        assert FULL in str(reason)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK
        assert any(FULL in entry.text for entry in program.entries)
        assert (code, FULL in said) == (0, True)

    world = simulate(scenario, 1, tmp_path)
    assert world.violations == []
    assert world.result()[0] == world.replicas


def test_what_is_told_ends_with_its_cause(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start_into_full(world)
        await world.wait_for(lambda: program.view.reason is not None, 60)
        world.target.set_capacity()
        await task
        assert (program.view.stage, program.view.reason) == (MigrationStage.DONE, None)

    assert simulate(scenario, 1, tmp_path).violations == []


def test_pods_that_crash_are_told_with_their_exit_code(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        labels = {"app": "checkout", BEHAVIOUR_LABEL: "crashing"}

        def spoil() -> bool:
            for pod in world.target.model.state.store.list_of(kinds.PODS, "shop"):
                metadata = {**pod["metadata"], "labels": {**pod["metadata"]["labels"], **labels}}
                if metadata != pod["metadata"]:
                    world.target.model.state.store.put(kinds.PODS, {**pod, "metadata": metadata})
            return program.view.phase == "ROLLBACK"

        program, _, task = await start(world)
        await world.wait_for(spoil, 300)
        why = find_why(program.view.reason)
        assert (why.code, why["exit_code"]) == (Code.CONTAINER_CRASHES, 1)
        await task

    world = simulate(scenario, 1, tmp_path, checks_readiness=False)
    assert world.result()[0] == world.replicas


def test_a_rollback_that_waits_for_pods_says_what_they_wait_for(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 3)
        world.source.set_capacity(0)
        program.cancel(migration_id)
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 400)
        assert FULL in program.view.sentence
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR, 1200)
        assert FULL in program.view.sentence
        assert program.view.advice is not None
        assert program.view.advice.code.value == "advice_on_missing_pods"
        world.source.set_capacity()
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path)
    assert world.violations == []
    assert world.source.available(PATH) == world.replicas


def test_a_target_that_loses_replicas_in_its_soak_goes_back_with_the_words_of_those_that_wait(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        world.target.set_capacity(3)
        world.target.lose_pods(PATH, 3)
        await world.wait_for(lambda: program.view.phase != "SOAK", 300)
        reason = program.view.reason
        assert reason is not None
        assert find_explained(reason).code is Code.TARGET_LOST_REPLICAS
        assert find_why(reason).code is Code.POD_WITHOUT_NODE
        await task

    world = simulate(scenario, 1, tmp_path, checks_readiness=False)
    assert world.violations == []
    assert world.result()[0] == world.replicas
