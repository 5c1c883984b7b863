"""Fresh reads of both Deployments, patient with short failures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.errors import ClusterUnreachable, ControllerError, RateLimited, ServerFailed
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.timing import Timing
from controller.migration.protocol.observation import DeploymentFacts, PodFacts
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
        self._read_at = dict.fromkeys(Side, timing.clocks.wall())
        self._unread = set(Side)
        self._silent_since: dict[Side, float] = {}

    def last(self, side: Side) -> DeploymentFacts | None:
        """Return the newest facts, however old: to be shown, never to be acted upon."""
        return self._last.get(side)

    def unread_since(self, side: Side) -> float | None:
        """Return the Unix time since which nothing was read, that of our own beginning where nothing ever was; None
        where the last look found an answer.
        """
        return self._read_at[side] if side in self._unread else None

    def silent_s(self, side: Side) -> float | None:
        """Return for how long a side has given no answer, by the counting clock; None where the last look found one,
        or where none was taken.
        """
        since = self._silent_since.get(side)
        return None if since is None else self.timing.clocks.counting() - since

    def note_silence(self, side: Side, asked_at: float) -> None:
        """A look at this side found no answer, for whatever reason. `asked_at`: by the counting clock."""
        self._silent_since.setdefault(side, asked_at)
        self.lose_sight(side)

    def lose_sight(self, *sides: Side) -> None:
        """What was read of these sides does not say any more how they are."""
        if not self._unread.issuperset(sides):
            self._unread.update(sides)
            self._on_change()

    async def read_once(self, side: Side) -> DeploymentFacts | None:
        """Read now. Raises: ClusterError."""
        asked_at = self.timing.clocks.counting()
        try:
            facts = await self.sides[side].read()
        except ControllerError:
            self.note_silence(side, asked_at)
            raise
        self.remember(side, facts)
        return facts

    async def read_pods(self, side: Side, facts: DeploymentFacts) -> tuple[PodFacts, ...] | None:
        """Read the pods of a Deployment now; None where the list is older than its facts. Raises: ClusterError."""
        asked_at = self.timing.clocks.counting()
        try:
            return await self.sides[side].read_pods(facts)
        except ControllerError:
            self.note_silence(side, asked_at)
            raise

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
        self._silent_since.pop(side, None)
        self._read_at[side] = self.timing.clocks.wall()
        if self._last.get(side) != facts or side in self._unread:
            self._last[side] = facts
            self._unread.discard(side)
            self._on_change()
