"""The demo's fleet: enough of the world, the same for the same seed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.quantities import parse_quantity
from controller.simulation.controllers.kubelet import PodTimings
from controller.simulation.fleet_model import build_cluster, make_deployment
from controller.simulation.fleet_plan import (
    AKS_SPOT_TAINT,
    ClusterPlan,
    FleetPlan,
    WorkloadPlan,
    plan_demo_fleet,
)
from tests.controller.simulation.simulated_cluster import NOW

PLAN = plan_demo_fleet(3)


def test_fleet_has_fifteen_contexts_of_three_providers() -> None:
    assert len({one.context for one in PLAN.clusters}) == 15
    assert {one.provider for one in PLAN.clusters} == {"aws", "gcp", "azure"}


def test_context_is_named_after_provider_and_region() -> None:
    assert all(one.context == f"{one.provider}-{one.region}" for one in PLAN.clusters)


def test_same_seed_gives_the_same_fleet() -> None:
    assert plan_demo_fleet(3) == PLAN
    assert plan_demo_fleet(4) != PLAN


def test_some_clusters_run_workloads_and_some_are_empty() -> None:
    busy = [one for one in PLAN.clusters if one.workloads]
    assert 5 <= len(busy) < len(PLAN.clusters) - 3


@pytest.mark.parametrize("seed", range(5))
def test_every_cluster_has_room_for_its_own_and_any_one_other_workload(seed: int) -> None:
    plan = plan_demo_fleet(seed)
    for cluster in plan.clusters:
        others = [one for other in plan.clusters if other is not cluster for one in other.workloads]
        used = sum((cores(one) for one in cluster.workloads), Decimal(0))
        room = parse_quantity(cluster.node_cpu) * cluster.node_count
        assert used + max(cores(one) for one in others) <= room, cluster.context


def cores(workload: WorkloadPlan) -> Decimal:
    return parse_quantity(workload.cpu) * workload.replicas


def test_every_cluster_has_the_namespaces_that_workloads_may_move_to() -> None:
    needed = {one.namespace for cluster in PLAN.clusters for one in cluster.workloads}
    assert all(needed <= set(one.namespaces) for one in PLAN.clusters)


@pytest.mark.parametrize("plan", PLAN.clusters, ids=lambda one: one.context)
def test_every_planned_pod_runs_when_the_fleet_is_first_seen(plan: ClusterPlan) -> None:
    model = build_cluster(plan, FleetPlan(PLAN.clusters), 3, NOW, PodTimings())
    ready = {
        (one["metadata"]["namespace"], one["metadata"]["name"]): one["status"].get("availableReplicas")
        for one in model.state.store.list_of(kinds.DEPLOYMENTS)
    }
    assert ready == {(one.namespace, one.name): one.replicas for one in plan.workloads}


@pytest.mark.parametrize(("provider", "taints"), [("aws", []), ("gcp", []), ("azure", [AKS_SPOT_TAINT])])
def test_aks_alone_taints_its_spot_nodes(provider: str, taints: list[JsonObject]) -> None:
    plan = next(one for one in PLAN.clusters if one.provider == provider)
    nodes = build_cluster(plan, PLAN, 1, NOW, PodTimings()).state.store.list_of(kinds.NODES)
    assert [node["spec"].get("taints", []) for node in nodes] == [taints] * plan.node_count


def test_all_but_the_reports_bear_the_taint_of_spot_pools() -> None:
    workloads = {one.name: one for plan in PLAN.clusters for one in plan.workloads}
    pods = {name: make_deployment(one)["spec"]["template"]["spec"] for name, one in workloads.items()}
    assert [name for name, pod in pods.items() if not pod.get("tolerations")] == ["reports"]
