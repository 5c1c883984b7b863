"""Takes, resumes and gives back both Leases of a migration, and does what `protocol/leadership.py` makes of their
journals.

After `take_over` the run has to seal both Deployments before anything else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from enum import Enum, auto
from functools import partial

from controller.errors import ClusterError, ControllerError, NotArmed
from controller.migration.access.fact_reader import FactReader
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.access.journal_writer import BOTH, JournalWriter
from controller.migration.access.lease import ClusterLease, find_place
from controller.migration.access.lease_pair import Heed, LeasePair
from controller.migration.access.timing import Sleep
from controller.migration.protocol.errors import HoldNeeded, JournalError, LeaseTaken
from controller.migration.protocol.insurance import find_seen_loss, is_due
from controller.migration.protocol.journal import encode_journal
from controller.migration.protocol.leadership import (
    Close,
    Lead,
    Over,
    Takeover,
    choose_epoch,
    doubt,
    find_end,
    judge_journals,
    judge_source_alone,
    refuse_start,
    show_followed,
)
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import find_target
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.signing import Journal, JournalPlace
from controller.migration.protocol.verification import find_unfinished_journal, is_same_plan
from controller.migration.run.journals import read_journal, read_own_journal
from controller.migration.run.shortfall_watch import ShortfallWatch, count_target
from controller.reasons import Code
from oracle.foundation.reason import Reason


class Reach(Enum):
    """How much of a migration is led after a takeover."""

    NOTHING = auto()
    SOURCE = auto()
    BOTH = auto()


class Leadership:
    """The Leases of one run, on the sides that `reader` reads. It waits as the run does, cut short by a cancel;
    renewals wait with the plain `sleep`.
    """

    def __init__(
        self,
        journal: JournalWriter,
        reader: FactReader,
        sleep: Sleep,
        new_id: Callable[[], str],
        keys: JournalKeys,
        wants_cancel: Callable[[], bool],
        heed: Heed,
    ) -> None:
        self._keys = keys
        self._heed = heed
        self._wants_cancel = wants_cancel
        self._journal = journal
        self._reader = reader
        self._sides, self._timing = reader.sides, reader.timing
        self._sleep = sleep
        self._new_id = new_id
        self._leases: LeasePair | None = None
        self._shortfall = ShortfallWatch()
        #: Why the source was taken alone, where the target answers; None: it is silent.
        self.why_alone: Reason | None = None

    async def acquire(self, check_again: Callable[[], Awaitable[None]]) -> None:
        """Become the leader of a migration that begins now. `check_again` has the last word once both Leases are held.

        The journals are read before anything is touched: one that is not understood, a newer program's above all, and
        one of a move that is not over stay as they are. That ours can be signed is found out before as well.
        Raises: LeaseTaken, JournalError, ClusterError; what `check_again` raises.
        """
        self._keys.prepare()
        leases = self._build_leases()
        self._require_free(await leases.read_journals())
        try:
            await leases.acquire(self._timing.sleep, self._patience_s, read_journal)
            self._require_free({side: leases.journal(side) for side in BOTH})
            await check_again()
            epoch = _choose_epoch(leases, (await self._read_deployments()).values())
        except ControllerError:
            await self.release()
            raise
        self._journal.lead(leases, replace(self._journal.record, epoch=epoch))

    async def take_over(self) -> Reach:
        """Become the leader of a migration that another run began; of the source alone where that has to be raised
        and the target gives no answer, or does not give its Lease. NOTHING where it is over already, or not to be
        trusted.
        """
        leases = self._build_leases()
        self.why_alone = None
        while True:
            try:
                await self._require_identity(Side.SOURCE)
                if (over := await self._find_end(leases)) is not None:
                    return await self._follow(leases, over)
                if await self._is_led_by_another(leases):
                    await self._timing.sleep(self._timing.settings.lease_retry_s)
                    continue
                if not await self._is_met_by_target(leases):
                    return await self._follow(leases, await self._take_source(leases), Reach.SOURCE)
                return await self._take_what_there_is(leases)
            except JournalError as error:
                return await self._follow(leases, doubt(self._journal.record, error.reason))
            except (ClusterError, NotArmed, HoldNeeded, LeaseTaken) as error:
                self._journal.describe(Code.WAITING_TO_RESUME.because(why=error.reason))
                # Whoever may write only one of the two keeps nobody out who may write both.
                await leases.release()
            await self._timing.sleep(self._timing.settings.lease_retry_s)

    async def _is_led_by_another(self, leases: LeasePair) -> bool:
        """Whether another instance leads; then what its journal says now is shown, and how both sides are found.

        Raises: ClusterError.
        """
        journal = self._try_to_read(Side.SOURCE, await leases.read_led_journal(Side.SOURCE))
        if journal is None or not is_same_plan(journal, self._journal.record):
            return False
        self._journal.remember(show_followed(journal))
        for side in BOTH:
            with suppress(ControllerError):
                await self._reader.read_once(side)
        return True

    async def _is_met_by_target(self, leases: LeasePair) -> bool:
        """Whether the target answers as the one that the journal names; False where its silence asks for an insurance.

        Raises: JournalError; what the silence is, where it is to be waited out.
        """
        asked_at = self._timing.clocks.counting()
        try:
            await self._require_identity(Side.TARGET)
            await self._reader.read_once(Side.TARGET)
        except (ClusterError, HoldNeeded):
            self._reader.note_silence(Side.TARGET, asked_at)
            if await self._is_insurance_due(leases):
                return False
            raise
        self._read(Side.TARGET, await leases.read_journal(Side.TARGET))
        return True

    async def _is_insurance_due(self, leases: LeasePair) -> bool:
        """Whether the source, as journal and a fresh read have it, is to be raised now. Raises: ClusterError."""
        record = self._read(Side.SOURCE, await leases.read_journal(Side.SOURCE)) or self._journal.record
        source = await self._reader.read_once(Side.SOURCE)
        if source is None:
            return False
        now = replace(record, source=replace(record.source, replicas=source.replicas))
        silent_s = self._reader.silent_s(Side.TARGET)
        return is_due(now, silent_s, self._timing.settings, is_asked_for=self._wants_cancel())

    async def _take_what_there_is(self, leases: LeasePair) -> Reach:
        """Lead both sides; the source alone where only the target's Lease is not to be had, and the source is to be
        raised. Raises: LeaseTaken, JournalError, HoldNeeded, ClusterError.
        """
        await self._find_why_alone(leases, None)  # from now on it is known for how long too few have served
        try:
            takeover = await self._take_both(leases)
        except (ClusterError, LeaseTaken) as error:
            why = await self._find_why_alone(leases, error.reason) if leases.holds(Side.SOURCE) else None
            if why is None:
                raise
            self.why_alone = why
            return await self._follow(leases, await self._take_source(leases), Reach.SOURCE)
        return await self._follow(leases, takeover)

    async def _find_why_alone(self, leases: LeasePair, refused: Reason | None) -> Reason | None:
        """Return why the source is to be raised although the target answers: it is known not to serve, or a person asks
        for the way back and its Lease is not to be had (`refused`). Raises: JournalError, ClusterError.
        """
        record = self._read(Side.SOURCE, await leases.read_journal(Side.SOURCE)) or self._journal.record
        source, target = [await self._reader.read_once(side) for side in BOTH]
        if source is None:
            return None
        record = record.with_replicas(Side.SOURCE, source.replicas)
        settings, now = self._timing.settings, self._timing.counting()
        counted = await count_target(self._reader, find_target(target, record))
        self._shortfall.look(record, source, counted, now)
        lost = find_seen_loss(target, record) or self._shortfall.find_loss(record, now, settings)
        if lost is not None:
            return lost.reason
        return refused if is_due(record, 0.0, settings, is_asked_for=self._wants_cancel()) else None

    async def _take_source(self, leases: LeasePair) -> Takeover:
        """Hold the source's Lease, and judge its journal. Raises: LeaseTaken, HoldNeeded, ClusterError."""
        await self._take(leases, Side.SOURCE, self._patience_s)
        source = await self._reader.read(Side.SOURCE)
        epoch = choose_epoch(leases.epoch, [source.fence if source is not None else None])
        journal = self._try_to_read(Side.SOURCE, leases.journal(Side.SOURCE))
        return judge_source_alone(journal, source, self._journal.record, epoch)

    async def _take_both(self, leases: LeasePair) -> Takeover:
        """Hold both Leases, and judge their journals. The source's comes first: who holds it leads, and whoever waits
        for it holds up nobody who insures the source alone. It is waited for in short rounds, between which is shown
        what its holder has journaled. Raises: LeaseTaken, JournalError, ClusterError.
        """
        await self._take(leases, Side.SOURCE, self._timing.settings.lease_retry_s)
        await self._take(leases, Side.TARGET, self._patience_s)
        found = await self._read_deployments()
        journal, mirror = (self._try_to_read(side, leases.journal(side)) for side in BOTH)
        return judge_journals(
            journal, mirror, self._journal.record, _choose_epoch(leases, found.values()), found
        )

    async def _take(self, leases: LeasePair, side: Side, timeout_s: float | None) -> None:
        """Hold one Lease whose journal is one of ours. Raises: LeaseTaken, JournalError, ClusterError."""
        await leases.take(side, self._timing.sleep, timeout_s, partial(self._read, side))

    async def release(self) -> None:
        """Give the Leases back, with their journal; may be called without any."""
        if self._leases is not None:
            await self._leases.release()
            self._leases = None

    async def drop(self) -> None:
        """Another instance leads: renew nothing, release nothing."""
        if self._leases is not None:
            await self._leases.stop_renewing()
            self._leases = None

    async def _find_end(self, leases: LeasePair) -> Over | None:
        """Return the end that another instance has brought about meanwhile: to see it, no Lease is needed."""
        known = self._journal.record
        return find_end(self._try_to_read(Side.SOURCE, await leases.read_journal(Side.SOURCE)), known)

    @property
    def _patience_s(self) -> float:
        """How long a Lease is waited for: whoever held it may have died a moment ago."""
        return self._timing.settings.lease_duration_s + 2 * self._timing.settings.lease_retry_s

    async def _follow(self, leases: LeasePair, takeover: Takeover, reach: Reach = Reach.BOTH) -> Reach:
        """Do what the journals ask for; how much of the migration is led then. `reach`: the Leases that are held."""
        if isinstance(takeover, Lead):
            leases.trust_mirror()
            self._journal.lead(leases, takeover.record)
            return reach
        record = takeover.record
        if isinstance(takeover, Close):
            # In the source's Lease alone: the target's may belong to another migration, which may not be over.
            record = replace(record, ended_at=self._timing.clocks.wall())
            leases.put_journal(Side.SOURCE, encode_journal(record))
        self._journal.remember(record)
        await self.release()
        return Reach.NOTHING

    def _require_free(self, journals: Mapping[Side, Journal | None]) -> None:
        """Raises: LeaseTaken where another migration of the workload is not over; JournalError, also where one that is
        none of ours is not.
        """
        known = {side: read_journal(journal) for side, journal in journals.items()}
        ours = {side: self._try_to_read(side, journal) for side, journal in journals.items()}
        if (left := find_unfinished_journal(ours, self._journal.record)) is not None:
            raise refuse_start(left, self._journal.record)
        if (left := find_unfinished_journal(known, self._journal.record)) is not None:
            [side] = [side for side, record in known.items() if record is left]
            self._read(side, journals[side])

    def _read(self, side: Side, journal: Journal | None) -> MigrationRecord | None:
        """Return the record of a journal that is one of ours. Raises: JournalError."""
        return read_own_journal(journal, self._find_place(side), self._keys)

    def _try_to_read(self, side: Side, journal: Journal | None) -> MigrationRecord | None:
        """Return the record of a journal that is one of ours, and understood; None for any other."""
        try:
            return self._read(side, journal)
        except JournalError:
            return None

    def _find_place(self, side: Side) -> JournalPlace:
        record = self._journal.record
        return find_place(record.side(side).cluster_uid, record.workload.namespace, record.workload.name)

    def _build_leases(self) -> LeasePair:
        record = self._journal.record
        holder = self._new_id()
        leases = {
            side: ClusterLease(
                self._sides[side].api, self._find_place(side), holder, self._timing, self._keys
            )
            for side in BOTH
        }
        by_uid = sorted(BOTH, key=lambda side: record.side(side).cluster_uid)
        self._leases = LeasePair(
            leases, (by_uid[0], by_uid[1]), replace(self._timing, sleep=self._sleep), self._heed
        )
        return self._leases

    async def _read_deployments(self) -> Mapping[Side, DeploymentFacts | None]:
        return dict(zip(BOTH, await self._reader.read_both(), strict=True))

    async def _require_identity(self, side: Side) -> None:
        """Raises: HoldNeeded where a context's name has come to mean another cluster than the journal's."""
        known = self._journal.record.side(side)
        if await self._sides[side].read_cluster_uid() != known.cluster_uid:
            raise HoldNeeded(Code.CLUSTER_REPLACED.because(context=known.context))


def _choose_epoch(leases: LeasePair, found: Iterable[DeploymentFacts | None]) -> int:
    """Return an epoch above all that either cluster has ever seen."""
    return choose_epoch(leases.epoch, (known.fence if known is not None else None for known in found))
