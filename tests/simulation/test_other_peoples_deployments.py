"""What others do in the clusters: their Deployments of the workload's name are never fenced, scaled or deleted, their
fences stop no way back, and a workload that needs more than a journal can name is not moved.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from controller.contract.snapshots import MigrationStage
from controller.errors import RequestRefused
from tests.simulation.fake_cluster import FakeCluster, Request
from tests.simulation.network import Delivery
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
        assert "already has another" in controller.views()[0].sentence

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
        assert "not the one of this migration" in controller.views()[0].sentence

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, 2)
    assert world.source.available(PATH) == world.replicas


@pytest.mark.parametrize("epoch", [99_999_999_999, 2**31 - 1, 2_000_000])
def test_fence_of_an_absurd_epoch_does_not_keep_the_source_from_getting_everything_back(
    tmp_path: Path, epoch: int
) -> None:
    """Who may annotate the copy in the target, and no more, must not be able to stop the way back."""

    def keep_int32(cluster: FakeCluster, request: Request) -> Delivery | None:
        is_lease = request.method in ("PUT", "POST") and "/leases" in request.path
        if is_lease and request.body["spec"].get("leaseTransitions", 0) > 2**31 - 1:
            raise RequestRefused(cluster.context, "cannot unmarshal number into int32", status=400)
        return None

    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await world.wait_for(
            lambda: controller.views()[0].phase == "VERIFY" and controller.views()[0].wave == 3
        )
        world.target.objects[PATH]["metadata"]["annotations"]["sentinelaura.io/fence"] = f"x:{epoch}:1"
        world.target.capacity = 0
        world.target.lose_pods(PATH, 100)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, 400)
        await task
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path, directed=keep_int32, checks_readiness=False)
    assert world.result() == (world.replicas, None)


def name_config_maps(world: World, count: int) -> None:
    """The workload's pods take their settings from that many more ConfigMaps."""
    for part in range(count):
        name = f"checkout-settings-part-{part:02}"
        body = {"kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, "data": {}}
        world.source._store(f"/api/v1/namespaces/shop/configmaps/{name}", body)
        container = world.source.objects[PATH]["spec"]["template"]["spec"]["containers"][0]
        container["envFrom"].append({"configMapRef": {"name": name}})


@pytest.mark.parametrize(("count", "stage"), [(25, MigrationStage.DONE), (70, MigrationStage.REFUSED)])
def test_more_objects_than_the_journal_can_name_are_refused_before_anything_is_created(
    tmp_path: Path, count: int, stage: MigrationStage
) -> None:
    async def scenario(world: World) -> None:
        name_config_maps(world, count)
        controller, _, task = await start(world)
        await task
        assert controller.views()[0].stage is stage, controller.views()[0].sentence
        if stage is MigrationStage.REFUSED:
            assert "72 objects would travel" in controller.views()[0].sentence
            assert world.target.history == []

    simulate(scenario, 2, tmp_path)
