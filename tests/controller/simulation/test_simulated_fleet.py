"""The fleet as a client meets it: through the kubeconfig, over HTTP, in virtual time."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.kube import KubeClient
from controller.clusters.kube_api import PatchType
from controller.errors import ClusterUnreachable, VersionConflict
from controller.simulation.api import resource_kinds as kinds
from controller.simulation.controllers.spot_reclaims import announce_reclaim
from controller.simulation.fleet_plan import plan_demo_fleet
from controller.simulation.simulated_fleet import SimulatedFleet
from tests.controller.clusters.clients import make_client

CHECKOUT = paths.deployment("shop", "checkout")
NOW = 1_790_000_000.0


@asynccontextmanager
async def start_fleet(directory: Path) -> AsyncIterator[SimulatedFleet]:
    """The demo's fleet with time standing still but for `advance`."""
    async with SimulatedFleet.start(plan_demo_fleet(7), 7, directory, time_scale=0.0, now=NOW) as fleet:
        yield fleet


Scene = Callable[[SimulatedFleet, KubeClient], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Scene], None]:
    """Run a scene with a fleet and an armed client of aws-us-east-1."""

    async def run(scene: Scene) -> None:
        async with start_fleet(tmp_path) as fleet:
            client = make_client(fleet.kubeconfig, "aws-us-east-1", armed=True)
            try:
                await scene(fleet, client)
            finally:
                await client.close()

    return lambda scene: asyncio.run(run(scene))


def test_kubeconfig_is_for_its_owner_alone_and_gone_afterwards(tmp_path: Path) -> None:
    async def scene() -> Path:
        async with start_fleet(tmp_path) as fleet:
            assert stat.S_IMODE(fleet.kubeconfig.stat().st_mode) == 0o600
            return fleet.kubeconfig

    assert not asyncio.run(scene()).exists()


def test_scaling_up_becomes_ready_pods_as_time_passes(play: Callable[[Scene], None]) -> None:
    async def scene(fleet: SimulatedFleet, client: KubeClient) -> None:
        operations = [
            {"op": "test", "path": "/spec/replicas", "value": 12},
            {"op": "replace", "path": "/spec/replicas", "value": 14},
        ]
        answer = await client.patch(CHECKOUT, operations, PatchType.JSON)
        assert answer["status"]["observedGeneration"] < answer["metadata"]["generation"]
        await fleet.advance(60)
        status = (await client.get(CHECKOUT))["status"]
        assert status["observedGeneration"] == answer["metadata"]["generation"]
        assert status["availableReplicas"] == 14

    play(scene)


def test_failing_test_operation_changes_nothing(play: Callable[[Scene], None]) -> None:
    async def scene(fleet: SimulatedFleet, client: KubeClient) -> None:
        before = await client.get(CHECKOUT)
        operations = [
            {"op": "replace", "path": "/spec/replicas", "value": 3},
            {"op": "test", "path": "/metadata/uid", "value": "another"},
        ]
        with pytest.raises(VersionConflict):
            await client.patch(CHECKOUT, operations, PatchType.JSON)
        assert await client.get(CHECKOUT) == before

    play(scene)


def test_watch_tells_of_each_change(play: Callable[[Scene], None]) -> None:
    async def scene(fleet: SimulatedFleet, client: KubeClient) -> None:
        version = (await client.get(paths.collection("pods", "shop")))["metadata"]["resourceVersion"]
        events = client.watch(paths.collection("deployments", "shop"), resource_version=version)
        first = asyncio.ensure_future(anext(events))
        await client.patch(CHECKOUT, {"metadata": {"labels": {"tier": "gold"}}}, PatchType.MERGE)
        event = await asyncio.wait_for(first, 5)
        assert (event["type"], event["object"]["metadata"]["labels"]["tier"]) == ("MODIFIED", "gold")
        await events.aclose()

    play(scene)


def test_cluster_that_is_cut_off_is_unreachable_and_comes_back(play: Callable[[Scene], None]) -> None:
    async def scene(fleet: SimulatedFleet, client: KubeClient) -> None:
        fleet.set_reachable("aws-us-east-1", False)
        with pytest.raises(ClusterUnreachable):
            await client.get(CHECKOUT)
        fleet.set_reachable("aws-us-east-1", True)
        assert (await client.get(CHECKOUT))["kind"] == "Deployment"

    play(scene)


def test_time_passes_by_itself_where_it_is_not_stopped(tmp_path: Path) -> None:
    async def scene() -> None:
        async with SimulatedFleet.start(plan_demo_fleet(7), 7, tmp_path, time_scale=100.0) as fleet:
            client = make_client(fleet.kubeconfig, "aws-us-east-1", armed=True)
            patched = await client.patch(CHECKOUT, {"spec": {"replicas": 14}}, PatchType.MERGE)
            version = patched["metadata"]["resourceVersion"]
            async with asyncio.timeout(10):
                async for event in client.watch(
                    paths.collection("deployments", "shop"), resource_version=version
                ):
                    if event["object"]["status"].get("availableReplicas") == 14:
                        break
            await client.close()

    asyncio.run(scene())


def test_injected_clock_drives_the_fleet(tmp_path: Path) -> None:
    seconds = 0.0

    async def scene() -> None:
        nonlocal seconds
        fleet_plan = plan_demo_fleet(7)
        async with SimulatedFleet.start(fleet_plan, 7, tmp_path, clock=lambda: seconds, now=NOW) as fleet:
            seconds = 90.0
            assert fleet.now() == NOW + 90.0

    asyncio.run(scene())


def test_announced_node_is_seen_cordoned_by_a_client(play: Callable[[Scene], None]) -> None:
    async def scene(fleet: SimulatedFleet, client: KubeClient) -> None:
        node = (await client.get(paths.collection("nodes")))["items"][0]["metadata"]["name"]
        model = fleet.api("aws-us-east-1").model
        found = model.state.store.get(kinds.NODES, "", node)
        assert found is not None
        announce_reclaim(model.state, found, "aws", fleet.now())
        assert (await client.get(paths.item("nodes", node)))["spec"]["unschedulable"] is True
        await fleet.advance(180)
        names = {one["metadata"]["name"] for one in (await client.get(paths.collection("nodes")))["items"]}
        assert node not in names

    play(scene)


def test_clusters_are_told_apart_by_their_uid(play: Callable[[Scene], None]) -> None:
    async def scene(fleet: SimulatedFleet, client: KubeClient) -> None:
        seen = (await client.get(paths.namespace("kube-system")))["metadata"]["uid"]
        assert fleet.cluster_uid("aws-us-east-1") == seen
        assert len({fleet.cluster_uid(one.context) for one in fleet.plan.clusters}) == 15

    play(scene)


def test_kubeconfig_needs_its_directory(tmp_path: Path) -> None:
    async def scene() -> None:
        async with start_fleet(tmp_path / "absent"):
            raise AssertionError("never begun")

    with pytest.raises(FileNotFoundError):
        asyncio.run(scene())
