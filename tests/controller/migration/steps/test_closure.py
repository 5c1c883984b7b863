from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.pod_ties import IDENTITY_ANNOTATIONS
from controller.clusters.workload_parsing import STATE_ANNOTATION
from controller.migration.protocol.fences import MIGRATION_LABEL, Fence
from controller.migration.steps.closure import (
    build_copy,
    build_deployment_copy,
    find_references,
    is_created_by,
    is_same_content,
)


def template(**spec: Any) -> dict[str, Any]:
    """A pod template with one container."""
    return {
        "metadata": {"labels": {"app": "checkout", "tier": "web"}},
        "spec": {"containers": [{"name": "web"}], **spec},
    }


def test_everything_that_the_pods_need_is_found_once() -> None:
    container = {
        "name": "web",
        "envFrom": [{"configMapRef": {"name": "env"}}, {"secretRef": {"name": "keys"}}],
        "env": [
            {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "env", "key": "a"}}},
            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "token", "key": "b", "optional": True}}},
        ],
    }
    volumes = [
        {"name": "files", "configMap": {"name": "files"}},
        {"name": "certs", "secret": {"secretName": "certs"}},
        {
            "name": "all",
            "projected": {"sources": [{"configMap": {"name": "projected"}}, {"secret": {"name": "more"}}]},
        },
        {"name": "scratch", "emptyDir": {}},
    ]
    references = find_references(
        template(
            containers=[container],
            volumes=volumes,
            imagePullSecrets=[{"name": "pull"}],
            serviceAccountName="checkout",
        )
    )
    assert references.config_maps == ("env", "files", "projected")
    assert references.secrets == ("certs", "keys", "more", "pull")
    assert references.service_account == "checkout"


def test_the_default_service_account_does_not_travel() -> None:
    assert find_references(template(serviceAccountName="default")).service_account is None


def test_the_copied_deployment_starts_with_no_replicas_and_a_fence() -> None:
    body = {
        "kind": "Deployment",
        "metadata": {"name": "checkout"},
        "spec": {"replicas": 6},
        "status": {"replicas": 6},
    }
    copy = build_deployment_copy(body, "m1", Fence("m1", 4, "3-create"))
    assert copy["spec"]["replicas"] == 0
    assert copy["metadata"]["annotations"] == {"sentinelaura.io/fence": "m1:4:3-create"}
    assert "status" not in copy
    assert body["spec"]["replicas"] == 6


def test_what_belongs_to_the_source_stays_there() -> None:
    metadata = {
        "name": "checkout",
        "namespace": "shop",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 3,
        "creationTimestamp": "t",
        "managedFields": [],
        "ownerReferences": [{}],
        "finalizers": ["f"],
        "labels": {
            "app": "checkout",
            "argocd.argoproj.io/instance": "x",
            "app.kubernetes.io/managed-by": "Helm",
        },
        "annotations": {
            "team": "shop",
            "deployment.kubernetes.io/revision": "9",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "sentinelaura.io/fence": "m0:1:end",
            "sentinelaura.io/journal": "{}",
        },
    }
    copied = build_copy({"kind": "ConfigMap", "metadata": metadata, "data": {}}, "m1")["metadata"]
    assert copied == {
        "name": "checkout",
        "namespace": "shop",
        "labels": {"app": "checkout", "sentinelaura.io/migration": "m1"},
        "annotations": {"team": "shop"},
    }


def test_what_the_workload_declares_about_itself_travels() -> None:
    metadata = {"name": "checkout", "annotations": {STATE_ANNOTATION: "5"}}
    copied = build_copy({"kind": "Deployment", "metadata": metadata, "spec": {}}, "m1")["metadata"]
    assert copied["annotations"] == {STATE_ANNOTATION: "5"}


def test_a_service_gets_addresses_of_its_own_but_stays_headless() -> None:
    spec = {"clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"], "ports": [{"port": 80, "nodePort": 30080}]}
    copied = build_copy({"kind": "Service", "metadata": {"name": "web"}, "spec": spec}, "m1")["spec"]
    assert copied == {"ports": [{"port": 80}]}
    headless = build_copy(
        {"kind": "Service", "metadata": {"name": "web"}, "spec": {"clusterIP": "None"}}, "m1"
    )
    assert headless["spec"] == {"clusterIP": "None"}


