"""One migration from its start, or from its journal, to its end: performs the actions that the state machine
asks for.

Every transition is journaled before its actions are performed. Troubles become events: what may pass becomes
HOLD, what cannot be finished becomes ROLLBACK. Losing a Lease ends all that this instance believes; it then
follows the other one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.clusters import paths
from controller.errors import ClusterError, ControllerError, NotArmed, ObjectNotFound, VersionConflict
from controller.migration.cluster_side import ClusterSide
from controller.migration.copies import Copies
from controller.migration.errors import (
    HoldNeeded,
    Interrupted,
    LeaseLost,
    LeaseTaken,
)
from controller.migration.fact_reader import FactReader
from controller.migration.fenced_writer import FencedWriter
from controller.migration.fences import parse_epoch
from controller.migration.gates import Gate
from controller.migration.holding import Holding
from controller.migration.interrupts import Interrupts
from controller.migration.journal import decode_journal
from controller.migration.journal_keeper import BOTH, JournalKeeper
from controller.migration.lease import MANAGED_BY, ClusterLease
from controller.migration.lease_pair import LeasePair
from controller.migration.metering import advance_meter
from controller.migration.pace import Pace
from controller.migration.preflight import Preflight
from controller.migration.record import MigrationRecord, Side
from controller.migration.retreat import Retreat
from controller.migration.states import (
    Action,
    ActionKind,
    Event,
    EventKind,
    HoldReason,
    MigrationState,
    Phase,
    accepts,
    plan_actions,
    transition,
)
from controller.migration.troubles import to_event
from controller.migration.wave_moves import WaveMoves


class MigrationRun:
    """Owns one migration while this instance leads it. Belongs to one event loop; `run` is its only task."""

    def __init__(
        self,
        record: MigrationRecord,
        sides: dict[Side, ClusterSide],
        gate: Gate,
        pace: Pace,
        new_id: Callable[[], str],
        on_change: Callable[[], None],
        on_event: Callable[[MigrationRecord, Event], None],
    ) -> None:
        self._sides = sides
        self._gate = gate
        self._new_id = new_id
        self._on_event = on_event
        self.interrupts = Interrupts(pace.sleep)
        self._plain_pace = pace
        self._pace = replace(pace, sleep=self._pause)
        self.keeper = JournalKeeper(record, on_change)
        self.reader = FactReader(sides, self._pace, on_change)
        self._writer = FencedWriter(self.keeper, sides, self.reader, self._pace)
        self._moves = WaveMoves(self.keeper, self.reader, self._writer, sides, gate, self._pace)
        self._retreat = Retreat(self.keeper, self.reader, self._writer, self._pace)
        self._copies = Copies(self.keeper, sides, self._pace)
        self._holding = Holding(self.keeper, self.reader, self._moves, self._pace)
        self._leases: LeasePair | None = None
        self._metered_at: float | None = None
        self._must_seal = False

    async def run(self) -> None:
        """Return when the migration is over, or, with its journal left in place, when the program ends.

        Raises: JournalError where the journal is not one that this program understands; nothing was changed
        then.
        """
        try:
            while True:
                try:
                    await self._lead()
                    return
                except LeaseLost as lost:
                    await self._drop_leases()
                    self.keeper.describe(f"{lost}; following it")
        except Interrupted:
            await self._release_leases()
        finally:
            await self._drop_leases()

    async def _lead(self) -> None:
        if self.keeper.record.state.phase is Phase.PLANNED:
            await self._advance(Event(EventKind.CONFIRMED))
        elif not await self._take_over():
            return
        while True:
            state = self.keeper.record.state
            self.interrupts.allow_cancel(accepts(state, EventKind.CANCELLED))
            event = await self._perform_all(plan_actions(state))
            if event is None:
                return
            await self._advance(event)

    async def _perform_all(self, actions: tuple[Action, ...]) -> Event | None:
        """Perform the actions of one state; what goes wrong becomes the event. None: the state was final."""
        phase = self.keeper.record.state.phase
        try:
            self.interrupts.check()
            if self._must_seal and not phase.is_final and phase not in (Phase.HOLD, Phase.NEEDS_OPERATOR):
                await self._writer.seal()
                self._must_seal = False
            event = None
            for action in actions:
                event = await self._perform(action)
            return event
        except LeaseLost as lost:
            if phase is Phase.PREFLIGHT:
                return Event(EventKind.REFUSED, str(lost))
            raise
        except Interrupted as interrupted:
            if interrupted.by_stop:
                raise
            self.interrupts.take_cancel()
            return Event(EventKind.CANCELLED, "cancelled")
        except ControllerError as error:
            return to_event(error, self.keeper.record)

    async def _perform(self, action: Action) -> Event | None:
        """Perform one action. Returns the event that it ends in; None where another action follows."""
        replicas = action.replicas or 0
        match action.kind:
            case ActionKind.CHECK_PREFLIGHT:
                preflight = Preflight(
                    self._sides[Side.SOURCE], self._sides[Side.TARGET], self._gate, self._pace
                )
                self.keeper.remember(await preflight.check(self.keeper.record))
            case ActionKind.ACQUIRE_LEASES:
                await self._acquire_leases()
                return Event(EventKind.PASSED)
            case ActionKind.PLACE_FENCES:
                await self._writer.seal()
                return Event(EventKind.FENCED)
            case ActionKind.CREATE_COPIES:
                await self._copies.create_all()
                return Event(EventKind.PROVISIONED)
            case ActionKind.SCALE_TARGET:
                await self._moves.surge(replicas)
                return Event(EventKind.SCALED)
            case ActionKind.AWAIT_TARGET:
                await self._moves.verify(replicas)
                return Event(EventKind.VERIFIED)
            case ActionKind.SCALE_SOURCE:
                await self._moves.drain(replicas)
                return Event(EventKind.SCALED)
            case ActionKind.AWAIT_SOURCE:
                await self._moves.settle(replicas)
                return Event(EventKind.SETTLED)
            case ActionKind.WATCH_TARGET:
                await self._moves.soak()
                return Event(EventKind.SOAKED)
            case _:
                return await self._perform_aside(action)
        return None

    async def _perform_aside(self, action: Action) -> Event | None:
        """Perform the actions off the straight way: waiting, going back, and the end."""
        match action.kind:
            case ActionKind.AWAIT_END_OF_HOLD:
                return await self._holding.await_end()
            case ActionKind.AWAIT_OPERATOR:
                return await self._holding.await_operator()
            case ActionKind.SEAL:
                await self._retreat.seal()
                self._must_seal = False
            case ActionKind.RESTORE_SOURCE:
                await self._retreat.restore()
            case ActionKind.DELETE_COPIES:
                await self._copies.delete_all()
                return Event(EventKind.RESTORED, self.keeper.record.state.reason)
            case ActionKind.PLACE_END_FENCES:
                await self._place_end_fences()
            case ActionKind.RELEASE_LEASES:
                await self._release_leases()
            case _:
                raise AssertionError(f"no way to perform {action}")
        return None

    async def _advance(self, event: Event) -> None:
        """Go to the next state: journaled first, remembered then, told at last."""
        record = self._meter()
        state, _ = transition(record.state, event)
        record = replace(
            record, state=state, ended_at=self._pace.clocks.wall() if state.phase.is_final else None
        )
        try:
            await self.keeper.save(record)
        except LeaseLost:
            raise
        except ControllerError as error:
            record = self._hold_unjournaled(record, error)
            self.keeper.remember(record)
        self._on_event(record, event)

    def _hold_unjournaled(self, record: MigrationRecord, error: ControllerError) -> MigrationRecord:
        """Nothing follows from a state that could not be journaled, unless the state itself does nothing."""
        if record.state.phase in (Phase.HOLD, Phase.NEEDS_OPERATOR) or record.state.phase.is_final:
            return record
        state, _ = transition(record.state, to_event(error, record))
        return replace(record, state=state)

    async def _acquire_leases(self) -> None:
        """Become the leader of a migration that begins now. Raises: LeaseTaken, ClusterError."""
        await self._create_namespace()
        settings = self._pace.settings
        leases = self._build_leases()
        await leases.acquire(self._pace.sleep, settings.lease_duration_s + 2 * settings.lease_retry_s)
        for side in BOTH:
            journal = leases.journal(side)
            unfinished = decode_journal(journal) if journal is not None else None
            if unfinished is not None and not unfinished.state.phase.is_final:
                await self._release_leases()
                raise LeaseTaken(
                    f"the migration {unfinished.migration_id} of this workload is not finished; resume it"
                )
        self.keeper.lead(leases, replace(self.keeper.record, epoch=await self._choose_epoch(leases)))

    async def _take_over(self) -> bool:
        """Become the leader of a migration that another run began; False where it is over already."""
        self.interrupts.allow_cancel(False)
        leases = self._build_leases()
        while True:
            try:
                await self._require_identity()
                await leases.acquire(self._pace.sleep, None)
                epoch = await self._choose_epoch(leases)
                break
            except (ClusterError, NotArmed, HoldNeeded) as error:
                self.keeper.describe(f"waiting to resume: {error}")
            await self._pace.sleep(self._pace.settings.lease_retry_s)
        record = self._read_journal(leases, Side.SOURCE)
        if record is None or record.state.phase.is_final:
            reason = "its journal is gone; look at the replicas on both sides"
            self.keeper.remember(record or _ask_operator(self.keeper.record, reason))
            await self._release_leases()
            return False
        if self._read_journal(leases, Side.TARGET) is None:
            await self._give_up_unmirrored(record)
            return False
        self._must_seal = True
        self.keeper.lead(leases, replace(record, epoch=epoch, state=_leave_hold(record)))
        return True

    async def _give_up_unmirrored(self, record: MigrationRecord) -> None:
        """The target knows nothing of this migration: it had not begun there, or the journal is a forgery.

        In LOCKED nothing had been moved, so that the journal can be closed; later a person has to look.
        """
        if record.state.phase is not Phase.LOCKED or self._leases is None:
            reason = (
                f"{record.target.context} does not know of this migration; look at the replicas on both sides"
            )
            self.keeper.remember(_ask_operator(record, reason))
        else:
            state = replace(record.state, phase=Phase.ROLLED_BACK, reason="stopped before anything was moved")
            self.keeper.lead(self._leases, replace(record, epoch=self._leases.epoch))
            ended = replace(self.keeper.record, state=state, ended_at=self._pace.clocks.wall())
            await self.keeper.save(ended)
        await self._release_leases()

    def _read_journal(self, leases: LeasePair, side: Side) -> MigrationRecord | None:
        """Return this migration's record as one Lease has it; None where it was deleted or replaced."""
        journal = leases.journal(side)
        record = decode_journal(journal) if journal is not None else None
        return (
            record if record is not None and record.migration_id == self.keeper.record.migration_id else None
        )

    def _build_leases(self) -> LeasePair:
        record = self.keeper.record
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
        self._leases = LeasePair(leases, (by_uid[0], by_uid[1]), self._plain_pace)
        return self._leases

    async def _choose_epoch(self, leases: LeasePair) -> int:
        """Return an epoch above all that either cluster has ever seen."""
        source, target = await self.reader.read_both()
        fenced = max(parse_epoch(facts.fence) if facts is not None else 0 for facts in (source, target))
        return max(leases.epoch, fenced + 1)

    async def _require_identity(self) -> None:
        """Raises: HoldNeeded where a context's name has come to mean another cluster than the journal's."""
        for side in BOTH:
            known = self.keeper.record.side(side)
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

    async def _place_end_fences(self) -> None:
        """Close the objects for late writes. The end is journaled already, so that trouble here changes
        nothing.
        """
        try:
            await self._writer.place_end_fences()
        except (LeaseLost, Interrupted):
            raise
        except ControllerError as error:
            self.keeper.describe(
                f"{self.keeper.record.state.reason} (the last fence was not placed: {error})".strip()
            )

    async def _release_leases(self) -> None:
        if self._leases is not None:
            await self._leases.release()
            self._leases = None

    async def _drop_leases(self) -> None:
        """Another instance leads: renew nothing, release nothing."""
        if self._leases is not None:
            await self._leases.stop_renewing()
            self._leases = None

    async def _pause(self, seconds: float) -> None:
        self.keeper.remember(self._meter())
        await self.interrupts.pause(seconds)

    def _meter(self) -> MigrationRecord:
        """Return the record with the time since the last look metered."""
        now = self._pace.monotonic()
        elapsed_s = 0.0 if self._metered_at is None else now - self._metered_at
        self._metered_at = now
        record = self.keeper.record
        return advance_meter(record, elapsed_s, self._gate.find_rates(record.workload, record.target.context))


def _ask_operator(record: MigrationRecord, reason: str) -> MigrationRecord:
    """Nobody may act on a migration whose journal is not to be trusted."""
    return replace(record, state=replace(record.state, phase=Phase.NEEDS_OPERATOR, reason=reason))


def _leave_hold(record: MigrationRecord) -> MigrationState:
    """After a takeover a HOLD is judged anew: by trying again where it came from."""
    if record.state.phase is not Phase.HOLD:
        return record.state
    return transition(record.state, Event(EventKind.HOLD_ENDED, "resumed"))[0]
