"""A person decides in the program about a move that waits: what the engine answers to the commands of the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.contract.commands import JudgeActs, SetArmed, SettleMigration
from controller.contract.settlement import Act, ActOutcome, JudgedActs
from controller.contract.snapshots import EngineSnapshot, MigrationStage
from controller.migration.protocol.act_reasons import ActCode
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.simulation.program import Program
from tests.simulation.test_acts import lose_source
from tests.simulation.world import DEPLOYMENTS, PATH, WORKLOAD, World, build_deployment, simulate


def seen(program: Program) -> EngineSnapshot:
    assert program.snapshot is not None
    return program.snapshot


async def judge(world: World, program: Program, migration_id: str) -> JudgedActs:
    """Ask what each act would change, as the window does."""
    before = seen(program).judged
    program.submit(JudgeActs(migration_id))
    await world.wait_for(lambda: seen(program).judged != before)
    return seen(program).judged[-1]


async def decide(world: World, program: Program, judged: JudgedActs, act: Act) -> ActOutcome:
    """Confirm an act as it was shown, and wait for what comes of it."""
    [shown] = [one for one in judged.settlements if one.act is act]
    before = seen(program).outcomes
    program.submit(SettleMigration(judged.migration_id, act, shown.digest))
    await world.wait_for(lambda: seen(program).outcomes != before)
    return seen(program).outcomes[-1]


def without_source(scenario: Any, tmp_path: Path) -> World:
    """Run a scenario in a world whose move has lost its source in SOAK and waits for a person."""

    async def main(world: World) -> None:
        program, known = await lose_source(world, "SOAK", 4)
        world.judge.is_watching = False
        await scenario(world, program, known.migration_id)

    return simulate(main, 3, tmp_path)


def test_a_move_that_waits_calls_a_person_and_is_adopted_as_it_was_shown(tmp_path: Path) -> None:
    async def scenario(world: World, program: Program, migration_id: str) -> None:
        await world.wait_for(lambda: any(one.migration_id == migration_id for one in seen(program).notices))
        [call] = [notice for notice in seen(program).notices if notice.migration_id == migration_id]
        assert call.reason.code is Code.MOVE_WAITS
        judged = await judge(world, program, migration_id)
        assert (judged.sides, judged.reason) == ((WORKLOAD, "osaka"), None)
        outcome = await decide(world, program, judged, Act.ADOPT)
        assert (outcome.migration_id, outcome.act, outcome.reason) == (migration_id, Act.ADOPT, None)
        assert program.view.stage is MigrationStage.DONE
        await world.wait_for(lambda: all(one.migration_id is None for one in seen(program).notices))

    world = without_source(scenario, tmp_path)
    assert world.journaled_phase() == "DONE"
    assert world.target.replicas(PATH) == 6


def test_a_source_that_was_created_again_gets_everything_back(tmp_path: Path) -> None:
    async def scenario(world: World, program: Program, migration_id: str) -> None:
        world.source.act("POST", DEPLOYMENTS, build_deployment(0))
        outcome = await decide(world, program, await judge(world, program, migration_id), Act.RESTORE)
        assert outcome.reason is None
        await world.wait_for(lambda: program.view.stage is MigrationStage.ROLLED_BACK)

    assert without_source(scenario, tmp_path).result() == (6, None)


def test_a_move_that_is_let_go_of_is_shown_no_more(tmp_path: Path) -> None:
    async def scenario(world: World, program: Program, migration_id: str) -> None:
        judged = await judge(world, program, migration_id)
        assert (await decide(world, program, judged, Act.ABANDON)).reason is None
        await world.wait_for(lambda: seen(program).migrations == ())
        assert seen(program).ways_back == ()

    assert without_source(scenario, tmp_path).journaled_phase() is None


def test_what_is_no_longer_as_it_was_shown_is_not_done(tmp_path: Path) -> None:
    async def scenario(world: World, program: Program, migration_id: str) -> None:
        judged = await judge(world, program, migration_id)
        world.source.act("POST", DEPLOYMENTS, build_deployment(2))
        outcome = await decide(world, program, judged, Act.ADOPT)
        assert outcome.reason == ActCode.ACT_OUTDATED.because()
        assert world.source.replicas(PATH) == 2
        assert (await judge(world, program, migration_id)).number > judged.number

    without_source(scenario, tmp_path)


def test_read_only_sides_are_named_and_nothing_is_done(tmp_path: Path) -> None:
    async def scenario(world: World, program: Program, migration_id: str) -> None:
        judged = await judge(world, program, migration_id)
        for context in ("paris", "osaka"):
            program.submit(SetArmed(context, armed=False))
        outcome = await decide(world, program, judged, Act.ABANDON)
        assert outcome.reason == Code.NOT_ARMED.because(contexts=("paris", "osaka"))

    assert without_source(scenario, tmp_path).journaled_phase() == "NEEDS_OPERATOR"


@pytest.mark.parametrize("is_back", [False, True], ids=["gone", "created again"])
def test_a_move_that_another_program_left_waiting_is_judged_before_anything_is_armed(
    tmp_path: Path, is_back: bool
) -> None:
    """Nothing runs in the source's namespace any more: the target's Lease says that a move began there."""

    async def scenario(world: World, program: Program, migration_id: str) -> None:
        program.process.kill()
        if is_back:
            world.source.act("POST", DEPLOYMENTS, build_deployment(0))
        second = world.open_program("b")
        await world.wait_for(
            lambda: (
                second.snapshot is not None
                and any(one.migration_id == migration_id for one in second.snapshot.notices)
            )
        )
        judged = await judge(world, second, migration_id)
        assert judged.sides == (WORKLOAD, "osaka")
        assert (await decide(world, second, judged, Act.ABANDON)).reason == Code.NOT_ARMED.because(
            contexts=("paris", "osaka")
        )

    assert without_source(scenario, tmp_path).journaled_phase() == "NEEDS_OPERATOR"


def test_of_a_move_that_nobody_knows_nothing_is_judged_and_nothing_done(tmp_path: Path) -> None:
    unknown: Reason = Code.MOVE_NOT_FOUND.because(migration_id="nothing")

    async def scenario(world: World) -> None:
        program = world.open_program("a")
        assert await program.arm(*world.clusters)
        judged = await judge(world, program, "nothing")
        assert (judged.sides, judged.settlements, judged.reason) == (None, (), unknown)
        program.submit(SettleMigration("nothing", Act.ABANDON, ""))
        await world.wait_for(lambda: bool(seen(program).outcomes))
        assert seen(program).outcomes[-1].reason == unknown

    simulate(scenario, 3, tmp_path)


@pytest.mark.parametrize("is_judged", [True, False], ids=["judging", "deciding"])
def test_a_cluster_that_is_slow_to_answer_keeps_no_disarming_waiting(tmp_path: Path, is_judged: bool) -> None:
    async def scenario(world: World, program: Program, migration_id: str) -> None:
        judged = await judge(world, program, migration_id)
        now = world.loop.time()
        world.network.faults.partitions.append(("osaka", now, now + 1000))
        world.network.faults.until_s = now + 1000
        [shown] = [one for one in judged.settlements if one.act is Act.ABANDON]
        program.submit(
            JudgeActs(migration_id) if is_judged else SettleMigration(migration_id, Act.ABANDON, shown.digest)
        )
        program.submit(SetArmed("paris", armed=False))
        armed = {"paris": True}
        await world.wait_for(
            lambda: not next(one for one in seen(program).contexts if one.context in armed).armed, timeout_s=3
        )

    without_source(scenario, tmp_path)
