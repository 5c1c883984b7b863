"""Facts about the test clusters themselves: what the other suites take for granted."""

from __future__ import annotations

import json

import pytest

from tests.controlplane.api import JsonObject
from tests.controlplane.cluster import Cluster
from tests.controlplane.errors import RequestRefused
from tests.controlplane.pool import ControlPlanePool
from tests.controlplane.workloads import deployments_of, describe_deployment, pods_of, read_condition


@pytest.fixture
def cluster(control_planes: ControlPlanePool) -> Cluster:
    return control_planes.lend(1)[0]


def test_deployment_becomes_ready(cluster: Cluster) -> None:
    namespace = cluster.create_namespace()
    cluster.client().create(deployments_of(namespace), describe_deployment(replicas=2))
    ready = cluster.client().await_object(
        deployments_of(namespace), "web", lambda d: d.get("status", {}).get("availableReplicas") == 2
    )
    assert ready["status"]["observedGeneration"] == ready["metadata"]["generation"]


def test_slow_pod_is_pending_first_and_ready_after_its_delay(cluster: Cluster) -> None:
    namespace = cluster.create_namespace()
    cluster.client().create(
        deployments_of(namespace), describe_deployment(behaviour="slow", ready_after="2s")
    )
    scheduled = cluster.client().await_any(pods_of(namespace), lambda pod: "nodeName" in pod["spec"])
    assert scheduled["status"]["phase"] == "Pending"
    ready = cluster.client().await_any(pods_of(namespace), is_ready)
    assert ready["status"]["phase"] == "Running"


def test_never_ready_pod_runs_with_failing_probe(cluster: Cluster) -> None:
    namespace = cluster.create_namespace()
    cluster.client().create(deployments_of(namespace), describe_deployment(behaviour="never-ready"))
    pod = cluster.client().await_any(pods_of(namespace), lambda pod: pod["status"]["phase"] == "Running")
    assert read_condition(pod, "Ready")["status"] == "False"


def test_crashing_pod_backs_off_and_counts_its_restarts(cluster: Cluster) -> None:
    namespace = cluster.create_namespace()
    cluster.client().create(deployments_of(namespace), describe_deployment(behaviour="crashing"))

    def has_restarted_and_waits(pod: JsonObject) -> bool:
        statuses = pod["status"].get("containerStatuses", [])
        return bool(statuses) and statuses[0]["restartCount"] >= 1 and "waiting" in statuses[0]["state"]

    pod = cluster.client().await_any(pods_of(namespace), has_restarted_and_waits)
    assert pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 1


def test_nodes_send_heartbeats(cluster: Cluster) -> None:
    """Without them every node and its pods are NotReady after 50 s, in the middle of somebody's test."""
    leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
    for node in cluster.client().get("/api/v1/nodes")["items"]:
        name = node["metadata"]["name"]
        cluster.client().await_object(leases, name, lambda lease: "renewTime" in lease["spec"])


def test_pod_that_the_node_controller_marked_is_ready_again(cluster: Cluster) -> None:
    namespace = cluster.create_namespace()
    cluster.client().create(deployments_of(namespace), describe_deployment())
    pod = cluster.client().await_any(pods_of(namespace), is_ready)
    mark = {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "NodeNotReady"}]}}
    path = f"{pods_of(namespace)}/{pod['metadata']['name']}/status"
    assert not is_ready(cluster.client().patch(path, mark, "strategic"))
    assert cluster.client().await_any(pods_of(namespace), is_ready)


def is_ready(pod: JsonObject) -> bool:
    return read_condition(pod, "Ready").get("status") == "True"


def test_pod_stays_unschedulable_when_capacity_ends(cluster: Cluster) -> None:
    namespace = cluster.create_namespace()
    cluster.client().create(deployments_of(namespace), describe_deployment(replicas=4, cpu="3"))
    pod = cluster.client().await_any(
        pods_of(namespace), lambda pod: read_condition(pod, "PodScheduled").get("reason") == "Unschedulable"
    )
    assert pod["status"]["phase"] == "Pending"
    assert "Insufficient cpu" in read_condition(pod, "PodScheduled")["message"]
    cluster.client().delete(f"/api/v1/namespaces/{namespace}")  # gives the capacity back to the other tests


def test_audit_log_tells_who_wrote_what(cluster: Cluster) -> None:
    namespace = cluster.create_namespace(migrator="target")
    cluster.client("migrator").create(deployments_of(namespace), describe_deployment())
    events = [json.loads(line) for line in cluster.audit_log.read_text().splitlines()]
    by_migrator = [e for e in events if e["user"].get("username") == "migrator"]
    writes = [e for e in by_migrator if (e["verb"], e["objectRef"]["resource"]) == ("create", "deployments")]
    assert [e["objectRef"]["namespace"] for e in writes] == [namespace]
    assert writes[0]["requestObject"]["metadata"]["name"] == "web"


def test_observer_reads_but_may_not_patch(cluster: Cluster) -> None:
    namespace = cluster.create_namespace()
    cluster.client().create(deployments_of(namespace), describe_deployment())
    observer = cluster.client("observer")
    assert observer.get(f"{deployments_of(namespace)}/web")["spec"]["replicas"] == 1
    with pytest.raises(RequestRefused) as refused:
        observer.patch(f"{deployments_of(namespace)}/web", {"spec": {"replicas": 0}})
    assert refused.value.code == 403


def test_observer_may_not_read_secrets(cluster: Cluster) -> None:
    with pytest.raises(RequestRefused) as refused:
        cluster.client("observer").get("/api/v1/secrets")
    assert refused.value.code == 403


def test_migrator_patches_at_the_source_but_creates_only_at_the_target(cluster: Cluster) -> None:
    source = cluster.create_namespace(migrator="source")
    cluster.client().create(deployments_of(source), describe_deployment())
    migrator = cluster.client("migrator")
    patched = migrator.patch(f"{deployments_of(source)}/web", {"spec": {"replicas": 0}})
    assert patched["spec"]["replicas"] == 0
    with pytest.raises(RequestRefused) as refused:
        migrator.create(deployments_of(source), describe_deployment(name="other"))
    assert refused.value.code == 403


def test_nodes_bear_the_labels_of_their_cloud(control_planes: ControlPlanePool) -> None:
    for cluster in control_planes.lend(2):
        nodes = cluster.client().get("/api/v1/nodes")["items"]
        regions = {node["metadata"]["labels"]["topology.kubernetes.io/region"] for node in nodes}
        assert regions == {cluster.place.region}
        assert all(node["spec"]["providerID"] for node in nodes)


def test_clusters_do_not_trust_each_other(control_planes: ControlPlanePool) -> None:
    first, second = control_planes.lend(2)
    assert first.ca_file.read_bytes() != second.ca_file.read_bytes()
    assert first.users["admin"].token != second.users["admin"].token


def test_killed_api_server_comes_back_at_its_address_with_its_data(control_planes: ControlPlanePool) -> None:
    with control_planes.start_private() as cluster:
        namespace = cluster.create_namespace()
        cluster.components["kube-apiserver"].kill()
        cluster.components["etcd"].kill()
        cluster.components["etcd"].start()
        cluster.components["kube-apiserver"].start()
        cluster.await_ready()
        assert cluster.client().get(f"/api/v1/namespaces/{namespace}")["metadata"]["name"] == namespace
