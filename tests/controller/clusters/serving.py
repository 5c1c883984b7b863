"""A small API server on loopback that answers what a test tells it, and the kubeconfig that leads to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from tests.controller.clusters.certificates import Tls

#: Seconds that a test's server may take to stop: nothing there is worth waiting for.
_SHUTDOWN_S = 0.1


@dataclass
class Served:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    #: All headers, also those that came more than once.
    raw_headers: list[tuple[str, str]]


@dataclass
class ApiServer:
    """Answers every request with `answer(request)`: a JSON object, or a response made by the test."""

    answer: Callable[[Served], Any] = lambda request: {"kind": "Answer"}
    requests: list[Served] = field(default_factory=list)
    tls: Tls | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}/clusters/eu"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        served = Served(
            request.method,
            request.path,
            dict(request.query),
            {name.lower(): value for name, value in request.headers.items()},
            json.loads(text) if text else None,
            [(name.lower(), value) for name, value in request.headers.items()],
        )
        self.requests.append(served)
        answer = self.answer(served)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if isinstance(answer, Stream):
            return await answer.send(request)
        return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)


@dataclass
class Stream:
    """A watch: pieces of bytes, sent one after the other; `hangs` keeps it open in silence, `breaks` cuts it."""

    pieces: tuple[bytes, ...]
    hangs: bool = False
    breaks: bool = False

    async def send(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in self.pieces:
            await response.write(piece)
            await asyncio.sleep(0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.breaks:
            assert request.transport is not None
            request.transport.abort()
        return response


def status(code: int, message: str = "because", **headers: str) -> web.Response:
    """An error answer of the API."""
    body = {"kind": "Status", "status": "Failure", "message": message, "code": code}
    return web.json_response(body, status=code, headers=headers)


@asynccontextmanager
async def serving(
    answer: Callable[[Served], Any] | None = None, tls: Tls | None = None
) -> AsyncIterator[ApiServer]:
    """Serve on a free loopback port until the block ends."""
    server = ApiServer() if answer is None else ApiServer(answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(
            runner, "127.0.0.1", 0, ssl_context=tls.context if tls is not None else None
        ).start()
        server.port = runner.addresses[0][1]
        server.tls = tls
        yield server
    finally:
        await runner.cleanup()


def write_kubeconfig(
    directory: Path, server: str, user: dict[str, Any] | None = None, **cluster: Any
) -> Path:
    """A kubeconfig with the one context `eu`; without a user it has no credential."""
    document = {
        "contexts": [{"name": "eu", "context": {"cluster": "eu", "user": "eu"}}],
        "clusters": [{"name": "eu", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "eu", "user": user}],
    }
    path = directory / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    path.chmod(0o600)
    return path
