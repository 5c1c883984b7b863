"""Others deploy what they like under the workload's name in the target: it is never fenced, scaled or deleted."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from controller.snapshots import MigrationStage
from tests.simulation.world import PATH, World, build_deployment, simulate, start


def deploy_foreign(world: World, replicas: int) -> dict[str, Any]:
    """Another team deploys another program under the same name in the target; returns it as it then is."""
    body = build_deployment(replicas)
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "other/team:1"
    world.target.pods.pop(PATH, None)
    world.target.objects.pop(PATH, None)
    world.target.deploy(PATH, body)
    return deepcopy(world.target.objects[PATH])


def test_deployment_of_others_created_after_the_preflight_is_left_as_it_is(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == "LOCKED")
        foreign = deploy_foreign(world, 5)
        await task
        assert world.target.objects[PATH] == foreign
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK
        assert "already has another" in controller.views()[0].detail

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, 5)


def test_target_replaced_by_others_half_way_is_left_and_the_source_gets_everything_back(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await world.wait_for(
            lambda: controller.views()[0].phase == "VERIFY" and controller.views()[0].wave == 3
        )
        foreign = deploy_foreign(world, 2)
        await task
        assert world.target.objects[PATH] == foreign
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK
        assert "not the one of this migration" in controller.views()[0].detail

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, 2)
    assert world.source.available(PATH) == world.replicas
