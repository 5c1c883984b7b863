"""The real `KubeClient` without sockets: its connection hands requests to the simulated network.

Stands where `KubeConnection` and the client library stand in production. What a client adds to a request, which answers
are errors and which, what an unarmed context refuses: all that is production's own code.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from controller.clusters.kubeconfig import Kubeconfig, KubeconfigContext
from controller.clusters.last_word import LAST_WORD
from controller.clusters.settings import KubeSettings
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.requests import ApiResponse
from controller.simulation.api.status_errors import ApiError
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Network


def describe_contexts(clusters: Mapping[str, Cluster]) -> Kubeconfig:
    """The kubeconfig of a person who has these clusters; it lies in no file, so that none is looked at again."""
    nowhere = Path("simulation")
    contexts = {name: KubeconfigContext(name, nowhere, f"simulated://{name}") for name in clusters}
    return Kubeconfig((), contexts)


class WireConnection:
    """One context's way through the network, as one process has it; shaped like `KubeConnection`."""

    warnings: tuple[str, ...] = ()

    def __init__(
        self, kubeconfig: KubeconfigContext, settings: KubeSettings, cluster: Cluster, network: Network
    ) -> None:
        self.kubeconfig = kubeconfig
        self._client = _WireClient(cluster, network)

    def counting(self) -> float:
        """The clock by which requests age: the loop's, which is virtual. Seconds."""
        return asyncio.get_running_loop().time()

    async def get_client(self, request: str) -> _WireClient:
        return self._client

    async def renew(self, request: str) -> bool:
        return False

    async def close(self) -> None:
        """There is nothing to close."""


class _WireClient:
    """The two calls of the client library that `KubeClient` makes."""

    def __init__(self, cluster: Cluster, network: Network) -> None:
        self._cluster = cluster
        self._network = network

    async def param_serialize(
        self,
        method: str,
        path: str,
        *,
        query_params: list[tuple[str, str]],
        header_params: Mapping[str, str],
        body: Any,
        auth_settings: list[str],
    ) -> tuple[str, str, dict[str, str], Any, dict[str, str]]:
        """Return what `call_api` takes, the headers third as the library has them."""
        return method, path, dict(header_params), body, dict(query_params)

    async def call_api(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Any,
        query: Mapping[str, str],
        *,
        _request_timeout: Any,
    ) -> SimpleNamespace:
        """Send, and return what came back; `_request_timeout` is aiohttp's. Raises: TimeoutError."""
        request = Request(method, path, query, body, headers["Content-Type"], headers["User-Agent"])
        if request.query.get("watch") == "true":
            return SimpleNamespace(response=await self._open_watch(request, _request_timeout.sock_read))
        async with asyncio.timeout(_request_timeout.total):
            await self._network.connect(self._cluster, request)
            LAST_WORD.ask()
            answer = await self._network.send(self._cluster, request)
        return SimpleNamespace(response=_Answer(answer))

    async def _open_watch(self, request: Request, silence_s: float) -> _Answer:
        return _Answer(ApiResponse(200, {}), _Lines(self._network.watch(self._cluster, request), silence_s))


class _Answer:
    """What `KubeClient` reads of aiohttp's answers."""

    connection = None
    headers: Mapping[str, str] = {}

    def __init__(self, answer: ApiResponse, stream: _Lines | None = None) -> None:
        self.status = answer.code
        self.content = stream or _Body(answer.body)

    def release(self) -> None:
        """Connections are not counted here."""

    def close(self) -> None:
        """Connections are not counted here."""


class _Body:
    """A whole body at once."""

    def __init__(self, value: JsonObject) -> None:
        self._value = value

    async def iter_any(self) -> AsyncGenerator[bytes, None]:
        yield json.dumps(self._value).encode()


class _Lines:
    """A watch's events, one a line."""

    def __init__(self, events: AsyncGenerator[JsonObject, None], silence_s: float) -> None:
        self._events = events
        self._silence_s = silence_s

    async def iter_any(self) -> AsyncGenerator[bytes, None]:
        """Raises: TimeoutError after a silence."""
        while True:
            try:
                async with asyncio.timeout(self._silence_s):
                    event = await anext(self._events)
            except StopAsyncIteration:
                return
            except ApiError as error:
                event = {"type": "ERROR", "object": error.to_status()}
            yield json.dumps(event).encode() + b"\n"
