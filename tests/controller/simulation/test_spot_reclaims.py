"""Spot nodes are taken back: announced, gone after the notice, replaced; the workload recovers by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.controllers.spot_reclaims import announce_reclaim
from tests.controller.simulation.simulated_cluster import EMPTY, WEB, SimulatedCluster

DAY_S = 86_400.0


def reclaim_first_node(cluster: SimulatedCluster) -> str:
    node = cluster.all(kinds.NODES)[0]
    announce_reclaim(cluster.model.state, node, cluster.plan.provider, cluster.model.now)
    return str(node["metadata"]["name"])


def node_names(cluster: SimulatedCluster) -> set[str]:
    return {one["metadata"]["name"] for one in cluster.all(kinds.NODES)}


@pytest.mark.parametrize(("provider", "notice_s"), [("aws", 120.0), ("gcp", 30.0), ("azure", 30.0)])
def test_node_lives_through_its_notice_and_not_longer(provider: str, notice_s: float) -> None:
    cluster = SimulatedCluster(WEB, plan=replace(EMPTY, provider=provider))
    name = reclaim_first_node(cluster)
    cluster.wait(notice_s - 1.0)
    assert name in node_names(cluster)
    cluster.wait(2.0)
    assert name not in node_names(cluster)


def test_change_of_the_node_does_not_cut_its_notice_short() -> None:
    cluster = SimulatedCluster(WEB)
    name = reclaim_first_node(cluster)
    cluster.wait(20.0)
    patch = {"metadata": {"labels": {"seen": "yes"}}}
    assert cluster.ask("PATCH", f"/api/v1/nodes/{name}", patch, "application/merge-patch+json").code == 200
    cluster.wait(20.0)
    assert name in node_names(cluster)


def test_notice_cordons_taints_and_tells() -> None:
    cluster = SimulatedCluster(WEB)
    name = reclaim_first_node(cluster)
    node = cluster.find(kinds.NODES, name, "")
    assert node["spec"]["unschedulable"] is True
    assert [one["effect"] for one in node["spec"]["taints"]] == ["NoSchedule"]
    assert "SpotInterruption" in {one["reason"] for one in cluster.all(kinds.EVENTS, "default")}


def test_workload_recovers_on_the_other_nodes() -> None:
    cluster = SimulatedCluster(WEB)
    name = reclaim_first_node(cluster)
    cluster.wait(60.0)
    assert cluster.deployment("web")["status"]["availableReplicas"] == 6
    assert name not in {one["spec"]["nodeName"] for one in cluster.all(kinds.PODS, "shop")}


def test_lost_node_is_replaced_by_one_of_another_name() -> None:
    cluster = SimulatedCluster(WEB)
    before = node_names(cluster)
    reclaim_first_node(cluster)
    cluster.wait(600.0)
    after = node_names(cluster)
    assert len(after) == len(before)
    assert len(after - before) == 1


def test_reclaims_are_rare_and_as_frequent_as_planned() -> None:
    cluster = SimulatedCluster(plan=replace(EMPTY, node_count=9), reclaim_mean_days=10.0)
    names = set(node_names(cluster))
    for _ in range(100):
        cluster.wait(DAY_S)
        names |= node_names(cluster)
    # 9 nodes, 100 days, 10 days each: 90 reclaims expected, and some nodes are replaced between two looks.
    assert 60 <= len(names) - 9 <= 120


def test_nodes_of_a_calm_fleet_live_for_ever() -> None:
    cluster = SimulatedCluster(WEB, reclaim_mean_days=None)
    before = node_names(cluster)
    cluster.wait(1000 * DAY_S)
    assert node_names(cluster) == before
