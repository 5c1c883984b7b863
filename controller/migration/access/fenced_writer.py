"""The only place that changes a Deployment: journaled first, absolute, fenced, and read back where no answer
came.

What a write rests on is judged when it is planned, and once more as its bytes leave: the Leases, the permit (with it
price and arming), and how old the reads are. Between the two a credential is renewed, a connection opened, or the
machine sleeps.

`seal` gives both Deployments a new fence, so that a write of ours (or of an instance before us) that is still
on its way fails when it lands. It comes before every change of direction and after every takeover.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from controller.errors import ClusterUnreachable, RateLimited, ServerFailed, VersionConflict
from controller.migration.access.fact_reader import FactReader
from controller.migration.access.journal_writer import BOTH, JournalWriter
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Patience
from controller.migration.protocol.bounds import FACTS_LIFE_S
from controller.migration.protocol.errors import FactsOutdated
from controller.migration.protocol.failures import require_going_on
from controller.migration.protocol.fences import Fence
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import (
    find_target,
    has_our_fence,
    may_be_missing,
    refuse_newer,
    require_present,
    require_scalable,
    settle_sealed,
)
from controller.migration.protocol.record import Side
from controller.migration.protocol.verdicts import Outdated, Reached, Verdict

#: Given fresh facts of (the side to be scaled, the other side), judges whether to send now.
Permit = Callable[[DeploymentFacts, DeploymentFacts | None], Verdict]


def always_permit(scaled: DeploymentFacts, other: DeploymentFacts | None) -> Verdict:
    """For writes that only add replicas which the floor needs."""
    return Reached()


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a write rests on: fresh facts of both sides, and the counted seconds at which they were asked for."""

    facts: DeploymentFacts
    other: DeploymentFacts | None
    asked_at: float


