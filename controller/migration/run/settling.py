"""A person's act on a migration from outside, as it is performed: under the Leases, fenced, journaled.

Short and without loops: what fails half-way is reported, the journal still speaks of the migration, and the same act
can be done again. Both sides are read anew once their Leases are held, and nothing is changed where what was confirmed
is no longer what would be done. A side that cannot be read is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from controller.clusters.kube_api import KubeApi
from controller.contract.settlement import Act, Settlement
from controller.errors import ControllerError
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.lease import ClusterLease, find_journal
from controller.migration.access.timing import Timing
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.bounds import FACTS_LIFE_S
from controller.migration.protocol.errors import ActRefused, JournalError, LeaseTaken, LeaseUncertain
from controller.migration.protocol.journal import encode_journal
from controller.migration.protocol.journal_bounds import shorten_reason
from controller.migration.protocol.leadership import choose_epoch
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import has_our_fence, require_present
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.settlement import (
    Scene,
    Sight,
    build_adopted,
    build_cancelled,
    build_restored,
    has_source_to_lower,
    judge_act,
    judge_acts,
    may_lower_source,
)
from controller.migration.run.journals import read_journal
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: The mirror is forgotten first: a journal without one is shown to a person, and can be settled once more.
_MIRROR_FIRST = (Side.TARGET, Side.SOURCE)


class Settling:
    """One migration as a person ends it. `apis`: those of both sides, or why there is none."""

    def __init__(
        self, known: MigrationRecord, apis: Mapping[Side, KubeApi | Reason], timing: Timing, holder: str
    ) -> None:
        self._known = known
        self._timing = timing
        self._missing = {side: api for side, api in apis.items() if isinstance(api, Reason)}
        namespace, name = known.workload.namespace, known.workload.name
        reached = {side: api for side, api in apis.items() if not isinstance(api, Reason)}
        self._sides = {side: ClusterSide(api, namespace, name) for side, api in reached.items()}
        self._leases = {
            side: ClusterLease(api, namespace, name, holder, timing) for side, api in reached.items()
        }
        self._held: list[Side] = []

    async def judge(self) -> tuple[Settlement, ...]:
        """Read both sides and return what each act would change. Changes nothing."""
        return judge_acts(await self._look())

    async def perform(self, act: Act, digest: str) -> MigrationRecord | None:
        """Do what was confirmed, and return the record that is left: over, or going back; None: there is none.

        Raises: ActRefused where it is no longer what was shown; LeaseTaken, LeaseUncertain, JournalError, ClusterError,
        NotArmed.
        """
        try:
            scene = await self._take_leases(await self._look())
            settlement = judge_act(scene, act)
            if settlement.reason is not None:
                raise ActRefused(settlement.reason)
            if settlement.digest != digest:
                raise ActRefused(ActCode.ACT_OUTDATED.because())
            if act is Act.ABANDON:
                await self._abandon(scene)
                return None
            if act is Act.ADOPT:
                return await self._adopt(scene)
            return await self._go_back(
                build_restored(scene) if act is Act.RESTORE else build_cancelled(scene)
            )
        finally:
            await self._release()

    async def _look(self) -> Scene:
        source, target = await self._look_at(Side.SOURCE), await self._look_at(Side.TARGET)
        return Scene(self._known, source, target)

    async def _look_at(self, side: Side) -> Sight:
        if side in self._missing:
            return Sight(unread=self._missing[side])
        known = self._known.side(side)
        try:
            if await self._sides[side].read_cluster_uid() != known.cluster_uid:
                return Sight(unread=Code.CLUSTER_REPLACED.because(context=known.context))
            lease = await self._leases[side].read()
            facts = await self._sides[side].read()
        except ControllerError as error:
            return Sight(unread=error.reason)
        text = find_journal(lease or {})
        journal = _read_own(text, self._known)
        return Sight(facts, journal, has_other=text is not None and journal is None)

    async def _take_leases(self, first: Scene) -> Scene:
        """Become the holder of the Leases of this migration, and return what is there then.

        That of a side which cannot be read, or where another migration has its journal, is not touched.
        """
        ours = [side for side in Side if _is_ours(first.sight(side))]
        if not ours:
            return first
        for side in sorted(ours, key=lambda side: self._known.side(side).cluster_uid):
            await self._take_lease(side)
        scene = await self._look()
        fences = [facts.fence for side in Side if (facts := scene.sight(side).facts) is not None]
        epoch = choose_epoch(max(self._leases[side].epoch for side in ours), [None, *fences])
        for side in ours:
            self._leases[side].epoch = epoch
            await self._leases[side].write()
        return _at_epoch(scene, epoch)

    async def _take_lease(self, side: Side) -> None:
        """Wait for a Lease whose holder has gone; one who is there is asked to let go."""
        lease, settings = self._leases[side], self._timing.settings
        give_up_at = self._timing.counting() + 2 * settings.lease_duration_s
        is_asked = False
        while not await lease.try_acquire(read_journal):
            if not is_asked:
                await lease.ask_for()
                is_asked = True
            if self._timing.counting() > give_up_at:
                raise LeaseTaken(Code.LEASE_HELD.because(context=lease.context))
            await self._timing.sleep(settings.lease_retry_s)
        self._held.append(side)

    def _require_leases(self) -> None:
        """Raises: LeaseUncertain where another instance may have a Lease by now."""
        for side in self._held:
            if not self._leases[side].is_valid:
                raise LeaseUncertain(self._leases[side].context)

    async def _abandon(self, scene: Scene) -> None:
        record = scene.require_record()
        for side in _MIRROR_FIRST:
            await self._take_fence_off(record, side)
        for side in _MIRROR_FIRST:
            if side in self._held:
                self._leases[side].forget_journal()
                await self._leases[side].write(released=True)

    async def _adopt(self, scene: Scene) -> MigrationRecord:
        record = scene.require_record()
        if has_source_to_lower(scene):
            scene = await self._lower_source(scene, record)
        for side in Side:
            await self._take_fence_off(record, side)
        adopted = build_adopted(scene, self._timing.clocks.wall())
        await self._journal(adopted)
        return adopted

    async def _lower_source(self, scene: Scene, record: MigrationRecord) -> Scene:
        """Take the source's replicas away, by the freshest reads, behind a seal against whoever led before.

        Announced in the source's journal alone: a journal that the target did not confirm stays unconfirmed there, so
        that nobody goes on with it by itself where this does not come to its end.
        """
        record = replace(record, intent=None).with_next_operation()
        await self._journal(record, (Side.SOURCE,))
        await self._fence(record, f"{record.operation}-seal")
        record = record.with_intent(Side.SOURCE, 0)
        await self._journal(record, (Side.SOURCE,))
        asked_at = self._timing.counting()
        fresh = replace(await self._look(), known=record)
        source = require_present(fresh.source.facts, record, Side.SOURCE)
        if not may_lower_source(fresh):
            raise ActRefused(ActCode.ACT_OUTDATED.because())

        def judge() -> None:
            self._require_leases()
            if self._timing.counting() - asked_at > FACTS_LIFE_S:
                raise ActRefused(ActCode.ACT_OUTDATED.because())

        fence = record.fence(str(record.operation))
        lowered = await self._sides[Side.SOURCE].scale(source, fence, 0, judge)
        return replace(fresh, source=replace(fresh.source, facts=lowered))

    async def _go_back(self, record: MigrationRecord) -> MigrationRecord:
        """Journal that the migration goes back: whoever takes it up then seals, and restores the source."""
        await self._journal(record)
        return record

    async def _fence(self, record: MigrationRecord, operation: str) -> None:
        facts = await self._read_present(record, Side.SOURCE)
        await self._sides[Side.SOURCE].place_fence(facts, record.fence(operation), self._require_leases)

    async def _read_present(self, record: MigrationRecord, side: Side) -> DeploymentFacts:
        return require_present(await self._sides[side].read(), record, side)

    async def _take_fence_off(self, record: MigrationRecord, side: Side) -> None:
        """Leave a Deployment as it is but for our fence; one that is none of ours keeps all that it has."""
        if side not in self._held:
            return
        facts = await self._sides[side].read()
        if facts is None or not has_our_fence(facts, record, side):
            return
        await self._sides[side].remove_fence(facts, self._require_leases)

    async def _journal(self, record: MigrationRecord, sides: Iterable[Side] = Side) -> None:
        """Write the record into the Leases that are held: the source's is the authority, and comes first."""
        text = encode_journal(shorten_reason(record))
        for side in sides:
            if side in self._held:
                self._leases[side].journal = text
                await self._leases[side].write()

    async def _release(self) -> None:
        """Give the Leases back with the journals that they have; one that cannot be reached runs out."""
        for side in self._held:
            try:
                await self._leases[side].give_back()
            except ControllerError:
                continue


def _at_epoch(scene: Scene, epoch: int) -> Scene:
    """Return the scene with the epoch of our lead in both journals."""

    def raise_epoch(sight: Sight) -> Sight:
        return sight if sight.journal is None else replace(sight, journal=replace(sight.journal, epoch=epoch))

    return replace(scene, source=raise_epoch(scene.source), target=raise_epoch(scene.target))


def _is_ours(sight: Sight) -> bool:
    return sight.unread is None and not sight.has_other


def _read_own(text: str | None, known: MigrationRecord) -> MigrationRecord | None:
    """Return the journal of this very migration; None for another one and for what is not understood."""
    try:
        record = read_journal(text)
    except JournalError:
        return None
    return record if record is not None and record.migration_id == known.migration_id else None
