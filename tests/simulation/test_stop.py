"""The kill switch in the middle of a move: nothing leaves any more, and all stands still and says so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.contract.commands import SetArmed, StartMigration, Stop
from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from tests.simulation.cluster import Cluster, Request
from tests.simulation.program import Program
from tests.simulation.test_cancel import MOMENTS
from tests.simulation.world import LEASE_PATH, PATH, TARGET, WORKLOAD, World, simulate, start

#: Longer than any patience of a move, seconds.
LONG_S = 1000.0
#: Until a stopped move says so: the next renewal of its Leases, and the next look.
SAID_S = 8.0


class Writes:
    """What leaves for a cluster from now on and may change it."""

    def __init__(self, world: World) -> None:
        self.sent: list[Request] = []
        world.network.on_sent = self._note

    def _note(self, cluster: Cluster, request: Request) -> None:
        if request.is_write:
            self.sent.append(request)


async def reach(world: World, phase: str, wave: int) -> tuple[Program, asyncio.Task[None]]:
    """Start the move, and wait until it is as far as this."""
    program, _, task = await start(world)
    await world.wait_for(lambda: program.view.phase == phase and program.view.wave >= wave)
    return program, task


def stands_still(program: Program) -> bool:
    """Whether the move is shown as held because of the stop."""
    reason = program.view.reason
    is_said = reason is not None and reason.code is Code.NOT_ARMED
    return is_said and program.view.stage is MigrationStage.HOLDING


@pytest.mark.parametrize(("phase", "wave"), MOMENTS)
def test_a_stopped_move_writes_nothing_says_so_and_goes_on_when_both_sides_are_armed(
    tmp_path: Path, phase: str, wave: int
) -> None:
    async def scenario(world: World) -> None:
        program, task = await reach(world, phase, wave)
        program.submit(Stop())
        writes, asked = Writes(world), (world.source.replicas(PATH), world.target.get(PATH))
        await asyncio.sleep(SAID_S)
        assert stands_still(program), program.view.sentence
        await asyncio.sleep(LONG_S)
        assert stands_still(program), program.view.sentence
        assert writes.sent == []
        assert world.source.replicas(PATH) == asked[0]
        for context in world.clusters:
            program.submit(SetArmed(context, True))
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.judge_end() == []


@pytest.mark.parametrize("phase", ["SURGE", "SCALE_DOWN_SOURCE"])
def test_a_write_that_waits_for_its_connection_does_not_leave_after_the_stop(
    tmp_path: Path, phase: str
) -> None:
    waiting: list[Request] = []

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)

        def connect(cluster: Cluster, request: Request) -> float | None:
            if request.replicas is None or request.dry_run:
                return None
            waiting.append(request)
            return 5.0

        world.network.on_connect = connect
        await world.wait_for(lambda: program.view.phase == phase and bool(waiting))
        before = world.result()
        program.submit(Stop())
        writes = Writes(world)
        await asyncio.sleep(LONG_S)
        assert writes.sent == []
        assert world.result() == before

    simulate(scenario, 3, tmp_path)
    assert waiting, "there was one"


def test_a_rollback_is_stopped_as_well_and_goes_on_as_a_rollback(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE" and program.view.wave == 3)
        program.cancel(migration_id)
        await world.wait_for(lambda: program.view.phase == "ROLLBACK")
        program.submit(Stop())
        writes = Writes(world)
        await asyncio.sleep(LONG_S)
        assert stands_still(program), program.view.sentence
        assert writes.sent == []
        for context in world.clusters:
            program.submit(SetArmed(context, True))
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.judge_end() == []


def test_a_move_that_waits_for_a_person_is_not_turned_back_by_a_stop(tmp_path: Path) -> None:
    """Its source was out of reach, and would have it go back by itself when it answers again."""

    async def scenario(world: World) -> None:
        program, _ = await reach(world, "SETTLE", 2)
        now = world.loop.time()
        world.network.faults.partitions.append(("paris", now, now + LONG_S))
        world.network.faults.until_s = now + LONG_S
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR)
        program.submit(Stop())
        await asyncio.sleep(2 * LONG_S)
        assert program.view.stage is MigrationStage.NEEDS_OPERATOR, program.view.sentence

    simulate(scenario, 3, tmp_path)


@pytest.mark.parametrize("fences_off", [1, 2])
def test_a_move_that_is_stopped_as_it_ends_does_not_say_that_it_is_over(
    tmp_path: Path, fences_off: int
) -> None:
    """Its fences are being taken off, or already are, and the end is not journaled."""

    async def scenario(world: World) -> None:
        program, task = await reach(world, "SOAK", 4)
        writes = Writes(world)

        def taken_off() -> int:
            return sum(request.path == PATH for request in writes.sent)

        await world.wait_for(lambda: taken_off() == fences_off)
        program.submit(Stop())
        await asyncio.sleep(LONG_S)
        assert stands_still(program), program.view.sentence
        assert world.journaled_phase() == "SOAK"
        for context in world.clusters:
            program.submit(SetArmed(context, True))
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    world = simulate(scenario, 3, tmp_path)
    assert world.judge_end() == []


def test_another_instance_that_is_armed_goes_on_once_the_leases_of_the_stopped_one_have_run_out(
    tmp_path: Path,
) -> None:
    """A stop speaks for its own instance: the Leases are neither renewed nor given back, for both would be writes."""

    async def scenario(world: World) -> None:
        program, _ = await reach(world, "SETTLE", 2)
        held = world.holders()
        program.submit(Stop())
        await asyncio.sleep(world.settings.renew_deadline_s)
        assert world.holders() == held
        other = world.open_program("b")
        await other.arm(*world.clusters)
        await world.wait_for(lambda: other.view.stage is MigrationStage.DONE)
        await world.wait_for(lambda: program.view.stage is MigrationStage.DONE, 60)

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.violations == []


def test_what_was_asked_for_before_a_stop_is_not_begun_after_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program = world.open_program("a")
        await program.arm(*world.clusters)
        plan = await program._ask(WORKLOAD, TARGET, way_back_of=None)
        program.submit(StartMigration(WORKLOAD, TARGET, plan.plan_digest))
        program.submit(SetArmed(TARGET, True))
        program.submit(Stop())
        await asyncio.sleep(60)
        assert program.views() == ()
        assert program.snapshot is not None
        assert not any(view.armed for view in program.snapshot.contexts)

    world = simulate(scenario, 3, tmp_path)
    assert world.source.get(LEASE_PATH) is None
