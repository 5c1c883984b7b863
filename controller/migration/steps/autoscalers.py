"""Which HorizontalPodAutoscaler would work against a move. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def find_autoscaler(autoscalers: Iterable[Mapping[str, Any]], deployment: str) -> str | None:
    """Return the name of the HorizontalPodAutoscaler that scales the Deployment, if one does."""
    for autoscaler in autoscalers:
        target = (autoscaler.get("spec") or {}).get("scaleTargetRef") or {}
        if target.get("kind") == "Deployment" and target.get("name") == deployment:
            return str(autoscaler["metadata"]["name"])
    return None
