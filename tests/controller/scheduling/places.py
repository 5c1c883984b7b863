"""The cases of the table as values: what a scheduler would be asked, without a cluster."""

from __future__ import annotations

from collections import Counter

from controller.clusters.node_terms import parse_node_terms
from controller.clusters.pod_terms import parse_pod_shape, parse_pod_terms
from controller.scheduling.domains import Crowd
from controller.scheduling.nodes import NodeTerms
from controller.scheduling.pods import PodShape, PodTerms
from tests.conformance.scheduling_cases import Case, build_template, list_nodes, name_node

NAMESPACE = "shop"


def read_nodes(case: Case) -> tuple[NodeTerms, ...]:
    return tuple(parse_node_terms(body, is_ready=True) for body in list_nodes(case))


def read_crowds(case: Case) -> dict[str, Crowd]:
    """Node -> the pods that run on it already."""
    counts: dict[str, Counter[PodShape]] = {name_node(case, n): Counter() for n in range(len(case.nodes))}
    for running in case.running:
        pod = {"metadata": {"labels": running.labels}, "spec": running.spec}
        counts[name_node(case, running.node)][parse_pod_shape(NAMESPACE, pod)] += 1
    return {name: frozenset(found.items()) for name, found in counts.items()}


def read_terms(case: Case) -> PodTerms:
    return parse_pod_terms(NAMESPACE, build_template(case))
