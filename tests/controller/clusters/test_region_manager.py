"""The manager of all clusters against the simulated fleet: the real client, real sockets, no real clouds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
import yaml

from controller.clusters import paths
from controller.clusters.arming import ArmingTerms
from controller.clusters.checks import Outcome
from controller.clusters.discovery import bindings_of
from controller.clusters.fleet import FleetPicture, Health, WatchedKind
from controller.clusters.kube_api import PatchType
from controller.clusters.kubeconfig import read_kubeconfig
from controller.clusters.move_checks import check_replica_owner
from controller.clusters.permissions import check_permissions
from controller.clusters.region_manager import RegionManager
from controller.clusters.rights import ROLES
from controller.clusters.settings import ContextOverride, FleetSettings
from controller.errors import KubeconfigError, NotArmed, UnknownContext
from controller.reasons import Code
from controller.simulation.fleet_plan import FleetPlan, plan_demo_fleet
from controller.simulation.simulated_fleet import SimulatedFleet
from oracle.foundation.clocks import SYSTEM_CLOCKS, Clocks
from tests.controller.clusters.serving import write_kubeconfig
from tests.controller.field_managers import take_over
from tests.controller.refusals import refuses

TOKYO, VIRGINIA = "aws-ap-northeast-1", "aws-us-east-1"
FAST = FleetSettings(retry_initial_s=0.01, coalesce_s=0.0, heartbeat_s=1.0)


def small_plan() -> FleetPlan:
    plan = plan_demo_fleet(7)
    clusters = {cluster.context: cluster for cluster in plan.clusters}
    return FleetPlan((clusters[TOKYO], clusters[VIRGINIA]), reclaim_mean_days=None)


@asynccontextmanager
async def managing(
    directory: Path,
    settings: FleetSettings = FAST,
    spoil: Callable[[Path], None] = lambda path: None,
    clocks: Clocks = SYSTEM_CLOCKS,
) -> AsyncIterator[tuple[SimulatedFleet, RegionManager]]:
    """Two simulated clusters whose time stands still, and their manager; `spoil` changes the kubeconfig."""
    async with SimulatedFleet.start(small_plan(), 7, directory, time_scale=0.0) as fleet:
        spoil(fleet.kubeconfig)
        async with RegionManager(read_kubeconfig([fleet.kubeconfig]), settings, clocks=clocks) as manager:
            yield fleet, manager


async def picture_when(manager: RegionManager, condition: Callable[[FleetPicture], bool]) -> FleetPicture:
    async with asyncio.timeout(60):
        while not condition(picture := manager.picture()):
            await manager.wait_for_change()
    return picture


def all_reachable(picture: FleetPicture) -> bool:
    return all(c.is_complete and c.health is Health.REACHABLE for c in picture.clusters.values())


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 100))  # type: ignore[arg-type]


def test_the_fleet_is_seen_with_its_places_and_workloads(tmp_path: Path) -> None:
    async def test() -> None:
        async with managing(tmp_path) as (fleet, manager):
            picture = await picture_when(manager, all_reachable)
            virginia = picture.clusters[VIRGINIA]
            assert list(picture.clusters) == [TOKYO, VIRGINIA]
            assert virginia.uid == fleet.cluster_uid(VIRGINIA)
            assert (virginia.provider, virginia.region) == ("aws", "us-east-1")
            checkout = virginia.find_workload("shop", "checkout")
            assert checkout is not None
            assert (checkout.desired_replicas, checkout.available_replicas, checkout.state_gb) == (
                12,
                12,
                2.0,
            )
            assert checkout.immovable_reasons == ()
            assert virginia.free is not None
            assert {binding.context for binding in bindings_of(picture)} == {TOKYO, VIRGINIA}

    run(test)


def test_after_a_sleep_nothing_is_known_until_it_was_read_again(tmp_path: Path) -> None:
    slept_s = 0.0
    clocks = Clocks(lambda: time.time() + slept_s, lambda: time.monotonic() + slept_s)

    async def test() -> None:
        nonlocal slept_s
        async with managing(tmp_path, clocks=clocks) as (_, manager):
            awake = await picture_when(manager, all_reachable)
            assert awake.clusters[TOKYO].read_at.keys() == set(WatchedKind)
            left_s = manager.seconds_to_next_outdated()
            assert left_s is not None
            assert 0 < left_s < 60
            slept_s = 3600.0
            assert manager.seconds_to_next_outdated() is None, "all of it is outdated already"
            for cluster in manager.picture().clusters.values():
                assert cluster.outdated == tuple(WatchedKind)
                assert (cluster.free, cluster.autoscalers) == (None, None)
            known = await picture_when(manager, lambda p: not any(c.outdated for c in p.clusters.values()))
            again = known.clusters[TOKYO]
            assert again.free == awake.clusters[TOKYO].free
            assert min(again.read_at.values()) > min(awake.clusters[TOKYO].read_at.values()) + 3000

    run(test)


def test_a_change_in_a_cluster_arrives_by_itself(tmp_path: Path) -> None:
    async def test() -> None:
        async with managing(tmp_path) as (_, manager):
            await picture_when(manager, all_reachable)
            manager.set_armed(VIRGINIA, True)
            path = paths.deployment("shop", "checkout")
            await manager.api(VIRGINIA).patch(path, {"spec": {"replicas": 14}}, PatchType.MERGE)

            def is_scaled(picture: FleetPicture) -> bool:
                checkout = picture.clusters[VIRGINIA].find_workload("shop", "checkout")
                return checkout is not None and checkout.desired_replicas == 14

            await picture_when(manager, is_scaled)

    run(test)


def test_a_cluster_that_was_meant_and_does_not_answer_is_not_armed(tmp_path: Path) -> None:
    async def test() -> None:
        async with managing(tmp_path) as (fleet, manager):
            manager.set_armed(TOKYO, True, ArmingTerms(cluster_uid=fleet.cluster_uid(TOKYO)))
            manager.set_armed(VIRGINIA, True, ArmingTerms(cluster_uid=fleet.cluster_uid(TOKYO)))
            assert manager.list_unarmed() == dict.fromkeys((TOKYO, VIRGINIA), Code.ARMED_UNIDENTIFIED)
            await picture_when(manager, all_reachable)
            assert manager.list_unarmed() == {VIRGINIA: Code.ARMED_CLUSTER_REPLACED}
            assert list(manager.list_armed()) == [TOKYO]
            assert [ended.context for ended in manager.take_ended_armings()] == [VIRGINIA]
            with refuses(NotArmed, Code.ARMED_CLUSTER_REPLACED):
                await manager.api(VIRGINIA).delete(paths.deployment("shop", "checkout"))

    run(test)


def test_a_stop_names_what_was_armed_also_where_nobody_has_answered_there(tmp_path: Path) -> None:
    """The ledger keeps who was armed, and a silent cluster would be changed once it answers."""

    async def test() -> None:
        async with managing(tmp_path) as (fleet, manager):
            manager.set_armed(VIRGINIA, True, ArmingTerms(cluster_uid=fleet.cluster_uid(VIRGINIA)))
            assert not manager.is_armed(VIRGINIA)
            assert manager.disarm_all() == (VIRGINIA,)
            assert manager.disarm_all() == ()
            assert manager.is_stopped
            manager.set_armed(VIRGINIA, True)
            assert not manager.is_stopped

    run(test)


def test_only_the_armed_namespaces_are_written_to(tmp_path: Path) -> None:
    async def test() -> None:
        async with managing(tmp_path) as (_, manager):
            await picture_when(manager, all_reachable)
            manager.set_armed(TOKYO, True, ArmingTerms(namespaces=frozenset({"billing"})))
            assert manager.is_armed(TOKYO, "billing")
            assert not manager.is_armed(TOKYO, "shop")
            with refuses(NotArmed, Code.NAMESPACE_NOT_ARMED):
                await manager.api(TOKYO).delete(paths.deployment("shop", "checkout"))
            with refuses(NotArmed, Code.NAMESPACE_NOT_ARMED):
                await manager.api(TOKYO).delete(paths.namespace("billing"))

    run(test)


def test_nothing_can_be_written_until_a_context_is_armed(tmp_path: Path) -> None:
    async def test() -> None:
        async with managing(tmp_path) as (_, manager):
            await picture_when(manager, all_reachable)
            path = paths.deployment("shop", "checkout")
            for context in (TOKYO, VIRGINIA):
                assert not manager.is_armed(context)
            manager.set_armed(TOKYO, True)
            assert manager.is_armed(TOKYO)
            assert not manager.is_armed(VIRGINIA)
            with pytest.raises(NotArmed):
                await manager.api(VIRGINIA).patch(path, {}, PatchType.MERGE)
            assert not manager.is_armed("mars")

    run(test)


def test_an_unreachable_context_greys_alone_and_comes_back(tmp_path: Path) -> None:
    async def test() -> None:
        async with managing(tmp_path) as (fleet, manager):
            await picture_when(manager, all_reachable)
            fleet.set_reachable(TOKYO, False)
            picture = await picture_when(manager, lambda p: p.clusters[TOKYO].health is Health.UNREACHABLE)
            assert picture.clusters[TOKYO].reason
            assert picture.clusters[VIRGINIA].health is Health.REACHABLE
            fleet.set_reachable(TOKYO, True)
            await picture_when(manager, all_reachable)

    run(test)


def test_a_broken_context_greys_alone(tmp_path: Path) -> None:
    def break_tokyo(path: Path) -> None:
        document = yaml.safe_load(path.read_text())
        next(c for c in document["clusters"] if c["name"] == TOKYO)["cluster"] = {
            "server": "http://127.0.0.1:1"
        }
        next(c for c in document["contexts"] if c["name"] == VIRGINIA)["context"]["user"] = "nobody"
        path.write_text(yaml.safe_dump(document))

    async def test() -> None:
        async with managing(tmp_path, spoil=break_tokyo) as (_, manager):
            picture = await picture_when(
                manager,
                lambda p: {c.health for c in p.clusters.values()} == {Health.UNREACHABLE, Health.DENIED},
            )
            codes = [picture.clusters[name].reason.code for name in (TOKYO, VIRGINIA)]  # type: ignore[union-attr]
            assert codes == [Code.CONNECTION_FAILED, Code.CONTEXT_REFUSED]

    run(test)


def test_settings_choose_contexts_and_say_what_they_are(tmp_path: Path) -> None:
    settings = FleetSettings(
        contexts=frozenset({VIRGINIA}),
        overrides={VIRGINIA: ContextOverride(region="us-gov-1")},
        coalesce_s=0.0,
    )

    async def test() -> None:
        async with managing(tmp_path, settings) as (_, manager):
            picture = await picture_when(manager, all_reachable)
            assert manager.contexts == (VIRGINIA,)
            assert picture.clusters[VIRGINIA].region == "us-gov-1"

    run(test)


def test_a_context_that_the_kubeconfig_lacks_is_named(tmp_path: Path) -> None:
    async def test() -> None:
        with refuses(KubeconfigError, Code.KUBECONFIG_WITHOUT_CONTEXTS, missing="mars", known=TOKYO):
            async with managing(tmp_path, FleetSettings(contexts=frozenset({"mars"}))):
                pass

    run(test)


@pytest.mark.parametrize(
    "ask",
    [lambda m: m.api("mars"), lambda m: m.set_armed("mars", True), lambda m: m.warnings("mars")],
    ids=["api", "set_armed", "warnings"],
)
def test_a_context_that_is_not_watched_is_refused_by_name(
    tmp_path: Path, ask: Callable[[RegionManager], object]
) -> None:
    manager = RegionManager(read_kubeconfig([write_kubeconfig(tmp_path, "https://127.0.0.1:1")]))
    with refuses(UnknownContext, Code.NO_CONTEXT, context="mars"):
        ask(manager)


def test_a_context_shows_the_namespaces_that_the_configuration_names_and_no_other(tmp_path: Path) -> None:
    two = ContextOverride(namespaces=frozenset({"shop", "search"}))

    async def test() -> None:
        async with managing(tmp_path, replace(FAST, overrides={VIRGINIA: two})) as (_, manager):
            picture = await picture_when(manager, all_reachable)
            shown = {workload.key.namespace for workload in picture.clusters[VIRGINIA].workloads}
            assert shown == {"shop"}, "nothing of billing, which is there as well; search is empty"
            assert picture.clusters[VIRGINIA].free is None
            assert picture.clusters[TOKYO].free is not None

    run(test)


def test_the_simulated_credentials_may_do_all_that_a_move_needs(tmp_path: Path) -> None:
    async def test() -> None:
        async with managing(tmp_path) as (_, manager):
            results = await check_permissions(manager.api(TOKYO), chain(*ROLES.values()), "media")
            assert {result.outcome for result in results} == {Outcome.PASSED}

    run(test)


def test_the_owner_of_replicas_is_found_out_without_changing_them(tmp_path: Path) -> None:
    async def test() -> None:
        async with managing(tmp_path) as (fleet, manager):
            api, path = manager.api(VIRGINIA), paths.deployment("shop", "checkout")
            before = await api.get(path)
            assert (await check_replica_owner(api, "shop", "checkout", 12)).outcome is Outcome.PASSED
            manager.set_armed(VIRGINIA, True)
            taken = {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "checkout", "namespace": "shop"},
                "spec": {"replicas": 12},
            }
            take_over(fleet.api(VIRGINIA), path, taken, "argocd-controller")
            result = await check_replica_owner(api, "shop", "checkout", 12)
            assert result.outcome is Outcome.FAILED
            assert result.reason == Code.REPLICAS_OWNED.because(owners=("Argo CD",))
            assert (await api.get(path))["spec"] == before["spec"]

    run(test)


def test_leaving_ends_every_task_and_connection(tmp_path: Path) -> None:
    async def test() -> None:
        before = asyncio.all_tasks()
        async with managing(tmp_path) as (_, manager):
            await picture_when(manager, all_reachable)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    run(test)


def test_a_quiet_fleet_announces_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        async with managing(tmp_path) as (_, manager):
            await picture_when(manager, all_reachable)
            change = asyncio.create_task(manager.wait_for_change())
            await asyncio.wait([change], timeout=0)
            if change.done():  # the last steps on the way to this picture may still have been told
                change = asyncio.create_task(manager.wait_for_change())
            for _ in range(1000):
                await asyncio.sleep(0)
            assert not change.done()
            change.cancel()

    run(test)
