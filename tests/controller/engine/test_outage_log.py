"""The timeline says once that prices or clusters are lost, and once that they are back."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from controller.clusters.fleet import Health
from controller.contract.snapshots import EntryKind
from controller.engine.outage_log import BACK_AFTER_S, LOST_AFTER_S, OutageLog
from controller.history.history import History
from oracle.foundation.reason import Reason, Severity
from tests.controller.faults import unreachable


class World:
    """A store and clusters that are lost and come back, and the history of it all."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reason: str | None = None
        self.clusters: dict[str, tuple[Health, Reason]] = {}
        self.log = OutageLog()
        self.history = History(lambda: self.now)

    def pass_time(self, seconds: float) -> None:
        """Let the log look, and look again after `seconds`."""
        self._look()
        self.now += seconds
        self._look()

    def _look(self) -> None:
        clusters = {
            name: SimpleNamespace(context=name, health=health, reason=reason)
            for name, (health, reason) in self.clusters.items()
        }
        status: Any = SimpleNamespace(reason=self.reason)
        picture: Any = SimpleNamespace(clusters=clusters)
        self.log.record(status, picture, self.history, self.now)

    @property
    def texts(self) -> list[str]:
        return [entry.text for entry in self.history.newest(100)]


@pytest.fixture
def world() -> World:
    return World()


def lost(*names: str) -> Mapping[str, tuple[Health, Reason]]:
    return {name: (Health.UNREACHABLE, unreachable(name).reason) for name in names}


def test_lost_store_and_its_return_are_entries_of_their_own_kind(world: World) -> None:
    world.reason = "the connection was refused"
    world.pass_time(LOST_AFTER_S)
    world.reason = None
    world.pass_time(BACK_AFTER_S)
    entries = world.history.newest(10)
    assert [(entry.kind, entry.severity) for entry in entries] == [
        (EntryKind.STORE, Severity.ERROR),
        (EntryKind.STORE, Severity.INFO),
    ]
    assert world.texts == ["No new prices: the connection was refused", "New prices arrive again"]


def test_start_of_the_store_is_no_outage(world: World) -> None:
    world.reason = "the price store is being started"
    world.pass_time(LOST_AFTER_S / 2)
    assert world.log.has_waiting
    world.reason = None
    world.pass_time(BACK_AFTER_S)
    assert world.texts == []
    assert not world.log.has_waiting


def test_outage_that_lasts_is_told_once(world: World) -> None:
    world.clusters |= lost("eu")
    for _ in range(5):
        world.pass_time(LOST_AFTER_S)
    assert world.texts == ["eu cannot be used: cannot connect to eu (https://eu): refused"]
    assert world.history.newest(1)[0].contexts == ("eu",)
    assert not world.log.has_waiting


def test_network_that_goes_away_makes_one_entry_for_all_clusters(world: World) -> None:
    world.clusters |= lost("eu")
    world.pass_time(LOST_AFTER_S / 2)
    world.clusters |= lost("asia", "us")
    world.pass_time(LOST_AFTER_S / 2)
    assert world.texts == ["3 clusters cannot be used: asia, eu, us"]
    world.clusters = dict.fromkeys(world.clusters, (Health.REACHABLE, ""))
    world.pass_time(BACK_AFTER_S)
    assert world.texts[1:] == ["asia, eu, us answer again"]


def test_cluster_that_flaps_does_not_fill_the_history(world: World) -> None:
    for _ in range(50):
        world.clusters |= lost("eu")
        world.pass_time(LOST_AFTER_S)
        world.clusters["eu"] = (Health.REACHABLE, "")
        world.pass_time(BACK_AFTER_S / 2)
    assert world.texts == ["eu cannot be used: cannot connect to eu (https://eu): refused"]


def test_cluster_that_is_still_connecting_is_not_lost(world: World) -> None:
    world.clusters["eu"] = (Health.CONNECTING, "")
    world.pass_time(10 * LOST_AFTER_S)
    assert world.texts == []


def test_clock_that_was_set_back_keeps_no_outage_secret(world: World) -> None:
    world.clusters |= lost("eu")
    world.pass_time(-3600.0)
    assert world.texts == ["eu cannot be used: cannot connect to eu (https://eu): refused"]
