"""An API server whose every answer is put together as Kubernetes puts it together, or is none.

Whoever decides and writes by what a cluster says asks it through this. What is watched for the picture is not: there
one object that nobody can read must not hide all others.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Unpack

from controller.clusters.answer_shapes import find_problem
from controller.clusters.kube_api import NO_PARAMS, DeleteOptions, KubeApi, PatchType, WriteOptions
from controller.errors import ServerFailed
from controller.reasons import Code


class CheckedApi:
    """A `KubeApi` as another one is, but that what is not understood is ServerFailed, of whatever request."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    @property
    def context(self) -> str:
        """The name of the kubeconfig context."""
        return self._api.context

    async def get(self, path: str, *, params: Mapping[str, str] = NO_PARAMS) -> dict[str, Any]:
        """Read one object, or one page of a list."""
        return self._check("GET", path, await self._api.get(path, params=params))

    async def create(
        self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """POST to a collection."""
        return self._check("POST", path, await self._api.create(path, body, **options), options)

    async def replace(
        self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """PUT an object."""
        return self._check("PUT", path, await self._api.replace(path, body, **options), options)

    async def patch(
        self, path: str, body: Any, patch_type: PatchType, **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """PATCH an object."""
        return self._check("PATCH", path, await self._api.patch(path, body, patch_type, **options), options)

    async def apply(
        self, path: str, body: Any, manager: str, **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """Apply the fields of `body` on the server, as `manager`."""
        return self._check("PATCH", path, await self._api.apply(path, body, manager, **options), options)

    async def delete(self, path: str, **options: Unpack[DeleteOptions]) -> dict[str, Any]:
        """DELETE an object; what is answered is the object or a Status, and nobody reads it."""
        return await self._api.delete(path, **options)

    def watch(
        self, path: str, *, resource_version: str, params: Mapping[str, str] = NO_PARAMS
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield raw events, as they are."""
        return self._api.watch(path, resource_version=resource_version, params=params)

    async def close(self) -> None:
        """Close the connections; may be called twice."""
        await self._api.close()

    def _check(
        self, method: str, path: str, answer: dict[str, Any], options: WriteOptions | None = None
    ) -> dict[str, Any]:
        """Return the answer. Raises: ServerFailed."""
        is_stored = options is None or not options.get("dry_run", False)
        problem = find_problem(path, answer, is_stored=is_stored)
        if problem is None:
            return answer
        request = f"{method} {path}"
        reason = Code.ANSWER_NOT_UNDERSTOOD.because(context=self.context, request=request, problem=problem)
        raise ServerFailed(reason, request=request)
