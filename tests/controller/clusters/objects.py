"""Kubernetes objects as an API server returns them; every test changes the few fields that it is about."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def make_node(name: str = "node-1", **labels: str) -> Json:
    """A ready EKS spot node in eu-west-1; labels are given with `__` for `/` and `_` for `-`."""
    named = {
        "topology.kubernetes.io/region": "eu-west-1",
        "topology.kubernetes.io/zone": "eu-west-1a",
        "node.kubernetes.io/instance-type": "m5.xlarge",
        "kubernetes.io/arch": "amd64",
        "eks.amazonaws.com/capacityType": "SPOT",
    }
    return {
        "metadata": {"name": name, "labels": {**named, **labels}, "resourceVersion": "1"},
        "spec": {"providerID": f"aws:///eu-west-1a/i-{name}"},
        "status": {
            "allocatable": {"cpu": "3920m", "memory": "15Gi"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def make_deployment(name: str = "checkout", namespace: str = "shop", **spec: Any) -> Json:
    container = {"name": "main", "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}}}
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "generation": 3,
            "resourceVersion": "7",
            "annotations": {"sentinelaura.io/state-gb": "2.5"},
        },
        "spec": {
            "replicas": 4,
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
            **spec,
        },
        "status": {"observedGeneration": 3, "replicas": 4, "readyReplicas": 4, "availableReplicas": 4},
    }


def make_autoscaler(
    name: str, target: str = "checkout", kind: str = "Deployment", version: str = "apps/v1"
) -> Json:
    return {
        "metadata": {"name": name, "namespace": "shop", "resourceVersion": "11"},
        "spec": {
            "scaleTargetRef": {"apiVersion": version, "kind": kind, "name": target},
            "minReplicas": 1,
            "maxReplicas": 6,
        },
    }


def make_pod(name: str, node: str | None = "node-1", phase: str = "Running", cpu: str = "500m") -> Json:
    container = {"name": "main", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}
    spec: Json = {"containers": [container]}
    if node is not None:
        spec["nodeName"] = node
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": "9"},
        "spec": spec,
        "status": {"phase": phase},
    }


def make_owned_pod(name: str, node: str | None = "node-1", deployment: str = "checkout") -> Json:
    """A pod that a Deployment's ReplicaSet made."""
    pod = make_pod(name, node)
    owner = {"kind": "ReplicaSet", "name": f"{deployment}-59d7c", "controller": True}
    pod["metadata"] |= {"labels": {"pod-template-hash": "59d7c"}, "ownerReferences": [owner]}
    return pod


def pod_spec(deployment: Json) -> Json:
    """The pod template's spec, to be changed in place."""
    spec: Json = deployment["spec"]["template"]["spec"]
    return spec
