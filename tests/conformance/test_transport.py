"""What travels: compression, large bodies, defaults, and who the cluster is."""

from __future__ import annotations

from tests.conformance.cluster_under_test import ClusterUnderTest
from tests.conformance.manifests import ONE_MIB, config_map, deployment, large_bodies, service


def test_large_answer_is_compressed_for_who_takes_it(cluster: ClusterUnderTest) -> None:
    cluster.create(cluster.path("configmaps"), config_map("large", text="x" * 400_000))
    path = cluster.path("configmaps", "large")
    packed = cluster.request("GET", path, headers={"Accept-Encoding": "gzip"})
    plain = cluster.request("GET", path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.body == plain.body


def test_small_answer_is_not_compressed(cluster: ClusterUnderTest) -> None:
    answer = cluster.request("GET", "/version", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


@large_bodies
def test_config_of_one_mebibyte_is_kept_and_more_is_422(cluster: ClusterUnderTest) -> None:
    """Keys do not count."""
    created = cluster.create(cluster.path("configmaps"), config_map("full", text="x" * ONE_MIB))
    assert len(created["data"]["text"]) == ONE_MIB
    answer = cluster.request("POST", cluster.path("configmaps"), config_map("over", text="x" * (ONE_MIB + 1)))
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")


@large_bodies
def test_body_of_more_than_three_mebibytes_is_413(cluster: ClusterUnderTest) -> None:
    answer = cluster.request(
        "POST", cluster.path("configmaps"), config_map("huge", text="x" * (3 * ONE_MIB + 1))
    )
    assert (answer.code, answer.body["reason"]) == (413, "RequestEntityTooLarge")


def test_annotations_of_more_than_256_kibibytes_are_422(cluster: ClusterUnderTest) -> None:
    value = config_map("noted")
    value["metadata"]["annotations"] = {"note": "x" * 262_144}
    answer = cluster.request("POST", cluster.path("configmaps"), value)
    assert answer.code == 422
    assert [one["field"] for one in answer.body["details"]["causes"]] == ["metadata.annotations"]


def test_cluster_is_known_by_the_uid_of_kube_system(cluster: ClusterUnderTest) -> None:
    first = cluster.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    assert first == cluster.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    assert first != cluster.get(f"/api/v1/namespaces/{cluster.namespace}")["metadata"]["uid"]


def test_version_is_one_that_a_client_can_read(cluster: ClusterUnderTest) -> None:
    version = cluster.get("/version")
    assert version["gitVersion"].startswith(f"v{version['major']}.{version['minor']}.")


def test_discovery_names_groups_and_resources(cluster: ClusterUnderTest) -> None:
    groups = {one["name"]: one["preferredVersion"]["version"] for one in cluster.get("/apis")["groups"]}
    assert {
        "apps": "v1",
        "coordination.k8s.io": "v1",
        "policy": "v1",
        "autoscaling": "v2",
    }.items() <= groups.items()
    resources = {one["name"]: one for one in cluster.get("/apis/apps/v1")["resources"]}
    assert resources["deployments"]["kind"] == "Deployment"
    assert resources["deployments/scale"]["kind"] == "Scale"
    assert "pods" in {one["name"] for one in cluster.get("/api/v1")["resources"]}


def test_nodes_tell_provider_region_type_and_room(cluster: ClusterUnderTest) -> None:
    nodes = cluster.get("/api/v1/nodes")["items"]
    assert len(nodes) == 3
    for node in nodes:
        labels = node["metadata"]["labels"]
        assert labels["topology.kubernetes.io/region"]
        assert labels["node.kubernetes.io/instance-type"]
        assert "://" in node["spec"]["providerID"]
        assert node["status"]["allocatable"]["cpu"]


def test_deployment_comes_back_with_defaults(cluster: ClusterUnderTest) -> None:
    spec = cluster.create(cluster.deployment(), deployment("web", 0))["spec"]
    assert (spec["progressDeadlineSeconds"], spec["revisionHistoryLimit"]) == (600, 10)
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    }
    pod = spec["template"]["spec"]
    assert (pod["restartPolicy"], pod["schedulerName"]) == ("Always", "default-scheduler")
    assert pod["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    assert pod["containers"][0]["terminationMessagePath"] == "/dev/termination-log"


def test_service_gets_an_address_and_defaults(cluster: ClusterUnderTest) -> None:
    spec = cluster.create(cluster.path("services"), service("web"))["spec"]
    assert spec["clusterIP"].count(".") == 3
    assert spec["clusterIPs"] == [spec["clusterIP"]]
    assert spec["ports"] == [{"protocol": "TCP", "port": 80, "targetPort": 80}]
    assert (spec["type"], spec["ipFamilies"], spec["ipFamilyPolicy"]) == (
        "ClusterIP",
        ["IPv4"],
        "SingleStack",
    )


def test_namespace_is_born_active_with_an_account(cluster: ClusterUnderTest) -> None:
    namespace = cluster.get(f"/api/v1/namespaces/{cluster.namespace}")
    assert namespace["status"] == {"phase": "Active"}
    assert namespace["metadata"]["labels"] == {"kubernetes.io/metadata.name": cluster.namespace}
    assert cluster.get(cluster.path("serviceaccounts", "default"))


def test_secret_strings_are_stored_encoded(cluster: ClusterUnderTest) -> None:
    value = {"metadata": {"name": "token"}, "stringData": {"a": "hello"}}
    created = cluster.create(cluster.path("secrets"), value)
    assert created["data"] == {"a": "aGVsbG8="}
    assert (created["type"], "stringData" in created) == ("Opaque", False)
