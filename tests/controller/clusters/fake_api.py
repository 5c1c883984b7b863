"""An API server in memory behind KubeApi: lists in pages, watches that the test feeds, failures at will."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Unpack

from controller.clusters.kube_api import NO_PARAMS, DeleteOptions, PatchType, WriteOptions
from controller.clusters.paths import GROUPS
from controller.errors import ControllerError
from tests.controller.clusters.objects import Json
from tests.controller.faults import answered


class FakeApi:
    """`lists` maps a collection's path to its objects; `failures` maps a path to the error that asking it raises."""

    def __init__(self, context: str = "eu") -> None:
        self.context = context
        self.uid = "uid-of-the-cluster"
        self.lists: dict[str, list[Json]] = {
            "/api/v1/nodes": [],
            "/apis/apps/v1/deployments": [],
            "/api/v1/pods": [],
            "/apis/autoscaling/v2/horizontalpodautoscalers": [],
        }
        self.failures: dict[str, ControllerError] = {}
        #: Paths that may be listed but not watched.
        self.unwatchable: set[str] = set()
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        #: path -> what its watch says next: an event, an error, or None for the end of the stream.
        self.streams: defaultdict[str, asyncio.Queue[Json | ControllerError | None]] = defaultdict(
            asyncio.Queue
        )
        #: path -> the resourceVersions that watches began with.
        self.watched_from: defaultdict[str, list[str]] = defaultdict(list)
        #: path -> the parameters of its last watch.
        self.watch_params: dict[str, Mapping[str, str]] = {}
        self.answers: dict[str, Json] = {}
        #: path -> errors that the next requests raise, one each; None: that one is answered.
        self.troubles: defaultdict[str, list[ControllerError | None]] = defaultdict(list)
        #: path -> what an answer waits for.
        self.gates: dict[str, asyncio.Event] = {}
        self.version = 100

    async def get(self, path: str, *, params: Mapping[str, str] = NO_PARAMS) -> Json:
        self.requests.append(f"GET {path}")
        self._fail(path)
        if path in self.gates:
            await self.gates[path].wait()
        if path == "/api/v1/namespaces/kube-system":
            return {"metadata": {"name": "kube-system", "uid": self.uid}}
        if path in self.lists:
            return self._page(path, params)
        if path in self.answers:
            return self.answers[path]
        raise answered(self.context, 404, "not found", f"GET {path}")

    async def create(self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]) -> Json:
        self.requests.append(f"POST {path}")
        self.bodies.append(body)
        self._fail(path)
        return self.answers.get(path, {})

    async def patch(
        self, path: str, body: Any, patch_type: PatchType, **options: Unpack[WriteOptions]
    ) -> Json:
        assert options.get("dry_run"), "nothing here may write"
        self.requests.append(f"{patch_type.name} {path}")
        self.bodies.append(body)
        self._fail(path)
        return {}

    async def apply(self, path: str, body: Any, manager: str, **options: Unpack[WriteOptions]) -> Json:
        return await self.patch(path, body, PatchType.APPLY, **options)

    async def replace(self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]) -> Json:
        raise AssertionError("nothing here may write")

    async def delete(self, path: str, **options: Unpack[DeleteOptions]) -> Json:
        raise AssertionError("nothing here may write")

    async def watch(
        self, path: str, *, resource_version: str, params: Mapping[str, str] = NO_PARAMS
    ) -> AsyncGenerator[Json, None]:
        self.requests.append(f"WATCH {path}")
        self.watched_from[path].append(resource_version)
        self.watch_params[path] = params
        self._fail(path)
        if path in self.unwatchable:
            raise answered(self.context, 403, "forbidden", f"WATCH {path}")
        while (event := await self.streams[path].get()) is not None:
            if isinstance(event, ControllerError):
                raise event
            yield event

    async def close(self) -> None:
        """Nothing is open."""

    def _page(self, path: str, params: Mapping[str, str]) -> Json:
        size, start = int(params["limit"]), int(params.get("continue", "0"))
        end = start + size
        metadata = {"resourceVersion": str(self.version)}
        if end < len(self.lists[path]):
            metadata["continue"] = str(end)
        return {"metadata": metadata, "items": self.lists[path][start:end]}

    def _fail(self, path: str) -> None:
        if path in self.failures:
            raise self.failures[path]
        if self.troubles[path] and (trouble := self.troubles[path].pop(0)) is not None:
            raise trouble


class ReviewingApi(FakeApi):
    """Answers what its account may do, as `allows` has it of (verb, resource, namespace); serves no other groups."""

    def __init__(self, allows: Callable[[str, str, str | None], bool]) -> None:
        super().__init__()
        self._allows = allows
        self.answers[GROUPS] = {"groups": []}

    async def create(self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]) -> Json:
        await super().create(path, body, **options)
        asked = body["spec"]["resourceAttributes"]
        allowed = self._allows(asked["verb"], asked["resource"], asked.get("namespace"))
        return {"status": {"allowed": allowed, "reason": "no role"}}
