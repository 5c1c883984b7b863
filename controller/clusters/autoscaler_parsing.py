"""Read a HorizontalPodAutoscaler: which Deployment it scales. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.clusters.json_reading import as_mapping, as_text

#: Groups under which API servers have served Deployments. An autoscaler that names no group, or the old one, may scale
#: nothing any more; but what is not certain to leave the replicas alone is taken for one that does not.
_DEPLOYMENT_GROUPS = frozenset({"apps", "extensions", ""})


def find_scaled_deployment(autoscaler: Mapping[str, Any]) -> str | None:
    """Return the name of the Deployment that an autoscaler scales; None where it scales something else."""
    target = as_mapping(as_mapping(autoscaler.get("spec")).get("scaleTargetRef"))
    version = as_text(target.get("apiVersion")) or ""
    group = version.partition("/")[0] if "/" in version else ""
    is_deployment = target.get("kind") == "Deployment" and group in _DEPLOYMENT_GROUPS
    return as_text(target.get("name")) if is_deployment else None
