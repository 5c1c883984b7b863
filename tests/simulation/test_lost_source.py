"""The source is gone or may not be written any more: a person is called once, and nothing is tried over and over."""

from __future__ import annotations

from pathlib import Path

from controller.contract.snapshots import MigrationStage
from tests.simulation.world import PATH, World, simulate, start

#: For how long nobody is to be called again, seconds.
QUIET_S = 1200.0


def test_source_that_somebody_deleted_calls_a_person_once_and_stays_quiet(tmp_path: Path) -> None:
    phases = []

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        world.source.remove(PATH)
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR)
        called_at = world.loop.time()

        def note_phase() -> bool:
            if not phases or phases[-1] != program.view.phase:
                phases.append(program.view.phase)
            return world.loop.time() > called_at + QUIET_S

        await world.wait_for(note_phase)
        assert "paris" in program.view.sentence
        task.cancel()

    simulate(scenario, 2, tmp_path)
    assert phases == ["NEEDS_OPERATOR"]
