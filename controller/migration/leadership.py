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
from controller.migration.cluster_side import ClusterSide
from controller.migration.errors import HoldNeeded, LeaseTaken
from controller.migration.fact_reader import FactReader
from controller.migration.fences import parse_epoch
from controller.migration.journal import decode_journal
from controller.migration.journal_keeper import BOTH, JournalKeeper
from controller.migration.lease import MANAGED_BY, ClusterLease
from controller.migration.lease_pair import LeasePair
from controller.migration.pace import Pace, Sleep
from controller.migration.record import MigrationRecord, Side
from controller.migration.states import Event, EventKind, HoldReason, MigrationState, Phase, transition


class Leadership:
    """The Leases of one run. `pace` waits as the run does, cut short by a cancel; renewals wait with the
    plain `sleep`.
    """

    def __init__(
        self,
        keeper: JournalKeeper,
        reader: FactReader,
        sides: Mapping[Side, ClusterSide],
        pace: Pace,
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
        for side in BOTH:
            journal = leases.journal(side)
            unfinished = decode_journal(journal) if journal is not None else None
            if unfinished is not None and not unfinished.state.phase.is_final:
                await self.release()
                raise LeaseTaken(
                    f"the migration {unfinished.migration_id} of this workload is not finished; resume it"
                )
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
        record = self._read_journal(leases, Side.SOURCE)
        if record is None or record.state.phase.is_final:
            reason = "its journal is gone; look at the replicas on both sides"
            self._keeper.remember(record or _ask_operator(self._keeper.record, reason))
            await self.release()
            return False
        if self._read_journal(leases, Side.TARGET) is None:
            await self._give_up_unmirrored(record)
            return False
        self._keeper.lead(leases, replace(record, epoch=epoch, state=_leave_hold(record)))
        return True

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

    async def _give_up_unmirrored(self, record: MigrationRecord) -> None:
        """The target knows nothing of this migration: it had not begun there, or the journal is a forgery.

        In LOCKED nothing had been moved, so that the journal can be closed; later a person has to look.
        """
        if record.state.phase is not Phase.LOCKED or self._leases is None:
            reason = (
                f"{record.target.context} does not know of this migration; look at the replicas on both sides"
            )
            self._keeper.remember(_ask_operator(record, reason))
        else:
            state = replace(record.state, phase=Phase.ROLLED_BACK, reason="stopped before anything was moved")
            self._keeper.lead(self._leases, replace(record, epoch=self._leases.epoch))
            ended = replace(self._keeper.record, state=state, ended_at=self._pace.clocks.wall())
            await self._keeper.save(ended)
        await self.release()

    def _read_journal(self, leases: LeasePair, side: Side) -> MigrationRecord | None:
        """Return this migration's record as one Lease has it; None where it was deleted or replaced."""
        journal = leases.journal(side)
        record = decode_journal(journal) if journal is not None else None
        return (
            record if record is not None and record.migration_id == self._keeper.record.migration_id else None
        )

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
        fenced = max(parse_epoch(facts.fence) if facts is not None else 0 for facts in (source, target))
        return max(leases.epoch, fenced + 1)

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


def _ask_operator(record: MigrationRecord, reason: str) -> MigrationRecord:
    """Nobody may act on a migration whose journal is not to be trusted."""
    return replace(record, state=replace(record.state, phase=Phase.NEEDS_OPERATOR, reason=reason))


def _leave_hold(record: MigrationRecord) -> MigrationState:
    """After a takeover a HOLD is judged anew: by trying again where it came from."""
    if record.state.phase is not Phase.HOLD:
        return record.state
    return transition(record.state, Event(EventKind.HOLD_ENDED, "resumed"))[0]
