"""HOLD as it is performed: both sides stay as they are, and now and then somebody looks whether the reason has gone.

Writes nothing. How long that lasts and what follows it stands in `protocol/patience.py`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from controller.errors import ClusterError, ControllerError, NotArmed
from controller.migration.protocol import insurance, patience
from controller.migration.protocol.errors import HoldNeeded, Interrupted, LeaseLost, NewerWorkFound
from controller.migration.protocol.failures import require_going_on
from controller.migration.protocol.holds import find_hold
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import find_target, require_present
from controller.migration.protocol.patience import GivingUp, Stay
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import Event, EventKind, Phase
from controller.migration.run.rollback import explain_standstill
from controller.migration.run.shortfall_watch import count_target
from controller.migration.run.tools import Tools
from controller.migration.run.waves import judge_begin
from controller.reasons import Code
from oracle.foundation.reason import Reason


class Hold:
    """Remembers for one run how long it has been held without getting any further."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._stay: Stay | None = None

    async def await_end(self) -> Event:
        """Return HOLD_ENDED when nothing stands in the way any more, or what follows when patience is over."""
        tools = self._tools
        stay = patience.enter_hold(self._stay, tools.record)
        looked_s = tools.timing.counting()
        while True:
            self._stay = stay
            if (lost := await self._wait(stay.hold_pause_s(tools.settings))) is not None:
                return lost
            reason = await self._find_reason()
            if (lost := self._find_known_loss(reason)) is not None:
                return lost
            before_s, looked_s = looked_s, tools.timing.counting()
            if not patience.is_forbidden(reason):
                stay = stay.with_look(looked_s - before_s, tools.settings)
            if reason is not None:
                stay = stay.with_reason(find_hold(reason, tools.record))
            following = patience.judge_hold(stay, reason, tools.record, tools.settings)
            if isinstance(following, Event):
                self._stay = replace(stay, rounds=stay.rounds + 1)
                return following
            if isinstance(following, GivingUp):
                self._stay = stay
                return await self._give_up(stay, following)

    async def await_operator(self) -> Event:
        """Return UNSTUCK when there is a way back again: then the rollback needs nobody."""
        tools = self._tools
        stay = self._stay = patience.call_operator(self._stay, tools.record)
        while True:
            if (lost := await self._wait(stay.call_pause_s(tools.settings))) is not None:
                return lost
            reason = await self._find_reason()
            if (lost := self._find_known_loss(reason)) is not None:
                return lost
            hold = find_hold(reason, tools.record) if reason is not None else None
            is_open = reason is not None and not patience.is_forbidden(reason)
            can_write = is_open and await self._can_go_back(frozenset({hold}))
            following = patience.judge_call(
                tools.record, has_reason=reason is not None, can_go_back=can_write
            )
            if following is not None:
                self._stay = replace(stay, reasons=frozenset())
                return following

    async def _wait(self, pause_s: float) -> Event | None:
        """Wait before the next look at what holds; return TARGET_LOST where the target is silent for too long. One that
        falls silent meanwhile is noticed in time.
        """
        tools = self._tools
        ends_s = tools.timing.counting() + pause_s
        while (left_s := ends_s - tools.timing.counting()) > 0:
            if (lost := await self._find_loss()) is not None:
                return lost
            step_s = insurance.limit_pause_s(
                left_s, tools.record, tools.reader.silent_s(Side.TARGET), tools.settings
            )
            await tools.timing.sleep(step_s)
            if step_s < left_s and (lost := await self._glance()) is not None:
                return lost
        return None

    async def _glance(self) -> Event | None:
        """Look at both sides between two looks at what holds; return TARGET_LOST where the target is known to be."""
        tools = self._tools
        try:
            target = await tools.reader.read_once(Side.TARGET)
            await self._count(await tools.reader.read_once(Side.SOURCE), target)
        except ClusterError:
            return None
        lost = insurance.find_seen_loss(target, tools.record) or self._find_shortfall()
        return lost if lost is not None and await self._can_raise_source() else None

    async def _find_loss(self) -> Event | None:
        """Return TARGET_LOST where the source is to be raised without the target, and can be."""
        tools = self._tools
        silent_s = tools.reader.silent_s(Side.TARGET)
        if not insurance.is_due(tools.record, silent_s, tools.settings) or not await self._can_raise_source():
            return None
        reason = Code.TARGET_SILENT.because(context=tools.record.target.context, silent_s=silent_s)
        return Event(EventKind.TARGET_LOST, reason)

    def _find_known_loss(self, reason: Reason | None) -> Event | None:
        """Return TARGET_LOST where the target is known not to serve, by what holds or by what was counted."""
        return insurance.find_loss(reason, self._tools.record) or self._find_shortfall()

    def _find_shortfall(self) -> Event | None:
        tools = self._tools
        return tools.shortfall.find_loss(tools.record, tools.timing.counting(), tools.settings)

    async def _can_raise_source(self) -> bool:
        """Whether the source answers, is the one we know, and our Lease there holds."""
        tools = self._tools
        try:
            require_present(await tools.reader.read_once(Side.SOURCE), tools.record, Side.SOURCE)
            tools.journal.check((Side.SOURCE,))
        except (LeaseLost, Interrupted):
            raise
        except ControllerError:
            return False
        return True

    async def _give_up(self, stay: Stay, giving_up: GivingUp) -> Event:
        can_go_back = await self._can_go_back(stay.reasons)
        return patience.give_up(stay, giving_up, self._tools.settings, can_go_back=can_go_back)

    async def _find_reason(self) -> Reason | None:
        """Return what still forbids to go on, or None. Raises: LeaseLost, LetGo, Interrupted, NewerWorkFound."""
        tools = self._tools
        tools.journal.check_lost()
        tools.journal.require_rights()
        source = None
        try:
            await self._require_armed()
            source = await tools.reader.read_once(Side.SOURCE)
            target = await tools.reader.read_once(Side.TARGET)
            await self._count(source, target)
            patience.require_resumable(tools.record, source, target, tools.writer.unsealed)
            tools.journal.check()
            if tools.record.state.resume_phase is Phase.SURGE:
                require_going_on(judge_begin(tools, source, target))
            await tools.probe.require_acceptance()
        except (LeaseLost, Interrupted, NewerWorkFound):
            raise
        except ControllerError as error:
            if not isinstance(error, HoldNeeded):
                return error.reason
            told = error.reason if source is None else await explain_standstill(tools, error.reason, source)
            tools.journal.describe(told)  # people should see the reason that counts now
            return told
        return None

    async def _count(self, source: DeploymentFacts | None, target: DeploymentFacts | None) -> None:
        """Note how many serve; in a target that serves in the source's place, by its pods."""
        tools, found = self._tools, find_target(target, self._tools.record)
        if source is None:
            return
        if tools.record.source_is_short:
            found = await count_target(tools.reader, found)
        tools.shortfall.look(tools.record, source, found, tools.timing.counting())

    async def _require_armed(self) -> None:
        """Raises: NotArmed where a person has forbidden all writes; LeaseLost where another instance goes on since."""
        try:
            self._tools.journal.check_armed()
        except NotArmed:
            with suppress(ClusterError):
                await self._tools.journal.require_held()
            raise

    async def _can_go_back(self, holds: frozenset[patience.HoldKind]) -> bool:
        """Whether a rollback can be tried: the protocol allows it, and the source answers. Its writes ask more."""
        if not patience.may_go_back(self._tools.record, holds):
            return False
        try:
            await self._tools.reader.read_once(Side.SOURCE)
        except (LeaseLost, Interrupted):
            raise
        except ControllerError:
            return False
        return True
