"""A service of a cloud on this machine: over TLS, with an authority of its own, saying what a test has it say."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from oracle.price_settings import LivePriceSettings
from oracle.sources.web.client import WebClient
from oracle.sources.web.tls import load_authorities
from tests.controlplane.certificates import Authority
from tests.oracle.fakes import ManualClocks

#: Seconds in which a client may say the last word of TLS; tests wait twice as long.
LAST_WORD_S = 0.01

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def say(body: str | bytes, status: int = 200, **headers: str) -> Answer:
    """Answer always the same; underscores in the names of headers are hyphens."""
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=content, headers=named)

    return answer


def say_in_turn(*answers: Answer) -> Answer:
    """Answer with each in turn, and with the last one for ever."""
    left = list(answers)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


async def hang(request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


@dataclass
class PriceServer:
    """What was asked of it, and what it says at each path; at `*`, what it says at all others."""

    url: str
    ca_bundle: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        answer = self.answers.get(request.path, self.answers.get("*"))
        return await answer(request) if answer is not None else web.Response(status=404)


@asynccontextmanager
async def price_server(folder: Path) -> AsyncIterator[PriceServer]:
    """Serve on loopback for as long as the block lasts; certificates lie in `folder`."""
    authority = Authority("prices")
    pair = authority.issue_server(["127.0.0.1"], ["localhost"])
    bundle, chain = folder / "authority.pem", folder / "server.pem"
    bundle.write_bytes(authority.certificate)
    chain.write_bytes(pair.certificate + pair.key)
    bundle.chmod(0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server = PriceServer("", str(bundle))
    application = web.Application(client_max_size=2**24)
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None, "it was set up"
    # Not aiohttp's own site: a client that keeps its end open would keep ours as long as TLS waits for it.
    listening = await asyncio.get_running_loop().create_server(
        runner.server, "127.0.0.1", 0, ssl=context, ssl_shutdown_timeout=LAST_WORD_S
    )
    server.url = f"https://localhost:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        await runner.cleanup()
        await asyncio.sleep(2 * LAST_WORD_S)


@asynccontextmanager
async def tunnel_proxy() -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy as companies have it: opens tunnels. Yields its address, and whom it was asked for."""
    asked: list[str] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        assert method == "CONNECT", "it sees no question, only whom it is for"
        asked.append(target)
        inner_reader, inner_writer = await asyncio.open_connection(
            "127.0.0.1", int(target.rpartition(":")[2])
        )
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()
        await asyncio.sleep(2 * LAST_WORD_S)


@dataclass
class Waits:
    """Instead of sleeping: time passes at once, and is remembered."""

    time: ManualClocks = field(default_factory=ManualClocks)
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time.pass_time(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def web_client(ca_bundle: str | None, waits: Waits, **settings: object) -> AsyncIterator[WebClient]:
    """A client that believes one authority and waits for nothing."""
    chosen = LivePriceSettings(ca_bundle=ca_bundle, **settings)  # type: ignore[arg-type]
    authorities = load_authorities(ca_bundle)
    client = WebClient(chosen, waits.time.clocks, authorities, sleep=waits.sleep, chance=lambda: 0.0)
    try:
        yield client
    finally:
        await client.aclose()
