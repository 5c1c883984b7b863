"""A Lease that could not be renewed is no licence to write, however well the cluster answers otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.world import SETTINGS, World, simulate, start

#: Somewhat longer than a Lease that is not renewed is good for, seconds.
STALE_S = 22.0


class LostRenewals:
    """From a moment on, nothing that is written into the target's Lease arrives."""

    def __init__(self) -> None:
        self.is_lossy = False

    def __call__(self, cluster: Cluster, request: Request) -> Delivery | None:
        is_renewal = request.method == "PUT" and "/leases/" in request.path and cluster.context == "osaka"
        return Delivery(None) if self.is_lossy and is_renewal else None


@pytest.mark.parametrize("phase", ["VERIFY", "SETTLE"])
def test_nothing_is_scaled_under_a_lease_that_could_not_be_renewed(tmp_path: Path, phase: str) -> None:
    renewals = LostRenewals()

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == phase and program.view.wave == 2)
        renewals.is_lossy = True
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 90)
        renewals.is_lossy = False
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    # Longer than a Lease is good for: whatever is scaled next is scaled too late.
    settings = replace(SETTINGS, bake_s=STALE_S, bake_between_s=STALE_S)
    world = simulate(scenario, 2, tmp_path, directed=renewals, settings=settings)
    assert world.judge_end() == []


def test_a_hold_lasts_for_as_long_as_the_lease_cannot_be_renewed(tmp_path: Path) -> None:
    """It would end only to begin again, each time with a line in the journal."""
    renewals = LostRenewals()
    phases = set()

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        renewals.is_lossy = True
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 90)
        held_at = world.loop.time()

        def note_phase() -> bool:
            phases.add(program.view.phase)
            return world.loop.time() > held_at + 2 * STALE_S

        await world.wait_for(note_phase)
        renewals.is_lossy = False
        await task

    simulate(scenario, 2, tmp_path, directed=renewals)
    assert phases == {"HOLD"}


def test_nothing_is_sealed_under_a_lease_that_could_not_be_renewed(tmp_path: Path) -> None:
    renewals = LostRenewals()

    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        renewals.is_lossy = True
        lost_at = world.loop.time()
        await world.wait_for(lambda: world.loop.time() > lost_at + STALE_S)
        program.cancel(migration_id)
        await world.wait_for(lambda: world.loop.time() > lost_at + 2 * STALE_S)
        renewals.is_lossy = False
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK, program.view.sentence

    settings = replace(SETTINGS, soak_s=60.0)
    world = simulate(scenario, 2, tmp_path, directed=renewals, settings=settings)
    assert world.judge_end() == []
