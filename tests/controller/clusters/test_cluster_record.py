"""The free room of a cluster, and what a record keeps and forgets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.clusters.cluster_record import MAX_OTHERS, ClusterRecord
from controller.clusters.fleet import Health, Hosts, Resources, WatchedKind
from controller.clusters.scopes import Scope
from controller.clusters.settings import ContextOverride, FleetSettings
from controller.reasons import Code
from oracle.market import CapacityType
from tests.controller.clusters.objects import Json, make_deployment, make_node, make_owned_pod, make_pod

NODE_CPU = 3.92


def make_record(nodes: list[Json], pods: list[Json]) -> ClusterRecord:
    record = ClusterRecord("eu")
    for kind, bodies in ((WatchedKind.NODES, nodes), (WatchedKind.PODS, pods)):
        record.replace_all(Scope(kind), [record.read_object(kind, body) for body in bodies])
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


def test_a_node_is_bought_as_a_declared_label_says() -> None:
    record = ClusterRecord("eu", settings=FleetSettings(spot_labels=frozenset({"our/fleet=cheap"})))
    bought = make_node("a", **{"eks.amazonaws.com/capacityType": "?", "our/fleet": "cheap"})
    _, node = record.read_object(WatchedKind.NODES, bought)
    assert node.offering.capacity_type is CapacityType.SPOT


ROOM = ContextOverride(room_cpu_cores=2.0, room_memory_gib=8.0)
ONE_NAMESPACE = replace(ROOM, namespaces=frozenset({"shop"}))


def see(
    override: ContextOverride, nodes: list[Json] | None, pods: list[Json], *deployments: Json
) -> ClusterRecord:
    """A record that has listed these; with None for nodes they may not be listed."""
    record = ClusterRecord("eu", override)
    for scope in record.scopes:
        seen = {WatchedKind.NODES: nodes, WatchedKind.PODS: pods, WatchedKind.DEPLOYMENTS: [*deployments]}
        bodies = seen.get(scope.kind, [])
        if bodies is not None:
            record.replace_all(scope, [record.read_object(scope.kind, body) for body in bodies])
    return record


def place(record: ClusterRecord) -> dict[str, Hosts | None]:
    return {workload.key.name: workload.hosts for workload in record.build().workloads}


def test_pods_are_placed_by_the_nodes_that_they_run_on() -> None:
    """Also by those that take no new ones; what waits for a node or is about to end is nowhere."""
    nodes = [
        changed(make_node("a"), unschedulable=True),
        make_node("b", **{"eks.amazonaws.com/capacityType": "?"}),
    ]
    ending = make_owned_pod("r", "a")
    ending["metadata"]["deletionTimestamp"] = "2026-11-30T00:00:00Z"
    pods = [make_owned_pod("p", "a"), make_owned_pod("q", None), ending, make_owned_pod("s", "b", "api")]
    record = see(
        ContextOverride(), nodes, pods, make_deployment(), make_deployment("api"), make_deployment("new")
    )
    [spot] = [node.offering for node in record.build().nodes if node.name == "a"]
    assert place(record) == {"checkout": ((spot, 1),), "api": ((None, 1),), "new": None}


def test_where_the_configuration_says_what_nodes_are_no_pod_is_placed() -> None:
    declared = replace(
        ROOM, provider="aws", region="eu-west-1", instance_type="m5.large", capacity_type=CapacityType.SPOT,
        node_cpu_cores=2.0, node_memory_gib=8.0,
    )  # fmt: skip
    record = see(declared, None, [make_owned_pod("p", "as configured")], make_deployment())
    assert record.take_declared_nodes()
    assert place(record) == {"checkout": None}


def test_a_workload_whose_pods_stay_is_the_same_object_as_before() -> None:
    """The planner works out again what is another object."""
    record = see(ContextOverride(), [make_node("a")], [make_owned_pod("p", "a")], make_deployment())
    [before] = record.build().workloads
    assert record.build().workloads[0] is before
    record.apply_event(Scope(WatchedKind.PODS), "ADDED", make_owned_pod("q", "a"))
    [after] = record.build().workloads
    assert after.hosts == ((record.build().nodes[0].offering, 2),)


def test_room_that_a_person_gave_is_less_what_the_pods_that_are_seen_ask_for() -> None:
    """Wherever they run: a share is a share. A pod asks for half a core and 1 GiB."""
    pods = [make_pod("p", "a"), make_pod("q", None), make_pod("r", "a", phase="Succeeded")]
    for override in (ROOM, ONE_NAMESPACE):
        free = see(override, None, pods).build().free
        assert free == Resources(1.0, 6.0)
    full = [make_pod(f"p{number}", "a") for number in range(9)]
    assert see(ONE_NAMESPACE, None, full).build().free == Resources(0.0, 0.0)


def test_the_less_of_what_was_counted_and_what_a_person_gave_is_free() -> None:
    nodes = [make_node("a")]
    counted = see(ContextOverride(), nodes, []).build().free
    assert counted is not None
    assert counted.cpu_cores == pytest.approx(NODE_CPU)
    assert see(ROOM, nodes, []).build().free == Resources(2.0, 8.0)
    wide = replace(ROOM, room_cpu_cores=1000.0, room_memory_gib=1000.0)
    assert see(wide, nodes, []).build().free == counted


def test_the_nodes_of_a_cluster_are_not_the_room_of_who_sees_some_of_its_pods() -> None:
    assert see(ContextOverride(namespaces=frozenset({"shop"})), [make_node("a")], []).build().free is None


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
    assert not record.replace_all(Scope(WatchedKind.NODES), [record.read_object(WatchedKind.NODES, body)])
    assert record.replace_all(Scope(WatchedKind.NODES), [])


def test_a_deletion_of_something_unknown_is_no_change() -> None:
    assert not make_record([], []).apply_event(Scope(WatchedKind.DEPLOYMENTS), "DELETED", make_deployment())


def owned(name: str, kind: str, owner: str, version: str = "apps/v1", phase: str = "Running") -> Json:
    pod = make_pod(name, phase=phase)
    pod["metadata"]["ownerReferences"] = [{"apiVersion": version, "kind": kind, "name": owner, "uid": "u"}]
    return pod


def test_what_runs_pods_and_is_no_deployment_is_seen_by_its_pods_and_said_why_it_stays() -> None:
    record = ClusterRecord("eu")
    pods = [
        owned("db-0", "StatefulSet", "db"),
        owned("db-1", "StatefulSet", "db"),
        owned("logs-x", "DaemonSet", "logs"),
        owned("report-1", "Job", "report", "batch/v1"),
        owned("report-0", "Job", "old", "batch/v1", phase="Succeeded"),
        owned("web-1", "ReplicaSet", "web"),
        owned("queue-0", "StatefulSet", "queue", "example.com/v1"),
        make_pod("alone"),
    ]
    scope = Scope(WatchedKind.PODS)
    record.replace_all(scope, [record.read_object(WatchedKind.PODS, pod) for pod in pods])
    others = record.build().others
    assert [(other.kind, other.name, other.pods) for other in others] == [
        ("DaemonSet", "logs", 1),
        ("Job", "report", 1),
        ("StatefulSet", "db", 2),
    ]
    assert {other.namespace for other in others} == {"shop"}
    assert [other.reason.code for other in others] == [Code.DAEMON_SET, Code.JOB, Code.STATEFUL_SET]
    record.apply_event(scope, "DELETED", pods[2])
    assert "logs" not in {other.name for other in record.build().others}


def test_no_more_of_them_are_named_than_anybody_reads() -> None:
    record = ClusterRecord("eu")
    pods = [owned(f"db-{number}-0", "StatefulSet", f"db-{number}") for number in range(MAX_OTHERS + 1)]
    record.replace_all(Scope(WatchedKind.PODS), [record.read_object(WatchedKind.PODS, pod) for pod in pods])
    assert len(record.build().others) == MAX_OTHERS
