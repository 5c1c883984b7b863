"""The wire: who is listened to, and how watches end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from controller.simulation.api_server import ApiServer, ServedCluster
from tests.controller.simulation.simulated_cluster import WEB, SimulatedCluster

PODS = "/api/v1/namespaces/shop/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
WATCH = {"watch": "true"}
Scene = Callable[[ApiServer, ServedCluster, aiohttp.ClientSession], Coroutine[Any, Any, None]]


def play(scene: Scene) -> None:
    """Run a scene with a served cluster and a session."""

    async def run() -> None:
        served = ServedCluster(SimulatedCluster(WEB).api)
        server = ApiServer({"aws": served}, lambda _: None)
        await server.start()
        try:
            async with aiohttp.ClientSession() as session:
                await scene(server, served, session)
        finally:
            await server.stop()

    asyncio.run(run())


async def get(session: aiohttp.ClientSession, url: str, **more: Any) -> tuple[int, Any]:
    async with session.get(url, **more) as response:
        return response.status, await response.json(content_type=None)


def test_server_listens_on_loopback_only() -> None:
    async def scene(server: ApiServer, served: ServedCluster, session: aiohttp.ClientSession) -> None:
        assert server.server_url("aws").startswith("http://127.0.0.1:")
        assert server.port > 0

    play(scene)


@pytest.mark.parametrize(
    "header",
    [{"Authorization": "Bearer t"}, {"Origin": "https://page.example"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["meant for another server", "a page that writes", "a page that reads"],
)
def test_request_with_a_credential_or_of_a_web_page_is_401(header: dict[str, str]) -> None:
    async def scene(server: ApiServer, served: ServedCluster, session: aiohttp.ClientSession) -> None:
        code, body = await get(session, server.server_url("aws") + PODS, headers=header)
        assert (code, body["kind"], body["reason"]) == (401, "Status", "Unauthorized")

    play(scene)


def test_unknown_cluster_is_404() -> None:
    async def scene(server: ApiServer, served: ServedCluster, session: aiohttp.ClientSession) -> None:
        code, body = await get(session, server.server_url("mars") + PODS)
        assert (code, body["reason"]) == (404, "NotFound")

    play(scene)


async def until(is_wanted: Callable[[], bool]) -> None:
    """Let the loop turn until something holds; fails with the test's own limit on waiting."""
    async with asyncio.timeout(5):
        while not is_wanted():  # noqa: ASYNC110 -- what is waited for happens on the other side of a socket
            await asyncio.sleep(0)


def test_client_that_goes_away_ends_its_watch() -> None:
    async def scene(server: ApiServer, served: ServedCluster, session: aiohttp.ClientSession) -> None:
        response = await session.get(server.server_url("aws") + PODS, params=WATCH)
        await until(lambda: len(served.waiting) == 1)
        response.close()
        await until(lambda: not served.waiting)

    play(scene)


def test_client_that_is_gone_when_an_event_is_sent_is_no_error_of_the_server(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    written: list[bytes] = []

    async def write(_: web.StreamResponse, data: bytes) -> None:
        written.append(data)
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    async def scene(server: ApiServer, served: ServedCluster, session: aiohttp.ClientSession) -> None:
        monkeypatch.setattr(web.StreamResponse, "write", write)
        await get(session, server.server_url("aws") + DEPLOYMENTS, params=WATCH)
        assert written
        assert not served.waiting

    play(scene)
    assert [record.message for record in caplog.records] == []


def test_stopping_ends_open_watches() -> None:
    async def scene(server: ApiServer, served: ServedCluster, session: aiohttp.ClientSession) -> None:
        async with session.get(server.server_url("aws") + PODS, params=WATCH):
            await until(lambda: len(served.waiting) == 1)
            await server.stop()
            assert not served.waiting

    play(scene)


def test_unforeseen_failure_is_500_with_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(server: ApiServer, served: ServedCluster, session: aiohttp.ClientSession) -> None:
        def fail(_: object) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(served.api, "handle", fail)
        code, body = await get(session, server.server_url("aws") + PODS)
        assert (code, body["kind"], body["reason"]) == (500, "Status", "InternalError")

    play(scene)


def test_unreachable_cluster_drops_the_connection() -> None:
    async def scene(server: ApiServer, served: ServedCluster, session: aiohttp.ClientSession) -> None:
        served.is_reachable = False
        with pytest.raises(aiohttp.ClientError):
            await get(session, server.server_url("aws") + PODS)

    play(scene)


def test_partition_also_cuts_open_watches() -> None:
    async def scene(server: ApiServer, served: ServedCluster, session: aiohttp.ClientSession) -> None:
        async with session.get(server.server_url("aws") + PODS, params=WATCH) as response:
            await until(lambda: len(served.waiting) == 1)
            served.set_reachable(False)
            with pytest.raises(aiohttp.ClientError):
                await response.read()

    play(scene)
