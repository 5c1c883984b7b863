"""On the way back, too, replicas are taken only where others serve by fresh reads, and only what is ours is deleted."""

from __future__ import annotations

import asyncio
from pathlib import Path

from controller.contract.snapshots import MigrationStage
from controller.migration.access.lease import find_journal
from controller.migration.protocol.journal import decode_journal
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import Phase
from tests.simulation.cluster import Cluster, Request
from tests.simulation.world import (
    CONFIG_MAPS,
    LEASE_PATH,
    PATH,
    SETTINGS_PATH,
    World,
    cancel_at,
    simulate,
    start,
)


def is_about_to_lower_the_target(request: Request) -> bool:
    """Whether this is the journal that announces it."""
    if request.method != "PUT" or request.path != LEASE_PATH:
        return False
    record = decode_journal(find_journal(request.body) or "")
    return (
        record.state.phase is Phase.ROLLBACK
        and record.intent is not None
        and record.intent.side is Side.TARGET
    )


def test_source_that_loses_pods_on_the_way_back_keeps_the_targets(tmp_path: Path) -> None:
    """It loses them between the read that planned the step and those that permit it."""
    worlds: list[World] = []
    announced: list[Request] = []

    def meddle(cluster: Cluster, request: Request) -> None:
        if is_about_to_lower_the_target(request) and not announced:
            announced.append(request)
        elif announced and worlds and (request.method, request.path) == ("GET", PATH):
            worlds.pop().source.lose_pods(PATH, 3)

    async def scenario(world: World) -> None:
        worlds.append(world)
        await cancel_at(world, "SETTLE", 4)

    world = simulate(scenario, 2, tmp_path, directed=meddle, unnoticed_s=0.05)
    assert worlds == []
    assert world.judge_end() == []


def test_object_that_others_put_in_the_place_of_a_copy_is_not_deleted(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        world.target.apply(CONFIG_MAPS, {"metadata": {"name": "settings"}, "data": {"theirs": "1"}})
        cancelled_at = world.loop.time()
        program.cancel(migration_id)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK
        assert world.loop.time() - cancelled_at < 60
        await asyncio.sleep(5)
        assert world.target.require(SETTINGS_PATH)["data"] == {"theirs": "1"}

    world = simulate(scenario, 2, tmp_path)
    assert world.judge_end() == []
