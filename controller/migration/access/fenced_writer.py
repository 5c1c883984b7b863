"""The only place that changes a Deployment: journaled first, absolute, fenced, and read back where no answer
came.

`seal` gives both Deployments a new fence, so that a write of ours (or of an instance before us) that is still
on its way fails when it lands. It comes before every change of direction and after every takeover.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from controller.errors import ClusterUnreachable, RateLimited, ServerFailed, VersionConflict
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.fact_reader import (
    FactReader,
    find_target,
    refuse_newer,
    require_fence,
    require_present,
    require_untouched,
)
from controller.migration.access.journal_writer import BOTH, JournalWriter
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Timing
from controller.migration.protocol.fences import Fence
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import Phase

#: Given fresh facts of (the side to be scaled, the other side), says whether to send now; may raise to turn
#: aside.
Permit = Callable[[DeploymentFacts, DeploymentFacts | None], bool]


def always_permit(scaled: DeploymentFacts, other: DeploymentFacts | None) -> bool:
    """For writes that only add replicas which the floor needs."""
    return True


class FencedWriter:
    """Performs one write at a time for one migration."""

    def __init__(
        self,
        keeper: JournalWriter,
        sides: Mapping[Side, ClusterSide],
        reader: FactReader,
        rehearsal: Probe,
        pace: Timing,
    ) -> None:
        self._keeper = keeper
        self._sides = sides
        self._reader = reader
        self._rehearsal = rehearsal
        self._pace = pace
        self._unsealed: set[Side] = set()

    @property
    def unsealed(self) -> frozenset[Side]:
        """The sides where a write may still be on its way: ours, or one of an instance before us."""
        return frozenset(self._unsealed)

    def expect_late_writes(self) -> None:
        """An instance before us led until just now: both sides are to be sealed before anything else."""
        self._unsealed = set(BOTH)

    async def seal(self, sides: Iterable[Side] = BOTH) -> None:
        """Change the fences of these sides and take over the replicas that are there now.

        Raises: HoldNeeded, LeaseLost, LeaseUncertain; ClusterError when patience is over.
        """
        record = await self._keeper.count_operation()
        for side in sides:
            await self._place_fence(side, record.fence(f"{record.operation}-seal"), tuple(sides))
            self._unsealed.discard(side)

    async def seal_unsealed(self) -> None:
        """Seal what has to be. Raises: as `seal` does."""
        if self._unsealed:
            await self.seal([side for side in BOTH if side in self._unsealed])

    async def place_end_fences(self) -> None:
        """Leave a last fence on what remains, so that nothing of this migration can be written any more."""
        record = await self._keeper.count_operation()
        for side in BOTH:
            await self._place_fence(side, record.fence(f"{record.operation}-end"), BOTH)

    async def scale(self, side: Side, replicas: int, permit: Permit, *, target_is_lost: bool = False) -> None:
        """Bring one side to `replicas`, when `permit` agrees; returns when a read or an answer has confirmed
        it.

        A write without an answer is sealed off before anything is judged anew: what it would do when it lands late
        was right by reads that are old by then.

        Raises: HoldNeeded, MoveFailed (by `permit`), LeaseLost, LeaseUncertain; ClusterError when patience is
        over.
        """
        patience = self._pace.patience()
        while True:
            if side in self._unsealed:
                await self.seal((side,))
            await self._keeper.save(self._keeper.record.with_intent(side, replicas))
            facts, other = await self._read_for(side, target_is_lost)
            while facts.replicas != replicas and not permit(facts, other):
                patience = self._pace.patience()
                await self._pace.sleep(self._pace.settings.retry_s)
                facts, other = await self._read_for(side, target_is_lost)
            if facts.replicas == replicas:
                break
            self._keeper.check((Side.SOURCE,) if target_is_lost else BOTH)
            try:
                await self._send(side, facts, replicas)
                break
            except (ClusterUnreachable, ServerFailed) as error:
                self._expect_late_write(side)
                await patience.endure(error)
            except (VersionConflict, RateLimited) as error:
                await patience.endure(error)
        self._keeper.confirm_replicas(side, replicas)

    def _expect_late_write(self, side: Side) -> None:
        self._unsealed.add(side)

    async def _send(self, side: Side, facts: DeploymentFacts, replicas: int) -> None:
        """Send the announced write once."""
        intent = self._keeper.record.intent
        assert intent is not None, "nothing is sent that was not announced"
        fence = self._keeper.record.fence(str(intent.operation))

        def write(dry_run: bool) -> Awaitable[DeploymentFacts]:
            return self._sides[side].scale(facts, fence, replicas, dry_run=dry_run)

        self._reader.remember(side, await self._rehearsal.perform(write))

    async def _read_for(
        self, side: Side, target_is_lost: bool
    ) -> tuple[DeploymentFacts, DeploymentFacts | None]:
        """Read what is scaled and the other side, both after the last write, and refuse what others have
        touched.
        """
        other_side = Side.TARGET if side is Side.SOURCE else Side.SOURCE
        scaled = await self._reader.read(side)
        other = None if target_is_lost else await self._reader.read(other_side)
        record = self._keeper.record
        if record.state.phase is Phase.ROLLBACK:
            present = require_present(scaled, record, side)
            require_fence(present, record, side)
            return present, self._find_other(other, other_side)
        if other is not None:
            require_untouched(other, record, other_side)
        return require_untouched(scaled, record, side), other

    def _find_other(self, other: DeploymentFacts | None, side: Side) -> DeploymentFacts | None:
        """Return the side that is not scaled by a rollback: the target may be missing, the source may not."""
        record = self._keeper.record
        return find_target(other, record) if side is Side.TARGET else require_present(other, record, side)

    async def _place_fence(self, side: Side, fence: Fence, sides: tuple[Side, ...]) -> None:
        patience = self._pace.patience()
        while True:
            facts = await self._reader.read(side)
            if self._may_be_missing(side) and find_target(facts, self._keeper.record) is None:
                return
            facts = require_present(facts, self._keeper.record, side)
            refuse_newer(facts, self._keeper.record, side)
            if facts.fence == str(fence):
                break
            self._keeper.check(sides)
            try:
                await self._change_fence(side, facts, fence)
                break
            except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited) as error:
                await patience.endure(error)
        self._take_over_replicas(side)

    async def _change_fence(self, side: Side, facts: DeploymentFacts, fence: Fence) -> None:
        def write(dry_run: bool) -> Awaitable[DeploymentFacts]:
            return self._sides[side].place_fence(facts, fence, dry_run=dry_run)

        self._reader.remember(side, await self._rehearsal.perform(write))

    def _may_be_missing(self, side: Side) -> bool:
        """Whether there need not be a Deployment of ours to fence: the target's is not created yet, or it was
        deleted, by a rollback or by others.
        """
        record = self._keeper.record
        is_going_back = record.state.phase in (Phase.ROLLBACK, Phase.ROLLED_BACK)
        return side is Side.TARGET and (record.target.deployment_uid is None or is_going_back)

    def _take_over_replicas(self, side: Side) -> None:
        """Settle an open intent by what the sealed Deployment says: it has landed, or it never will.

        Replicas that are neither are left for `require_untouched` to complain about; a rollback starts from
        what is there.
        """
        facts, record = self._reader.last(side), self._keeper.record
        assert facts is not None, "it was just read or written"
        has_intent = record.intent is not None and record.intent.side is side
        if record.state.phase is Phase.ROLLBACK or (has_intent and record.intent_replicas == facts.replicas):
            self._keeper.confirm_replicas(side, facts.replicas)
        elif has_intent:
            self._keeper.confirm_replicas(side, record.side(side).replicas)
