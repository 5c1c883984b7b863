"""The simulated clusters on a loopback port: routing by path prefix, streaming of watches (aiohttp).

Every decision about objects is `api.cluster_api`'s; this module only speaks HTTP. One path prefix for each cluster,
`/clusters/<context>`, because a kubeconfig's server may carry one. It asks for no credential, because it speaks http: a
request that brings one was meant for somebody else.
"""

import asyncio
import gzip
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.requests import ApiRequest
from controller.simulation.api.status_errors import (
    ApiError,
    body_too_large,
    internal_error,
    unauthorized,
    unknown_path,
)
from controller.simulation.cluster_api import ClusterApi
from controller.simulation.watch_stream import stream_events

_LOG = logging.getLogger(__name__)

GZIP_FROM_BYTES = 128 * 1024
"""Smaller answers are sent as they are, as by the real server."""
LARGEST_BODY_BYTES = 3 * 1024 * 1024
"""The real server's bound on a request body."""


@dataclass(slots=True)
class ServedCluster:
    """One cluster behind the server: its API and the watches that wait for its changes."""

    api: ClusterApi
    waiting: list[asyncio.Event] = field(default_factory=list)
    is_reachable: bool = True
    """False drops every connection unanswered, as a network partition does; set by `set_reachable`."""
    _connections: set[asyncio.Transport] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.api.model.state.store.subscribe(lambda _: self.wake_watches())

    def set_reachable(self, reachable: bool) -> None:
        """Cut the cluster off, open watches included, or join it again."""
        self.is_reachable = reachable
        if not reachable:
            for transport in tuple(self._connections):
                transport.abort()

    @contextmanager
    def hold_connection(self, transport: asyncio.Transport | None) -> Iterator[None]:
        """Count a watch's connection among those that a partition cuts."""
        if transport is None:
            yield
            return
        self._connections.add(transport)
        try:
            yield
        finally:
            self._connections.discard(transport)

    def wake_watches(self) -> None:
        """Have every open watch look for changes, and for the end."""
        for event in self.waiting:
            event.set()


class ApiServer:
    """Serves clusters until stopped. All methods belong to the event loop that started it."""

    def __init__(
        self,
        clusters: Mapping[str, ServedCluster],
        advance: Callable[[ServedCluster], None],
        time_scale: float = 1.0,
    ) -> None:
        """
        Args:
            advance: brings a cluster's time up to now; called before every look at it.
            time_scale: virtual seconds per second; watches live, and bookmarks come, in virtual time.
        """
        self._clusters = clusters
        self._advance = advance
        self._time_scale = time_scale
        self._is_stopping = False
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one."""
        app = web.Application(client_max_size=LARGEST_BODY_BYTES)
        app.router.add_route("*", "/clusters/{context}/{path:.*}", self._serve)
        # A client that goes away must end its watch, not wait for the next bookmark to find out.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """End all watches and connections and stop listening."""
        self._is_stopping = True
        for cluster in self._clusters.values():
            cluster.wake_watches()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def server_url(self, context: str) -> str:
        return f"http://127.0.0.1:{self.port}/clusters/{context}"

    async def _serve(self, http: web.Request) -> web.StreamResponse:
        cluster = self._clusters.get(http.match_info["context"])
        if cluster is not None and not cluster.is_reachable:
            if http.transport is not None:
                http.transport.abort()
            raise web.HTTPServiceUnavailable
        try:
            if cluster is None:
                raise unknown_path()
            _check_caller(http)
            request = await _read_request(http)
            self._advance(cluster)
            if cluster.api.is_watch(request):
                with cluster.hold_connection(http.transport):
                    return await self._stream_watch(http, request, cluster)
        except ApiError as error:
            return _json_response(http, error.code, error.to_status())
        if request.path in ("/healthz", "/livez", "/readyz"):
            return web.Response(text="ok")
        try:
            answer = cluster.api.handle(request)
        except Exception as error:  # the edge: an unforeseen request must not look like a broken connection
            _LOG.exception("%s %s", request.method, request.path)
            failure = internal_error(repr(error))
            return _json_response(http, failure.code, failure.to_status())
        return _json_response(http, answer.code, answer.body)

    async def _stream_watch(
        self, http: web.Request, request: ApiRequest, cluster: ServedCluster
    ) -> web.StreamResponse:
        cursor = cluster.api.open_watch(request)
        initial = cursor.begin()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(http)
        events = stream_events(
            cursor, initial, request, cluster.waiting, self._time_scale, lambda: self._is_stopping
        )
        try:
            async with aclosing(events):
                async for event in events:
                    await response.write(_to_json(event))
            await response.write_eof()
        except ConnectionResetError:
            _LOG.debug("whoever watched %s has gone", request.path)
        return response


def _check_caller(http: web.Request) -> None:
    """Refuse what was meant for another server, and web pages: a browser of this machine reaches loopback as well."""
    if any(name in http.headers for name in ("Authorization", "Origin", "Sec-Fetch-Site")):
        raise unauthorized()


async def _read_request(http: web.Request) -> ApiRequest:
    try:
        body = await http.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise body_too_large(LARGEST_BODY_BYTES) from error
    return ApiRequest(
        method=http.method,
        path="/" + http.match_info["path"],
        query=dict(http.query),
        body=body,
        content_type=http.headers.get("Content-Type", "application/json"),
        user_agent=http.headers.get("User-Agent", ""),
    )


def _to_json(value: JsonObject) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _json_response(http: web.Request, code: int, value: JsonObject) -> web.Response:
    body = _to_json(value)
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache, private"}
    if len(body) > GZIP_FROM_BYTES and "gzip" in http.headers.get("Accept-Encoding", ""):
        body = gzip.compress(body, compresslevel=1)
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
    return web.Response(status=code, body=body, headers=headers)
