"""Both Leases of a migration, the source's with the authoritative journal, the target's with its mirror."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from controller.errors import AccessDenied, ControllerError, NotArmed
from controller.migration.access.lease import ClusterLease, find_holder, find_signed_journal
from controller.migration.access.timing import Timing, sleep_unless
from controller.migration.protocol.errors import HandedOver, LeaseLost, LeaseTaken, LeaseUncertain, LetGo
from controller.migration.protocol.holds import find_silent
from controller.migration.protocol.record import Side
from controller.migration.protocol.signing import Journal
from controller.reasons import Code


@dataclass(frozen=True, slots=True)
class Heeded:
    """A request that was heard: what is answered, and what is to be done once that is written, or cannot be."""

    answer: str
    afterwards: Callable[[], None]


#: Does what the text in a Lease asks of the holder of that name; None where it is not heard.
Heed = Callable[[str, str], Heeded | None]


class LeasePair:
    """Acquires, renews and releases both Leases; answers whether one may write.

    `order` is the order of acquisition: that of the clusters' UIDs, so that a move from A to B and one from B
    to A cannot wait for each other. Every acquired Lease is renewed by its own task, so that a silent cluster
    does not cost the other. `heed` is given what is asked of the leader through the source's.
    """

    def __init__(
        self,
        leases: Mapping[Side, ClusterLease],
        order: tuple[Side, Side],
        timing: Timing,
        heed: Heed = lambda text, holder: None,
    ) -> None:
        self._heed = heed
        self._leases = leases
        self._order = order
        self._timing = timing
        self._renewals: dict[Side, asyncio.Task[None]] = {}
        self._mirror_is_due = asyncio.Event()
        self._is_mirrored = False
        self._lost: LeaseLost | None = None
        self._refused: dict[Side, ControllerError] = {}

    @property
    def epoch(self) -> int:
        """The highest epoch that either Lease has seen."""
        return max(lease.epoch for lease in self._leases.values())

    def journal(self, side: Side) -> Journal | None:
        """Return what the Lease of one side carries."""
        return self._leases[side].journal

    async def read_journals(self) -> dict[Side, Journal | None]:
        """Read what both Leases carry without touching them. Raises: ClusterError."""
        return {side: await self.read_journal(side) for side in self._order}

    async def read_journal(self, side: Side) -> Journal | None:
        """Read what one Lease carries without touching it. Raises: ClusterError."""
        return find_signed_journal(await self._leases[side].read() or {})

    async def read_led_journal(self, side: Side) -> Journal | None:
        """Read what one Lease carries where another instance leads under it; None where none does.

        Raises: ClusterError.
        """
        body = await self._leases[side].read()
        return find_signed_journal(body) if body is not None and self._leases[side].is_led(body) else None

    async def acquire(
        self,
        pause: Callable[[float], Awaitable[None]],
        timeout_s: float | None,
        require_readable: Callable[[Journal | None], object],
    ) -> None:
        """Become the holder of both, in order.

        `require_readable` is given each journal before its Lease is touched, and raises where it must not be.
        Raises: what that raises; LeaseTaken where another instance still holds one after the timeout, which each of
        them has for itself (None: wait for ever); ClusterError.
        """
        for journal in (await self.read_journals()).values():
            require_readable(journal)
        for side in self._order:
            await self.take(side, pause, timeout_s, require_readable)

    async def take(
        self,
        side: Side,
        pause: Callable[[float], Awaitable[None]],
        timeout_s: float | None,
        require_readable: Callable[[Journal | None], object],
    ) -> None:
        """Become the holder of one. Arguments and errors as of `acquire`."""
        started_at = self._timing.counting()
        while side not in self._renewals:
            self.check_lost()
            if await self._leases[side].try_acquire(require_readable):
                self._renewals[side] = asyncio.ensure_future(self._keep_renewing(side))
                break
            if timeout_s is not None and self._timing.counting() - started_at > timeout_s:
                raise LeaseTaken(Code.LEASE_HELD.because(context=self._leases[side].context))
            await pause(self._timing.settings.lease_retry_s)

    def holds(self, side: Side) -> bool:
        """Whether the Lease of one side was acquired, and is renewed."""
        return side in self._renewals

    def check_lost(self) -> None:
        """Raises: LeaseLost once another instance was seen as the holder."""
        if self._lost is not None:
            raise self._lost

    def require_rights(self) -> None:
        """Raises: LetGo once the target's Lease has run out because this instance may not write it."""
        refused, lease = self._refused.get(Side.TARGET), self._leases[Side.TARGET]
        if isinstance(refused, AccessDenied) and self._has_run_out(lease):
            self._lost = LetGo(lease.context, refused.reason)
            raise self._lost

    def check(self, sides: tuple[Side, ...] = (Side.SOURCE, Side.TARGET)) -> None:
        """Raises: LeaseLost, LeaseUncertain, or what refuses the renewals: nothing may be written under these
        Leases now.
        """
        self.check_lost()
        self.check_armed(sides)
        for side in sides:
            if not self._leases[side].is_valid:
                raise self._refused.get(side) or LeaseUncertain(self._leases[side].context)

    def check_armed(self, sides: Iterable[Side] = Side) -> None:
        """Raises: NotArmed once a person has forbidden all writes to a side, and so the renewals of its Lease, however
        long that would last.
        """
        for side in sides:
            refused = self._refused.get(side)
            if isinstance(refused, NotArmed) and not find_silent(refused.reason):
                raise refused

    async def require_held(self) -> None:
        """Read who holds the source's Lease, for whoever may not renew it. Raises: LeaseLost, ClusterError."""
        lease = self._leases[Side.SOURCE]
        holder = find_holder(await lease.read() or {})
        if holder != lease.holder:
            self._lost = LeaseLost(lease.context, holder)
            raise self._lost

    def put_journal(self, side: Side, text: str) -> None:
        """Let the next write of one Lease, its release included, carry this journal, signed. Raises: JournalError."""
        self._leases[side].put_journal(text)

    async def save(self, text: str, epoch: int, *, mirror_now: bool) -> None:
        """Write the journal to the source now; the mirror in the target follows by itself: it may lag, and is never
        ahead.

        `mirror_now` waits for the mirror, too. So does the first time: a takeover demands that the target knows
        of the migration, since a journal forged in one cluster must not move anything in another.

        Raises: LeaseLost; JournalError and ClusterError where it could not be written: then nothing was announced,
        nothing may follow.
        """
        for lease in self._leases.values():
            lease.epoch = epoch
        self.put_journal(Side.SOURCE, text)
        await self._write(Side.SOURCE)
        self.put_journal(Side.TARGET, text)
        if mirror_now or not self._is_mirrored:
            await self._write(Side.TARGET)
            self._is_mirrored = True
        self._mirror_is_due.set()

    def trust_mirror(self) -> None:
        """The target knows of this migration already: from now on its Lease may lag, even with the first save."""
        self._is_mirrored = True

    async def release(self) -> None:
        """Stop renewing and give both up, leaving journal and epoch. A Lease that cannot be reached expires
        by itself.
        """
        await self.stop_renewing()
        for lease in self._leases.values():
            try:
                await lease.give_back()
            except ControllerError:
                continue

    async def stop_renewing(self) -> None:
        """End the tasks that renew."""
        for task in self._renewals.values():
            task.cancel()
        await asyncio.gather(*self._renewals.values(), return_exceptions=True)
        self._renewals.clear()

    async def _keep_renewing(self, side: Side) -> None:
        while self._lost is None:
            due = self._mirror_is_due if side is Side.TARGET else asyncio.Event()
            await sleep_unless(self._timing.sleep, self._timing.settings.lease_retry_s, due)
            due.clear()
            if side is Side.SOURCE or self._may_lead():
                await self._try_write(side)

    def _may_lead(self) -> bool:
        """Whether nobody else can hold the source's Lease by now. Who holds it leads, so that whoever may have lost it
        lets go of the target's.
        """
        return not self._has_run_out(self._leases[Side.SOURCE])

    def _has_run_out(self, lease: ClusterLease) -> bool:
        duration_s, now = self._timing.settings.lease_duration_s, self._timing.clocks.counting()
        return lease.renewed_at is not None and now > lease.renewed_at + duration_s

    async def _try_write(self, side: Side) -> None:
        """Renew one Lease; a failure is kept for `check`, the next renewal tries again."""
        try:
            await self._write(side)
        except ControllerError as error:
            self._refused[side] = error

    async def _write(self, side: Side) -> None:
        try:
            await self._leases[side].write()
        except LeaseLost as lost:
            self._lost = lost
            raise
        self._refused.pop(side, None)
        if self._leases[side].is_asked_for:
            self._lost = HandedOver(self._leases[side].context)
            raise self._lost
        if side is Side.SOURCE:
            await self._heed_request(self._leases[side])

    async def _heed_request(self, lease: ClusterLease) -> None:
        """Do what was asked, and answer with a write of its own. Raises: as `ClusterLease.write` does."""
        text, lease.request = lease.request, None
        heeded = None if text is None else self._heed(text, lease.holder)
        if heeded is None:
            return
        lease.answer = heeded.answer
        try:
            await lease.write()
        finally:
            heeded.afterwards()
