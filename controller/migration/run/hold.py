"""HOLD: both sides stay as they are, and somebody looks now and then whether the reason has gone. Writes
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.errors import ControllerError
from controller.migration.access.fact_reader import (
    FactReader,
    find_target,
    require_present,
    require_untouched,
)
from controller.migration.access.fenced_writer import FencedWriter
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import HoldNeeded, Interrupted, LeaseLost
from controller.migration.protocol.failures import to_event
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import Event, EventKind, HoldReason, Phase
from controller.migration.run.rollback import require_way_back
from controller.migration.run.waves import Waves

#: Phases in which the target may not have its Deployment yet, nor the source a fence.
_NOT_FENCED_YET = (Phase.LOCKED, Phase.PROVISION)

#: Between two looks of a HOLD that began again and again, at the most, seconds.
MAX_PAUSE_S = 60.0


@dataclass
class Stay:
    """How long a migration has been held without getting any further, over several rounds, and why."""

    progress: tuple[object, ...]
    held_s: float = 0.0
    #: How often the HOLD has ended and begun again.
    rounds: int = 0
    reasons: set[HoldReason | None] = field(default_factory=set)
    #: How often a person was called meanwhile.
    calls: int = 0


def grow_pause_s(first_s: float, attempts: int, most_s: float) -> float:
    """Return how long to wait before the next look: the longer, the more often going on did not help."""
    return max(first_s, min(first_s * 2.0 ** min(attempts, 10), most_s))


class Hold:
    """Performs the actions of HOLD and of NEEDS_OPERATOR."""

    def __init__(
        self,
        keeper: JournalWriter,
        reader: FactReader,
        writer: FencedWriter,
        moves: Waves,
        rehearsal: Probe,
        pace: Timing,
    ) -> None:
        self._keeper = keeper
        self._reader = reader
        self._writer = writer
        self._moves = moves
        self._rehearsal = rehearsal
        self._pace = pace
        self._stay: Stay | None = None

    async def await_end(self) -> Event:
        """Return HOLD_ENDED when nothing stands in the way any more, or what follows when patience is over.

        Patience is counted over all rounds of HOLD and going on in which the migration got no further, so that a
        trouble that only the next attempt meets cannot go on for ever.
        """
        stay = self._find_stay()
        stay.reasons.add(self._keeper.record.state.hold)
        entered_at = self._pace.monotonic()
        held_before_s = stay.held_s
        while True:
            await self._pace.sleep(grow_pause_s(self._pace.settings.lease_retry_s, stay.rounds, MAX_PAUSE_S))
            trouble = await self._find_trouble()
            stay.held_s = held_before_s + self._pace.monotonic() - entered_at
            is_over = stay.held_s > self._pace.settings.hold_timeout_s
            if trouble is None and (stay.rounds == 0 or not is_over):
                stay.rounds += 1
                return Event(EventKind.HOLD_ENDED, "the reason to wait has gone")
            if trouble is not None:
                stay.reasons.add(to_event(trouble, self._keeper.record).hold)
            if is_over:
                return await self._give_up(
                    str(trouble) if trouble is not None else self._keeper.record.state.reason, stay
                )

    async def await_operator(self) -> Event:
        """Return UNSTUCK when there is a way back again: then the rollback needs nobody."""
        settings, stay = self._pace.settings, self._find_stay()
        stay.calls += 1
        while True:
            await self._pace.sleep(
                grow_pause_s(settings.lease_retry_s, stay.calls - 1, settings.hold_timeout_s)
            )
            trouble = await self._find_trouble()
            record = self._keeper.record
            if trouble is not None:
                reason = to_event(trouble, record).hold
                may_try = record.state.resume_phase is not Phase.ROLLBACK or self._may_rescue({reason})
                if not may_try or not await self._can_write_source():
                    continue
            stay.reasons.clear()
            return Event(EventKind.UNSTUCK, f"the way back to {record.source.context} is open again")

    def _find_stay(self) -> Stay:
        """Return the stay that goes on, or a new one where the migration has got further since the last HOLD."""
        record = self._keeper.record
        progress = (
            record.state.resume_phase,
            record.state.wave,
            record.source.replicas,
            record.target.replicas,
            len(record.created),
        )
        if self._stay is None or self._stay.progress != progress:
            self._stay = Stay(progress)
        return self._stay

    async def _give_up(self, why: str, stay: Stay) -> Event:
        """Go back; where that is what does not work, or where the source cannot be written, call a person."""
        waited = f"after {self._pace.settings.hold_timeout_s / 60:.0f} min of waiting: {why}"
        only_reason = next(iter(stay.reasons)) if len(stay.reasons) == 1 else None
        is_going_back = self._keeper.record.state.resume_phase is Phase.ROLLBACK
        may_try = not is_going_back or self._may_rescue(stay.reasons)
        if may_try and await self._can_write_source():
            return Event(EventKind.HOLD_EXPIRED, waited, only_reason)
        return Event(EventKind.STUCK, waited)

    def _may_rescue(self, reasons: set[HoldReason | None]) -> bool:
        """Whether a rollback can at least give the source its replicas, without a target that does not answer."""
        record = self._keeper.record
        return reasons == {HoldReason.TARGET_UNREACHABLE} and record.source.replicas < record.replicas

    async def _find_trouble(self) -> ControllerError | None:
        """Return what still forbids to go on, or None. Raises: LeaseLost, Interrupted."""
        record = self._keeper.record
        resume_phase = record.state.resume_phase
        try:
            source = await self._reader.read_once(Side.SOURCE)
            target = await self._reader.read_once(Side.TARGET)
            if resume_phase is Phase.ROLLBACK:
                present = require_present(source, record, Side.SOURCE)
                require_way_back(record, present, find_target(target, record))
            elif resume_phase in _NOT_FENCED_YET:
                require_present(source, record, Side.SOURCE)
            else:
                self._compare(source, Side.SOURCE)
                self._compare(target, Side.TARGET)
            self._keeper.check()
            if resume_phase is Phase.SURGE:
                self._moves.check_gate()
            await self._rehearsal.require_acceptance()
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
