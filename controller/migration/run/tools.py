"""What one run works with: the journal that owns the record, and what reads, writes and waits for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.fact_reader import FactReader
from controller.migration.access.fenced_writer import FencedWriter
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Sleep, Timing
from controller.migration.protocol.gate import Gate
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import require_untouched
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.run.shortfall_watch import ShortfallWatch
from controller.migration.settings import MigrationSettings

#: Between two looks, seconds, however soon something is due.
LEAST_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of one run. None of them decides anything: that is the protocol's part."""

    journal: JournalWriter
    sides: Mapping[Side, ClusterSide]
    reader: FactReader
    writer: FencedWriter
    probe: Probe
    timing: Timing
    gate: Gate
    shortfall: ShortfallWatch
    #: Waits for some seconds, or for less where a watch tells of either side.
    wait: Sleep

    @property
    def record(self) -> MigrationRecord:
        """The migration as it is now."""
        return self.journal.record

    @property
    def settings(self) -> MigrationSettings:
        """How patient and careful the migration is."""
        return self.timing.settings

    async def read_untouched(self, side: Side) -> DeploymentFacts:
        """Read a side that nobody else may have changed. Raises: HoldNeeded, LeaseLost; ClusterError when patience is
        over.
        """
        return require_untouched(await self.reader.read(side), self.record, side)

    async def pause(self, at_most_s: float = math.inf) -> None:
        """Wait until the next look: for a poll, but no longer than `at_most_s`, or until a watch tells of either side.

        Raises: Interrupted; NotArmed where a person has forbidden all writes: who only waits stands still, too.
        """
        await self.wait(min(self.settings.poll_s, max(LEAST_PAUSE_S, at_most_s)))
        self.journal.check_armed()
