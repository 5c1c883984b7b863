"""Since when fewer than the floor serve in one run, over all that it waits for: a wave, a price, an answer."""

from __future__ import annotations

from controller.migration.protocol.insurance import Shortfall
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import Event
from controller.migration.settings import MigrationSettings


class ShortfallWatch:
    """Remembers it: a patience that each wait begins anew would never be over where answers are missing."""

    def __init__(self) -> None:
        self._shortfall = Shortfall()

    def look(
        self, record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None, now: float
    ) -> None:
        """Take one look."""
        self._shortfall = self._shortfall.look(record, source, target, now)

    def find_loss(self, record: MigrationRecord, now: float, settings: MigrationSettings) -> Event | None:
        """Return TARGET_LOST once it has lasted for one patience."""
        return self._shortfall.find_loss(record, now, settings)
