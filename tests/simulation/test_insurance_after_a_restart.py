"""After a restart, too, raising the source never waits for the target; and two instances never write to it at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.clusters.arming import ArmedBy, ArmingTerms
from controller.contract.commands import SetArmed
from controller.contract.settlement import Act
from controller.contract.snapshots import MigrationStage
from controller.migration.access.lease import find_holder
from controller.migration.protocol.fences import FENCE_ANNOTATION
from controller.reasons import Code
from tests.simulation import processes
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.program import Program
from tests.simulation.test_acts_in_the_window import decide, judge
from tests.simulation.test_insurance import LATEST_S, SILENCES, Outage, lose_target, regain_target, run
from tests.simulation.world import LEASE_PATH, PATH, World, kill_at, simulate, start


async def restart(world: World, outage: Outage, phase: str) -> Program:
    """The program dies in a phase as the target's region goes; a minute later a person starts it again."""
    await kill_at(world, phase)
    lose_target(world, outage)
    await asyncio.sleep(60)
    program = world.open_program("b")
    world.loop.create_task(resume(world, program))
    await world.wait_for(lambda: bool(program.views()))
    return program


async def resume(world: World, program: Program) -> None:
    """Arm both sides; the target cannot be looked at, so that nothing more is asked for."""
    await program.arm(*world.clusters)


@pytest.mark.parametrize("silence", SILENCES)
def test_after_a_restart_in_soak_the_source_is_raised_without_the_target_whatever_keeps_it_silent(
    tmp_path: Path, silence: str
) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program = await restart(world, outage, "SOAK")
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_S + 10)
        assert world.journaled_phase() == "INSURED"
        await asyncio.sleep(1800)
        assert program.view.detail.code in (Code.PHASE_INSURED, Code.PHASE_INSURED_WATCHED)
        assert find_holder(world.source.require(LEASE_PATH)) == "", "whoever reaches both sides may go on"
        regain_target(world, outage)
        await world.wait_for(lambda: program.view.stage is MigrationStage.DONE)

    assert run(tmp_path, silence, scenario).judge_end() == []


@pytest.mark.parametrize("phase", ["SURGE", "VERIFY", "SETTLE", "HOLD", "ROLLBACK", "INSURED"])
def test_after_a_restart_in_any_phase_the_source_is_raised_without_the_target(
    tmp_path: Path, phase: str
) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program, migration_id, _ = await start(world)
        await world.wait_for(lambda: world.source.replicas(PATH) <= 3)
        if phase in ("HOLD", "INSURED"):
            lose_target(world, outage)
        if phase == "ROLLBACK":
            program.cancel(migration_id)
        await world.wait_for(lambda: world.journaled_phase() == phase)
        program.process.kill()
        lose_target(world, outage)
        await asyncio.sleep(60)
        again = world.open_program("b")
        world.loop.create_task(resume(world, again))
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, 60 + LATEST_S + 10)
        await asyncio.sleep(300)
        regain_target(world, outage)
        await world.wait_for(world.is_over)

    world = run(tmp_path, "no route", scenario)
    assert world.judge_end() == []
    assert world.journaled_phase() == ("ROLLED_BACK" if phase == "ROLLBACK" else "DONE")


def test_who_cancels_after_a_restart_waits_for_no_silent_target(tmp_path: Path) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program = await restart(world, outage, "SOAK")
        program.cancel(program.view.migration_id)
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, 45)
        regain_target(world, outage)
        await world.wait_for(lambda: program.view.stage is MigrationStage.ROLLED_BACK)

    assert run(tmp_path, "403", scenario).judge_end() == []


