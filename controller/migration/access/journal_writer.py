"""The one owner of a migration's record: holds it, and writes it down before anything follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.migration.access.lease_pair import LeasePair
from controller.migration.protocol.journal import encode_journal
from controller.migration.protocol.journal_bounds import shorten_reason
from controller.migration.protocol.record import MigrationRecord, Side, StepRecord, Watched
from oracle.foundation.reason import Reason

BOTH = (Side.SOURCE, Side.TARGET)


class JournalWriter:
    """Everybody else reads frozen records, and changes them by the methods here.

    Before both Leases are held there is nothing to write to, and nothing is written. `check_allowed` raises where
    nothing may be written whatever the Leases say.
    """

    def __init__(
        self,
        record: MigrationRecord,
        on_change: Callable[[], None],
        check_allowed: Callable[[], None] = lambda: None,
    ) -> None:
        self._record = record
        self._leases: LeasePair | None = None
        self._on_change = on_change
        self._check_allowed = check_allowed

    @property
    def record(self) -> MigrationRecord:
        """What this instance knows; what is in the journal may be a little older, or one announcement ahead."""
        return self._record

    def lead(self, leases: LeasePair, record: MigrationRecord) -> None:
        """Go on under these Leases, with this record."""
        self._leases = leases
        self.remember(record)

    def check(self, sides: tuple[Side, ...] = BOTH) -> None:
        """Raises: LeaseLost, LeaseUncertain, NotArmed or ClusterError where nothing may be written now."""
        self._check_allowed()
        if self._leases is not None:
            self._leases.check(sides)

    def check_lost(self) -> None:
        """Raises: LeaseLost where another instance leads by now, whatever else is the matter."""
        if self._leases is not None:
            self._leases.check_lost()

    def require_rights(self) -> None:
        """Raises: LetGo where this instance leads and may not write the target's Lease any more."""
        if self._leases is not None:
            self._leases.require_rights()

    def check_armed(self) -> None:
        """Raises: NotArmed where a person has forbidden all writes to a side, the renewals of its Lease included."""
        if self._leases is not None:
            self._leases.check_armed()

    async def require_held(self) -> None:
        """Raises: LeaseLost where another instance was let in meanwhile; ClusterError where that cannot be read."""
        if self._leases is not None:
            await self._leases.require_held()

    async def save(self, record: MigrationRecord) -> None:
        """Write the record down, then know it. Raises: LeaseLost, ClusterError, NotArmed, JournalError."""
        if self._leases is not None:
            self._leases.check_lost()
            # What was left in the target counts only as far as the target's own Lease has it.
            mirror_now = _left_in_target(record) != _left_in_target(self._record)
            text = encode_journal(shorten_reason(record))
            await self._leases.save(text, record.epoch, mirror_now=mirror_now)
        self.remember(record)

    def remember(self, record: MigrationRecord) -> None:
        """Know the record without writing it: for what a restart may forget."""
        if record != self._record:
            self._record = record
            self._on_change()

    async def count_operation(self) -> MigrationRecord:
        """Journal the next operation's number and return the record with it. Raises: as `save` does."""
        await self.save(self._record.with_next_operation())
        return self._record

    async def announce(self, side: Side, replicas: int) -> None:
        """Journal a write before it is sent. Raises: as `save` does."""
        await self.save(self._record.with_intent(side, replicas))

    def confirm_replicas(self, side: Side, replicas: int) -> None:
        """A read or an answer has shown these replicas; worth remembering, not worth a write of its own."""
        self.remember(self._record.with_replicas(side, replicas))

    def note_watched(self, watched: Watched) -> None:
        """Know for how long was watched; the next renewal of the source's Lease carries it, so that a restart forgets
        no more than the time between two of them.
        """
        self.remember(replace(self._record, watched=watched))
        if self._leases is not None:
            self._leases.put_journal(Side.SOURCE, encode_journal(shorten_reason(self._record)))

    async def save_step(self, step: StepRecord) -> None:
        """Journal what a step must not forget before it goes on. Raises: as `save` does."""
        await self.save(self._record.with_step(step))

    def remember_step(self, step: StepRecord) -> None:
        """Know what came of a step; it goes with the next journal write."""
        self.remember(self._record.with_step(step))

    def describe(self, reason: Reason | None) -> None:
        """Say anew why the migration is where it is; None: nothing but its plan has brought it there."""
        self.remember(replace(self._record, state=replace(self._record.state, reason=reason)))


def _left_in_target(record: MigrationRecord) -> tuple[object, ...]:
    return (record.target.deployment_uid, record.target_notes, record.state.newer)
