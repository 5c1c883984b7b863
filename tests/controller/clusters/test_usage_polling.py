"""What pods use is asked for gently, and only where a workload does not say what it requests. Virtual pauses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.clusters.cluster_record import ClusterRecord
from controller.clusters.fleet import Health, Resources, WatchedKind, Workload
from controller.clusters.known_by import KnownBy, SizeKnownBy
from controller.clusters.scopes import Scope
from controller.clusters.settings import ContextOverride, FleetSettings
from controller.clusters.usage import PEAK_S
from controller.clusters.usage_polling import MOST_NAMESPACES, UsagePolling
from controller.errors import ControllerError
from oracle.foundation.clocks import Clocks
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.clusters.objects import Json, make_deployment, make_node, make_owned_pod, pod_spec
from tests.controller.faults import answered, unreachable

SHOP = "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods"
EVERYWHERE = "/apis/metrics.k8s.io/v1beta1/pods"
INTERVAL_S = 300.0


def make_bare(name: str = "checkout", namespace: str = "shop") -> Json:
    """A Deployment of which no container says what it requests."""
    deployment = make_deployment(name, namespace)
    del pod_spec(deployment)["containers"][0]["resources"]
    return deployment


def make_bare_pod(name: str, deployment: str = "checkout") -> Json:
    pod = make_owned_pod(name, "node-1", deployment)
    del pod["spec"]["containers"][0]["resources"]
    return pod


def measure(pod: str, cpu: str, memory: str, **more: Any) -> Json:
    containers = [{"name": "main", "usage": {"cpu": cpu, "memory": memory}}]
    return {"metadata": {"name": pod, "namespace": "shop"}, "containers": containers, **more}


class World:
    """A cluster that was listed, and what asks for usage; every pause ends when the test says so."""

    def __init__(self, *deployments: Json, namespaces: frozenset[str] | None = None, **settings: Any) -> None:
        self.api = FakeApi()
        self.record = ClusterRecord("eu", settings=FleetSettings(**settings))
        self.record.health, self.record.uid = Health.REACHABLE, "uid"
        bodies = {
            WatchedKind.NODES: [make_node("node-1")],
            WatchedKind.DEPLOYMENTS: [*deployments],
            WatchedKind.PODS: [make_bare_pod("a"), make_bare_pod("b")],
        }
        for kind in WatchedKind:
            self.record.replace_all(
                Scope(kind), [self.record.read_object(kind, body) for body in bodies.get(kind, ())]
            )
        self.now = 5000.0
        self.pauses: list[float] = []
        self.polling = UsagePolling(
            self.api,
            self.record,
            ContextOverride(namespaces=namespaces),
            INTERVAL_S,
            lambda: None,
            clocks=Clocks(lambda: self.now, lambda: self.now),
            sleep=self._pause,
        )

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.Event().wait()

    def ask(self) -> None:
        """Let it ask once, if it wants to."""

        async def main() -> None:
            task = asyncio.create_task(self.polling.keep_asking())
            for _ in range(20):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(main())

    def see(self) -> Workload:
        [workload] = self.record.build().workloads
        return workload


def test_the_most_that_a_pod_uses_is_what_one_takes_and_when_that_was_stands_beside_it() -> None:
    world = World(make_bare())
    world.api.answers[SHOP] = {"items": [measure("a", "200m", "100Mi"), measure("b", "100m", "256Mi")]}
    assert (world.see().requests, world.record.build().is_complete) == (None, False)
    world.ask()
    seen = world.see()
    assert seen.size_known_by == SizeKnownBy(KnownBy.USAGE, KnownBy.USAGE, measured_at=5000.0)
    assert seen.requests is not None
    assert seen.requests.cpu_cores == pytest.approx(0.2, rel=0.1)
    assert seen.requests.memory_gib == pytest.approx(0.25, rel=0.1)
    assert world.record.build().is_complete
    assert world.pauses == [INTERVAL_S]


def test_nobody_is_asked_about_workloads_that_say_what_they_request() -> None:
    world = World(make_deployment())
    world.ask()
    assert (world.api.requests, world.pauses) == ([], [])
    assert world.record.build().is_complete


@pytest.mark.parametrize(
    ("error", "pause_s"),
    [
        (answered("eu", 403, "forbidden", SHOP), 12 * INTERVAL_S),
        (answered("eu", 404, "not found", SHOP), 12 * INTERVAL_S),
        (answered("eu", 503, "unavailable", SHOP), INTERVAL_S),
        (unreachable("eu"), INTERVAL_S),
    ],
    ids=["forbidden", "no metrics-server", "one that does not answer", "unreachable"],
)
def test_who_gives_no_answer_leaves_usage_unknown_and_all_else_as_it_is(
    error: ControllerError, pause_s: float
) -> None:
    world = World(make_bare())
    world.api.failures[SHOP] = error
    world.ask()
    assert world.see().requests is None
    assert (world.record.health, world.record.build().is_complete) == (Health.REACHABLE, True)
    assert (world.api.requests, world.pauses) == ([f"GET {SHOP}"], [pause_s])


@pytest.mark.parametrize(
    "answer",
    [
        {"items": 3},
        {"items": [measure("a", "lots", "100Mi"), 7, {"metadata": None}, measure("stranger", "4", "1Gi")]},
        {"items": [measure("a", "1", "1Gi", containers=[])]},
    ],
)
def test_an_answer_that_says_nothing_of_our_pods_is_no_usage(answer: Json) -> None:
    world = World(make_bare())
    world.api.answers[SHOP] = answer
    world.ask()
    assert world.see().requests is None


def test_a_peak_is_forgotten_after_an_hour() -> None:
    world = World(make_bare())
    world.api.answers[SHOP] = {"items": [measure("a", "2", "1Gi")]}
    world.ask()
    world.api.answers[SHOP] = {"items": [measure("a", "1", "1Gi")]}
    world.now += PEAK_S
    world.ask()
    assert world.see().requests is not None
    assert world.see().requests.cpu_cores >= 2.0  # type: ignore[union-attr]
    world.now += 1.0
    world.ask()
    assert world.see().requests.cpu_cores < 1.2  # type: ignore[union-attr]


def test_what_is_not_measured_any_more_is_unknown_again() -> None:
    world = World(make_bare())
    world.api.answers[SHOP] = {"items": [measure("a", "2", "1Gi")]}
    world.ask()
    world.api.failures[SHOP] = answered("eu", 404, "not found", SHOP)
    world.now += PEAK_S + 1.0
    world.ask()
    assert world.see().requests is None


def test_many_namespaces_are_asked_for_at_once() -> None:
    many = [make_bare(namespace=f"n{number}") for number in range(MOST_NAMESPACES + 1)]
    for namespaces, asked in ((None, 1), (frozenset({"shop"}), len(many))):
        world = World(*many, namespaces=namespaces)
        world.ask()
        assert len(world.api.requests) == asked
        assert (f"GET {EVERYWHERE}" in world.api.requests) is (namespaces is None)


def test_the_defaults_of_a_namespace_stand_in_its_pods() -> None:
    world = World(make_bare())
    for name in ("a", "b"):
        world.record.apply_event(Scope(WatchedKind.PODS), "MODIFIED", make_owned_pod(name, "node-1"))
    seen = world.see()
    assert (seen.requests, seen.size_known_by) == (
        Resources(0.5, 1.0),
        SizeKnownBy(KnownBy.RUNNING_PODS, KnownBy.RUNNING_PODS),
    )


def test_a_person_may_say_what_is_assumed_of_all_others() -> None:
    world = World(make_bare(), assumed_pod_cpu_cores=0.25, assumed_pod_memory_gib=0.5)
    seen = world.see()
    assert (seen.requests, seen.size_known_by) == (
        Resources(0.25, 0.5),
        SizeKnownBy(KnownBy.SETTING, KnownBy.SETTING),
    )
