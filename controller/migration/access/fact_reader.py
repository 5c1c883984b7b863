"""Fresh reads of both Deployments, patient with short failures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from controller.errors import ClusterUnreachable, ControllerError, RateLimited, ServerFailed
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.node_watch import NodeWatch
from controller.migration.access.pod_words import PodWords
from controller.migration.access.timing import Timing
from controller.migration.protocol.observation import DeploymentFacts, PodFacts, ServingCount
from controller.migration.protocol.record import Side
from oracle.foundation.reason import Reason


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
        self._nodes: dict[Side, NodeWatch] = {}
        self._counted: dict[Side, ServingCount] = {}
        self._words: dict[Side, PodWords] = {}

    def last(self, side: Side) -> DeploymentFacts | None:
        """Return the newest facts, however old: to be shown, never to be acted upon."""
        return self._last.get(side)

    def counted(self, side: Side) -> ServingCount | None:
        """Return how many pods served when they were counted last: to be shown. None: they never were."""
        return self._counted.get(side)

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
        """Read the pods of a Deployment now, and whether their nodes live; None where the list is older than its facts.

        Raises: ClusterError.
        """
        asked_at = self.timing.clocks.counting()
        try:
            pods = await self.sides[side].read_pods(facts)
            return pods if pods is None else await self._judge_nodes(side, pods)
        except ControllerError:
            self.note_silence(side, asked_at)
            raise

    async def ask_why(self, side: Side, facts: DeploymentFacts) -> Reason | None:
        """Return why pods of a side do not serve, as the cluster has it: to be told, never to be acted upon."""
        words = self._words.setdefault(side, PodWords(self.sides[side], self.timing.clocks))
        return await words.ask(facts)

    async def _judge_nodes(self, side: Side, pods: tuple[PodFacts, ...]) -> tuple[PodFacts, ...]:
        """Return the pods, those of nodes that do not live cut off, and remember how many serve."""
        watch = self._nodes.setdefault(side, NodeWatch(self.sides[side].api, self.timing.clocks))
        dead, basis = await watch.find_dead({pod.node for pod in pods if pod.serves and pod.node})
        judged = tuple(replace(pod, is_cut_off=pod.node in dead) for pod in pods)
        counted = ServingCount(sum(pod.serves for pod in judged), basis)
        if self._counted.get(side) != counted:
            self._counted[side] = counted
            self._on_change()
        return judged

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
