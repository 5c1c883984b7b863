"""A cluster that refuses a write, for good or for a while: it ends in bounded time, and people are told why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.clusters.api_errors import error_for_status
from controller.clusters.kube_api import PatchType
from controller.contract.snapshots import MigrationStage
from controller.errors import AccessDenied
from controller.migration.run.migration_controller import MigrationController
from tests.simulation.fake_cluster import FakeCluster, Request
from tests.simulation.network import Delivery
from tests.simulation.world import PATH, World, simulate, start

DENIAL = "ValidatingAdmissionPolicy 'frozen' denied request: replicas are frozen"


def policy_denial(context: str) -> Exception:
    """What an API server answers where an admission policy denies a patch."""
    body = {"reason": "Invalid", "message": DENIAL, "details": {"causes": [{"message": DENIAL}]}}
    return error_for_status(context, 422, body, request="PATCH", patch_type=PatchType.JSON)


def webhook_denial(context: str) -> Exception:
    """A webhook may deny with any status, even with the very answer of a failed JSON Patch `test`."""
    body = {"reason": "Invalid", "message": DENIAL, "details": {}}
    return error_for_status(context, 422, body, request="PATCH", patch_type=PatchType.JSON)


@pytest.mark.parametrize("deny", [policy_denial, webhook_denial])
def test_denied_drain_ends_the_move_and_names_the_denial(
    tmp_path: Path, deny: Callable[[str], Exception]
) -> None:
    def refuse_drains(cluster: FakeCluster, request: Request) -> Delivery | None:
        if cluster.context == "paris" and request.is_write and request.lowers:
            raise deny("paris")
        return None

    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == "SCALE_DOWN_SOURCE")
        denied_at = world.loop.time()
        await task
        assert world.loop.time() - denied_at < 120
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK
        assert DENIAL in controller.views()[0].sentence

    world = simulate(scenario, 2, tmp_path, directed=refuse_drains)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


@pytest.mark.parametrize("denied_replicas", [5, 0])
def test_policy_that_would_deny_a_drain_refuses_the_move_beforehand(
    tmp_path: Path, denied_replicas: int
) -> None:
    def refuse(cluster: FakeCluster, request: Request) -> Delivery | None:
        is_rehearsal = (
            request.dry_run and request.patch_type is PatchType.MERGE and cluster.context == "paris"
        )
        if is_rehearsal and request.body.get("spec", {}).get("replicas") == denied_replicas:
            raise policy_denial("paris")
        return None

    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await task
        assert controller.views()[0].stage is MigrationStage.REFUSED
        assert DENIAL in controller.views()[0].sentence

    world = simulate(scenario, 2, tmp_path, directed=refuse)
    assert world.result() == (world.replicas, None)


def watch_stages(world: World, controller: MigrationController) -> list[MigrationStage]:
    """Note every stage that is shown, one after the other."""
    stages: list[MigrationStage] = []

    async def watch() -> None:
        while True:
            if not stages or stages[-1] is not controller.views()[0].stage:
                stages.append(controller.views()[0].stage)
            await asyncio.sleep(0.5)

    world.loop.create_task(watch())
    return stages


def count_entries(controller: MigrationController) -> int:
    """How much people were told so far."""
    return len(controller._history.newest(10_000))


@pytest.mark.parametrize("has_honest_dry_runs", [True, False])
def test_target_that_refuses_for_good_calls_a_person_once_and_stays_quiet(
    tmp_path: Path, has_honest_dry_runs: bool
) -> None:
    is_allowed = [False]

    def refuse(cluster: FakeCluster, request: Request) -> Delivery | None:
        is_write = request.is_write or (has_honest_dry_runs and request.dry_run)
        if is_write and not is_allowed[0] and cluster.context == "osaka" and request.patch_type is not None:
            raise AccessDenied("osaka", "deployments.apps is forbidden", status=403)
        return None

    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].stage is MigrationStage.NEEDS_OPERATOR, 900)
        assert "deployments.apps is forbidden" in controller.views()[0].sentence
        told = count_entries(controller)
        assert told < 60
        await asyncio.sleep(3600)
        assert count_entries(controller) - told < (10 if has_honest_dry_runs else 150)
        assert controller.views()[0].stage is MigrationStage.NEEDS_OPERATOR
        is_allowed[0] = True
        await task
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path, directed=refuse)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_way_back_without_room_in_the_source_calls_a_person_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        controller, migration_id, task = await start(world)
        await world.wait_for(
            lambda: controller.views()[0].phase == "SETTLE" and controller.views()[0].wave == 3
        )
        world.source.capacity = 2
        controller.cancel(migration_id)
        stages = watch_stages(world, controller)
        await world.wait_for(lambda: controller.views()[0].stage is MigrationStage.NEEDS_OPERATOR, 400)
        assert MigrationStage.HOLDING in stages, "a HOLD tells it before a person is called"
        assert "of 6 that are to come back" in controller.views()[0].sentence
        assert world.available() >= world.replicas
        told = count_entries(controller)
        await asyncio.sleep(3600)
        assert count_entries(controller) == told
        world.source.capacity = 1000
        await task
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_way_back_that_somebody_works_against_is_told(tmp_path: Path) -> None:
    """Somebody asks for the target's replicas again, as often as they are taken back."""

    async def insist(world: World) -> None:
        world.target.on_scaled = lambda cluster, request: None
        change = [{"op": "replace", "path": "/spec/replicas", "value": 5}]
        while world.target.deployment(PATH) is not None:
            if world.target.replicas(PATH) < 5:
                world.target.handle(Request("PATCH", PATH, change, PatchType.JSON))
            await asyncio.sleep(0.2)

    async def scenario(world: World) -> None:
        controller, migration_id, task = await start(world)
        await world.wait_for(
            lambda: controller.views()[0].phase == "SETTLE" and controller.views()[0].wave == 3
        )
        insisting = world.loop.create_task(insist(world))
        controller.cancel(migration_id)
        await world.wait_for(lambda: controller.views()[0].phase == "ROLLBACK")
        began_at = world.loop.time()
        await world.wait_for(lambda: controller.views()[0].stage is MigrationStage.HOLDING)
        assert world.loop.time() - began_at < 300
        assert "of 6 that are to come back" in controller.views()[0].sentence
        insisting.cancel()
        await task

    world = simulate(scenario, 2, tmp_path, checks_readiness=False)
    assert world.result() == (world.replicas, None)


def test_original_that_others_deleted_does_not_keep_its_copy_from_being_taken_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        controller, migration_id, task = await start(world)
        await world.wait_for(
            lambda: controller.views()[0].phase == "VERIFY" and controller.views()[0].wave == 2
        )
        del world.source.objects["/api/v1/namespaces/shop/configmaps/settings"]
        controller.cancel(migration_id)
        await task
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK
        assert "/api/v1/namespaces/shop/configmaps/settings" not in world.target.objects

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
