"""Reading all objects of a kind, page by page. What is no list is no answer: never "there are none".

An API server may answer as many pages as it likes, each in time: so there is an end to them here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters import paths
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import NO_PARAMS, KubeApi
from controller.errors import ServerFailed
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Objects of one kind that are read from one cluster. Kubernetes is made for 150,000 pods in one.
MAX_OBJECTS = 200_000

#: Seconds for all pages of a list: while it is read, whoever leads a migration looks at nothing else, and what a watch
#: begins with grows old.
MAX_LISTING_S = 120.0

#: Pages of one list. Arbitrary, far above the largest cluster's: a server could send them without end.
MAX_PAGES = 10_000


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
    try:
        async with asyncio.timeout(MAX_LISTING_S):
            return await _read_pages(api, path, params)
    except TimeoutError:
        raise endless(api.context, path) from None


async def read_groups(api: KubeApi) -> list[Mapping[str, Any]]:
    """Return the API groups that a server serves, in its order. Raises: ClusterError."""
    groups = (await api.get(paths.GROUPS)).get("groups")
    if not isinstance(groups, list):
        raise not_understood(api.context, paths.GROUPS, Code.ANSWER_NO_LIST.because())
    return [as_mapping(group) for group in groups]


async def _read_pages(api: KubeApi, path: str, params: Mapping[str, str]) -> Listed:
    items: list[Any] = []
    proceed: str | None = None
    for _ in range(MAX_PAGES):
        page = await api.get(path, params={**params, "continue": proceed} if proceed else params)
        items += read_items(api.context, path, page)
        require_end(api.context, path, len(items))
        metadata = as_mapping(page.get("metadata"))
        proceed = as_text(metadata.get("continue"))
        if proceed is None:
            return Listed(tuple(items), as_text(metadata.get("resourceVersion")))
    raise endless(api.context, path)


def endless(context: str, path: str) -> ServerFailed:
    """Return the error of a list that does not end."""
    return not_understood(context, path, Code.ANSWER_WITHOUT_END.because())


def read_items(context: str, path: str, page: Mapping[str, Any]) -> list[Any]:
    """Return the objects of one page. Raises: ServerFailed for an answer that is no list."""
    items = page.get("items", ())
    if items is None:  # how Go writes an empty list that it never made
        return []
    if not isinstance(items, list):
        raise not_understood(context, path, Code.ANSWER_NO_LIST.because())
    return items


def require_end(context: str, path: str, count: int) -> None:
    """Raises: ServerFailed where a list holds more than any cluster has."""
    if count > MAX_OBJECTS:
        raise endless(context, path)


def not_understood(context: str, path: str, problem: Reason) -> ServerFailed:
    """What is wrong with the answer to a GET."""
    asked = {"context": context, "request": f"GET {path}"}
    return ServerFailed(Code.ANSWER_NOT_UNDERSTOOD.because(**asked, problem=problem))
