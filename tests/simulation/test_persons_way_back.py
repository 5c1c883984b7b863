"""A person brings a workload back after its move has ended: without a price, dear, and while it rests."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from controller.contract.commands import SetArmed
from controller.contract.dry_run import Verdict
from controller.contract.snapshots import MigrationStage
from controller.contract.way_back import WayBack
from controller.decision.settings import BudgetSettings
from controller.reasons import Code
from tests.simulation.program import BUDGETS, Program, Rejected
from tests.simulation.test_source_without_nodes import cordon
from tests.simulation.world import SETTINGS, WORKLOAD, World, simulate

MOVED = replace(WORKLOAD, context="osaka")
#: Nothing of this may keep a person from going back.
SPENT = BudgetSettings(cooldown_s=86_400.0, moves_per_day=1, egress_usd_per_day=Decimal("0.50"))


async def move_there(world: World, budgets: BudgetSettings = SPENT) -> tuple[Program, str]:
    """Move the workload, and let its prices run out; returns the program, and the id of the finished move."""
    program = world.open_program("a", budgets=budgets)
    migration_id = await world.work(program)
    assert migration_id is not None
    assert world.result() == (0, world.replicas)
    world.judge.judges_prices = False
    world.market.has_prices = False
    await asyncio.sleep(30.0)
    return program, migration_id


async def open_without_prices(world: World) -> Program:
    """Open the program on another machine, and arm both sides; its picture is never whole."""
    program = world.open_program("b", budgets=SPENT)
    assert not await program.arm("paris", "osaka")
    return program


async def go_back(world: World, program: Program, finished: str) -> str:
    """Confirm the way back as a person does, and wait for its end; returns its id."""
    migration_id = await program.start_move(MOVED, "paris", way_back_of=finished)
    await program.wait_until_over(migration_id)
    return migration_id


def run(scenario: object, tmp_path: Path, seed: int = 3) -> World:
    world = simulate(scenario, seed, tmp_path, settings=replace(SETTINGS, soak_s=2.0))  # type: ignore[arg-type]
    assert world.violations == []
    return world


def test_a_workload_comes_back_without_a_price_while_it_rests_and_with_every_budget_spent(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        program, finished = await move_there(world)
        with pytest.raises(Rejected):
            await program.start_move(MOVED, "paris")
        assert program.snapshot is not None
        assert program.snapshot.ways_back == (WayBack(MOVED, "paris", finished),)
        migration_id = await go_back(world, program, finished)
        view = next(view for view in program.views() if view.migration_id == migration_id)
        assert (view.stage, view.dry_run.verdict) == (MigrationStage.DONE, Verdict.WAY_BACK)
        assert view.dry_run.reason["cost_usd"] is None
        assert view.cost_usd is None, "what ran double has no price, and is not free"
        assert any(entry.text.startswith(f"Moving {MOVED} back to paris") for entry in program.entries)

    assert run(scenario, tmp_path).result() == (6, 0)


def test_another_program_knows_the_way_back_by_the_leases_alone(tmp_path: Path) -> None:
    """A laptop that is lost takes its history with it, and not the workload."""

    async def scenario(world: World) -> None:
        first, finished = await move_there(world)
        await first.close()
        second = await open_without_prices(world)
        await go_back(world, second, finished)

    assert run(scenario, tmp_path).result() == (6, 0)


@pytest.mark.parametrize("phase", ["SURGE", "SETTLE"])
def test_a_way_back_that_a_restart_interrupts_is_gone_on_with_without_a_price(
    tmp_path: Path, phase: str
) -> None:
    async def scenario(world: World) -> None:
        first, finished = await move_there(world)
        await first.start_move(MOVED, "paris", way_back_of=finished)
        await world.wait_for(lambda: first.views()[-1].phase == phase and first.views()[-1].landed >= 1)
        first.process.kill()
        second = await open_without_prices(world)
        await world.wait_for(lambda: bool(second.views()))
        await second.wait_until_over(second.view.migration_id)
        assert second.view.stage is MigrationStage.DONE

    assert run(scenario, tmp_path).result() == (6, 0)


def test_a_way_back_is_held_where_a_person_disarms(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, finished = await move_there(world)
        await program.start_move(MOVED, "paris", way_back_of=finished)
        await world.wait_for(lambda: program.views()[-1].phase == "SETTLE")
        program.submit(SetArmed("paris", armed=False))
        await world.wait_for(lambda: program.views()[-1].stage is MigrationStage.HOLDING)
        program.submit(SetArmed("paris", armed=True))
        await world.wait_for(lambda: program.views()[-1].stage is MigrationStage.DONE)

    assert run(scenario, tmp_path).result() == (6, 0)


@pytest.mark.parametrize("finished", ["", "somebody's"])
def test_nothing_else_is_moved_by_the_name_of_a_way_back(tmp_path: Path, finished: str) -> None:
    async def scenario(world: World) -> None:
        program, _ = await move_there(world)
        with pytest.raises(Rejected) as rejected:
            await program.start_move(MOVED, "paris", way_back_of=finished)
        assert rejected.value.code is Code.NO_WAY_BACK

    assert run(scenario, tmp_path).result() == (0, 6)


def test_a_move_that_was_cancelled_has_no_way_back_and_rests_its_target_alone(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program = world.open_program("a", budgets=replace(BUDGETS, cooldown_s=86_400.0))
        migration_id = await world.begin(program)
        assert migration_id is not None
        await world.wait_for(lambda: program.view.phase == "SETTLE")
        program.cancel(migration_id)
        await program.wait_until_over(migration_id)
        assert program.view.stage is MigrationStage.ROLLED_BACK
        await asyncio.sleep(10.0)
        assert program.snapshot is not None
        assert program.snapshot.ways_back == ()
        with pytest.raises(Rejected) as rejected:
            await program.start_move(WORKLOAD, "osaka")
        assert rejected.value.code is Code.TARGET_RESTS, "and not the workload"

    assert run(scenario, tmp_path).result() == (6, None)


def test_a_workload_is_brought_back_out_of_a_cluster_that_takes_no_pods_any_more(tmp_path: Path) -> None:
    """Its nodes are cordoned, as before they are taken away: that is when it has to go."""

    async def scenario(world: World) -> None:
        program, finished = await move_there(world)
        cordon(world.target)
        await asyncio.sleep(30.0)
        await go_back(world, program, finished)

    assert run(scenario, tmp_path).result() == (6, 0)
