"""A watch over time: changes as they come, bookmarks in between, and its end, told by a last bookmark."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.requests import ApiRequest
from controller.simulation.watch_stream import BOOKMARK_INTERVAL_S, stream_events
from tests.controller.simulation.simulated_cluster import NOW, SimulatedCluster
from tests.simulation.virtual_loop import run_virtual

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


class Follower:
    """Follows the ConfigMaps of a cluster and notes when each event came, in seconds."""

    def __init__(self, **query: str) -> None:
        self.cluster = SimulatedCluster()
        self.seen: list[tuple[float, str]] = []
        self.is_stopping = False
        self._waiting: list[asyncio.Event] = []
        self.cluster.model.state.store.subscribe(lambda _: self.wake())
        version = str(self.cluster.model.state.store.resource_version)
        self._request = ApiRequest(
            "GET",
            CONFIG_MAPS,
            {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version, **query},
        )

    def wake(self) -> None:
        for event in self._waiting:
            event.set()

    def create(self, name: str) -> None:
        self.cluster.model.state.create(
            kinds.CONFIG_MAPS, {"metadata": {"name": name, "namespace": "default"}}, NOW
        )

    async def follow(self) -> None:
        cursor = self.cluster.api.open_watch(self._request)
        events = stream_events(
            cursor, cursor.begin(), self._request, self._waiting, 1.0, lambda: self.is_stopping
        )
        async for event in events:
            self.seen.append((asyncio.get_running_loop().time(), event["type"]))


def play(follower: Follower, scene: Callable[[], Awaitable[Any]]) -> float:
    """Follow while the scene is played; returns when the watch ended, in seconds."""

    async def main() -> float:
        following = asyncio.ensure_future(follower.follow())
        await asyncio.sleep(0)
        await scene()
        await following
        return asyncio.get_running_loop().time()

    ended_at: float = run_virtual(main())
    return ended_at


def test_changes_come_at_once_and_the_end_is_told_by_a_bookmark() -> None:
    follower = Follower(timeoutSeconds="30")

    async def scene() -> None:
        await asyncio.sleep(10)
        follower.create("one")

    assert play(follower, scene) == 30
    assert follower.seen == [(10, "ADDED"), (30, "BOOKMARK")]


def test_a_watch_that_had_something_to_tell_gets_a_bookmark_each_minute() -> None:
    follower = Follower(timeoutSeconds="150")

    async def scene() -> None:
        follower.create("one")

    play(follower, scene)
    bookmarks = [at for at, kind in follower.seen if kind == "BOOKMARK"]
    assert bookmarks == [BOOKMARK_INTERVAL_S, 2 * BOOKMARK_INTERVAL_S, 150]


def test_a_watch_that_cannot_go_on_ends_with_the_failure() -> None:
    follower = Follower(timeoutSeconds="100")

    async def scene() -> None:
        await asyncio.sleep(5)
        follower.create("one")
        follower.cluster.api.forget_changes()

    assert play(follower, scene) == 5
    assert follower.seen == [(5, "ERROR")]


def test_a_server_that_stops_ends_its_watches() -> None:
    follower = Follower(timeoutSeconds="100")

    async def scene() -> None:
        await asyncio.sleep(5)
        follower.is_stopping = True
        follower.wake()

    assert play(follower, scene) == 5
