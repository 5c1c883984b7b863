"""Since when fewer than the floor serve in one run, over all that it waits for: a wave, a price, an answer."""

from __future__ import annotations

from controller.errors import ControllerError
from controller.migration.access.fact_reader import FactReader
from controller.migration.protocol.errors import MoveFailed
from controller.migration.protocol.insurance import Shortfall
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import Event
from controller.migration.protocol.waves import as_pods_say
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

    async def require_none(
        self,
        reader: FactReader,
        record: MigrationRecord,
        source: DeploymentFacts,
        target: DeploymentFacts | None,
    ) -> None:
        """Take one look, by the target's pods. Raises: MoveFailed once it is lost, and the source lacks replicas."""
        if not record.source_is_short:
            return
        counted, now = await count_target(reader, target), reader.timing.counting()
        self.look(record, source, counted, now)
        lost = self.find_loss(record, now, reader.timing.settings)
        if lost is not None and lost.reason is not None:
            raise MoveFailed(lost.reason)

    def find_loss(self, record: MigrationRecord, now: float, settings: MigrationSettings) -> Event | None:
        """Return TARGET_LOST once it has lasted for one patience."""
        return self._shortfall.find_loss(record, now, settings)


async def count_target(reader: FactReader, target: DeploymentFacts | None) -> DeploymentFacts | None:
    """Return the target as its pods say, freshly read. Where they cannot be read, it is not known to serve."""
    if target is None or target.replicas == 0:
        return target
    try:
        pods = await reader.read_pods(Side.TARGET, target)
    except ControllerError:
        pods = None
    return as_pods_say(target, pods)