def test_a_target_that_has_never_answered_since_the_start_is_armed_by_what_the_journal_calls_it(
    tmp_path: Path,
) -> None:
    """As a person does it in the window, which arms no cluster that it cannot name."""

    async def scenario(world: World, outage: Outage) -> None:
        await kill_at(world, "SOAK")
        lose_target(world, outage)
        await asyncio.sleep(60)
        program = world.open_program("b")

        def named() -> dict[str, str | None]:
            return (
                {view.context: view.cluster_uid for view in program.snapshot.contexts}
                if program.snapshot
                else {}
            )

        await world.wait_for(lambda: named().get("osaka") is not None)
        assert named()["osaka"] == world.target.uid("/api/v1/namespaces/kube-system")
        for context, uid in named().items():
            program.submit(SetArmed(context, True, ArmingTerms(ArmedBy.WINDOW, uid, lasts_s=900.0)))
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_S + 60)
        assert named()["osaka"] is not None, "who has stopped it can arm it again"
        await asyncio.sleep(1800)
        regain_target(world, outage)
        await world.wait_for(lambda: program.view.stage is MigrationStage.DONE)

    assert run(tmp_path, "no route", scenario).judge_end() == []


def test_who_lets_go_of_a_move_after_a_restart_waits_for_no_silent_target(tmp_path: Path) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program = await restart(world, outage, "SOAK")
        migration_id = program.view.migration_id
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas)
        outcome = await decide(world, program, await judge(world, program, migration_id), Act.ABANDON)
        assert outcome.reason is None
        assert world.journaled_phase() is None

    run(tmp_path, "no route", scenario)


def test_a_journal_that_the_sources_fence_does_not_confirm_raises_nothing(tmp_path: Path) -> None:
    """Whoever may write Leases alone is not to have a Deployment scaled."""

    async def scenario(world: World, outage: Outage) -> None:
        await kill_at(world, "SOAK")
        lose_target(world, outage)
        world.source.edit(PATH, {"metadata": {"annotations": {FENCE_ANNOTATION: None}}})
        program = world.open_program("b")
        world.loop.create_task(resume(world, program))
        await asyncio.sleep(600)
        assert world.source.replicas(PATH) == 0
        assert program.view.reason is not None
        assert program.view.reason["why"].code is Code.FENCE_REMOVED

    run(tmp_path, "403", scenario)


def test_who_may_have_lost_the_source_lets_go_of_the_target(tmp_path: Path) -> None:
    """It lives and reaches the target alone: another one reaches both, and nobody else would ever lead."""
    cut: list[Program] = []

    def choose(cluster: Cluster, request: Request) -> Delivery | None:
        is_cut = any(processes._current.get() is program.process for program in cut)
        return Delivery(None) if is_cut and cluster.context == "paris" else None

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: world.journaled_phase() == "VERIFY" and program.view.wave == 3)
        cut.append(program)
        healthy = world.open_program("b")
        await asyncio.wait_for(world.work(healthy), 600)
        assert healthy.view.stage is MigrationStage.DONE
        cut.clear()
        await task

    assert simulate(scenario, 2, tmp_path, directed=choose).judge_end() == []


def test_two_instances_of_which_one_reaches_the_source_alone_never_write_to_it_at_once(
    tmp_path: Path,
) -> None:
    """One insures the source, the other leads it forward; the Leases decide, and the fences keep them apart."""
    cut: list[Program] = []

    def choose(cluster: Cluster, request: Request) -> Delivery | None:
        is_cut = any(processes._current.get() is program.process for program in cut)
        return Delivery(None) if is_cut and cluster.context == "osaka" else None

    async def scenario(world: World) -> None:
        await kill_at(world, "SETTLE")
        half = world.open_program("b")
        cut.append(half)
        world.loop.create_task(resume(world, half))
        await world.wait_for(lambda: world.journaled_phase() == "INSURED", 300)
        whole = world.open_program("c")
        await asyncio.wait_for(world.work(whole), 600)
        assert whole.view.stage is MigrationStage.DONE
        cut.clear()
        await world.wait_for(lambda: half.view.stage is MigrationStage.DONE)

    assert simulate(scenario, 2, tmp_path, directed=choose).judge_end() == []
