"""One migration from its start, or from its journal, to its end: performs the actions that the state machine
asks for.

Every transition is journaled before its actions are performed. Errors become events by one table: what may pass becomes
HOLD, what cannot be finished becomes ROLLBACK. Who loses a Lease drops all that it knows; it then follows the instance
that leads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from controller.clusters.change_hints import ChangeHints, DeploymentPlace
from controller.clusters.user_agent import MIGRATION
from controller.errors import ControllerError, NotArmed
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.fact_reader import FactReader
from controller.migration.access.fenced_writer import FencedWriter
from controller.migration.access.interrupts import Interrupts
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.lease_pair import Heeded
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import HandedOver, Interrupted, LeaseLost, LetGo, NewerWorkFound
from controller.migration.protocol.failures import to_event
from controller.migration.protocol.gate import Gate
from controller.migration.protocol.metering import advance_meter
from controller.migration.protocol.ownership import is_as_found, require_untouched
from controller.migration.protocol.record import MigrationRecord, Side, Watched
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
from controller.migration.run import insurance, rollback, waves
from controller.migration.run.hold import Hold
from controller.migration.run.leadership import Leadership, Reach
from controller.migration.run.lease_requests import LeaseRequests
from controller.migration.run.preflight import Preflight
from controller.migration.run.shortfall_watch import ShortfallWatch
from controller.migration.run.tools import Tools
from controller.migration.steps.catalogue import STEPS
from controller.migration.steps.itinerary import Itinerary
from controller.migration.steps.step import Workbench
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Phases that write nothing.
_WAITING = (Phase.HOLD, Phase.NEEDS_OPERATOR)

#: Phases that seal by themselves, even where only the source can be reached.
_SEAL_THEMSELVES = (Phase.ROLLBACK, Phase.INSURED)

#: How long what a preflight has found holds until both Leases are there, seconds from its beginning. Arbitrary: longer
#: than a Lease is waited for, and nothing beside the hour that a machine may have slept.
PREFLIGHT_LIFE_S = 120.0

#: Seconds in which hints count as one: a wave of fifty pods is not looked at fifty times.
HINT_PACE_S = 0.1

#: Performs one action, and returns the event that it ends in by itself.
Performer = Callable[[Action], Awaitable[Event | None]]

#: The event that an action ends in where its performer returns none. Those not named are followed by another action.
_ENDS_IN: Mapping[ActionKind, EventKind] = {
    ActionKind.ACQUIRE_LEASES: EventKind.PASSED,
    ActionKind.PLACE_FENCES: EventKind.FENCED,
    ActionKind.PREPARE_STEPS: EventKind.PROVISIONED,
    ActionKind.SCALE_TARGET: EventKind.SCALED,
    ActionKind.AWAIT_TARGET: EventKind.VERIFIED,
    ActionKind.SCALE_SOURCE: EventKind.SCALED,
    ActionKind.AWAIT_SOURCE: EventKind.SETTLED,
}


class MigrationRun:
    """Leads one migration while this instance may. Belongs to one event loop; `run` is its only task."""

    def __init__(
        self,
        record: MigrationRecord,
        sides: dict[Side, ClusterSide],
        gate: Gate,
        timing: Timing,
        new_id: Callable[[], str],
        keys: JournalKeys,
        on_change: Callable[[], None],
        on_event: Callable[[MigrationRecord, Event], None],
        on_takeover: Callable[[MigrationRecord], None],
        requests: LeaseRequests,
        hints: ChangeHints,
    ) -> None:
        self._requests = requests
        self._hints, self._hinted = hints, asyncio.Event()
        self._on_event, self._on_takeover = on_event, on_takeover
        self.interrupts = Interrupts(timing.sleep)
        self._timing = replace(timing, sleep=self._pause)
        self.journal = JournalWriter(record, on_change, requests.check)
        self.reader = FactReader(sides, self._timing, on_change)
        probe = Probe()
        self._writer = FencedWriter(self.journal, self.reader, probe)
        self._tools = Tools(
            self.journal,
            sides,
            self.reader,
            self._writer,
            probe,
            self._timing,
            gate,
            ShortfallWatch(),
            self._wait_for_hint,
        )
        bench = Workbench(sides[Side.SOURCE], sides[Side.TARGET], self.journal, probe, self._timing)
        self._leadership = Leadership(
            self.journal,
            self.reader,
            timing.sleep,
            new_id,
            keys,
            lambda: self.interrupts.wants_cancel,
            self._heed,
        )
        self._performers = self._list_performers(
            Itinerary(STEPS, bench, self.journal.remember_step), Hold(self._tools)
        )
        self._metered_at: float | None = None
        self._checked_at = timing.counting()
        #: Whether this instance decides what happens now, and whether it ever did.
        self.is_leading = self.has_led = False
        #: Of a refusal: the context of the cluster that is the cause; None: no single one is.
        self.refused_by: str | None = None

    async def run(self) -> None:
        """Return when the migration is over, or, with its journal left in place, when the program ends."""
        MIGRATION.set(self.journal.record.migration_id)
        if self.journal.record.state.phase.is_final:
            return
        with self._hints.listen(self._list_places(), self._hinted):
            await self._run_to_end()

    def _list_places(self) -> tuple[DeploymentPlace, DeploymentPlace]:
        record = self.journal.record
        name = record.workload.namespace, record.workload.name
        return (record.source.context, *name), (record.target.context, *name)

    async def _run_to_end(self) -> None:
        try:
            while True:
                try:
                    if await self._lead():
                        return
                except LeaseLost as lost:
                    self.is_leading = False
                    self.reader.lose_sight(*Side)
                    await self._leadership.drop()
                    self.journal.describe(_explain_loss(lost))
                    if isinstance(lost, HandedOver):
                        self.interrupts.allow_cancel(False)
                        await self._pause(2 * self._timing.settings.lease_duration_s)
        except Interrupted:
            await self._leadership.release()
        finally:
            self.is_leading = False
            self.reader.lose_sight(*Side)
            await self._leadership.drop()

    def _heed(self, text: str, holder: str) -> Heeded | None:
        return self._requests.heed(text, holder, self.journal.record, self.interrupts)

    def _list_performers(self, steps: Itinerary, hold: Hold) -> Mapping[ActionKind, Performer]:
        """Return how each action is performed."""
        tools, writer = self._tools, self._writer
        return {
            ActionKind.CHECK_PREFLIGHT: lambda _: self._check_preflight(),
            ActionKind.ACQUIRE_LEASES: lambda _: self._leadership.acquire(self._check_again),
            ActionKind.PLACE_FENCES: lambda _: writer.seal(),
            ActionKind.PREPARE_STEPS: lambda _: steps.prepare(),
            ActionKind.SCALE_TARGET: lambda action: waves.surge(tools, action.replicas or 0),
            ActionKind.AWAIT_TARGET: lambda action: waves.verify(tools, action.replicas or 0),
            ActionKind.SCALE_SOURCE: lambda action: waves.scale_down_source(tools, action.replicas or 0),
            ActionKind.AWAIT_SOURCE: lambda action: waves.settle(tools, action.replicas or 0),
            ActionKind.WATCH_TARGET: lambda _: waves.soak(tools),
            ActionKind.CLEAN_UP_STEPS: lambda _: steps.clean_up(),
            ActionKind.AWAIT_END_OF_HOLD: lambda _: hold.await_end(),
            ActionKind.AWAIT_OPERATOR: lambda _: hold.await_operator(),
            ActionKind.INSURE: lambda _: insurance.insure(tools),
            ActionKind.SEAL: lambda _: rollback.seal(tools),
            ActionKind.RESTORE_SOURCE: lambda _: rollback.restore(tools),
            ActionKind.UNDO_STEPS: lambda _: steps.undo(),
            ActionKind.REMOVE_FENCES: lambda _: self._remove_fences(),
            ActionKind.RELEASE_LEASES: lambda _: self._leadership.release(),
        }

    async def _lead(self) -> bool:
        """Return whether nothing more is to be done; False where both Leases are to be taken anew."""
        if self.journal.record.state.phase is Phase.PLANNED:
            await self._advance(Event(EventKind.CONFIRMED))
        else:
            self.interrupts.allow_cancel(False)
            reach = await self._leadership.take_over()
            if reach is Reach.NOTHING:
                return True
            self._on_takeover(self.journal.record)
            self._writer.expect_late_writes()
            if reach is Reach.SOURCE:
                await self._insure_alone()
                return False
        self.is_leading = self.has_led = True
        while True:
            state = self.journal.record.state
            self.interrupts.allow_cancel(accepts(state, EventKind.CANCELLED))
            event = await self._perform_all(plan_actions(state))
            if event is None:
                return True
            await self._advance(event)

    async def _insure_alone(self) -> None:
        """Raise the source under its Lease alone, and give that back: whoever can reach both goes on."""
        self.is_leading = self.has_led = True
        target, silent_s = self.journal.record.target.context, self.reader.silent_s(Side.TARGET)
        reason = self._leadership.why_alone or Code.TARGET_SILENT.because(context=target, silent_s=silent_s)
        try:
            if accepts(self.journal.record.state, EventKind.TARGET_LOST):
                await self._advance(Event(EventKind.TARGET_LOST, reason))
            if self.journal.record.state.phase is Phase.INSURED:
                await insurance.raise_source(self._tools)
        except (LeaseLost, Interrupted):
            raise
        except ControllerError as error:
            self.journal.describe(error.reason)
        self.is_leading = False
        await self._leadership.release()
        await self._timing.sleep(self._timing.settings.lease_retry_s)

    async def _perform_all(self, actions: tuple[Action, ...]) -> Event | None:
        """Perform the actions of one state; what goes wrong becomes the event. None: the state was final."""
        phase = self.journal.record.state.phase
        try:
            self.interrupts.check()
            if phase not in _WAITING:
                self._tools.probe.forget()
            if not phase.is_final and phase not in (*_WAITING, *_SEAL_THEMSELVES):
                await self._writer.seal_unsealed()
            event = None
            for action in actions:
                event = await self._perform(action)
            return event
        except LeaseLost as lost:
            if phase is Phase.PREFLIGHT:
                return Event(EventKind.REFUSED, lost.reason)
            raise
        except Interrupted as interrupted:
            if interrupted.by_stop:
                raise
            self.interrupts.take_cancel()
            return await self._find_newer_work() or Event(EventKind.CANCELLED, interrupted.reason)
        except ControllerError as error:
            return to_event(error, self.journal.record)

    async def _find_newer_work(self) -> Event | None:
        """Look once more before a cancel: what others have made of a target that serves alone is asked about first."""
        record = self.journal.record
        if not record.state.target_is_truth or self.reader.silent_s(Side.TARGET) is not None:
            return None
        try:
            require_untouched(await self.reader.read_once(Side.TARGET), record, Side.TARGET)
        except LeaseLost:
            raise
        except ControllerError as error:
            return to_event(error, record) if isinstance(error, NewerWorkFound) else None
        return None

    async def _perform(self, action: Action) -> Event | None:
        """Perform one action. Returns the event that it ends in; None where another action follows."""
        event = await self._performers[action.kind](action)
        if event is not None or action.kind not in _ENDS_IN:
            return event
        return Event(_ENDS_IN[action.kind])

    async def _check_preflight(self) -> None:
        self._checked_at = self._timing.counting()
        sides = self._tools.sides
        preflight = Preflight(sides, self._tools.gate, self._timing, STEPS)
        self.journal.remember(await preflight.check(self.journal.record))

    async def _check_again(self) -> None:
        """Ask once more what the preflight has found, where that has grown old while the Leases were waited for, or
        either side is not what it was: another instance may have led a whole move meanwhile, or a person been there.
        """
        is_old = self._timing.counting() - self._checked_at > PREFLIGHT_LIFE_S
        if is_old or not is_as_found(*await self.reader.read_both(), self.journal.record):
            await self._check_preflight()

    async def _advance(self, event: Event) -> None:
        """Go to the next state: journaled first, then remembered, reported at last."""
        record = self._meter()
        state, _ = transition(record.state, event)
        record = replace(record, state=state)
        if state.phase.is_final:
            record = replace(record, ended_at=self._timing.clocks.wall(), watched=Watched())
        if event.newer is not None:
            record = record.with_replicas(Side.TARGET, event.newer.replicas)
            self._writer.expect_late_writes()
        self.refused_by = event.refused_by
        try:
            await self.journal.save(record)
        except LeaseLost:
            raise
        except NotArmed as stopped:
            if record.state.phase.is_final:  # no journal says so, and the fences are gone: they are set anew
                self._writer.expect_late_writes()
                record = self.journal.record
            record = _hold_unjournaled(record, stopped)
            self.journal.remember(record)
        except ControllerError as error:
            record = _hold_unjournaled(record, error)
            self.journal.remember(record)
        self._on_event(record, event)

    async def _remove_fences(self) -> Event:
        """Leave both objects as their owners had them, and return that the migration is over.

        Between what the steps came to and the end, each in the journal: whoever dies in between is followed by somebody
        who removes what is left, or journals the end where the source, as the last, has no fence any more.
        What cannot be written holds nothing up; a fence that cannot be taken off is reported.
        """
        state = self.journal.record.state
        is_back = state.phase is Phase.ROLLBACK
        # The end of a rollback keeps the reason for which it began.
        reason = state.reason if is_back else None
        await self._try_at_end(self.journal.save(self.journal.record))
        for side in (Side.TARGET, Side.SOURCE):
            error = await self._try_at_end(self._writer.remove_fence(side))
            if error is not None:
                over = reason or Code.MOVE_OVER.because()
                reason = Code.FENCE_LEFT_BEHIND.because(reason=over, why=error.reason)
        return Event(EventKind.RESTORED if is_back else EventKind.SOAKED, reason)

    async def _try_at_end(self, write: Awaitable[None]) -> ControllerError | None:
        """Wait for a write, and return what kept it from being made, which holds up no end."""
        try:
            await write
        except (LeaseLost, Interrupted):
            raise
        except ControllerError as error:
            return error
        return None

    async def _pause(self, seconds: float) -> None:
        self.journal.remember(self._meter())
        await self.interrupts.pause(seconds)

    async def _wait_for_hint(self, seconds: float) -> None:
        """Wait; after a hint for a moment only, in which more of the same may come."""
        self.journal.remember(self._meter())
        await self.interrupts.pause(seconds, self._hinted)
        if self._hinted.is_set():
            await self.interrupts.pause(min(HINT_PACE_S, seconds))
            self._hinted.clear()

    def _meter(self) -> MigrationRecord:
        """Return the record with the time since the last look metered."""
        now = self._timing.counting()
        elapsed_s = 0.0 if self._metered_at is None else now - self._metered_at
        self._metered_at = now
        record, gate = self.journal.record, self._tools.gate
        return advance_meter(record, elapsed_s, gate.find_rates(record.workload, record.target.context))


def _explain_loss(lost: LeaseLost) -> Reason:
    """Say what follows where this instance leads no more: it waits for its right, or follows who leads."""
    if isinstance(lost, LetGo):
        return Code.WAITING_TO_RESUME.because(why=lost.why)
    return Code.FOLLOWING.because(why=lost.reason)


def _hold_unjournaled(record: MigrationRecord, error: ControllerError) -> MigrationRecord:
    """Nothing follows from a state that could not be journaled, unless the state itself does nothing."""
    if record.state.phase in _WAITING or record.state.phase.is_final:
        return record
    state, _ = transition(record.state, to_event(error, record))
    return replace(record, state=state)
