"""A target that can be read and not be written: nobody waits for its Lease where replicas are missing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.simulation.api.resource_kinds import LEASES as LEASES_KIND
from controller.simulation.api.status_errors import ApiError, forbidden
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, answer_with
from tests.simulation.program import Program
from tests.simulation.test_insurance_after_a_restart import resume
from tests.simulation.world import PATH, SETTINGS, World, kill_at, simulate

#: Long waits, so that nothing but what is tried here brings an end.
LONG = replace(SETTINGS, hold_timeout_s=3600.0, soak_s=3600.0)

#: One patience, the looks before and after it with a Lease that is waited for, and the time that pods need to start.
LATEST_S = SETTINGS.insure_after_s + 2 * (SETTINGS.lease_duration_s + 2 * SETTINGS.lease_retry_s) + 20.0

REFUSALS: dict[str, Callable[[], ApiError]] = {
    "no room in etcd": lambda: ApiError(500, "InternalError", "mvcc: database space exceeded"),
    "no right": lambda: forbidden(LEASES_KIND, "", "the role was taken away"),
}


class ReadOnly:
    """While it is on, every write to the target is refused."""

    def __init__(self, refusal: Callable[[], ApiError]) -> None:
        self._refusal = refusal
        self.is_on = False

    def direct(self, cluster: Cluster, request: Request) -> Delivery | None:
        is_refused = self.is_on and cluster.context == "osaka" and request.is_write
        return answer_with(self._refusal()) if is_refused else None


def delete(world: World) -> None:
    world.target.remove(PATH)


def lose_some(world: World) -> None:
    world.target.set_capacity(0)
    world.target.lose_pods(PATH, 4)


async def restart(world: World, target: ReadOnly) -> Program:
    await kill_at(world, "SOAK")
    target.is_on = True
    program = world.open_program("b")
    world.loop.create_task(resume(world, program))
    await world.wait_for(lambda: bool(program.views()))
    return program


@pytest.mark.parametrize("lose", [delete, lose_some])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_after_a_restart_a_lost_target_that_nobody_can_write_has_the_source_raised(
    tmp_path: Path, refusal: str, lose: Callable[[World], None]
) -> None:
    target = ReadOnly(REFUSALS[refusal])

    async def scenario(world: World) -> None:
        program = await restart(world, target)
        lose(world)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_S)
        assert world.journaled_phase() == "INSURED"
        await asyncio.sleep(300)
        assert world.source.replicas(PATH) == world.replicas
        await program.close()

    world = simulate(scenario, 2, tmp_path, settings=LONG, directed=target.direct, checks_readiness=False)
    assert world.violations == []


def test_who_cancels_after_a_restart_waits_for_no_target_that_nobody_can_write(tmp_path: Path) -> None:
    target = ReadOnly(REFUSALS["no right"])

    async def scenario(world: World) -> None:
        program = await restart(world, target)
        await asyncio.sleep(120)
        assert world.source.replicas(PATH) == 0, "the target serves"
        program.cancel(program.view.migration_id)
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, LATEST_S)
        target.is_on = False
        await world.wait_for(lambda: program.view.stage is MigrationStage.ROLLED_BACK)

    world = simulate(scenario, 2, tmp_path, settings=LONG, directed=target.direct)
    assert world.judge_end() == []
