"""HOLD: both sides stay as they are, and somebody looks now and then whether the reason has gone. Writes
nothing.
"""

from __future__ import annotations

from controller.errors import ControllerError
from controller.migration.errors import HoldNeeded, Interrupted, LeaseLost
from controller.migration.fact_reader import FactReader, require_present, require_untouched
from controller.migration.fenced_writer import FencedWriter
from controller.migration.journal_keeper import JournalKeeper
from controller.migration.observation import DeploymentFacts
from controller.migration.pace import Pace
from controller.migration.record import Side
from controller.migration.states import Event, EventKind, HoldReason, Phase
from controller.migration.troubles import to_event
from controller.migration.wave_moves import WaveMoves

#: Phases in which the Deployments are not fenced yet or in which foreign changes are taken as they are.
_WITHOUT_COMPARISON = (Phase.LOCKED, Phase.PROVISION, Phase.ROLLBACK)


class Holding:
    """Performs the actions of HOLD and of NEEDS_OPERATOR."""

    def __init__(
        self,
        keeper: JournalKeeper,
        reader: FactReader,
        writer: FencedWriter,
        moves: WaveMoves,
        pace: Pace,
    ) -> None:
        self._keeper = keeper
        self._reader = reader
        self._writer = writer
        self._moves = moves
        self._pace = pace

    async def await_end(self) -> Event:
        """Return HOLD_ENDED when nothing stands in the way any more, or what follows when patience is over."""
        give_up_at = self._pace.monotonic() + self._pace.settings.hold_timeout_s
        reasons: set[HoldReason | None] = set()
        while True:
            await self._pace.sleep(self._pace.settings.lease_retry_s)
            trouble = await self._find_trouble()
            if trouble is None:
                return Event(EventKind.HOLD_ENDED, "the reason to wait has gone")
            reasons.add(to_event(trouble, self._keeper.record).hold)
            if self._pace.monotonic() > give_up_at:
                return await self._give_up(trouble, reasons.pop() if len(reasons) == 1 else None)

    async def await_operator(self) -> Event:
        """Return UNSTUCK when the source can be written again: then the rollback needs nobody."""
        while True:
            await self._pace.sleep(self._pace.settings.lease_retry_s)
            if await self._can_write_source():
                return Event(EventKind.UNSTUCK, "the source can be reached again; going back to it")

    async def _give_up(self, trouble: ControllerError, only_reason: HoldReason | None) -> Event:
        waited = f"after {self._pace.settings.hold_timeout_s / 60:.0f} min of waiting: {trouble}"
        if await self._can_write_source():
            return Event(EventKind.HOLD_EXPIRED, waited, only_reason)
        return Event(EventKind.STUCK, waited)

    async def _find_trouble(self) -> ControllerError | None:
        """Return what still forbids to go on, or None. Raises: LeaseLost, Interrupted."""
        record = self._keeper.record
        resume_phase = record.state.resume_phase
        try:
            source = await self._reader.read_once(Side.SOURCE)
            target = await self._reader.read_once(Side.TARGET)
            if resume_phase in _WITHOUT_COMPARISON:
                require_present(source, record, Side.SOURCE)
            else:
                self._compare(source, Side.SOURCE)
                self._compare(target, Side.TARGET)
            self._keeper.check()
            if resume_phase is Phase.SURGE:
                self._moves.check_gate()
        except (LeaseLost, Interrupted):
            raise
        except ControllerError as error:
            self._tell(error)
            return error
        return None

    def _compare(self, facts: DeploymentFacts | None, side: Side) -> None:
        """Raises: HoldNeeded, LeaseLost where others have changed a side. One that is still to be sealed only has to be
        there: its fence and replicas may be those of a write that is on its way.
        """
        check = require_present if side in self._writer.unsealed else require_untouched
        check(facts, self._keeper.record, side)

    def _tell(self, error: ControllerError) -> None:
        """The reason to wait may change while waiting; people should see the one that counts now."""
        if isinstance(error, HoldNeeded):
            self._keeper.describe(error.reason)

    async def _can_write_source(self) -> bool:
        """Whether the source answers, is the one we know, and our Lease there holds."""
        try:
            source = await self._reader.read_once(Side.SOURCE)
            require_present(source, self._keeper.record, Side.SOURCE)
            self._keeper.check((Side.SOURCE,))
        except (LeaseLost, Interrupted):
            raise
        except ControllerError:
            return False
        return True
