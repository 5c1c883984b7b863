"""All clusters of a simulated fleet, built from a plan and already running. Pure: virtual time is an argument."""

from collections.abc import Mapping

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.cluster_model import ClusterModel
from controller.simulation.cluster_state import ClusterState
from controller.simulation.controllers.deployments import DeploymentLoop
from controller.simulation.controllers.kubelet import KubeletLoop, PodTimings
from controller.simulation.controllers.replica_sets import ReplicaSetLoop
from controller.simulation.controllers.scheduler import SchedulerLoop
from controller.simulation.fleet_plan import STATE_ANNOTATION, ClusterPlan, FleetPlan, WorkloadPlan
from controller.simulation.nodes import make_node

SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
PREHISTORY_S = 3600.0
"""The fleet has been running for an hour when it is first seen: every planned pod is up, nothing looks newborn."""


def build_fleet(
    plan: FleetPlan, seed: int, now: float, timings: PodTimings | None = None
) -> dict[str, ClusterModel]:
    """Context name → cluster, each brought from its creation an hour ago to `now`."""
    return {
        one.context: build_cluster(one, plan, seed, now, timings or PodTimings()) for one in plan.clusters
    }


def build_cluster(
    plan: ClusterPlan, fleet: FleetPlan, seed: int, now: float, timings: PodTimings
) -> ClusterModel:
    """One cluster with its namespaces, nodes and running workloads."""
    created_at = now - PREHISTORY_S
    state = ClusterState(plan.context, seed)
    loops = (DeploymentLoop(), ReplicaSetLoop(), SchedulerLoop(), KubeletLoop(timings))
    model = ClusterModel(state, loops, created_at)
    namespaces = (*SYSTEM_NAMESPACES, *sorted({one.namespace for one in plan.workloads}))
    for namespace in dict.fromkeys(namespaces):
        state.create(kinds.NAMESPACES, {"metadata": {"name": namespace}}, created_at)
    for index in range(plan.node_count):
        state.create(kinds.NODES, make_node(state, plan, index, fleet.server_version, created_at), created_at)
    for workload in plan.workloads:
        state.create(kinds.DEPLOYMENTS, make_deployment(workload), created_at)
    model.advance(now)
    return model


def make_deployment(workload: WorkloadPlan) -> JsonObject:
    labels = {"app.kubernetes.io/name": workload.name, "app.kubernetes.io/part-of": workload.namespace}
    requests = {"cpu": workload.cpu, "memory": workload.memory}
    return {
        "metadata": {
            "name": workload.name, "namespace": workload.namespace, "labels": labels,
            "annotations": {STATE_ANNOTATION: workload.state_gb},
        },
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{
                    "name": workload.name, "image": workload.image, "resources": {"requests": requests},
                    "ports": [{"name": "http", "containerPort": 8080}],
                }]},
            },
        },
    }  # fmt: skip


def cluster_uid(model: ClusterModel) -> str:
    """UID of kube-system: what identifies a cluster, whatever its context is called."""
    namespace: Mapping[str, JsonObject] | None = model.state.store.get(kinds.NAMESPACES, "", "kube-system")
    assert namespace is not None, "a cluster is built with its system namespaces"
    return str(namespace["metadata"]["uid"])
