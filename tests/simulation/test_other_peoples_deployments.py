"""What others do in the clusters: their Deployments of the workload's name are never fenced, scaled or deleted, their
fences stop no way back, and a workload that needs more than a journal can name is not moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.contract.snapshots import MigrationStage, MigrationView
from controller.reasons import Code
from controller.simulation.api.json_objects import get_path
from oracle.foundation.reason import Reason
from tests.simulation.world import CONFIG_MAPS, DEPLOYMENTS, PATH, World, build_deployment, simulate, start


def deploy_foreign(world: World, replicas: int) -> dict[str, Any]:
    """Another team deploys another program under the same name in the target; returns what they asked for."""
    body = build_deployment(replicas)
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "other/team:1"
    world.target.apply(DEPLOYMENTS, body)
    return find_own(world)


def find_own(world: World) -> dict[str, Any]:
    """What people have said in the target's Deployment: its identity, spec, labels and their annotations."""
    found = world.target.require(PATH)
    annotations = get_path(found, "metadata", "annotations", default={})
    said = {key: text for key, text in annotations.items() if not key.startswith("deployment.kubernetes.io/")}
    metadata = {key: found["metadata"][key] for key in ("uid", "name", "labels")}
    return {"spec": found["spec"], "metadata": {**metadata, "annotations": said}}


@pytest.mark.parametrize(
    ("is_reached", "replicas", "reason"),
    [
        (lambda view: view.phase == "LOCKED", 5, Code.COPY_CONFLICT.because(context="osaka", path=PATH)),
        (
            lambda view: view.phase == "VERIFY" and view.wave == 3,
            2,
            Code.CANCELLED.because(),
        ),
    ],
    ids=["created after the preflight", "replaced half way"],
)
def test_deployment_of_others_is_left_as_it_is_and_the_source_gets_everything_back(
    tmp_path: Path, is_reached: Callable[[MigrationView], bool], replicas: int, reason: Reason
) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: is_reached(program.view))
        foreign = deploy_foreign(world, replicas)
        await world.wait_for(
            lambda: program.view.stage in (MigrationStage.NEEDS_OPERATOR, MigrationStage.ROLLED_BACK)
        )
        program.cancel(migration_id)
        await task
        assert find_own(world) == foreign
        assert program.view.stage is MigrationStage.ROLLED_BACK
        assert program.view.reason == reason

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, replicas)
    assert world.source.available(PATH) == world.replicas


@pytest.mark.parametrize("epoch", [99_999_999_999, 2**31 - 1, 2_000_000])
def test_fence_of_an_absurd_epoch_does_not_keep_the_source_from_getting_everything_back(
    tmp_path: Path, epoch: int
) -> None:
    """Who may annotate the copy in the target, and no more, must not be able to stop the way back."""

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 3)
        fence = {"metadata": {"annotations": {"sentinelaura.io/fence": f"x:{epoch}:1"}}}
        world.target.edit(PATH, fence)
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, 400)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path, checks_readiness=False)
    assert world.result() == (world.replicas, None)


def name_config_maps(world: World, count: int) -> None:
    """The workload's pods take their settings from that many more ConfigMaps, from before the start on."""
    names = [f"checkout-settings-part-{part:02}" for part in range(count)]
    for name in names:
        world.source.apply(CONFIG_MAPS, {"metadata": {"name": name}, "data": {}})
    taken = [{"configMapRef": {"name": name}} for name in names]
    world.source.edit_container(
        PATH, lambda container: {**container, "envFrom": [*container["envFrom"], *taken]}
    )


@pytest.mark.parametrize(("count", "stage"), [(25, MigrationStage.DONE), (70, MigrationStage.REFUSED)])
def test_more_objects_than_the_journal_can_name_are_refused_before_anything_is_created(
    tmp_path: Path, count: int, stage: MigrationStage
) -> None:
    async def scenario(world: World) -> None:
        name_config_maps(world, count)
        await asyncio.sleep(60)
        program, _, task = await start(world)
        await task
        assert program.view.stage is stage, program.view.sentence
        if stage is MigrationStage.REFUSED:
            assert program.view.reason is not None
            assert program.view.reason.code is Code.TOO_MANY_COPIES
            assert program.view.reason["objects"] == 72
            assert world.target.history == []

    simulate(scenario, 2, tmp_path)
