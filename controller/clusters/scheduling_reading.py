"""Would the pods of a template run there? Asked of the nodes and pods that an API server lists just now.

Reads only. Who may not list them does not learn it: a person has been told so, and the first replica shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import list_all
from controller.clusters.node_terms import is_ready, parse_node_terms
from controller.clusters.pod_terms import FINISHED_PHASES, parse_pod_shape, parse_pod_terms
from controller.errors import AccessDenied, ClusterError
from controller.scheduling.check import place_replicas
from controller.scheduling.cluster_nodes import Nodes
from controller.scheduling.domains import Crowd
from controller.scheduling.nodes import NodeTerms
from controller.scheduling.pods import PodShape
from controller.scheduling.telling import find_shortage


async def check_scheduling(
    api: KubeApi,
    namespace: str,
    template: Mapping[str, Any],
    replicas: int,
    bought: tuple[NodeTerms, ...] = (),
) -> CheckResult:
    """Would so many more replicas of a template find a node each? `bought`: beside those that are there, the machines
    that would be bought for them.
    """
    check = "a node for each replica"
    try:
        nodes = await list_all(api, paths.collection("nodes"))
        pods = await list_all(api, paths.collection("pods"))
    except AccessDenied as error:
        return CheckResult(check, Outcome.PASSED, error.reason)
    except ClusterError as error:
        return CheckResult(check, Outcome.UNKNOWN, error.reason)
    there = with_machines(read_nodes(nodes.items, pods.items), bought)
    placement = place_replicas(parse_pod_terms(namespace, template), there, replicas)
    reason = find_shortage(api.context, placement, replicas)
    return CheckResult(check, Outcome.PASSED if reason is None else Outcome.FAILED, reason)


def read_nodes(nodes: Iterable[Any], pods: Iterable[Any]) -> Nodes:
    """Read all nodes of a cluster and all of its pods. Pure."""
    terms = tuple(parse_node_terms(node, is_ready=is_ready(node)) for node in map(as_mapping, nodes))
    counts: dict[str, Counter[PodShape]] = {node.name: Counter() for node in terms}
    for pod in map(as_mapping, pods):
        name = as_text(as_mapping(pod.get("spec")).get("nodeName"))
        if name in counts and as_mapping(pod.get("status")).get("phase") not in FINISHED_PHASES:
            namespace = as_text(as_mapping(pod.get("metadata")).get("namespace")) or ""
            counts[name][parse_pod_shape(namespace, pod)] += 1
    return Nodes(terms, tuple(frozenset(counts[node.name].items()) for node in terms))


def with_machines(there: Nodes, machines: tuple[NodeTerms, ...]) -> Nodes:
    """Return the nodes with empty machines beside them. Pure."""
    empty: tuple[Crowd, ...] = (frozenset(),) * len(machines)
    return Nodes(there.terms + machines, None if there.pods is None else there.pods + empty)
