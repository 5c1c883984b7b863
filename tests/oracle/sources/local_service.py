"""One service of a cloud on this machine that answers each question as a test says, in JSON, and keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from oracle.sources.login import Login, Token
from oracle.sources.web.client import WebClient
from tests.oracle.fakes import ManualClocks
from tests.oracle.sources.price_servers import Waits, price_server, web_client

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """One question that arrived, its body read as JSON."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """What is answered: `content` as JSON, or as it stands where it is a text."""

    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_response(self) -> web.Response:
        is_text = isinstance(self.content, str)
        body = self.content.encode() if is_text else msgspec.json.encode(self.content)
        return web.Response(body=body, status=self.status, headers=self.headers)


@dataclass(frozen=True)
class LocalService:
    """Where it is, who asks it, and the clocks that waiting moves."""

    url: str
    web: WebClient
    time: ManualClocks

    def login(self) -> Login:
        """Return a login whose token is always good."""
        return Login(lambda: Token("secret", None), self.time.clocks)


def ask(
    folder: Path, answer: Callable[[Asked], Reply], question: Callable[[LocalService], Awaitable[T]]
) -> T:
    """Return what comes of `question` to a service that answers so, whatever the path."""

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        asked = Asked(
            request.path, request.query, request.headers, msgspec.json.decode(body) if body else None
        )
        return answer(asked).to_response()

    async def main() -> T:
        waits = Waits()
        async with price_server(folder) as server, web_client(server.ca_bundle, waits) as client:
            server.answers["*"] = handle
            return await question(LocalService(server.url, client, waits.time))

    return asyncio.run(main())
