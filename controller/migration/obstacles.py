"""Why a Deployment cannot be moved as it is, judged by its own text. Pure.

Each reason is a sentence for a person. What only a cluster can tell (missing namespaces, quotas, permissions)
is found by the preflight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Marks by which GitOps tools say that an object is theirs.
_GITOPS_MARKS = ("argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/")


def find_obstacles(deployment: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the reasons against a move that the Deployment itself states; empty: none."""
    spec, metadata = deployment["spec"], deployment["metadata"]
    found = list(_find_pod_obstacles(spec["template"]["spec"]))
    if spec.get("paused"):
        found.append("its rollout is paused; resume it first")
    if not spec.get("replicas", 1):
        found.append("it runs no replicas")
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            found.append(
                f"it belongs to the {owner.get('kind')} {owner.get('name')}, which would scale it back"
            )
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    if any(key.startswith(_GITOPS_MARKS) for key in marks):
        found.append(
            "a GitOps tool keeps it as it is and would undo the move; let it ignore the replicas first"
        )
    return tuple(found)


def _find_pod_obstacles(spec: Mapping[str, Any]) -> Iterable[str]:
    for volume in spec.get("volumes") or ():
        if "persistentVolumeClaim" in volume or "ephemeral" in volume:
            yield f"the volume {volume.get('name')} is persistent and would stay behind"
        if "hostPath" in volume:
            yield f"the volume {volume.get('name')} is a directory of one node"
    if spec.get("hostNetwork"):
        yield "its pods use their node's network"
    ports = [port for container in spec["containers"] for port in container.get("ports") or ()]
    if any(port.get("hostPort") for port in ports):
        yield "its pods occupy ports of their node"


def find_autoscaler(autoscalers: Iterable[Mapping[str, Any]], deployment: str) -> str | None:
    """Return the name of the HorizontalPodAutoscaler that scales the Deployment, if one does."""
    for autoscaler in autoscalers:
        target = (autoscaler.get("spec") or {}).get("scaleTargetRef") or {}
        if target.get("kind") == "Deployment" and target.get("name") == deployment:
            return str(autoscaler["metadata"]["name"])
    return None


def compute_disruption_floor(budget: Mapping[str, Any], replicas: int) -> int:
    """Return how many replicas a PodDisruptionBudget wants available, rounded to the safe side."""
    spec = budget.get("spec") or {}
    if spec.get("minAvailable") is not None:
        return _scale(spec["minAvailable"], replicas)
    if spec.get("maxUnavailable") is not None:
        # Kubernetes rounds maxUnavailable up as well, which is the less careful side; we round it down.
        return replicas - _scale(spec["maxUnavailable"], replicas, round_up=False)
    return 0


def _scale(value: int | str, replicas: int, *, round_up: bool = True) -> int:
    """Return an int-or-percentage as a count within 0 ... replicas. Raises: ValueError for neither."""
    if isinstance(value, str):
        hundredths = int(value.removesuffix("%")) * replicas
        value = -(-hundredths // 100) if round_up else hundredths // 100
    return min(max(value, 0), replicas)
