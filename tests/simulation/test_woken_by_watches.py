"""A wave goes on as soon as its pods serve, however rarely a move looks by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.world import SETTINGS, World, simulate, start

#: Twice as long as anything that is waited for takes.
RARELY = replace(SETTINGS, poll_s=30.0)


def test_a_move_waits_for_pods_and_not_for_its_next_look(tmp_path: Path) -> None:
    took_s: dict[str, float] = {}

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        began_s = world.loop.time()
        await world.wait_for(lambda: program.view.phase == "SOAK")
        took_s["waves"] = world.loop.time() - began_s
        await task
        took_s["soak"] = world.loop.time() - began_s - took_s["waves"]

    world = simulate(scenario, 1, tmp_path, settings=RARELY)
    assert world.result() == (0, 6)
    assert world.violations == []
    # Four waves, each of which waits for pods to start, for a bake of 3 s, and for pods to end; and then 20 s of soak.
    assert took_s["waves"] < 60
    assert took_s["soak"] == pytest.approx(20, abs=5)
