"""Fresh reads of both Deployments, patient with short failures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.errors import ClusterUnreachable, RateLimited, ServerFailed
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.timing import Timing
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import Side


class FactReader:
    """Reads, and remembers the last facts of each side for display only.

    `sides` and `timing` are what it reads and how it waits: those of the whole run.
    """

    def __init__(
        self, sides: Mapping[Side, ClusterSide], timing: Timing, on_change: Callable[[], None]
    ) -> None:
        self.sides = sides
        self.timing = timing
        self._on_change = on_change
        self._last: dict[Side, DeploymentFacts | None] = {}

    def last(self, side: Side) -> DeploymentFacts | None:
        """Return the newest facts, however old: to be shown, never to be acted upon."""
        return self._last.get(side)

    async def read_once(self, side: Side) -> DeploymentFacts | None:
        """Read now. Raises: ClusterError."""
        facts = await self.sides[side].read()
        self.remember(side, facts)
        return facts

    async def read(self, side: Side) -> DeploymentFacts | None:
        """Read, trying again while the cluster's silence is short. Raises: ClusterError when patience is
        over.
        """
        patience = self.timing.patience()
        while True:
            try:
                return await self.read_once(side)
            except (ClusterUnreachable, ServerFailed, RateLimited) as error:
                await patience.endure(error)

    async def read_both(self) -> tuple[DeploymentFacts | None, DeploymentFacts | None]:
        """Read source and target."""
        return await self.read(Side.SOURCE), await self.read(Side.TARGET)

    def remember(self, side: Side, facts: DeploymentFacts | None) -> None:
        """Show these facts from now on."""
        if self._last.get(side) != facts:
            self._last[side] = facts
            self._on_change()
