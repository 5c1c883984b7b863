"""While a migration waits for a person, its looks are far apart; a target that falls silent meanwhile is noticed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from controller.migration.protocol.record import Side
from controller.migration.protocol.states import EventKind, Phase
from controller.migration.run.hold import Hold
from controller.migration.run.tools import Tools
from controller.migration.settings import MigrationSettings
from tests.controller.faults import unreachable
from tests.controller.migration.facts import serving
from tests.controller.migration.records import record


class Clusters:
    """A source that answers, and a target that falls silent at a moment."""

    def __init__(self, silent_from_s: float) -> None:
        self.now = 0.0
        self._silent_from_s = silent_from_s
        self._silent_since: float | None = None

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def silent_s(self, side: Side) -> float | None:
        return None if self._silent_since is None else self.now - self._silent_since

    async def read_once(self, side: Side) -> Any:
        if side is Side.SOURCE:
            return serving(0)
        if self.now < self._silent_from_s:
            self._silent_since = None
            return serving(6, uid="uid-b")
        self._silent_since = self.now if self._silent_since is None else self._silent_since
        raise unreachable("osaka", "no route")


def test_a_target_that_falls_silent_between_two_looks_is_noticed_within_one_patience_more() -> None:
    clusters = Clusters(silent_from_s=100)
    known = record(Phase.NEEDS_OPERATOR, source=0, target=6)
    tools = SimpleNamespace(
        record=replace(known, state=replace(known.state, resume_phase=Phase.SOAK)),
        settings=MigrationSettings(insure_after_s=60),
        timing=SimpleNamespace(counting=lambda: clusters.now, sleep=clusters.sleep),
        reader=clusters,
        journal=SimpleNamespace(check=lambda sides: None),
    )
    lost = asyncio.run(Hold(cast(Tools, tools))._wait(900))
    assert lost is not None
    assert lost.kind is EventKind.TARGET_LOST
    assert clusters.now <= 100 + 60 + 60
