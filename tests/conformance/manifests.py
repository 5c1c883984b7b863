"""Objects for the conformance tests, no larger than each needs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.controlplane.workloads import JsonObject, build_deployment

ONE_MIB = 1024 * 1024
# aiohttp's advice to stream; these bodies are large on purpose.
large_bodies = pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning")


def deployment(name: str, replicas: Any = 1, *, cpu: str = "10m", pod_labels: dict[str, str] | None = None,
               **spec: Any) -> JsonObject:  # fmt: skip
    """A Deployment of one small container; `spec` overrides fields of its spec."""
    container = {"name": "web", "image": "registry.example/web:1", "resources": {"requests": {"cpu": cpu}}}
    template = {
        "metadata": {"labels": {"app": name, **(pod_labels or {})}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
    }
    return build_deployment(name, replicas, template, **spec)


def config_map(name: str, **data: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def lease(name: str, **spec: Any) -> JsonObject:
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec}


def autoscaler(target: str, least: int, most: int) -> JsonObject:
    """An autoscaler by CPU; no cluster of the suite has a metrics server, so only its bounds act."""
    cpu = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": target},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": [cpu],
        },
    }


def disruption_budget(name: str, min_available: int | str) -> JsonObject:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"minAvailable": min_available, "selector": {"matchLabels": {"app": name}}},
    }


def quota(name: str, **hard: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": {"hard": hard}}


def pod(name: str, *, cpu: str = "10m", **spec: Any) -> JsonObject:
    container = {"name": "web", "image": "registry.example/web:1", "resources": {"requests": {"cpu": cpu}}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [container], **spec},
    }


def service(name: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]},
    }


def network_policy(name: str) -> JsonObject:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }


def refusal(code: int, reason: str, message: str, details: JsonObject) -> JsonObject:
    """The Status object with which an API server refuses."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": details,
        "code": code,
    }
