"""The free room of a cluster, and what a record keeps and forgets."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.cluster_record import ClusterRecord, WatchedKind
from controller.clusters.fleet import Health
from tests.controller.clusters.objects import Json, make_deployment, make_node, make_pod

NODE_CPU = 3.92


def make_record(nodes: list[Json], pods: list[Json]) -> ClusterRecord:
    record = ClusterRecord("eu")
    for kind, bodies in ((WatchedKind.NODES, nodes), (WatchedKind.PODS, pods)):
        record.replace_all(kind, [record.read_object(kind, body) for body in bodies])
    return record


def free_cpu(nodes: list[Json], pods: list[Json]) -> float:
    free = make_record(nodes, pods).build().free
    assert free is not None
    return free.cpu_cores


def changed(node: Json, **spec: Any) -> Json:
    return {**node, "spec": {**node["spec"], **spec}}


@pytest.mark.parametrize(
    ("nodes", "pods", "cpu"),
    [
        ([make_node("a")], [], NODE_CPU),
        ([make_node("a")], [make_pod("p", "a")], NODE_CPU - 0.5),
        ([make_node("a")], [make_pod("p", None)], NODE_CPU - 0.5),
        ([make_node("a")], [make_pod("p", "gone")], NODE_CPU),
        ([make_node("a")], [make_pod("p", "a", phase="Succeeded")], NODE_CPU),
        ([make_node("a"), changed(make_node("b"), unschedulable=True)], [make_pod("p", "b")], NODE_CPU),
        ([make_node("a")], [make_pod("p", "a", cpu="8")], 0.0),
        ([], [], 0.0),
    ],
    ids=["empty", "running", "waiting", "on another node", "finished", "cordoned", "over-committed", "no nodes"],
)  # fmt: skip
def test_free_room_is_what_new_pods_could_take(nodes: list[Json], pods: list[Json], cpu: float) -> None:
    assert free_cpu(nodes, pods) == pytest.approx(cpu)


def test_sidecars_and_overhead_take_room_as_well() -> None:
    pod = make_pod("p", "a")
    sidecar = {"restartPolicy": "Always", "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}}}
    pod["spec"] |= {"initContainers": [sidecar], "overhead": {"cpu": "125m", "memory": "64Mi"}}
    assert free_cpu([make_node("a")], [pod]) == pytest.approx(NODE_CPU - 0.875)


def test_what_was_never_listed_is_unknown_not_empty() -> None:
    cluster = ClusterRecord("eu").build()
    assert cluster.health is Health.CONNECTING
    assert cluster.free is None
    assert not cluster.is_complete


def test_the_same_list_again_is_no_change() -> None:
    record = make_record([make_node("a")], [])
    body = make_node("a")
    body["metadata"]["resourceVersion"] = "999"
    body["status"]["conditions"][0]["lastHeartbeatTime"] = "2026-01-01T00:00:00Z"
    assert not record.replace_all(WatchedKind.NODES, [record.read_object(WatchedKind.NODES, body)])
    assert record.replace_all(WatchedKind.NODES, [])


def test_a_deletion_of_something_unknown_is_no_change() -> None:
    assert not make_record([], []).apply_event(WatchedKind.DEPLOYMENTS, "DELETED", make_deployment())
