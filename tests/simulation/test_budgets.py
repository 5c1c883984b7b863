"""What a person allows a day holds at the moment of the click, whatever would pay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from controller.decision.settings import BudgetSettings
from tests.simulation.program import BUDGETS, Rejected
from tests.simulation.world import SETTINGS, WORKLOAD, World, simulate


@pytest.mark.parametrize(
    ("budgets", "reason"),
    [
        (replace(BUDGETS, moves_per_day=1), "1 moves began in the last 24 hours"),
        (replace(BUDGETS, egress_usd_per_day=Decimal("0.50")), "of egress was spent in the last 24 hours"),
        (replace(BUDGETS, cooldown_s=3600.0), "rests for 60 minutes"),
    ],
    ids=["moves of a day", "egress of a day", "rest of a workload"],
)
def test_a_second_move_beyond_the_budget_is_rejected(
    tmp_path: Path, budgets: BudgetSettings, reason: str
) -> None:
    async def scenario(world: World) -> None:
        program = world.open_program("a", budgets=budgets)
        await world.work(program)
        world.turn_prices()
        await asyncio.sleep(10.0)
        with pytest.raises(Rejected, match=reason):
            await program.start_move(replace(WORKLOAD, context="osaka"), "paris")

    world = simulate(scenario, 5, tmp_path, settings=replace(SETTINGS, soak_s=2.0))
    assert world.result() == (0, world.replicas)
