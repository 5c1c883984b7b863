"""What a preflight refused is not offered again until it has been mended; then it is, and nobody has to ask."""

from __future__ import annotations

import asyncio
from pathlib import Path

from controller.contract.commands import LookAt, RequestDryRun
from controller.contract.snapshots import MigrationStage
from controller.decision.settings import DecisionSettings
from controller.reasons import Code
from tests.simulation.program import Program
from tests.simulation.world import CONFIG_MAPS, SETTINGS_PATH, WORKLOAD, World, simulate


def told(program: Program) -> list[object]:
    """Why the workload is not offered; nothing where it is."""
    snapshot = program.snapshot
    assert snapshot is not None
    if any(offer.workload == WORKLOAD for offer in snapshot.opportunities):
        return []
    return [refused.reason.code for refused in snapshot.refused if refused.workload == WORKLOAD]


def leave_other_settings_there(world: World) -> None:
    """No watch compares what travels with a workload: the preflight finds it."""
    world.target.act("POST", CONFIG_MAPS, {"metadata": {"name": "settings"}, "data": {"a": "2"}})


def test_a_refused_target_is_offered_once_it_has_been_mended_and_not_before(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        leave_other_settings_there(world)
        program = world.open_program("a")
        migration_id = await world.begin(program)
        assert migration_id is not None
        await program.wait_until_over(migration_id)
        assert program.view.stage is MigrationStage.REFUSED
        program.submit(LookAt(frozenset({WORKLOAD.context})))
        for _ in range(3):
            await asyncio.sleep(DecisionSettings().ask_again_s)
            assert told(program) == [Code.PREFLIGHT_REFUSED]
        world.target.remove(SETTINGS_PATH)
        await asyncio.sleep(DecisionSettings().ask_again_s + 10.0)
        assert told(program) == []
        assert len(program.views()) == 1, "nothing was moved for it"

    assert simulate(scenario, 3, tmp_path).violations == []


def test_a_dry_run_by_name_has_the_clusters_asked_at_once(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        leave_other_settings_there(world)
        program = world.open_program("a")
        migration_id = await world.begin(program)
        assert migration_id is not None
        await program.wait_until_over(migration_id)
        program.submit(LookAt(frozenset({WORKLOAD.context})))
        world.target.remove(SETTINGS_PATH)
        await asyncio.sleep(30.0)
        assert told(program) == [Code.PREFLIGHT_REFUSED]
        program.submit(RequestDryRun(WORKLOAD, "osaka"))
        await asyncio.sleep(10.0)
        assert told(program) == []

    assert simulate(scenario, 3, tmp_path).violations == []
