"""What a simulated cluster does to its pods as time passes, and what it never does."""

from __future__ import annotations

import pytest

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import JsonObject
from tests.controller.simulation.simulated_cluster import DEPLOYMENTS, WEB, SimulatedCluster

STEP_S = 0.25
"""Finer than any reaction of a pod, coarser than a reaction of a control loop."""


def counts(deployment: JsonObject) -> tuple[int, int]:
    status = deployment["status"]
    return status.get("replicas", 0), status.get("availableReplicas", 0)


def test_pods_take_time_to_become_ready() -> None:
    cluster = SimulatedCluster(WEB)
    cluster.scale("web", 8)
    cluster.wait(1.0)
    assert counts(cluster.deployment("web")) == (8, 6)
    cluster.wait(60.0)
    assert counts(cluster.deployment("web")) == (8, 8)


def test_scaling_down_is_quick_and_terminating_pods_are_counted() -> None:
    cluster = SimulatedCluster(WEB)
    cluster.scale("web", 2)
    cluster.wait(0.2)
    status = cluster.deployment("web")["status"]
    assert (status["replicas"], status["terminatingReplicas"]) == (2, 4)
    cluster.wait(10.0)
    assert cluster.deployment("web")["status"]["terminatingReplicas"] == 0
    assert len(cluster.all(kinds.PODS, "shop")) == 2


def test_scaling_down_takes_pods_that_are_not_ready_first() -> None:
    cluster = SimulatedCluster(WEB)
    ready = {one["metadata"]["uid"] for one in cluster.all(kinds.PODS, "shop")}
    cluster.scale("web", 9)
    cluster.wait(1.0)
    cluster.scale("web", 6)
    cluster.wait(10.0)
    assert {one["metadata"]["uid"] for one in cluster.all(kinds.PODS, "shop")} == ready


@pytest.mark.parametrize("seed", range(4))
def test_rolling_update_never_leaves_its_bounds(seed: int) -> None:
    cluster = SimulatedCluster(WEB, seed=seed)
    container = {"name": "web", "image": "registry.example/web:2"}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    cluster.ask("PATCH", f"{DEPLOYMENTS}/web", patch, "application/merge-patch+json")
    for _ in range(400):
        cluster.wait(STEP_S)
        replicas, available = counts(cluster.deployment("web"))
        assert replicas <= 8  # 6 + 25 % rounded up
        assert available >= 5  # 6 - 25 % rounded down
    assert cluster.deployment("web")["status"]["updatedReplicas"] == 6


def test_scaling_in_the_middle_of_a_rollout_keeps_the_total_within_its_bounds() -> None:
    cluster = SimulatedCluster(WEB)
    container = {"name": "web", "image": "registry.example/web:2"}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    cluster.ask("PATCH", f"{DEPLOYMENTS}/web", patch, "application/merge-patch+json")
    cluster.wait(0.5)
    cluster.scale("web", 10)
    for _ in range(400):
        cluster.wait(STEP_S)
        assert counts(cluster.deployment("web"))[0] <= 13
    assert counts(cluster.deployment("web")) == (10, 10)


def test_recreate_waits_for_the_last_old_pod() -> None:
    cluster = SimulatedCluster(WEB)
    container = {"name": "web", "image": "registry.example/web:2"}
    spec = {
        "strategy": {"type": "Recreate", "rollingUpdate": None},
        "template": {"spec": {"containers": [container]}},
    }
    cluster.ask("PATCH", f"{DEPLOYMENTS}/web", {"spec": spec}, "application/merge-patch+json")
    for _ in range(200):
        cluster.wait(STEP_S)
        images = {one["spec"]["containers"][0]["image"] for one in cluster.all(kinds.PODS, "shop")}
        assert len(images) <= 1
    assert images == {"registry.example/web:2"}


def test_capacity_is_finite_and_freed_room_is_used() -> None:
    cluster = SimulatedCluster(WEB)
    cluster.scale("web", 60)
    cluster.wait(120.0)
    assert counts(cluster.deployment("web")) == (60, 45)  # three nodes of 7.91 CPU, half a CPU each
    waiting = [one for one in cluster.all(kinds.PODS, "shop") if one["status"]["phase"] == "Pending"]
    assert len(waiting) == 15
    cluster.scale("web", 45)
    cluster.wait(60.0)
    assert counts(cluster.deployment("web")) == (45, 45)


@pytest.mark.parametrize("seed", range(3))
def test_no_node_is_ever_overbooked(seed: int) -> None:
    cluster = SimulatedCluster(WEB, seed=seed)
    for replicas in (40, 12, 60, 3):
        cluster.scale("web", replicas)
        for _ in range(20):
            cluster.wait(1.0)
            placed = [one["spec"].get("nodeName") for one in cluster.all(kinds.PODS)]
            for node in cluster.all(kinds.NODES):
                assert placed.count(node["metadata"]["name"]) * 500 <= 7910


def test_cluster_at_rest_has_nothing_to_do() -> None:
    cluster = SimulatedCluster(WEB)
    cluster.wait(3700.0)  # the events of the beginning have expired
    version = cluster.model.state.store.resource_version
    cluster.wait(86_400.0)
    assert cluster.model.state.store.resource_version == version
    assert cluster.model.next_due_at() is None


@pytest.mark.parametrize("label", ["never-ready", "crashing"])
def test_sick_pods_do_not_make_a_cluster_spin(label: str) -> None:
    cluster = SimulatedCluster(WEB)
    patch = {"spec": {"template": {"metadata": {"labels": {"sentinelaura.test/behaviour": label}}}}}
    cluster.ask("PATCH", f"{DEPLOYMENTS}/web", patch, "application/merge-patch+json")
    cluster.wait(3600.0)
    version = cluster.model.state.store.resource_version
    cluster.wait(3600.0)
    assert cluster.model.state.store.resource_version - version < 1000


def test_refused_pods_do_not_make_a_cluster_spin() -> None:
    cluster = SimulatedCluster(WEB)
    quota = {"metadata": {"name": "narrow"}, "spec": {"hard": {"pods": "6"}}}
    cluster.ask("POST", "/api/v1/namespaces/shop/resourcequotas", quota)
    cluster.scale("web", 9)
    cluster.wait(60.0)
    version = cluster.model.state.store.resource_version
    cluster.wait(600.0)
    assert cluster.model.state.store.resource_version - version < 100


def test_same_seed_gives_the_same_history() -> None:
    def play(seed: int) -> list[JsonObject]:
        cluster = SimulatedCluster(WEB, seed=seed)
        cluster.scale("web", 9)
        cluster.wait(7.0)
        return cluster.all(kinds.PODS)

    assert play(5) == play(5)
    assert play(5) != play(6)


def test_time_passes_the_same_in_one_step_and_in_many() -> None:
    one, many = SimulatedCluster(WEB), SimulatedCluster(WEB)
    one.scale("web", 9)
    many.scale("web", 9)
    one.wait(30.0)
    for _ in range(120):
        many.wait(0.25)
    assert one.deployment("web") == many.deployment("web")
