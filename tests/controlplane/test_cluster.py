"""Facts about the test clusters themselves: what the other suites take for granted."""

from __future__ import annotations

import json
import ssl
from datetime import datetime, timedelta

import pytest

from tests.controlplane.api import ApiClient, JsonObject
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
    before = cluster.client().get(pods_of(namespace))["metadata"]["resourceVersion"]
    cluster.client().create(
        deployments_of(namespace), describe_deployment(behaviour="slow", ready_after="3s")
    )
    scheduled = cluster.client().await_any(
        pods_of(namespace), lambda pod: "nodeName" in pod["spec"], since=before
    )
    assert scheduled["status"]["phase"] == "Pending"
    ready = cluster.client().await_any(pods_of(namespace), is_ready)
    assert ready["status"]["phase"] == "Running"
    assert changed_at(ready, "Ready") - changed_at(ready, "PodScheduled") >= timedelta(seconds=2)


def changed_at(obj: JsonObject, kind: str) -> datetime:
    """When a condition became what it is, in whole seconds."""
    return datetime.fromisoformat(read_condition(obj, kind)["lastTransitionTime"])


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


def test_nodes_renew_their_leases(cluster: Cluster) -> None:
    """Without that every node and its pods are NotReady after 50 s, in the middle of somebody's test."""
    names = [node["metadata"]["name"] for node in cluster.client().get("/api/v1/nodes")["items"]]
    first = {name: await_renewal(cluster, name, ()) for name in names}
    for name, renewed_at in first.items():
        assert await_renewal(cluster, name, (renewed_at,)) > renewed_at


def await_renewal(cluster: Cluster, node: str, known: tuple[str, ...]) -> str:
    """Return the time at which a node's Lease was renewed, once that is none of the known ones."""
    leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
    lease = cluster.client().await_object(leases, node, lambda one: one["spec"]["renewTime"] not in known)
    return str(lease["spec"]["renewTime"])


def test_nodes_take_pods_as_soon_as_the_cluster_is_lent(control_planes: ControlPlanePool) -> None:
    with control_planes.start_private() as cluster:
        nodes = cluster.client().get("/api/v1/nodes")["items"]
    assert [read_condition(node, "Ready")["status"] for node in nodes] == ["True"] * 3
    assert [node["spec"].get("taints") for node in nodes] == [None] * 3


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
    deployment = f"{deployments_of(namespace)}/web"
    cluster.client().create(deployments_of(namespace), describe_deployment(replicas=4, cpu="3"))
    try:
        pod = cluster.client().await_any(pods_of(namespace), lacks_cpu)
        assert pod["status"]["phase"] == "Pending"
        assert read_condition(pod, "PodScheduled")["reason"] == "Unschedulable"
    finally:
        # The other tests need the room: a Deployment that is deleted in the foreground goes after its last pod.
        cluster.client().delete(deployment, propagationPolicy="Foreground")
        cluster.client().await_gone(deployments_of(namespace), "web")


def lacks_cpu(pod: JsonObject) -> bool:
    return "Insufficient cpu" in read_condition(pod, "PodScheduled").get("message", "")


def test_audit_log_tells_who_wrote_what(cluster: Cluster) -> None:
    namespace = cluster.create_namespace(roles=["target"])
    cluster.client("sentinelaura").create(deployments_of(namespace), describe_deployment())
    (creation,) = (
        event
        for event in read_audit_log(cluster)
        if event["user"].get("username") == "sentinelaura"
        and event.get("objectRef", {}).get("namespace") == namespace
        and event["verb"] == "create"
    )
    assert creation["objectRef"]["resource"] == "deployments"
    assert creation["requestObject"]["metadata"]["name"] == "web"


def read_audit_log(cluster: Cluster) -> list[JsonObject]:
    """The events so far; the last line may still be in the making."""
    *lines, _ = cluster.audit_log.read_text().split("\n")
    return [json.loads(line) for line in lines]


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


def test_the_roles_patch_at_the_source_but_create_only_at_the_target(cluster: Cluster) -> None:
    source = cluster.create_namespace(roles=["source"])
    cluster.client().create(deployments_of(source), describe_deployment())
    user = cluster.client("sentinelaura")
    patched = user.patch(f"{deployments_of(source)}/web", {"spec": {"replicas": 0}})
    assert patched["spec"]["replicas"] == 0
    with pytest.raises(RequestRefused) as refused:
        user.create(deployments_of(source), describe_deployment(name="other"))
    assert refused.value.code == 403


def test_clusters_do_not_trust_each_other(control_planes: ControlPlanePool) -> None:
    first, second = control_planes.lend(2)
    stranger = second.users["admin"]

    suspicious = ssl.create_default_context(cafile=str(second.ca_file))
    with pytest.raises(ssl.SSLCertVerificationError):
        ApiClient(first.base_url, stranger.token, suspicious).get("/api")

    with pytest.raises(RequestRefused) as refused:
        ApiClient(first.base_url, stranger.token, trust(first)).get("/api")
    assert refused.value.code == 401

    certified = trust(first)
    certified.load_cert_chain(stranger.certificate_file, stranger.key_file)
    with pytest.raises(RequestRefused) as refused:
        ApiClient(first.base_url, None, certified).get("/api")
    assert refused.value.code == 401


def test_users_are_known_by_token_and_by_certificate(cluster: Cluster) -> None:
    admin = cluster.users["admin"]
    certified = trust(cluster)
    certified.load_cert_chain(admin.certificate_file, admin.key_file)
    for client in (
        ApiClient(cluster.base_url, admin.token, trust(cluster)),
        ApiClient(cluster.base_url, None, certified),
    ):
        assert client.get("/api")["kind"] == "APIVersions"


def trust(cluster: Cluster) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(cluster.ca_file))


def test_killed_api_server_comes_back_at_its_address_with_its_data(control_planes: ControlPlanePool) -> None:
    with control_planes.start_private() as cluster:
        namespace = cluster.create_namespace()
        cluster.components["kube-apiserver"].kill()
        cluster.components["etcd"].kill()
        cluster.components["etcd"].start()
        cluster.components["kube-apiserver"].start()
        cluster.await_ready()
        assert cluster.client().get(f"/api/v1/namespaces/{namespace}")["metadata"]["name"] == namespace
