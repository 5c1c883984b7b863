"""What was not answered is silence, from the first look without an answer to the next one that has one."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from typing import cast

import pytest

from controller.errors import ControllerError
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.fact_reader import FactReader
from controller.migration.access.timing import Timing
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import Side
from controller.migration.settings import MigrationSettings
from oracle.foundation.clocks import Clocks
from tests.controller.faults import answered, unreachable
from tests.controller.migration.facts import serving


@dataclass
class Silence:
    """One side, whose answers a test chooses, and the clock by which its silence counts."""

    error: ControllerError | None = None
    now: float = 0.0

    async def read(self) -> DeploymentFacts | None:
        self.now += 10
        if self.error is not None:
            raise self.error
        return serving(6)


@pytest.mark.parametrize("error", [unreachable("osaka", "no route"), answered("osaka", 401, "expired")])
def test_a_silence_lasts_from_when_the_first_look_without_an_answer_was_sent_to_an_answer(
    error: ControllerError,
) -> None:
    side = Silence()
    timing = Timing(MigrationSettings(), Clocks(lambda: 0.0, lambda: side.now), asyncio.sleep)
    reader = FactReader({Side.TARGET: cast(ClusterSide, side)}, timing, lambda: None)
    silences = []
    for fault in (None, error, error, None, error):
        side.error = fault
        with nullcontext() if fault is None else pytest.raises(type(fault)):
            asyncio.run(reader.read_once(Side.TARGET))
        silences.append(reader.silent_s(Side.TARGET))
    assert silences == [None, 10, 20, None, 10]
