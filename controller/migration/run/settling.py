"""A person's act on a migration from outside, as it is performed: under the Leases, fenced, journaled.

Short and without loops: what fails half-way is reported, the journal still speaks of the migration, and the same act
can be done again. Both sides are read anew once their Leases are held, and nothing is changed where what was confirmed
is no longer what would be done. A side that cannot be read is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from controller.clusters.kube_api import KubeApi
from controller.contract.settlement import Act, Settlement
from controller.errors import ControllerError
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.access.lease import ClusterLease, find_place, find_signed_journal
from controller.migration.access.timing import Timing
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.bounds import FACTS_LIFE_S
from controller.migration.protocol.errors import ActRefused, JournalError, LeaseTaken, LeaseUncertain
from controller.migration.protocol.frozen_notes import list_frozen
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
from controller.migration.protocol.signing import Journal, JournalPlace
from controller.migration.run.journals import read_journal
from controller.migration.steps.frozen_autoscalers import thaw_once
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: The mirror is forgotten first: a journal without one is shown to a person, and can be settled once more.
_MIRROR_FIRST = (Side.TARGET, Side.SOURCE)


class Settling:
    """One migration as a person ends it. `apis`: those of both sides, or why there is none.

    `check_allowed` raises where no Deployment may be changed, whatever the Leases say.
    """

    def __init__(
        self,
        known: MigrationRecord,
        apis: Mapping[Side, KubeApi | Reason],
        timing: Timing,
        holder: str,
        keys: JournalKeys,
        check_allowed: Callable[[], None],
    ) -> None:
        self._check_allowed = check_allowed
        self._known = known
        self._keys = keys
        self._timing = timing
        self._missing = {side: api for side, api in apis.items() if isinstance(api, Reason)}
        namespace, name = known.workload.namespace, known.workload.name
        reached = {side: api for side, api in apis.items() if not isinstance(api, Reason)}
        self._sides = {side: ClusterSide(api, namespace, name) for side, api in reached.items()}
        self._leases = {
            side: ClusterLease(api, self._find_place(side), holder, timing, keys)
            for side, api in reached.items()
        }
        self._held: list[Side] = []
        #: Of our lead, once a Lease is held.
        self._epoch: int | None = None

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
            # Only now: by the epoch of our lead no journal would look outdated.
            scene = _at_epoch(scene, self._epoch)
            if act is Act.ABANDON:
                await self._abandon(scene)
                return None
            if act is Act.ADOPT:
                return await self._adopt(scene)
            return await (self._restore(scene) if act is Act.RESTORE else self._cancel(scene))
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
            # In this order: a fence is in the journal before it is on the Deployment.
            facts = await self._sides[side].read()
            lease = await self._leases[side].read()
        except ControllerError as error:
            return Sight(unread=error.reason)
        return self._see(side, facts, find_signed_journal(lease or {}))

    def _see(self, side: Side, facts: DeploymentFacts | None, journal: Journal | None) -> Sight:
        """Say what a Lease tells of this very migration."""
        try:
            record = read_journal(journal)
        except JournalError:
            record = None
        if journal is None or record is None or record.migration_id != self._known.migration_id:
            return Sight(facts, has_other=journal is not None)
        return Sight(facts, record, doubt=self._keys.find_doubt(self._find_place(side), journal, record))

    def _find_place(self, side: Side) -> JournalPlace:
        workload = self._known.workload
        return find_place(self._known.side(side).cluster_uid, workload.namespace, workload.name)

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
        self._epoch = choose_epoch(max(self._leases[side].epoch for side in ours), [None, *fences])
        for side in ours:
            self._leases[side].epoch = self._epoch
            await self._leases[side].write()
        return scene

    async def _take_lease(self, side: Side) -> None:
        """Wait for a Lease whose holder has gone; one who is there is asked to let go."""
        lease, settings = self._leases[side], self._timing.settings
        give_up_at = self._timing.counting() + 2 * settings.lease_duration_s
        is_asked = False
        while not await lease.try_acquire(read_journal):
            # Once, because each write to it puts off the moment at which it has run out.
            is_asked = is_asked or await lease.ask_for()
            if self._timing.counting() > give_up_at:
                raise LeaseTaken(Code.LEASE_HELD.because(context=lease.context))
            await self._timing.sleep(settings.lease_retry_s)
        self._held.append(side)

    def _require_leases(self) -> None:
        """Raises: LeaseUncertain where another instance may have a Lease by now; NotArmed while a stop is answered."""
        self._check_allowed()
        for side in self._held:
            if not self._leases[side].is_valid:
                raise LeaseUncertain(self._leases[side].context)

    async def _abandon(self, scene: Scene) -> None:
        record = scene.require_record()
        for side in _MIRROR_FIRST:
            await self._thaw(record, side)
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
            await self._thaw(record, side)
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
        left = record.state.staying.source
        record = record.with_intent(Side.SOURCE, left)
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
        lowered = await self._sides[Side.SOURCE].scale(source, fence, left, judge)
        return replace(fresh, source=replace(fresh.source, facts=lowered))

    async def _cancel(self, scene: Scene) -> MigrationRecord:
        """Journal that the migration goes back: whoever takes it up then seals, and restores the source."""
        record = build_cancelled(scene)
        await self._journal(record)
        return record

    async def _restore(self, scene: Scene) -> MigrationRecord:
        """Journal that the migration goes back, and fence the Deployment that is in the source now: without it nobody
        takes the journal up.
        """
        record = build_restored(scene).with_next_operation()
        await self._journal(record)
        await self._fence(record, f"{record.operation}-seal")
        return record

    async def _fence(self, record: MigrationRecord, operation: str) -> None:
        facts = await self._read_present(record, Side.SOURCE)
        await self._sides[Side.SOURCE].place_fence(facts, record.fence(operation), self._require_leases)

    async def _read_present(self, record: MigrationRecord, side: Side) -> DeploymentFacts:
        return require_present(await self._sides[side].read(), record, side)

    async def _thaw(self, record: MigrationRecord, side: Side) -> None:
        """Give the autoscalers that the move has frozen back what they had: nobody does so after its end."""
        if side not in self._held:
            return
        for note in list_frozen(record, side):
            await thaw_once(self._sides[side], record.migration_id, note, self._require_leases)

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
                self._leases[side].put_journal(text)
                await self._leases[side].write()

    async def _release(self) -> None:
        """Give the Leases back with the journals that they have; one that cannot be reached runs out."""
        for side in self._held:
            try:
                await self._leases[side].give_back()
            except ControllerError:
                continue


def _at_epoch(scene: Scene, epoch: int | None) -> Scene:
    """Return the scene with the epoch of our lead, where there is one, in both journals."""

    def raise_epoch(sight: Sight) -> Sight:
        if sight.journal is None or epoch is None:
            return sight
        return replace(sight, journal=replace(sight.journal, epoch=epoch))

    return replace(scene, source=raise_epoch(scene.source), target=raise_epoch(scene.target))


def _is_ours(sight: Sight) -> bool:
    return sight.unread is None and not sight.has_other