def exposed(**spec: Any) -> dict[str, Any]:
    annotations = {
        "team": "shop",
        "external-dns.alpha.kubernetes.io/hostname": "shop.example",
        "service.beta.kubernetes.io/aws-load-balancer-type": "nlb",
        "cloud.google.com/neg": "{}",
    }
    metadata = {"name": "web", "annotations": annotations}
    return {"kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}], **spec}}


LOAD_BALANCER: dict[str, Any] = {
    "type": "LoadBalancer",
    "loadBalancerIP": "192.0.2.7",
    "loadBalancerClass": "internal",
    "loadBalancerSourceRanges": ["192.0.2.0/24"],
    "allocateLoadBalancerNodePorts": True,
    "externalTrafficPolicy": "Local",
    "healthCheckNodePort": 31000,
    "externalIPs": ["192.0.2.8"],
}


def test_no_copy_of_a_service_is_a_second_way_in_from_outside() -> None:
    copied = build_copy(exposed(**LOAD_BALANCER), "m1")
    assert copied["spec"] == {"type": "ClusterIP", "ports": [{"port": 80}]}
    assert copied["metadata"]["annotations"] == {"team": "shop"}
    inside = build_copy(exposed(type="ClusterIP", externalIPs=["192.0.2.8"]), "m1")
    assert inside["spec"] == {"type": "ClusterIP", "ports": [{"port": 80}]}
    ports = [{"port": 80, "nodePort": 30080}]
    node_port = build_copy(exposed(type="NodePort", externalTrafficPolicy="Local", ports=ports), "m1")
    assert node_port["spec"] == {"type": "ClusterIP", "ports": [{"port": 80}]}


def test_a_load_balancer_that_the_target_has_of_its_own_is_no_other_service() -> None:
    ours = build_copy(exposed(**LOAD_BALANCER), "m1")
    theirs = exposed(type="LoadBalancer", externalTrafficPolicy="Cluster", clusterIP="10.0.0.9")
    assert is_same_content(theirs, ours)
    assert not is_same_content(exposed(type="LoadBalancer", ports=[{"port": 443}]), ours)


def test_no_copy_of_a_service_account_has_an_identity_in_a_cloud() -> None:
    annotations = dict.fromkeys(IDENTITY_ANNOTATIONS, "role") | {"team": "shop"}
    metadata = {"name": "web", "annotations": annotations, "labels": {"azure.workload.identity/use": "true"}}
    copied = build_copy({"kind": "ServiceAccount", "metadata": metadata}, "m1")["metadata"]
    assert copied["annotations"] == {"team": "shop"}
    assert set(copied["labels"]) == {MIGRATION_LABEL}


@pytest.mark.parametrize(
    "mark",
    [
        "app.kubernetes.io/instance",
        "applyset.kubernetes.io/part-of",
        "argocd.argoproj.io/instance",
        "kapp.k14s.io/app",
        "objectset.rio.cattle.io/hash",
        "configmanagement.gke.io/managed",
    ],
)
def test_no_tool_of_the_target_takes_a_copy_for_its_own_and_prunes_it(mark: str) -> None:
    """The copy is the workload by then: its replicas would go with it."""
    marks = {mark: "shop", "team": "shop"}
    body = {"kind": "Deployment", "metadata": {"name": "web", "labels": marks, "annotations": marks}}
    copied = build_copy(body, "m1")["metadata"]
    assert copied["annotations"] == {"team": "shop"}
    assert copied["labels"] == {"team": "shop", MIGRATION_LABEL: "m1"}


def test_equal_content_is_recognised_whoever_made_it() -> None:
    theirs = {"kind": "ConfigMap", "metadata": {"name": "env", "uid": "x"}, "data": {"a": "1"}}
    ours = build_copy({"kind": "ConfigMap", "metadata": {"name": "env"}, "data": {"a": "1"}}, "m1")
    assert is_same_content(theirs, ours)
    assert not is_same_content({**theirs, "data": {"a": "2"}}, ours)
    assert not is_same_content({**theirs, "binaryData": {"b": "eA=="}}, ours)
    assert is_created_by(ours, "m1")
    assert not is_created_by(theirs, "m1")
