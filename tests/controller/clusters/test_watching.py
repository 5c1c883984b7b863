"""One cluster's record stays true whatever its API server does. Virtual pauses: the test decides when they end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from controller.clusters import listing, paths
from controller.clusters.cluster_record import ClusterRecord
from controller.clusters.fleet import Health, WatchedKind
from controller.clusters.freshness import SILENT_HEARTBEATS
from controller.clusters.settings import ContextOverride, FleetSettings
from controller.clusters.watching import ClusterWatch
from controller.errors import (
    ControllerError,
)
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from oracle.market import CapacityType
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.clusters.objects import make_autoscaler, make_deployment, make_node, make_pod
from tests.controller.faults import answered, unreachable

NODES, DEPLOYMENTS, PODS = "/api/v1/nodes", "/apis/apps/v1/deployments", "/api/v1/pods"
AUTOSCALERS = "/apis/autoscaling/v2/horizontalpodautoscalers"


class World:
    """A watch over a fake API server, its record, and the pauses that it asked for."""

    def __init__(self, api: FakeApi, *namespaces: str, override: ContextOverride | None = None) -> None:
        self.api = api
        self.record = ClusterRecord(
            api.context, override or ContextOverride(namespaces=frozenset(namespaces) or None)
        )
        self.changes = 0
        self.pauses: list[float] = []
        #: By both clocks.
        self.passed_s = 0.0
        self.clocks = Clocks(lambda: 1000.0 + self.passed_s, lambda: self.passed_s)
        self._resume = asyncio.Event()
        self._stepped = asyncio.Event()
        self.watch = ClusterWatch(
            api,
            self.record,
            FleetSettings(page_size=2),
            self._note_change,
            clocks=self.clocks,
            sleep=self._pause,
            chance=random.Random(1),
        )

    def _note_change(self) -> None:
        self.changes += 1

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self._resume.wait()
        self._resume.clear()

    @property
    def read_at(self) -> dict[WatchedKind, float]:
        """When each kind was last read."""
        return self.record.freshness.read_at()

    def end_pause(self) -> None:
        self._resume.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let everything run until the condition holds; a condition that never does fails the test."""
        for _ in range(1000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came to that")

    async def until_reachable(self) -> None:
        await self.until(lambda: self.record.health is Health.REACHABLE)


def watching(
    test: Callable[[World], Awaitable[None]],
    prepare: Callable[[FakeApi], None] = lambda api: None,
    *namespaces: str,
    override: ContextOverride | None = None,
) -> None:
    """Run a test's coroutine beside a watch."""

    async def main() -> None:
        api = FakeApi()
        api.lists[NODES] = [make_node("n1"), make_node("n2"), make_node("n3")]
        api.lists[DEPLOYMENTS] = [make_deployment()]
        api.lists[PODS] = [make_pod("p1", "n1"), make_pod("p2", "n2")]
        prepare(api)
        async with running(World(api, *namespaces, override=override)) as world:
            await test(world)

    asyncio.run(main())


@asynccontextmanager
async def running(world: World) -> Any:
    task = asyncio.create_task(world.watch.keep_watching())
    try:
        yield world
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_cluster_is_listed_page_by_page_and_then_reachable() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        cluster = world.record.build()
        assert cluster.is_complete
        assert cluster.uid == "uid-of-the-cluster"
        assert (cluster.provider, cluster.region) == ("aws", "eu-west-1")
        assert [node.name for node in cluster.nodes] == ["n1", "n2", "n3"]
        assert cluster.free is not None
        assert cluster.free.cpu_cores == pytest.approx(3 * 3.92 - 1.0)
        assert world.api.requests.count(f"GET {NODES}") == 2, "three nodes in pages of two"
        assert cluster.read_at == dict.fromkeys(WatchedKind, 1000.0)

    watching(test)


def test_events_change_the_picture_and_unimportant_ones_do_not() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        before = world.changes
        world.api.streams[DEPLOYMENTS].put_nowait({"type": "MODIFIED", "object": make_deployment()})
        world.api.streams[DEPLOYMENTS].put_nowait(
            {"type": "ADDED", "object": make_deployment("other", replicas=9)}
        )
        await world.until(lambda: len(world.record.build().workloads) == 2)
        assert world.changes == before + 1
        world.api.streams[DEPLOYMENTS].put_nowait({"type": "DELETED", "object": make_deployment("other")})
        await world.until(lambda: len(world.record.build().workloads) == 1)

    watching(test)


def test_a_list_whose_pages_take_for_ever_is_given_up() -> None:
    """Each page came in time, so that the cluster was connecting for as long as its server liked."""
    gate = asyncio.Event()

    async def test(world: World) -> None:
        await world.until(lambda: f"GET {NODES}" in world.api.requests)
        world.passed_s = listing.MAX_LISTING_S + 1
        gate.set()
        await world.until(lambda: world.record.health is Health.UNREACHABLE)
        assert world.record.reason is not None
        assert world.record.reason["problem"] == Code.ANSWER_WITHOUT_END.because()
        assert world.api.requests.count(f"GET {NODES}") == 1

    watching(test, lambda api: api.gates.update({NODES: gate}))


def test_a_cluster_that_makes_up_objects_without_end_is_listed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that somebody has taken over fills no memory."""
    monkeypatch.setattr(listing, "MAX_OBJECTS", 5)

    async def test(world: World) -> None:
        await world.until_reachable()
        for number in range(20):
            made_up = {"type": "ADDED", "object": make_deployment(f"made-up-{number}")}
            world.api.streams[DEPLOYMENTS].put_nowait(made_up)
        await world.until(lambda: len(world.pauses) == 1)
        assert len(world.record.build().workloads) == 6
        world.end_pause()
        await world.until(lambda: len(world.api.watched_from[DEPLOYMENTS]) == 2)

    watching(test)


BOOKMARK = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "555"}}}


@pytest.mark.parametrize("kind", WatchedKind)
@pytest.mark.parametrize("proof", [BOOKMARK, None], ids=["event", "end of a watch"])
def test_a_kind_is_as_old_as_its_own_last_sign_of_life(kind: WatchedKind, proof: Any) -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        world.passed_s = 30.0
        world.api.streams[paths.collection(kind)].put_nowait(proof)
        await world.until(lambda: world.read_at[kind] == 1030.0)
        others = {read_at for other, read_at in world.read_at.items() if other is not kind}
        assert others == {1000.0}, "what one kind says proves nothing of another"

    watching(test)


@pytest.mark.parametrize("kind", WatchedKind)
def test_a_kind_that_is_known_again_is_a_change(kind: WatchedKind) -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        world.passed_s = 500.0
        assert kind in world.record.freshness.find_outdated(world.clocks.now())
        changes = world.changes
        world.api.streams[paths.collection(kind)].put_nowait(BOOKMARK)
        await world.until(lambda: world.changes == changes + 1)
        assert kind not in world.record.freshness.find_outdated(world.clocks.now())

    watching(test)


@pytest.mark.parametrize("kind", WatchedKind)
def test_a_list_is_as_old_as_the_question(kind: WatchedKind) -> None:
    """However long a busy server lets its answer wait: what it says is of the moment at which it was asked."""
    gate = asyncio.Event()

    async def test(world: World) -> None:
        await world.until(lambda: f"GET {paths.collection(kind)}" in world.api.requests)
        world.passed_s = 90.0
        gate.set()
        await world.until_reachable()
        assert world.read_at[kind] == 1000.0

    watching(test, lambda api: api.gates.update({paths.collection(kind): gate}))


def test_what_cannot_be_read_has_no_age() -> None:
    def deny(api: FakeApi) -> None:
        api.failures[NODES] = api.failures[AUTOSCALERS] = answered("eu", 403, "forbidden")

    async def test(world: World) -> None:
        await world.until_reachable()
        assert world.read_at.keys() == {WatchedKind.DEPLOYMENTS, WatchedKind.PODS}

    watching(test, deny, override=replace(DECLARED, namespaces=None))


@pytest.mark.parametrize("kind", WatchedKind)
def test_what_is_too_old_is_unknown(kind: WatchedKind) -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        cluster = world.record.build((kind,))
        assert cluster.find_unread() == Code.KINDS_OUTDATED.because(context="eu", kinds=(kind.value,))
        assert (cluster.free is None) is (kind in (WatchedKind.NODES, WatchedKind.PODS))
        assert (cluster.autoscalers is None) is (kind is WatchedKind.AUTOSCALERS)

    watching(test)


def test_a_finished_pod_gives_its_room_back() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        world.api.streams[PODS].put_nowait({"type": "MODIFIED", "object": make_pod("p1", "n1", "Succeeded")})
        await world.until(lambda: (world.record.build().free or 0).cpu_cores == pytest.approx(3 * 3.92 - 0.5))

    watching(test)


def test_the_next_watch_begins_where_a_bookmark_left_off() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "555"}}}
        world.api.streams[PODS].put_nowait(bookmark)
        world.api.streams[PODS].put_nowait(None)
        await world.until(lambda: world.api.watched_from[PODS] == ["100", "555"])
        assert world.pauses == []

    watching(test)


def test_an_expired_version_lists_again_and_stays_reachable() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        world.api.lists[DEPLOYMENTS].append(make_deployment("missed"))
        world.api.version = 900
        world.api.streams[DEPLOYMENTS].put_nowait(answered("eu", 410, "too old"))
        await world.until(lambda: bool(world.pauses))
        world.end_pause()
        await world.until(lambda: world.api.watched_from[DEPLOYMENTS] == ["100", "900"])
        assert world.record.health is Health.REACHABLE
        assert len(world.record.build().workloads) == 2

    watching(test)


def test_who_the_cluster_is_is_asked_again_when_a_watch_broke_and_of_another_one_nothing_is_kept() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        world.api.uid = "uid-of-another"
        world.api.gates[DEPLOYMENTS] = asyncio.Event()
        world.api.streams[DEPLOYMENTS].put_nowait(answered("eu", 410, "too old"))
        for pauses in (1, 2):
            await world.until(lambda pauses=pauses: len(world.pauses) == pauses)  # type: ignore[misc]
            assert pauses == 1 or (world.record.uid, world.record.build().workloads) == ("uid-of-another", ())
            world.end_pause()
        world.api.gates[DEPLOYMENTS].set()
        await world.until(lambda: len(world.record.build().workloads) == 1)

    watching(test)


def test_a_broken_stream_greys_the_cluster_with_its_reason_and_it_comes_back() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        gone = unreachable("eu", "cannot connect: refused")
        world.api.failures = dict.fromkeys((NODES, DEPLOYMENTS, PODS, "/api/v1/namespaces/kube-system"), gone)
        world.api.streams[PODS].put_nowait(gone)
        await world.until(lambda: len(world.pauses) == 1)
        world.end_pause()
        await world.until(lambda: world.record.health is Health.UNREACHABLE)
        cluster = world.record.build()
        assert cluster.reason == gone.reason
        assert len(cluster.workloads) == 1, "the last facts stay for display"
        world.api.failures.clear()
        world.end_pause()
        await world.until_reachable()
        assert world.record.build().reason is None

    watching(test)


def test_a_cluster_that_came_back_is_reachable_only_when_all_of_it_was_read_again() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        world.api.failures[NODES] = unreachable("eu", "refused")
        world.api.streams[NODES].put_nowait(unreachable("eu", "broke"))
        for number in (1, 2):
            await world.until(lambda number=number: len(world.pauses) == number)  # type: ignore[misc]
            assert number == 1 or world.record.health is Health.UNREACHABLE
            if number == 2:
                world.api.failures.clear()
                world.api.gates[PODS] = asyncio.Event()
            world.end_pause()
        await world.until(lambda: world.api.watched_from[DEPLOYMENTS] == ["100", "100"])
        assert world.record.health is Health.UNREACHABLE
        world.api.gates[PODS].set()
        await world.until_reachable()

    watching(test)


@pytest.mark.parametrize(
    ("troubles", "pause_s"),
    [
        ([None, answered("eu", 410, "the continue token is too old")], None),
        ([answered("eu", 429, "too many requests", retry_after="7")], 7.0),
        ([answered("eu", 429, "too many requests", retry_after="86400")], FleetSettings().retry_maximum_s),
    ],
    ids=["expired between pages", "busy server", "server that asks for a day"],
)
def test_a_list_that_is_interrupted_is_read_again_and_greys_nothing(
    troubles: list[ControllerError | None], pause_s: float | None
) -> None:
    async def test(world: World) -> None:
        await world.until(lambda: len(world.pauses) == 1)
        assert world.record.health is Health.CONNECTING
        assert pause_s is None or world.pauses == [pause_s]
        world.end_pause()
        await world.until_reachable()
        assert len(world.record.build().nodes) == 3

    def interrupt(api: FakeApi) -> None:
        api.troubles[NODES] = troubles.copy()

    watching(test, interrupt)


def test_a_stream_that_breaks_on_a_living_server_greys_nothing() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        world.api.streams[PODS].put_nowait(unreachable("eu", "no event for 75 s"))
        await world.until(lambda: len(world.pauses) == 1)
        world.end_pause()
        await world.until(lambda: len(world.api.watched_from[PODS]) == 2)
        assert world.record.health is Health.REACHABLE

    watching(test)


def test_pauses_double_up_to_a_maximum_and_are_jittered() -> None:
    def refuse(api: FakeApi) -> None:
        api.failures["/api/v1/namespaces/kube-system"] = unreachable("eu", "refused")

    async def test(world: World) -> None:
        for number in range(1, 11):
            await world.until(lambda number=number: len(world.pauses) == number)  # type: ignore[misc]
            world.end_pause()
        for pause_s, nominal_s in zip(world.pauses, (1, 2, 4, 8, 16, 32, 60, 60, 60, 60), strict=True):
            assert nominal_s / 2 <= pause_s <= nominal_s

    watching(test, refuse)


def test_a_denied_kind_is_named_with_what_to_do_and_the_others_are_shown() -> None:
    def deny(api: FakeApi) -> None:
        api.failures[NODES] = answered("eu", 403, 'nodes is forbidden: User "x"')

    async def test(world: World) -> None:
        await world.until(lambda: len(world.record.build().workloads) == 1)
        cluster = world.record.build()
        assert cluster.health is Health.DENIED
        assert cluster.reason == Code.NODES_DENIED.because(
            context="eu",
            answer='nodes is forbidden: User "x"',
            section="[contexts.eu]",
            keys="provider, region, instance_type, capacity_type, node_cpu_cores, node_memory_gib",
        )
        assert not cluster.is_complete
        assert cluster.free is None

    watching(test, deny)


def test_a_denied_namespace_hints_at_looking_into_one_only() -> None:
    def deny(api: FakeApi) -> None:
        api.failures[DEPLOYMENTS] = answered("eu", 403, "forbidden")

    async def test(world: World) -> None:
        await world.until(lambda: world.record.health is Health.DENIED)
        kinds = ("deployments",)
        assert world.record.reason == Code.LIST_DENIED.because(context="eu", kinds=kinds, answer="forbidden")

    watching(test, deny)


def test_all_kinds_that_are_denied_are_named_together() -> None:
    def deny(api: FakeApi) -> None:
        api.lists["/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"] = []
        for path in (NODES, "/apis/apps/v1/namespaces/shop/deployments", "/api/v1/namespaces/shop/pods"):
            api.failures[path] = answered("eu", 403, "forbidden")

    async def test(world: World) -> None:
        await world.until(lambda: len(world.pauses) == 3)
        assert world.record.reason == Code.LIST_DENIED_IN_NAMESPACES.because(
            context="eu", kinds=("nodes", "deployments", "pods"), namespaces=("shop",), answer="forbidden"
        )

    watching(test, deny, "shop")


def test_a_kind_that_may_only_be_listed_is_listed_again_and_again() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        await world.until(lambda: len(world.pauses) == 1)
        assert world.pauses == [FleetSettings().heartbeat_s]
        assert world.record.health is Health.REACHABLE
        world.api.lists[NODES] = [make_node("n1")]
        world.end_pause()
        await world.until(lambda: [node.name for node in world.record.build().nodes] == ["n1"])
        await world.until(lambda: len(world.pauses) == 2)
        assert world.record.health is Health.REACHABLE

    watching(test, lambda api: api.unwatchable.add(NODES))


def test_one_namespace_is_enough_to_look_into_but_not_to_know_the_room() -> None:
    def narrow(api: FakeApi) -> None:
        api.lists["/apis/apps/v1/namespaces/shop/deployments"] = [make_deployment()]
        api.lists["/api/v1/namespaces/shop/pods"] = [make_pod("p1")]
        api.failures[DEPLOYMENTS] = api.failures[PODS] = answered("eu", 403, "forbidden")

    async def test(world: World) -> None:
        await world.until_reachable()
        cluster = world.record.build()
        assert len(cluster.workloads) == 1
        assert cluster.free is None

    watching(test, narrow, "shop")


def serve(api: FakeApi, namespace: str, *deployments: str) -> None:
    """Give a namespace its Deployments, each with a pod, and no autoscaler."""
    api.lists[f"/apis/apps/v1/namespaces/{namespace}/deployments"] = [
        make_deployment(name, namespace=namespace) for name in deployments
    ]
    api.lists[f"/api/v1/namespaces/{namespace}/pods"] = [make_pod(name, "n1") for name in deployments]
    api.lists[f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"] = []


SHOP_AND_BILLING = ("billing", "shop")


def test_several_namespaces_are_listed_and_watched_each_by_itself() -> None:
    def narrow(api: FakeApi) -> None:
        serve(api, "shop", "checkout")
        serve(api, "billing", "checkout", "invoices")
        api.failures[DEPLOYMENTS] = api.failures[PODS] = answered("eu", 403, "forbidden")

    async def test(world: World) -> None:
        await world.until_reachable()
        cluster = world.record.build()
        assert cluster.is_complete
        assert cluster.autoscalers == {}
        found = [(workload.key.namespace, workload.key.name) for workload in cluster.workloads]
        assert found == [("billing", "checkout"), ("billing", "invoices"), ("shop", "checkout")]
        of_shop = "/apis/apps/v1/namespaces/shop/deployments"
        gone = {"type": "DELETED", "object": make_deployment("checkout", namespace="shop")}
        world.api.streams[of_shop].put_nowait(gone)
        await world.until(lambda: len(world.record.build().workloads) == 2)
        assert DEPLOYMENTS not in " ".join(world.api.requests).split()

    watching(test, narrow, *SHOP_AND_BILLING)


def test_a_cluster_is_reachable_when_the_last_of_several_namespaces_was_read() -> None:
    last = "/api/v1/namespaces/shop/pods"

    def delay(api: FakeApi) -> None:
        serve(api, "shop", "checkout")
        serve(api, "billing", "invoices")
        api.gates[last] = asyncio.Event()

    async def test(world: World) -> None:
        await world.until(lambda: len(world.api.watch_params) == 6)
        assert world.record.health is Health.CONNECTING
        unread = world.record.build()
        assert (unread.is_complete, unread.free) == (False, None)
        world.api.gates[last].set()
        await world.until_reachable()
        assert world.record.build().free is not None

    room = ContextOverride(namespaces=frozenset(SHOP_AND_BILLING), room_cpu_cores=40, room_memory_gib=160)
    watching(test, delay, override=room)


def test_a_namespace_that_is_listed_again_leaves_the_others_alone() -> None:
    def narrow(api: FakeApi) -> None:
        serve(api, "shop", "checkout")
        serve(api, "billing", "invoices")

    async def test(world: World) -> None:
        await world.until_reachable()
        serve(world.api, "shop", "basket")
        world.api.streams["/apis/apps/v1/namespaces/shop/deployments"].put_nowait(
            answered("eu", 410, "too old")
        )
        await world.until(lambda: bool(world.pauses))
        world.end_pause()
        names = {"basket", "invoices"}
        await world.until(lambda: {one.key.name for one in world.record.build().workloads} == names)

    watching(test, narrow, *SHOP_AND_BILLING)


def test_a_namespace_of_which_not_all_may_be_listed_is_left_out_and_the_others_are_used() -> None:
    """What is not seen is neither "none" nor room: pods of that namespace take room as well."""

    def narrow(api: FakeApi) -> None:
        serve(api, "shop", "checkout")
        serve(api, "billing", "invoices")
        api.failures["/api/v1/namespaces/shop/pods"] = answered("eu", 403, "forbidden")
        api.failures["/apis/autoscaling/v2/namespaces/billing/horizontalpodautoscalers"] = answered(
            "eu", 403, "forbidden"
        )

    async def test(world: World) -> None:
        await world.until(lambda: len(world.api.watch_params) == 5)
        await world.until_reachable()
        cluster = world.record.build()
        assert cluster.find_unread() is None
        assert cluster.left_out == Code.NAMESPACES_LEFT_OUT.because(
            context="eu", kinds=("pods",), namespaces=("shop",), answer="forbidden"
        )
        assert cluster.namespaces == {"billing"}
        assert [workload.key.name for workload in cluster.workloads] == ["invoices"]
        assert cluster.free is None
        assert cluster.autoscalers is None
        assert WatchedKind.PODS not in world.record.freshness.find_outdated(world.clocks.now())

    room = ContextOverride(namespaces=frozenset(SHOP_AND_BILLING), room_cpu_cores=40, room_memory_gib=160)
    watching(test, narrow, override=room)


def test_a_namespace_that_was_left_out_is_used_once_its_role_is_granted() -> None:
    denied = "/apis/apps/v1/namespaces/shop/deployments"

    def narrow(api: FakeApi) -> None:
        serve(api, "shop", "checkout")
        serve(api, "billing", "invoices")
        api.failures[denied] = answered("eu", 403, "forbidden")

    async def test(world: World) -> None:
        await world.until_reachable()
        assert world.record.build().namespaces == {"billing"}
        del world.api.failures[denied]
        world.end_pause()
        await world.until(lambda: len(world.record.build().workloads) == 2)
        cluster = world.record.build()
        assert (cluster.namespaces, cluster.left_out, cluster.find_unread()) == (
            {"billing", "shop"},
            None,
            None,
        )

    watching(test, narrow, *SHOP_AND_BILLING)


def test_where_every_namespace_is_denied_nothing_is_left_to_use() -> None:
    def narrow(api: FakeApi) -> None:
        for namespace in SHOP_AND_BILLING:
            serve(api, namespace, "checkout")
            api.failures[f"/api/v1/namespaces/{namespace}/pods"] = answered("eu", 403, "forbidden")

    async def test(world: World) -> None:
        await world.until(lambda: len(world.pauses) == 2)
        cluster = world.record.build()
        assert cluster.health is Health.DENIED
        assert cluster.reason == Code.LIST_DENIED_IN_NAMESPACES.because(
            context="eu", kinds=("pods",), namespaces=SHOP_AND_BILLING, answer="forbidden"
        )

    watching(test, narrow, *SHOP_AND_BILLING)


def test_credentials_that_are_refused_are_denied_not_unreachable() -> None:
    def refuse(api: FakeApi) -> None:
        api.failures["/api/v1/namespaces/kube-system"] = answered("eu", 401, "credentials expired")

    async def test(world: World) -> None:
        await world.until(lambda: world.record.health is Health.DENIED)
        assert world.record.reason == Code.CREDENTIALS_REFUSED.because(
            context="eu", answer="credentials expired"
        )

    watching(test, refuse)


def test_an_identity_that_may_not_be_read_is_unknown_and_the_rest_is_shown() -> None:
    def hide(api: FakeApi) -> None:
        api.failures["/api/v1/namespaces/kube-system"] = answered("eu", 403, "forbidden")

    async def test(world: World) -> None:
        await world.until_reachable()
        assert world.record.build().uid is None

    watching(test, hide)


def test_another_cluster_under_the_same_name_starts_from_nothing() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        world.api.uid = "another"
        for path in (NODES, DEPLOYMENTS, PODS):
            world.api.failures[path] = unreachable("eu", "slow")
        world.api.streams[PODS].put_nowait(unreachable("eu", "broke"))
        for number in (1, 2):
            await world.until(lambda number=number: len(world.pauses) == number)  # type: ignore[misc]
            world.end_pause()
        await world.until(lambda: len(world.pauses) == 3)
        cluster = world.record.build()
        assert cluster.uid == "another"
        assert cluster.workloads == ()
        assert not cluster.is_complete

    watching(test)


def test_a_server_that_ends_every_watch_at_once_is_not_asked_in_a_tight_loop() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        world.api.streams[PODS].put_nowait(None)
        await world.until(lambda: len(world.pauses) == 1)

    watching(test)


def test_a_list_that_cannot_be_understood_stops_nothing_else() -> None:
    def break_list(api: FakeApi) -> None:
        api.lists[PODS] = ["nonsense", {"metadata": 5}, make_pod("p1", "n1")]  # type: ignore[list-item]

    async def test(world: World) -> None:
        await world.until_reachable()
        assert world.record.build().is_complete

    watching(test, break_list)


def test_a_missing_api_is_told_and_retried() -> None:
    def hide(api: FakeApi) -> None:
        api.failures[DEPLOYMENTS] = answered("eu", 404, "the server could not find the requested resource")

    async def test(world: World) -> None:
        await world.until(lambda: world.record.health is Health.UNREACHABLE)
        assert world.record.reason is not None
        assert world.record.reason.code is Code.OBJECT_NOT_FOUND

    watching(test, hide)


def test_an_autoscaler_that_comes_or_goes_changes_the_picture_at_once() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        assert world.record.build().autoscalers == {("shop", "checkout"): "by-load"}
        gone = {"type": "DELETED", "object": make_autoscaler("by-load")}
        world.api.streams[AUTOSCALERS].put_nowait(gone)
        await world.until(lambda: world.record.build().autoscalers == {})
        world.api.streams[AUTOSCALERS].put_nowait({"type": "ADDED", "object": make_autoscaler("again")})
        await world.until(lambda: world.record.build().autoscalers == {("shop", "checkout"): "again"})

    def add(api: FakeApi) -> None:
        api.lists[AUTOSCALERS] = [make_autoscaler("by-load"), make_autoscaler("other", kind="StatefulSet")]

    watching(test, add)


@pytest.mark.parametrize("status", [403, 404], ids=["not allowed", "not served"])
def test_autoscalers_that_cannot_be_listed_are_unknown_and_the_picture_is_whole(status: int) -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        cluster = world.record.build()
        assert cluster.is_complete
        assert cluster.autoscalers is None, "unknown is not none"
        assert len(cluster.workloads) == 1
        assert world.pauses == [FleetSettings().retry_maximum_s]

    def hide(api: FakeApi) -> None:
        api.failures[AUTOSCALERS] = answered("eu", status, "no")

    watching(test, hide)


def test_a_right_to_list_autoscalers_is_noticed_when_it_comes_and_when_it_goes() -> None:
    async def test(world: World) -> None:
        await world.until_reachable()
        del world.api.failures[AUTOSCALERS]
        world.end_pause()
        await world.until(lambda: world.record.build().autoscalers == {("shop", "checkout"): "by-load"})
        world.api.failures[AUTOSCALERS] = answered("eu", 403, "no longer")
        world.api.streams[AUTOSCALERS].put_nowait(unreachable("eu", "broke"))
        await world.until(lambda: len(world.pauses) == 2)
        world.end_pause()
        await world.until(lambda: world.record.build().autoscalers is None)
        assert world.record.health is Health.REACHABLE

    def hide(api: FakeApi) -> None:
        api.lists[AUTOSCALERS] = [make_autoscaler("by-load")]
        api.failures[AUTOSCALERS] = answered("eu", 403, "not yet")

    watching(test, hide)


def test_a_cluster_is_not_whole_before_its_autoscalers_were_asked_for() -> None:
    """A workload that one of them scales would be offered for a moment."""

    async def test(world: World) -> None:
        await world.until(lambda: all(path in world.api.watch_params for path in (NODES, DEPLOYMENTS, PODS)))
        assert world.record.health is Health.CONNECTING
        assert not world.record.build().is_complete
        world.api.gates[AUTOSCALERS].set()
        await world.until_reachable()

    def delay(api: FakeApi) -> None:
        api.gates[AUTOSCALERS] = asyncio.Event()

    watching(test, delay)


DECLARED = ContextOverride(
    *("aws", "eu-west-1", "m5.large", CapacityType.ON_DEMAND),
    namespaces=frozenset({"shop"}),
    node_cpu_cores=2.0,
    node_memory_gib=8.0,
)


def test_nodes_that_may_not_be_listed_are_what_the_configuration_says_and_their_free_room_is_unknown() -> (
    None
):
    def deny(api: FakeApi) -> None:
        api.lists["/apis/apps/v1/namespaces/shop/deployments"] = [make_deployment()]
        api.lists["/api/v1/namespaces/shop/pods"] = []
        api.failures[NODES] = answered("eu", 403, "nodes is forbidden")

    async def test(world: World) -> None:
        await world.until_reachable()
        cluster = world.record.build()
        assert cluster.is_complete
        assert [str(node.offering) for node in cluster.nodes] == ["aws/eu-west-1/m5.large (on_demand)"]
        assert cluster.free is None

    watching(test, deny, override=DECLARED)


@pytest.mark.parametrize(
    "missing", ["provider", "region", "instance_type", "capacity_type", "node_cpu_cores", "node_memory_gib"]
)
def test_half_a_declaration_of_nodes_is_none(missing: str) -> None:
    assert not ClusterRecord("eu", replace(DECLARED, **{missing: None})).take_declared_nodes()


def test_the_size_of_one_configured_node_is_not_the_room_of_a_cluster_whose_pods_are_all_seen() -> None:
    def deny(api: FakeApi) -> None:
        api.failures[NODES] = answered("eu", 403, "nodes is forbidden")

    async def test(world: World) -> None:
        await world.until_reachable()
        assert world.record.build().free is None

    watching(test, deny, override=replace(DECLARED, namespaces=None))


@pytest.mark.parametrize(
    ("override", "heartbeat"),
    [(None, {NODES}), (replace(DECLARED, namespaces=None), {DEPLOYMENTS})],
    ids=["nodes", "nodes that are only declared"],
)
def test_each_watch_ends_often_enough_to_show_that_it_lives_and_one_of_a_cluster_more_often(
    override: ContextOverride | None, heartbeat: set[str]
) -> None:
    async def test(world: World) -> None:
        await world.until(lambda: len(world.api.watch_params) == 4)
        heartbeat_s = int(FleetSettings().heartbeat_s)
        silent_s = {path: int(params["timeoutSeconds"]) for path, params in world.api.watch_params.items()}
        assert {path for path, seconds in silent_s.items() if seconds == heartbeat_s} == heartbeat
        assert set(silent_s.values()) == {heartbeat_s, SILENT_HEARTBEATS * heartbeat_s}

    watching(test, override=override)
