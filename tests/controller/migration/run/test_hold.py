"""While a migration waits for a person, its looks are far apart; a target that is lost meanwhile is noticed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.migration.protocol.observation import DeploymentFacts, PodFacts
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import EventKind, Phase
from controller.migration.run.hold import Hold
from controller.migration.run.shortfall_watch import ShortfallWatch
from controller.migration.run.tools import Tools
from controller.migration.settings import MigrationSettings
from tests.controller.faults import unreachable
from tests.controller.migration.facts import serving
from tests.controller.migration.records import record


class Clusters:
    """A source that serves nothing, and a target that falls silent, is scaled to 0 or loses pods at 100 s."""

    def __init__(self, change: str) -> None:
        self.now = 0.0
        self._change = change
        self._silent_since: float | None = None

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def silent_s(self, side: Side) -> float | None:
        return None if self._silent_since is None else self.now - self._silent_since

    async def read_once(self, side: Side) -> Any:
        if side is Side.SOURCE:
            return serving(0)
        if self.now < 100 or self._change == "loses pods":
            return serving(6, uid="uid-b")
        if self._change == "is scaled to 0":
            return serving(0, uid="uid-b")
        self._silent_since = self.now if self._silent_since is None else self._silent_since
        raise unreachable("osaka", "no route")

    async def read_pods(self, side: Side, facts: DeploymentFacts) -> tuple[PodFacts, ...]:
        return (PodFacts(is_terminating=False, restarts=0, is_ready=True),) * (6 if self.now < 100 else 2)


@pytest.mark.parametrize(
    ("change", "latest_s"), [("falls silent", 60 + 10), ("is scaled to 0", 10), ("loses pods", 60 + 10)]
)
def test_a_target_that_is_lost_between_two_looks_is_noticed(change: str, latest_s: float) -> None:
    clusters = Clusters(change)
    known = record(Phase.NEEDS_OPERATOR, source=0, target=6)
    tools = SimpleNamespace(
        record=replace(known, state=replace(known.state, resume_phase=Phase.SOAK)),
        settings=MigrationSettings(insure_after_s=60),
        timing=SimpleNamespace(counting=lambda: clusters.now, sleep=clusters.sleep),
        reader=clusters,
        journal=SimpleNamespace(check=lambda sides: None),
        shortfall=ShortfallWatch(),
    )
    lost = asyncio.run(Hold(cast(Tools, tools))._wait(900))
    assert lost is not None
    assert lost.kind is EventKind.TARGET_LOST
    assert 100 <= clusters.now <= 100 + latest_s