class FencedWriter:
    """Performs one write at a time for one migration, to the sides that `reader` reads."""

    def __init__(self, journal: JournalWriter, reader: FactReader, probe: Probe) -> None:
        self._journal = journal
        self._reader = reader
        self._probe = probe
        self._sides, self._timing = reader.sides, reader.timing
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
        record = await self._journal.count_operation()
        for side in sides:
            await self._place_fence(side, record.fence(f"{record.operation}-seal"), tuple(sides))
            self._unsealed.discard(side)

    async def seal_unsealed(self) -> None:
        """Seal what has to be. Raises: as `seal` does."""
        if self._unsealed:
            await self.seal([side for side in BOTH if side in self._unsealed])

    async def remove_fence(self, side: Side) -> None:
        """Take our fence off one side, which is then as its owner left it. What is still on its way tests a fence, or a
        resourceVersion from before, and fails when it lands. What is not ours keeps what it has.

        Raises: as `seal` does.
        """
        patience = self._timing.patience()
        while True:
            facts = await self._reader.read(side)
            if facts is None or not has_our_fence(facts, self._journal.record, side):
                return
            try:
                await self._take_off(side, facts)
                return
            except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited) as error:
                await patience.endure(error)

    async def scale(
        self,
        side: Side,
        replicas: int,
        permit: Permit,
        *,
        alone: bool = False,
        patience: Patience | None = None,
    ) -> bool:
        """Bring one side to `replicas`, as soon as `permit` agrees; returns whether a read or an answer has confirmed
        it: False where `permit` found the plan outdated.

        A write without an answer is sealed off before anything is judged anew: what it would do when it lands late
        was right by reads that are old by then.

        `patience` is that of a caller who tries again after False: what is refused each time is no new trouble.
        Raises: HoldNeeded, MoveFailed (by `permit`), LeaseLost, LeaseUncertain; ClusterError when patience is
        over.
        """
        patience = patience or self._timing.patience()
        while True:
            if side in self._unsealed:
                await self.seal((side,))
            await self._journal.announce(side, replicas)
            basis = await self._await_permit(side, replicas, permit, patience, alone=alone)
            if basis is None:
                return False
            if basis.facts.replicas == replicas:
                break
            try:
                await self._send(side, basis, replicas, permit, (Side.SOURCE,) if alone else BOTH)
                break
            except FactsOutdated:
                await self._timing.sleep(self._timing.settings.retry_s)
            except (ClusterUnreachable, ServerFailed) as error:
                self._expect_late_write(side)
                await patience.endure(error)
            except (VersionConflict, RateLimited) as error:
                await patience.endure(error)
        self._journal.confirm_replicas(side, replicas)
        return True

    async def _await_permit(
        self, side: Side, replicas: int, permit: Permit, patience: Patience, *, alone: bool
    ) -> _Basis | None:
        """Return fresh facts by which the write may be sent, or has landed; None where its plan is outdated."""
        while True:
            basis = await self._read_for(side, alone)
            if basis.facts.replicas == replicas:
                return basis
            verdict = require_going_on(permit(basis.facts, basis.other))
            if isinstance(verdict, Reached):
                return basis
            if isinstance(verdict, Outdated):
                return None
            patience.renew()
            await self._timing.sleep(self._timing.settings.retry_s)

    def _expect_late_write(self, side: Side) -> None:
        self._unsealed.add(side)

    async def _send(
        self, side: Side, basis: _Basis, replicas: int, permit: Permit, leases: tuple[Side, ...]
    ) -> None:
        """Send the announced write once. Raises: FactsOutdated where nothing was sent."""
        intent = self._journal.record.intent
        assert intent is not None, "nothing is sent that was not announced"
        fence = self._journal.record.fence(str(intent.operation))

        def judge() -> None:
            self._journal.check(leases)
            self._require_fresh(side, basis, replicas)
            if not isinstance(require_going_on(permit(basis.facts, basis.other)), Reached):
                raise FactsOutdated(self._sides[side].context)

        def write(dry_run: bool) -> Awaitable[DeploymentFacts]:
            return self._sides[side].scale(basis.facts, fence, replicas, judge, dry_run=dry_run)

        self._reader.remember(side, await self._probe.perform(write))

    def _require_fresh(self, side: Side, basis: _Basis, replicas: int) -> None:
        """Raises: FactsOutdated where the reads are too old. To give the source more replicas no read is: that takes
        nothing from anybody, and the fence sees whether the number is still the one that was read.
        """
        adds_to_source = side is Side.SOURCE and replicas > basis.facts.replicas
        if not adds_to_source and self._timing.counting() - basis.asked_at > FACTS_LIFE_S:
            raise FactsOutdated(self._sides[side].context)

    async def _read_for(self, side: Side, alone: bool) -> _Basis:
        """Read what is scaled and the other side, both after the last write, and refuse what others have
        touched.
        """
        asked_at = self._timing.counting()
        scaled = await self._reader.read(side)
        other = None if alone else await self._reader.read(side.other)
        return _Basis(*require_scalable(scaled, other, self._journal.record, side), asked_at)

    async def _take_off(self, side: Side, facts: DeploymentFacts) -> None:
        def judge() -> None:
            self._journal.check(BOTH)

        def write(dry_run: bool) -> Awaitable[DeploymentFacts]:
            return self._sides[side].remove_fence(facts, judge, dry_run=dry_run)

        self._reader.remember(side, await self._probe.perform(write))

    async def _place_fence(self, side: Side, fence: Fence, sides: tuple[Side, ...]) -> None:
        patience = self._timing.patience()
        while True:
            facts = await self._reader.read(side)
            if (
                may_be_missing(self._journal.record, side)
                and find_target(facts, self._journal.record) is None
            ):
                return
            facts = require_present(facts, self._journal.record, side)
            refuse_newer(facts, self._journal.record, side)
            if facts.fence == str(fence):
                break
            try:
                await self._change_fence(side, facts, fence, sides)
                break
            except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited) as error:
                await patience.endure(error)
        settled = self._reader.last(side)
        assert settled is not None, "it was just read or written"
        self._journal.remember(settle_sealed(self._journal.record, side, settled))

    async def _change_fence(
        self, side: Side, facts: DeploymentFacts, fence: Fence, leases: tuple[Side, ...]
    ) -> None:
        def judge() -> None:
            self._journal.check(leases)

        def write(dry_run: bool) -> Awaitable[DeploymentFacts]:
            return self._sides[side].place_fence(facts, fence, judge, dry_run=dry_run)

        self._reader.remember(side, await self._probe.perform(write))
