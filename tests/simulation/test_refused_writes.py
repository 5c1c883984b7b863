"""A cluster that refuses a write, for good or for a while: it ends in bounded time, and people are told why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from controller.clusters.api_errors import error_for_status
from controller.clusters.kube_api import PatchType
from controller.snapshots import MigrationStage
from tests.simulation.fake_cluster import FakeCluster, Request
from tests.simulation.network import Delivery
from tests.simulation.world import World, simulate, start

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
        await world.wait_for(lambda: controller.views()[0].phase == "DRAIN")
        denied_at = world.loop.time()
        await task
        assert world.loop.time() - denied_at < 120
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK
        assert DENIAL in controller.views()[0].detail

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
        assert DENIAL in controller.views()[0].detail

    world = simulate(scenario, 2, tmp_path, directed=refuse)
    assert world.result() == (world.replicas, None)
