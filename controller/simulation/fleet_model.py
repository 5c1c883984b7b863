"""All clusters of a simulated fleet, built from a plan and already running. Pure: virtual time is an argument."""

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.managed_fields import FieldOwner, record_update
from controller.simulation.cluster_model import ClusterModel
from controller.simulation.controllers.autoscalers import AutoscalerLoop
from controller.simulation.controllers.deployments import DeploymentLoop
from controller.simulation.controllers.disruption_budgets import DisruptionBudgetLoop
from controller.simulation.controllers.event_expiry import EventExpiryLoop
from controller.simulation.controllers.garbage import GarbageLoop
from controller.simulation.controllers.kubelet import KubeletLoop, PodTimings
from controller.simulation.controllers.loop import ControlLoop
from controller.simulation.controllers.namespaces import NamespaceLoop
from controller.simulation.controllers.node_pools import NodePoolLoop
from controller.simulation.controllers.quotas import QuotaLoop
from controller.simulation.controllers.replica_sets import ReplicaSetLoop
from controller.simulation.controllers.scheduler import SchedulerLoop
from controller.simulation.controllers.spot_reclaims import SpotReclaimLoop
from controller.simulation.fleet_plan import (
    AKS_SPOT_TAINT,
    STATE_ANNOTATION,
    ClusterPlan,
    FleetPlan,
    WorkloadPlan,
)
from controller.simulation.nodes import make_node, make_node_pool

SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
PREHISTORY_S = 3600.0
"""The fleet has been running for an hour when it is first seen: every planned pod is up, nothing looks newborn."""
DEPLOYER = FieldOwner("kubectl-client-side-apply", "Update", "apps/v1")
"""Who created the planned workloads, as managedFields name them."""


def build_cluster(
    plan: ClusterPlan, fleet: FleetPlan, seed: int, now: float, timings: PodTimings
) -> ClusterModel:
    """One cluster with its namespaces, nodes and running workloads."""
    created_at = now - PREHISTORY_S
    state = ClusterState(plan.context, seed)
    model = ClusterModel(state, _control_loops(plan, fleet, state, timings), created_at)
    own = {*plan.namespaces, *(one.namespace for one in plan.workloads)}
    namespaces = (*SYSTEM_NAMESPACES, *sorted(own))
    for namespace in namespaces:
        state.create(kinds.NAMESPACES, {"metadata": {"name": namespace}}, created_at)
    for index in range(plan.node_count):
        state.create(kinds.NODES, make_node(state, plan, index, fleet.server_version, created_at), created_at)
    if plan.buys:
        state.create(kinds.NODE_POOLS, make_node_pool(plan), created_at)
    for workload in plan.workloads:
        _deploy(state, workload, created_at)
    model.advance(now)
    return model


def _control_loops(
    plan: ClusterPlan, fleet: FleetPlan, state: ClusterState, timings: PodTimings
) -> tuple[ControlLoop, ...]:
    def make_replacement(now: float) -> JsonObject:
        return make_node(state, plan, state.chance.randrange(len(plan.zones)), fleet.server_version, now)

    return (
        DeploymentLoop(),
        ReplicaSetLoop(),
        SchedulerLoop(),
        KubeletLoop(timings),
        NamespaceLoop(),
        GarbageLoop(),
        DisruptionBudgetLoop(),
        QuotaLoop(),
        AutoscalerLoop(),
        EventExpiryLoop(),
        NodePoolLoop(plan.purchase_s, make_replacement),
        SpotReclaimLoop(plan.provider, plan.node_count, fleet.reclaim_mean_days, make_replacement),
    )


def _deploy(state: ClusterState, workload: WorkloadPlan, now: float) -> None:
    deployment = state.prepare_new(kinds.DEPLOYMENTS, make_deployment(workload), now)
    state.store.put(kinds.DEPLOYMENTS, record_update(None, deployment, DEPLOYER, now))
    if workload.disruption_budget:
        budget = {
            "metadata": {"name": workload.name, "namespace": workload.namespace},
            "spec": {"minAvailable": "75%", "selector": deployment["spec"]["selector"]},
        }
        state.create(kinds.DISRUPTION_BUDGETS, budget, now)


def make_deployment(workload: WorkloadPlan) -> JsonObject:
    """The Deployment of a planned workload, as its owner would have written it."""
    labels = {"app.kubernetes.io/name": workload.name, "app.kubernetes.io/part-of": workload.namespace}
    container = {
        "name": workload.name,
        "image": workload.image,
        "resources": {"requests": {"cpu": workload.cpu, "memory": workload.memory}},
        "ports": [{"name": "http", "containerPort": 8080}],
    }
    pod: JsonObject = {"containers": [container]}
    if workload.tolerates_spot:
        pod["tolerations"] = [{**AKS_SPOT_TAINT, "operator": "Equal"}]
    return {
        "metadata": {
            "name": workload.name,
            "namespace": workload.namespace,
            "labels": labels,
            "annotations": {STATE_ANNOTATION: workload.state_gb},
        },
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def cluster_uid(model: ClusterModel) -> str:
    """UID of kube-system: what identifies a cluster, whatever its context is called."""
    namespace = model.state.store.get(kinds.NAMESPACES, "", "kube-system")
    assert namespace is not None, "a cluster is built with its system namespaces"
    return str(namespace["metadata"]["uid"])
