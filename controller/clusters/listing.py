"""Reading all objects of a kind, page by page. What is no list is no answer: never "there are none"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters.kube_api import NO_PARAMS, KubeApi
from controller.errors import ServerFailed
from controller.reasons import Code


@dataclass(frozen=True, slots=True)
class Listed:
    """All objects of a kind, and the resourceVersion at which the API server listed them."""

    items: tuple[Any, ...]
    resource_version: str | None

    def is_at_least(self, resource_version: str) -> bool:
        """Whether it was listed no earlier than an object of the same cluster was written; False where nobody knows."""
        try:
            return int(self.resource_version or "") >= int(resource_version)
        except ValueError:
            return False


async def list_all(api: KubeApi, path: str, params: Mapping[str, str] = NO_PARAMS) -> Listed:
    """Return all objects of a collection.

    Raises: ClusterError, also for a collection that the API server does not know: it may know it again in a minute.
    """
    items: list[Any] = []
    proceed: str | None = None
    while True:
        page = await api.get(path, params={**params, "continue": proceed} if proceed else params)
        items += read_items(api.context, path, page)
        metadata = page.get("metadata") or {}
        proceed = metadata.get("continue")
        if not proceed:
            return Listed(tuple(items), metadata.get("resourceVersion"))


def read_items(context: str, path: str, page: Mapping[str, Any]) -> list[Any]:
    """Return the objects of one page. Raises: ServerFailed for an answer that is no list."""
    items = page.get("items", ())
    if items is None:  # how Go writes an empty list that it never made
        return []
    if not isinstance(items, list):
        asked = {"context": context, "request": f"GET {path}"}
        raise ServerFailed(Code.ANSWER_NOT_UNDERSTOOD.because(**asked, problem=Code.ANSWER_NO_LIST.because()))
    return items
