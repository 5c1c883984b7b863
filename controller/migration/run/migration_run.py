"""One migration from its start, or from its journal, to its end: performs the actions that the state machine
asks for.

Every transition is journaled before its actions are performed. Troubles become events: what may pass becomes
HOLD, what cannot be finished becomes ROLLBACK. Losing a Lease ends all that this instance believes; it then
follows the other one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.errors import ControllerError
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.fact_reader import FactReader
from controller.migration.access.fenced_writer import FencedWriter
from controller.migration.access.interrupts import Interrupts
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import (
    Interrupted,
    LeaseLost,
)
from controller.migration.protocol.failures import to_event
from controller.migration.protocol.gate import Gate
from controller.migration.protocol.metering import advance_meter
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import (
    Action,
    ActionKind,
    Event,
    EventKind,
    Phase,
    accepts,
    plan_actions,
    transition,
)
from controller.migration.run.hold import Hold
from controller.migration.run.leadership import Leadership
from controller.migration.run.preflight import Preflight
from controller.migration.run.rollback import Rollback
from controller.migration.run.waves import Waves
from controller.migration.steps.copies import Copies

#: Phases that write nothing.
_WAITING = (Phase.HOLD, Phase.NEEDS_OPERATOR)


class MigrationRun:
    """Owns one migration while this instance leads it. Belongs to one event loop; `run` is its only task."""

    def __init__(
        self,
        record: MigrationRecord,
        sides: dict[Side, ClusterSide],
        gate: Gate,
        pace: Timing,
        new_id: Callable[[], str],
        on_change: Callable[[], None],
        on_event: Callable[[MigrationRecord, Event], None],
    ) -> None:
        self._sides = sides
        self._gate = gate
        self._on_event = on_event
        self.interrupts = Interrupts(pace.sleep)
        self._pace = replace(pace, sleep=self._pause)
        self.keeper = JournalWriter(record, on_change)
        self.reader = FactReader(sides, self._pace, on_change)
        self._rehearsal = Probe()
        self._writer = FencedWriter(self.keeper, sides, self.reader, self._rehearsal, self._pace)
        self._moves = Waves(self.keeper, self.reader, self._writer, sides, gate, self._pace)
        self._retreat = Rollback(self.keeper, self.reader, self._writer, self._pace)
        self._copies = Copies(self.keeper, sides, self._rehearsal, self._pace)
        self._holding = Hold(self.keeper, self.reader, self._writer, self._moves, self._rehearsal, self._pace)
        self._leadership = Leadership(self.keeper, self.reader, sides, self._pace, pace.sleep, new_id)
        self._metered_at: float | None = None
        #: Whether this instance decides what happens now, and whether it ever did.
        self.is_leading = self.has_led = False

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
                    self.is_leading = False
                    await self._leadership.drop()
                    self.keeper.describe(f"{lost}; following it")
        except Interrupted:
            await self._leadership.release()
        finally:
            self.is_leading = False
            await self._leadership.drop()

    async def _lead(self) -> None:
        if self.keeper.record.state.phase is Phase.PLANNED:
            await self._advance(Event(EventKind.CONFIRMED))
        else:
            self.interrupts.allow_cancel(False)
            if not await self._leadership.take_over():
                return
            self._writer.expect_late_writes()
        self.is_leading = self.has_led = True
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
            if phase not in _WAITING:
                self._rehearsal.forget()
            if not phase.is_final and phase not in (*_WAITING, Phase.ROLLBACK):
                # A rollback seals by itself, even where only the source can be reached.
                await self._writer.seal_unsealed()
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
                await self._leadership.acquire()
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
            case ActionKind.RESTORE_SOURCE:
                await self._retreat.restore()
            case ActionKind.DELETE_COPIES:
                await self._copies.delete_all()
                return Event(EventKind.RESTORED, self.keeper.record.state.reason)
            case ActionKind.PLACE_END_FENCES:
                await self._place_end_fences()
            case ActionKind.RELEASE_LEASES:
                await self._leadership.release()
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
        if record.state.phase in _WAITING or record.state.phase.is_final:
            return record
        state, _ = transition(record.state, to_event(error, record))
        return replace(record, state=state)

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
