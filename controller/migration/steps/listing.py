"""Reading all objects of a kind in a namespace, page by page."""

from __future__ import annotations

from typing import Any

from controller.clusters import paths
from controller.clusters.kube_api import KubeApi
from controller.errors import ObjectNotFound


async def list_if_served(api: KubeApi, resource: str, namespace: str) -> list[dict[str, Any]]:
    """Return all objects of a kind in a namespace; none where the API server does not know the kind.

    Raises: ClusterError.
    """
    items: list[dict[str, Any]] = []
    params: dict[str, str] = {}
    while True:
        try:
            page = await api.get(paths.collection(resource, namespace), params=params)
        except ObjectNotFound:
            return items
        items += page.get("items") or []
        proceed = (page.get("metadata") or {}).get("continue")
        if not proceed:
            return items
        params = {"continue": proceed}
