"""Who leads a migration: takes, resumes and gives back both Leases, and decides whether a journal is to be
believed.

A run performs; this says whether it may. After `take_over` the run has to seal both Deployments before
anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from controller.clusters import paths
from controller.errors import ClusterError, NotArmed, ObjectNotFound, VersionConflict
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.fact_reader import FactReader
from controller.migration.access.journal_writer import BOTH, JournalWriter
from controller.migration.access.lease import MANAGED_BY, ClusterLease
from controller.migration.access.lease_pair import LeasePair
from controller.migration.access.timing import Sleep, Timing
from controller.migration.protocol.errors import HoldNeeded, LeaseTaken
from controller.migration.protocol.fences import parse_epoch
from controller.migration.protocol.journal import JournalError, decode_journal, encode_journal
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import (
    Event,
    EventKind,
    HoldReason,
    MigrationState,
    Phase,
    transition,
)
from controller.migration.protocol.verification import (
    JournalDoubted,
    find_unfinished_journal,
    is_same_plan,
    reconcile,
)


class Leadership:
    """The Leases of one run. `pace` waits as the run does, cut short by a cancel; renewals wait with the
    plain `sleep`.
    """

    def __init__(
        self,
        keeper: JournalWriter,
        reader: FactReader,
        sides: Mapping[Side, ClusterSide],
        pace: Timing,
        sleep: Sleep,
        new_id: Callable[[], str],
    ) -> None:
        self._keeper = keeper
        self._reader = reader
        self._sides = sides
        self._pace = pace
        self._sleep = sleep
        self._new_id = new_id
        self._leases: LeasePair | None = None

    async def acquire(self) -> None:
        """Become the leader of a migration that begins now. Raises: LeaseTaken, ClusterError."""
        await self._create_namespace()
        settings = self._pace.settings
        leases = self._build_leases()
        await leases.acquire(self._pace.sleep, settings.lease_duration_s + 2 * settings.lease_retry_s)
        left = find_unfinished_journal({side: _read(leases, side) for side in BOTH}, self._keeper.record)
        if left is not None:
            await self.release()
            raise LeaseTaken(_advise(left, self._keeper.record))
        self._keeper.lead(leases, replace(self._keeper.record, epoch=await self._choose_epoch(leases)))

    async def take_over(self) -> bool:
        """Become the leader of a migration that another run began; False where it is over already."""
        leases = self._build_leases()
        while True:
            try:
                await self._require_identity()
                await leases.acquire(self._pace.sleep, None)
                epoch = await self._choose_epoch(leases)
                break
            except (ClusterError, NotArmed, HoldNeeded) as error:
                self._keeper.describe(f"waiting to resume: {error}")
            await self._pace.sleep(self._pace.settings.lease_retry_s)
        return await self._adopt(leases, epoch)

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

    async def _adopt(self, leases: LeasePair, epoch: int) -> bool:
        """Believe the journal in the source's Lease as far as the target's agrees; False where nothing may follow."""
        record, mirror = _try_to_read(leases, Side.SOURCE), _try_to_read(leases, Side.TARGET)
        if record is None or not is_same_plan(record, self._keeper.record):
            await self._leave_to_a_person(self._keeper.record, "its journal was removed or replaced")
        elif record.state.phase.is_final:
            self._keeper.remember(record)
            await self.release()
        elif record.state.phase is Phase.LOCKED and not _speaks_of(mirror, record):
            await self._close_unmirrored(leases, record)
        else:
            try:
                record = reconcile(record, mirror)
            except JournalDoubted as doubt:
                await self._leave_to_a_person(record, str(doubt))
                return False
            leases.trust_mirror()
            self._keeper.lead(leases, replace(record, epoch=epoch, state=_leave_hold(record)))
            return True
        return False

    async def _leave_to_a_person(self, record: MigrationRecord, doubt: str) -> None:
        """Nobody may act on a migration whose journal is not to be trusted."""
        state = replace(
            record.state,
            phase=Phase.NEEDS_OPERATOR,
            reason=f"{doubt}; look at the replicas on both sides",
        )
        self._keeper.remember(replace(record, state=state))
        await self.release()

    async def _close_unmirrored(self, leases: LeasePair, record: MigrationRecord) -> None:
        """The program ended before the target knew, so that nothing had been moved: close the journal.

        In the source's Lease alone: what the target's says belongs to another migration, which may not be over.
        """
        state = replace(record.state, phase=Phase.ROLLED_BACK, reason="stopped before anything was moved")
        ended = replace(record, state=state, ended_at=self._pace.clocks.wall())
        leases.put_journal(Side.SOURCE, encode_journal(ended))
        self._keeper.remember(ended)
        await self.release()

    def _build_leases(self) -> LeasePair:
        record = self._keeper.record
        holder = self._new_id()
        settings, clocks = self._pace.settings, self._pace.clocks
        leases = {
            side: ClusterLease(
                self._sides[side].api,
                record.workload.namespace,
                record.workload.name,
                holder,
                settings,
                clocks,
            )
            for side in BOTH
        }
        by_uid = sorted(BOTH, key=lambda side: record.side(side).cluster_uid)
        self._leases = LeasePair(leases, (by_uid[0], by_uid[1]), replace(self._pace, sleep=self._sleep))
        return self._leases

    async def _choose_epoch(self, leases: LeasePair) -> int:
        """Return an epoch above all that either cluster has ever seen."""
        source, target = await self._reader.read_both()
        known = leases.epoch
        fenced = max(
            parse_epoch(facts.fence, known) if facts is not None else 0 for facts in (source, target)
        )
        return max(known, fenced + 1)

    async def _require_identity(self) -> None:
        """Raises: HoldNeeded where a context's name has come to mean another cluster than the journal's."""
        for side in BOTH:
            known = self._keeper.record.side(side)
            if await self._sides[side].read_cluster_uid() != known.cluster_uid:
                raise HoldNeeded(HoldReason.INTERFERENCE, f"{known.context} now leads to another cluster")

    async def _create_namespace(self) -> None:
        """Create the target's namespace where the plan asks for it and it is missing; it stays, whatever
        follows.
        """
        target = self._sides[Side.TARGET]
        try:
            await target.api.get(paths.namespace(target.namespace))
        except ObjectNotFound:
            body = {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": target.namespace, "labels": MANAGED_BY},
            }
            try:
                await target.api.create(paths.collection("namespaces"), body)
            except VersionConflict:
                return  # somebody else was faster


def _read(leases: LeasePair, side: Side) -> MigrationRecord | None:
    """Return the record that one Lease carries, if any. Raises: JournalError where it is not understood."""
    journal = leases.journal(side)
    return decode_journal(journal) if journal is not None else None


def _try_to_read(leases: LeasePair, side: Side) -> MigrationRecord | None:
    """Return the record that one Lease carries; None also where this program does not understand it."""
    try:
        return _read(leases, side)
    except JournalError:
        return None


def _advise(left: MigrationRecord, wanted: MigrationRecord) -> str:
    """Say which migration stands in the way of another one, and who can end it."""
    source, target = left.source.context, left.target.context
    is_in_reach = left.source.cluster_uid in (wanted.source.cluster_uid, wanted.target.cluster_uid)
    advice = "resume it" if is_in_reach else f"resume it with a kubeconfig that has {source}, too"
    return f"its move from {source} to {target} ({left.migration_id}) is not finished; {advice}"


def _speaks_of(mirror: MigrationRecord | None, record: MigrationRecord) -> bool:
    """Whether the target has heard of a migration at all."""
    return mirror is not None and mirror.migration_id == record.migration_id


def _leave_hold(record: MigrationRecord) -> MigrationState:
    """After a takeover a HOLD is judged anew: by trying again where it came from."""
    if record.state.phase is not Phase.HOLD:
        return record.state
    return transition(record.state, Event(EventKind.HOLD_ENDED, "resumed"))[0]
