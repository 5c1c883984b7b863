"""What a person allows a day holds at the moment of the click, whatever would pay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from controller.decision.settings import BudgetSettings
from controller.reasons import Code
from tests.simulation.program import BUDGETS, Rejected
from tests.simulation.world import SETTINGS, WORKLOAD, World, simulate

LIMITS = [
    (replace(BUDGETS, moves_per_day=1), Code.DAY_SPENT),
    (replace(BUDGETS, egress_usd_per_day=Decimal("0.50")), Code.EGRESS_SPENT),
    (replace(BUDGETS, cooldown_s=3600.0), Code.COOLDOWN),
]
NAMES = ["moves of a day", "egress of a day", "rest of a workload"]


@pytest.mark.parametrize("restarts", [False, True], ids=["same program", "after a restart"])
@pytest.mark.parametrize(("budgets", "code"), LIMITS, ids=NAMES)
def test_a_second_move_beyond_the_budget_is_rejected(
    tmp_path: Path, budgets: BudgetSettings, code: Code, restarts: bool
) -> None:
    """After a restart the Leases alone say what was moved: these programs keep no history on a disk."""

    async def scenario(world: World) -> None:
        program = world.open_program("a", budgets=budgets)
        await world.work(program)
        world.turn_prices()
        if restarts:
            await program.close()
            program = world.open_program("b", budgets=budgets)
            await program.arm(*world.clusters)
        await asyncio.sleep(10.0)
        with pytest.raises(Rejected) as rejected:
            await program.start_move(replace(WORKLOAD, context="osaka"), "paris")
        assert rejected.value.code is code

    world = simulate(scenario, 5, tmp_path, settings=replace(SETTINGS, soak_s=2.0))
    assert world.result() == (0, world.replicas)
