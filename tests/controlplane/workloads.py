"""Small workloads for tests on clusters, and how to read them. Pure."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]

BEHAVIOUR_LABEL = "sentinelaura.test/behaviour"
READY_AFTER_ANNOTATION = "sentinelaura.test/ready-after"


def build_deployment(name: str, replicas: Any, template: JsonObject, **spec: Any) -> JsonObject:
    """Return a Deployment of the pods that are labelled with its name; `spec` overrides fields of its spec."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template,
            **spec,
        },
    }


def describe_deployment(
    name: str = "web",
    replicas: int = 1,
    cpu: str = "100m",
    behaviour: str | None = None,
    ready_after: str | None = None,
) -> JsonObject:
    """Return a Deployment of one container.

    Args:
        cpu: request of each pod; nodes offer a little less than 4.
        behaviour: "slow", "never-ready", "crashing", or None for pods that are ready at once.
        ready_after: delay of slow pods as Go writes durations, such as "2s".
    """
    labels = {"app": name} | ({BEHAVIOUR_LABEL: behaviour} if behaviour else {})
    annotations = {READY_AFTER_ANNOTATION: ready_after} if ready_after else {}
    container = {
        "name": "web",
        "image": "example.test/web:1",
        "resources": {"requests": {"cpu": cpu, "memory": "64Mi"}},
    }
    template = {
        "metadata": {"labels": labels, "annotations": annotations},
        "spec": {"containers": [container]},
    }
    return build_deployment(name, replicas, template)


def deployments_of(namespace: str) -> str:
    """Return the path of a namespace's Deployments."""
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"


def pods_of(namespace: str) -> str:
    """Return the path of a namespace's Pods."""
    return f"/api/v1/namespaces/{namespace}/pods"


def read_condition(obj: JsonObject, kind: str) -> JsonObject:
    """Return the status condition of that type, or an empty object."""
    conditions = obj.get("status", {}).get("conditions") or []
    return next((condition for condition in conditions if condition["type"] == kind), {})
