"""The same migration over real sockets: the real client against the simulated fleet's Kubernetes API.

Its time runs twenty times faster; nothing is slept for: each test waits for what it wants to see.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.fleet import Cluster, FleetPicture, Health, Workload, WorkloadKey
from controller.clusters.kube import KubeClient
from controller.clusters.kube_api import PatchType
from controller.clusters.workload_parsing import parse_workload
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.history.history import History
from controller.migration.run.migration_controller import MigrationController
from controller.migration.settings import MigrationSettings
from controller.simulation.fleet_plan import ClusterPlan, FleetPlan, WorkloadPlan
from controller.simulation.simulated_fleet import SimulatedFleet
from oracle.foundation.clocks import SYSTEM_CLOCKS
from tests.controller.clusters.clients import Switch, make_client
from tests.controller.migration.keys import KEYS
from tests.controller.migration.moves import FakeGate, build_dry_run, resume_all, wait_until_over

REPLICAS = 6
CHECKOUT_PATH = paths.deployment("shop", "checkout")
SETTINGS = MigrationSettings(
    poll_s=0.05,
    retry_s=0.05,
    lease_retry_s=0.2,
    bake_s=0.1,
    bake_between_s=0.1,
    soak_s=0.3,
    unreachable_patience_s=0.3,
    settle_margin_s=0.0,
    hold_timeout_s=30.0,
)
CHECKOUT = WorkloadPlan(
    "shop", "checkout", REPLICAS, "500m", "1Gi", "shop/checkout:7", "5", disruption_budget=True
)
PLAN = FleetPlan(
    (
        ClusterPlan("paris", "aws", "eu-west-3", ("eu-west-3a",), "m5.2xlarge", 3, (CHECKOUT,)),
        ClusterPlan("osaka", "aws", "ap-northeast-3", ("ap-northeast-3a",), "m5.2xlarge", 3),
    ),
    reclaim_mean_days=None,
)


@dataclass
class Place:
    """The fleet, armed clients for it, and what a migration is started with."""

    fleet: SimulatedFleet
    clients: dict[str, KubeClient]
    switches: dict[str, Switch]
    ids: itertools.count[int]
    history: History

    def controller(self, settings: MigrationSettings = SETTINGS) -> MigrationController:
        return MigrationController(
            self.clients.__getitem__,
            self.history,
            SYSTEM_CLOCKS,
            lambda: f"id{next(self.ids)}",
            settings,
            FakeGate(time.time),
            KEYS,
        )

    def dry_run(self) -> DryRun:
        workload = WorkloadKey("paris", "shop", "checkout")
        return replace(build_dry_run(REPLICAS, time.time()), workload=workload, target="osaka")

    def picture(self) -> FleetPicture:
        workload = Workload(WorkloadKey("paris", "shop", "checkout"), "", REPLICAS, None, None, None, None)
        return FleetPicture({"paris": Cluster("paris", Health.REACHABLE, workloads=(workload,))})

    async def replicas(self, context: str) -> tuple[int, int]:
        """Wanted and available replicas; (0, 0) where there is no Deployment."""
        found = await self.clients[context].get(paths.collection("deployments", "shop"))
        if not found["items"]:
            return 0, 0
        [body] = found["items"]
        return body["spec"]["replicas"], body["status"].get("availableReplicas", 0)

    async def workload(self, context: str) -> Workload:
        """The workload as it is, once its status speaks of its newest spec."""
        while True:
            found = parse_workload(context, await self.clients[context].get(CHECKOUT_PATH))
            if found.ready_replicas is not None:
                return found
            await asyncio.sleep(0.05)


@asynccontextmanager
async def open_place(directory: Path) -> AsyncIterator[Place]:
    """Start the fleet and wait until the workload serves."""
    async with SimulatedFleet.start(PLAN, 1, directory, time_scale=20) as fleet:
        switches = {cluster.context: Switch(context=cluster.context) for cluster in PLAN.clusters}
        clients = {
            context: make_client(fleet.kubeconfig, context, licence=switch)
            for context, switch in switches.items()
        }
        place = Place(fleet, clients, switches, itertools.count(1), History(time.time))
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        try:
            await clients["osaka"].create(paths.collection("namespaces"), namespace)
            while (await place.replicas("paris"))[1] < REPLICAS:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.05)
            yield place
        finally:
            for client in clients.values():
                await client.close()


async def wait_for(
    controller: MigrationController, condition: Callable[[MigrationView], bool]
) -> MigrationView:
    """Follow the views until one fulfils the condition."""
    async with asyncio.timeout(40):
        while not condition(controller.views()[0]):
            assert not controller.views()[0].stage.is_final, controller.views()[0].sentence
            await controller.wait_for_change()
    return controller.views()[0]


def run(scenario: Callable[[Place], Coroutine[Any, Any, None]], directory: Path) -> None:
    """Run a scenario in a place of its own."""

    async def main() -> None:
        async with open_place(directory) as place:
            await scenario(place)

    asyncio.run(main())


def test_one_click_moves_all_replicas_and_the_sum_never_falls(tmp_path: Path) -> None:
    async def scenario(place: Place) -> None:
        controller = place.controller()
        await controller.start(place.dry_run())
        landed: list[int] = []

        def watch(view: MigrationView) -> bool:
            landed.append(view.landed)
            if view.source_ready is not None and view.target_ready is not None:
                assert view.source_ready + view.target_ready >= REPLICAS
            return view.stage.is_final

        view = await wait_for(controller, watch)
        assert view.stage is MigrationStage.DONE, view.sentence
        assert landed == sorted(landed)
        assert view.landed == REPLICAS
        assert await place.replicas("paris") == (0, 0)
        assert await place.replicas("osaka") == (REPLICAS, REPLICAS)
        assert view.cost_usd is not None
        await controller.stop()
        assert "Moved to osaka. It cost" in place.history.newest(1)[0].text

    run(scenario, tmp_path)


def test_there_and_back_again(tmp_path: Path) -> None:
    async def scenario(place: Place) -> None:
        controller = place.controller()
        migration_id = await controller.start(place.dry_run())
        view = await wait_for(controller, lambda view: view.stage.is_final)
        assert view.stage is MigrationStage.DONE, view.sentence
        await wait_until_over(controller, migration_id)
        there = await place.workload("osaka")
        assert (there.state_gb, there.immovable_reasons) == (5.0, ())

        back = place.controller()
        await back.start(replace(place.dry_run(), workload=there.key, target="paris"))
        view = await wait_for(back, lambda view: view.stage.is_final)
        assert view.stage is MigrationStage.DONE, view.sentence
        assert await place.replicas("paris") == (REPLICAS, REPLICAS)
        assert await place.replicas("osaka") == (0, 0)
        here = await place.workload("paris")
        assert (here.state_gb, here.immovable_reasons) == (5.0, ())
        await controller.stop()
        await back.stop()

    run(scenario, tmp_path)


async def start_half_way(place: Place) -> tuple[MigrationController, str]:
    """Start the move and wait for its second wave."""
    controller = place.controller()
    migration_id = await controller.start(place.dry_run())
    await wait_for(controller, lambda view: view.phase == "VERIFY" and view.wave == 2)
    return controller, migration_id


def test_cancel_brings_everything_back(tmp_path: Path) -> None:
    async def scenario(place: Place) -> None:
        controller, migration_id = await start_half_way(place)
        controller.cancel(migration_id)
        view = await wait_for(controller, lambda view: view.stage.is_final)
        assert view.stage is MigrationStage.ROLLED_BACK, view.sentence
        assert await place.replicas("paris") == (REPLICAS, REPLICAS)
        assert await place.replicas("osaka") == (0, 0)
        await controller.stop()

    run(scenario, tmp_path)


def test_closing_and_starting_again_goes_on(tmp_path: Path) -> None:
    async def scenario(place: Place) -> None:
        first, migration_id = await start_half_way(place)
        await first.stop()
        second = place.controller()
        assert await resume_all(second, place.picture()) == (migration_id,)
        view = await wait_for(second, lambda view: view.stage.is_final)
        assert view.stage is MigrationStage.DONE, view.sentence
        assert await resume_all(second, place.picture()) == ()
        await second.stop()

    run(scenario, tmp_path)


def test_an_unarmed_client_writes_nothing(tmp_path: Path) -> None:
    async def scenario(place: Place) -> None:
        place.switches["osaka"].is_on = False
        controller = place.controller()
        await controller.start(place.dry_run())
        view = await wait_for(controller, lambda view: view.stage.is_final)
        assert view.stage is MigrationStage.REFUSED
        assert "osaka" in view.sentence
        assert await place.replicas("paris") == (REPLICAS, REPLICAS)
        leases = await place.clients["osaka"].get(paths.collection("leases", "shop"))
        assert leases["items"] == []
        await controller.stop()

    run(scenario, tmp_path)


def test_a_cluster_that_falls_silent_holds_the_move_and_lets_it_go_on(tmp_path: Path) -> None:
    async def scenario(place: Place) -> None:
        controller = place.controller()
        await controller.start(place.dry_run())
        await wait_for(controller, lambda view: view.phase == "VERIFY" and view.wave == 2)
        place.fleet.set_reachable("osaka", False)
        view = await wait_for(controller, lambda view: view.stage is MigrationStage.HOLDING)
        assert "osaka" in view.sentence
        place.fleet.set_reachable("osaka", True)
        view = await wait_for(controller, lambda view: view.stage.is_final)
        assert view.stage is MigrationStage.DONE, view.sentence
        await controller.stop()

    run(scenario, tmp_path)


@pytest.mark.parametrize("wave", [1, 3])
def test_pods_that_find_no_node_send_everything_back(tmp_path: Path, wave: int) -> None:
    async def scenario(place: Place) -> None:
        controller = place.controller(replace(SETTINGS, verify_timeout_s=3.0))
        await controller.start(place.dry_run())
        await wait_for(controller, lambda view: view.phase == "SURGE" and view.wave == wave)
        for node in (await place.clients["osaka"].get(paths.collection("nodes")))["items"]:
            cordon = {"spec": {"unschedulable": True}}
            name = node["metadata"]["name"]
            await place.clients["osaka"].patch(paths.item("nodes", name), cordon, PatchType.MERGE)
        view = await wait_for(controller, lambda view: view.stage.is_final)
        assert view.stage is MigrationStage.ROLLED_BACK, view.sentence
        await controller.stop()

    run(scenario, tmp_path)
