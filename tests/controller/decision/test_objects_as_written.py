"""Nodes and Deployments as people write them, from their JSON to the plan: what is offered runs there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from controller.clusters.cluster_record import ClusterRecord
from controller.clusters.fleet import Cluster, Health, WatchedKind, WorkloadKey
from controller.clusters.scopes import Scope
from controller.decision.plan import Plan
from controller.decision.planning import Planner
from controller.reasons import Code
from oracle.market import CapacityType
from oracle.quotes import QuoteBoard
from tests.controller.clusters.objects import Json, make_deployment, make_node, make_pod, pod_spec
from tests.controller.decision.worlds import make_facts, make_picture, make_quote

WEB = WorkloadKey("eks", "shop", "web")
#: Node -> cores that pods of others take of it.
Taken = Mapping[str, str]
GPU = "nvidia.com/gpu"
AKS_TAINT = {"key": "kubernetes.azure.com/scalesetpriority", "value": "spot", "effect": "NoSchedule"}
OWN_TAINT = {"key": "spot", "value": "true", "effect": "NoSchedule"}


def node(
    name: str,
    labels: Mapping[str, str] | None = None,
    *,
    taints: tuple[Json, ...] = (),
    gpus: str | None = None,
) -> Json:
    """One of 3.9 cores, in a pool that is bought on the spot."""
    body = make_node(name)
    body["metadata"]["labels"] |= {"kubernetes.io/hostname": name, **(labels or {})}
    body["spec"]["taints"] = list(taints)
    body["status"]["allocatable"] |= {"pods": "58", **({GPU: gpus} if gpus else {})}
    return body


def nodes(count: int, labels: Mapping[str, str] | None = None, **changes: Any) -> list[Json]:
    return [node(f"node-{number}", labels, **changes) for number in range(count)]


def build_cluster(context: str, found: list[Json], *deployments: Json, taken: Taken | None = None) -> Cluster:
    """A cluster that was read completely just now."""
    record = ClusterRecord(context)
    record.health, record.reason, record.uid = Health.REACHABLE, None, f"uid-{context}"
    pods = [make_pod(f"pod-{name}", name, cpu=cores) for name, cores in (taken or {}).items()]
    listed = {WatchedKind.NODES: found, WatchedKind.DEPLOYMENTS: deployments, WatchedKind.PODS: pods}
    for kind in WatchedKind:
        scope = Scope(kind)
        record.replace_all(scope, [record.read_object(kind, body) for body in listed.get(kind, ())])
    return record.build()


def plan(source: Cluster, target: Cluster, spot: str = "0.40", there: str = "0.04") -> Plan:
    """A plan in which the target costs a tenth, or as is said. On demand a node at home costs 0.40 USD an hour."""
    elsewhere = replace(target, provider="gcp", region="us-central1")
    quotes = {}
    for cluster, usd in ((source, spot), (elsewhere, there)):
        for offering in {one.offering for one in cluster.nodes if one.offering is not None}:
            price = usd if offering.capacity_type is CapacityType.SPOT else "0.40"
            quotes[cluster.context, offering] = structs.replace(
                make_quote("tokyo", price), context=cluster.context, offering=offering
            )
    return Planner().plan(make_picture(source, elsewhere), make_facts(QuoteBoard(quotes)))


def deploy(replicas: int = 4, cpu: str = "500m", gpus: str | None = None, **spec: Any) -> Json:
    body = make_deployment("web", replicas=replicas)
    body["status"] |= dict.fromkeys(("replicas", "readyReplicas", "availableReplicas"), replicas)
    body["spec"]["template"]["metadata"]["labels"] = {"app": "web"}
    pod = pod_spec(body)
    pod |= spec
    pod["containers"][0]["resources"]["requests"] |= {"cpu": cpu, **({GPU: gpus} if gpus else {})}
    return body


def require(key: str, value: str) -> Json:
    expression = {"key": key, "operator": "In", "values": [value]}
    terms = [{"matchExpressions": [expression]}]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def keep_apart() -> Json:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


TOLERATION = {"key": "spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
KARPENTER = "karpenter.sh/capacity-type"
ARM = {"kubernetes.io/arch": "arm64"}


@pytest.mark.parametrize(
    ("deployment", "home", "target", "cause"),
    [
        (
            deploy(affinity=require(KARPENTER, "spot")),
            nodes(4, {KARPENTER: "spot"}),
            build_cluster("gke", nodes(4)),
            "4 didn't match Pod's node affinity/selector",
        ),
        (deploy(), nodes(4), build_cluster("gke", nodes(4, taints=(AKS_TAINT,))),
         "4 had untolerated taint {kubernetes.azure.com/scalesetpriority: spot}"),
        (
            deploy(nodeSelector={"kubernetes.io/arch": "amd64"}),
            [*nodes(4, ARM), node("amd-0"), node("amd-1")],
            build_cluster("gke", nodes(4, ARM)),
            "4 didn't match Pod's node affinity/selector",
        ),
        (
            deploy(3, cpu="2"),
            nodes(4),
            build_cluster("gke", nodes(6), taken={f"node-{n}": "2500m" for n in range(6)}),
            "6 Insufficient cpu",
        ),
        (deploy(2, gpus="1"), nodes(4, gpus="1"), build_cluster("gke", nodes(4)), f"4 Insufficient {GPU}"),
        (deploy(6, affinity=keep_apart()), nodes(8), build_cluster("gke", nodes(2)),
         "2 didn't match pod anti-affinity rules"),
    ],
    ids=["affinity of another cloud", "taint of AKS", "architecture", "fragments", "GPU", "apart"],
)  # fmt: skip
def test_what_would_wait_for_ever_is_not_offered(
    deployment: Json, home: list[Json], target: Cluster, cause: str
) -> None:
    found = plan(build_cluster("eks", home, deployment), target)
    assert found.offers == ()
    reason = found.why(WEB, "gke")
    assert (reason.code, reason["causes"]) == (Code.UNSCHEDULABLE, (cause,))


@pytest.mark.parametrize(
    ("deployment", "home", "target"),
    [
        (deploy(tolerations=[TOLERATION]), nodes(4, taints=(OWN_TAINT,)), build_cluster("gke", nodes(4))),
        (deploy(2, affinity=keep_apart()), nodes(4), build_cluster("gke", nodes(4))),
    ],
    ids=["own taint", "apart"],
)
def test_what_runs_there_is_offered(deployment: Json, home: list[Json], target: Cluster) -> None:
    [offer] = plan(build_cluster("eks", home, deployment), target).offers
    assert (offer.workload, offer.target) == (WEB, "gke")


def relabel(body: Json, **labels: str) -> Json:
    """The same node with these labels instead of the one by which EKS says that it is spot."""
    del body["metadata"]["labels"]["eks.amazonaws.com/capacityType"]
    body["metadata"]["labels"] |= labels
    return body


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        ({"scheduling.cast.ai/spot": "true"}, Code.COSTS_MORE),
        ({"node-role.kubernetes.io/spot-worker": "true"}, Code.COSTS_MORE),
        ({"our/fleet": "reclaimable"}, Code.NODES_UNPRICEABLE),
        ({KARPENTER: "on-demand"}, None),
    ],
    ids=["Cast AI", "kOps", "a label of one's own", "on demand"],
)
def test_a_spot_node_is_left_for_no_gain_whoever_has_labelled_it(
    labels: dict[str, str], code: Code | None
) -> None:
    """At the price of on-demand leaving it for a target of the same price would seem to save three quarters."""
    home = [relabel(node(f"node-{number}"), **labels) for number in range(4)]
    found = plan(build_cluster("eks", home, deploy()), build_cluster("gke", nodes(4)), "0.10", "0.099")
    assert found.why(WEB, "gke").code is code if code is not None else found.offers


def test_a_deployment_that_is_pinned_to_spot_is_priced_as_spot_in_a_cluster_that_mostly_is_not() -> None:
    home = [
        *(relabel(node(f"steady-{number}"), **{KARPENTER: "on-demand"}) for number in range(4)),
        *(relabel(node(f"cheap-{number}"), **{KARPENTER: "spot"}) for number in range(3)),
    ]
    target = build_cluster("gke", nodes(4, {KARPENTER: "spot"}))
    pinned = build_cluster("eks", home, deploy(nodeSelector={KARPENTER: "spot"}))
    assert plan(pinned, target, "0.10", "0.099").why(WEB, "gke").code is Code.COSTS_MORE
    assert plan(build_cluster("eks", home, deploy()), target, "0.10", "0.099").offers
