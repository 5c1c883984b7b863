"""Ready pods below the floor for one patience have the source raised, whatever a move waits for meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from tests.simulation.program import Program
from tests.simulation.world import PATH, SETTINGS, World, simulate, start

#: One patience, the looks before and after it, and the time that pods need to start.
LATEST_S = SETTINGS.insure_after_s + 15.0

#: As by default: a wave has long for its pods, and a HOLD for its reason.
LONG = replace(SETTINGS, verify_timeout_s=300.0, hold_timeout_s=900.0)


def lose_target(world: World) -> None:
    """The nodes of the target go, and others are not to be had."""
    world.target.set_capacity(0)
    world.target.lose_pods(PATH)


def wait_for_a_price(world: World) -> None:
    world.market.has_prices = False


def is_held(program: Program) -> bool:
    return program.view.stage is MigrationStage.HOLDING


@pytest.mark.parametrize(
    ("prepare", "is_there"),
    [
        (lambda world: None, lambda program: program.view.phase == "VERIFY" and program.view.wave == 3),
        (wait_for_a_price, is_held),
    ],
    ids=["waits for the pods of a wave", "waits for a price"],
)
def test_a_target_that_loses_its_pods_in_the_middle_has_the_source_raised_after_one_patience(
    tmp_path: Path, prepare: Callable[[World], None], is_there: Callable[[Program], bool]
) -> None:
    lasted: list[float] = []

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE" and program.view.wave == 2)
        prepare(world)
        await world.wait_for(lambda: is_there(program), 200)
        lose_target(world)
        began_s = world.loop.time()
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, 800)
        lasted.append(world.loop.time() - began_s)
        assert program.view.phase == "INSURED"
        world.market.has_prices = True
        world.target.set_capacity()
        await task
        assert program.view.stage is MigrationStage.DONE

    world = simulate(scenario, 2, tmp_path, settings=LONG, checks_readiness=False)
    assert lasted[0] < LATEST_S
    assert world.violations == []
    assert world.result() == (0, world.replicas)
