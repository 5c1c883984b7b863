"""One table of pods and nodes: the scheduler of each cluster, and the check that foresees what it does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from controller.clusters.node_terms import parse_node_terms
from controller.clusters.pod_terms import parse_pod_shape, parse_pod_terms
from controller.scheduling.check import Placement, place_replicas
from controller.scheduling.cluster_nodes import Nodes
from tests.conformance.cluster_under_test import ClusterUnderTest, JsonObject, condition
from tests.conformance.manifests import deployment
from tests.conformance.scheduling_cases import Case, build_template, list_nodes, name_node
from tests.conformance.scheduling_table import TABLE

NODES = "/api/v1/nodes"
NOT_READY_TAINT = "node.kubernetes.io/not-ready"
_AVAILABLE = re.compile(r"0/(\d+) nodes are available: (.*?)\.(?: |$)")


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_scheduler_places_what_the_check_foresees(cluster: ClusterUnderTest, case: Case) -> None:
    with standing(cluster, case):
        foreseen = foresee(cluster, case)
        body = deployment("web", case.replicas)
        cluster.create(
            cluster.deployment(), {**body, "spec": {**body["spec"], "template": build_template(case)}}
        )
        pods = cluster.eventually_listed(
            cluster.path("pods"),
            lambda found: is_settled(found, case, foreseen),
            labelSelector="app=web,!running",
        )
        assert (len(pods), foreseen.count) == (case.replicas, case.places)


@contextmanager
def standing(cluster: ClusterUnderTest, case: Case) -> Iterator[None]:
    """The nodes of a case, with the pods that run on them already."""
    try:
        for body in list_nodes(case):
            cluster.create(NODES, body)
        for number, _ in enumerate(case.nodes):
            cluster.eventually(f"{NODES}/{name_node(case, number)}", takes_pods)
        for number, running in enumerate(case.running):
            labels = {**running.labels, "running": "already"}
            spec = {**running.spec, "nodeName": name_node(case, running.node)}
            body = {"metadata": {"name": f"running-{number}", "labels": labels}, "spec": spec}
            cluster.create(cluster.path("pods"), body)
        yield
    finally:
        cluster.delete(cluster.deployment("web"))
        for number, _ in enumerate(case.nodes):
            cluster.delete(f"{NODES}/{name_node(case, number)}")


def takes_pods(node: JsonObject) -> bool:
    """Whether a node is Ready and has lost the taint with which nodes begin."""
    taints = {taint["key"] for taint in node["spec"].get("taints") or []}
    return condition(node, "Ready").get("status") == "True" and NOT_READY_TAINT not in taints


def foresee(cluster: ClusterUnderTest, case: Case) -> Placement:
    """What the check says, from what the API server lists."""
    nodes = cluster.get(NODES)["items"]
    on_nodes: dict[str, Counter[object]] = {node["metadata"]["name"]: Counter() for node in nodes}
    for pod in cluster.get("/api/v1/pods")["items"]:
        if pod["spec"].get("nodeName") in on_nodes:
            shape = parse_pod_shape(pod["metadata"]["namespace"], pod)
            on_nodes[pod["spec"]["nodeName"]][shape] += 1
    terms = tuple(parse_node_terms(node, is_ready=True) for node in nodes)
    there = Nodes(terms, tuple(frozenset(crowd.items()) for crowd in on_nodes.values()))
    return place_replicas(parse_pod_terms(cluster.namespace, build_template(case)), there, case.replicas)


def is_bound(pod: JsonObject) -> bool:
    return bool(pod["spec"].get("nodeName"))


def is_settled(pods: list[JsonObject], case: Case, foreseen: Placement) -> bool:
    """Whether as many pods have a node as were foreseen, and each other one says why not in just the words."""
    waiting = [pod for pod in pods if not is_bound(pod)]
    causes = normalize(dict(foreseen.causes))
    told = [read_causes(condition(pod, "PodScheduled").get("message", "")) for pod in waiting]
    is_whole = len(pods) == case.replicas and len(waiting) == case.replicas - foreseen.count
    return is_whole and all(one == causes for one in told)


def read_causes(message: str) -> Mapping[str, int]:
    """Cause -> nodes, of the scheduler's message."""
    found = _AVAILABLE.match(message)
    if found is None:
        return {}
    counts = (part.split(" ", 1) for part in found[2].split(", "))
    return normalize({cause.removeprefix("node(s) "): int(count) for count, cause in counts})


def normalize(causes: Mapping[str, int]) -> Mapping[str, int]:
    """The same where nobody says which taint it was: Kubernetes 1.36 does not."""
    merged: Counter[str] = Counter()
    for cause, count in causes.items():
        merged["had untolerated taint(s)" if cause.startswith("had untolerated taint") else cause] += count
    return merged
