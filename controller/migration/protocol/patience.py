"""How long a HOLD lasts, and what follows it: going on, going back, or calling a person. Pure.

Patience is counted over all rounds of HOLD and going on in which the migration got no further, so that what only the
next attempt meets cannot go on for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from controller.migration.protocol.errors import HoldNeeded
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import find_target, require_present, require_untouched
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.rollback import judge_move_back
from controller.migration.protocol.states import Event, EventKind, HoldReason, Phase
from controller.migration.protocol.verdicts import Held
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Phases in which the target may not have its Deployment yet, nor the source a fence.
_NOT_FENCED_YET = (Phase.LOCKED, Phase.PROVISION)

#: Between two looks of a HOLD that began again and again, at the most, seconds.
MAX_PAUSE_S = 60.0


#: Why a migration is held; None where the journal had none.
HoldKind = HoldReason | None


def grow_pause_s(first_s: float, attempts: int, most_s: float) -> float:
    """Return how long to wait before the next look: the longer, the more often going on did not help."""
    return max(first_s, min(first_s * 2.0 ** min(attempts, 10), most_s))


@dataclass(frozen=True, slots=True)
class Stay:
    """How long a migration has been held without getting any further, over several rounds, and why."""

    progress: tuple[object, ...]
    held_s: float = 0.0
    #: How often the HOLD has ended and begun again.
    rounds: int = 0
    reasons: frozenset[HoldKind] = field(default=frozenset())
    #: How often a person was called meanwhile.
    calls: int = 0

    def hold_pause_s(self, settings: MigrationSettings) -> float:
        """Return how long to wait before the next look at what holds."""
        return grow_pause_s(settings.lease_retry_s, self.rounds, MAX_PAUSE_S)

    def call_pause_s(self, settings: MigrationSettings) -> float:
        """Return how long to wait before the next look at what a person was called for."""
        return grow_pause_s(settings.lease_retry_s, self.calls - 1, settings.hold_timeout_s)

    def with_look(self, passed_s: float, settings: MigrationSettings) -> Stay:
        """Count the time since the last look. Where nobody watched, as in sleep, no more of it than the longest look
        takes: when a machine wakes, its network is not there yet, and that is no reason to give up.
        """
        longest_s = self.hold_pause_s(settings) + settings.watch_gap_s
        return replace(self, held_s=self.held_s + min(passed_s, longest_s))

    def with_reason(self, hold: HoldKind) -> Stay:
        """Remember one more reason to wait."""
        return replace(self, reasons=self.reasons | {hold})


def enter_hold(stay: Stay | None, record: MigrationRecord) -> Stay:
    """Return the stay of a HOLD that begins: the one before goes on where the migration got no further since."""
    return _continue(stay, record).with_reason(record.state.hold)


def call_operator(stay: Stay | None, record: MigrationRecord) -> Stay:
    """Return the stay of a migration that calls a person now."""
    known = _continue(stay, record)
    return replace(known, calls=known.calls + 1)


def _continue(stay: Stay | None, record: MigrationRecord) -> Stay:
    progress = (
        record.state.resume_phase,
        record.state.wave,
        record.source.replicas,
        record.target.replicas,
        len(record.target_notes),
    )
    return stay if stay is not None and stay.progress == progress else Stay(progress)


def require_resumable(
    record: MigrationRecord,
    source: DeploymentFacts | None,
    target: DeploymentFacts | None,
    unsealed: frozenset[Side],
) -> None:
    """Check that fresh facts stand in no way of the phase that a HOLD came from.

    A side that is still to be sealed only has to be there: its fence and replicas may be those of a write that is on
    its way. Raises: HoldNeeded, LeaseLost.
    """
    resume_phase = record.state.resume_phase
    if resume_phase is Phase.ROLLBACK:
        present = require_present(source, record, Side.SOURCE)
        verdict = judge_move_back(record, present, find_target(target, record))
        if isinstance(verdict, Held):
            raise HoldNeeded(verdict.reason)
    elif resume_phase in _NOT_FENCED_YET:
        require_present(source, record, Side.SOURCE)
    else:
        for facts, side in ((source, Side.SOURCE), (target, Side.TARGET)):
            require = require_present if side in unsealed else require_untouched
            require(facts, record, side)


@dataclass(frozen=True, slots=True)
class GivingUp:
    """The patience of a HOLD is over, and why it was still needed."""

    why: Reason | None


def is_forbidden(reason: Reason | None) -> bool:
    """Whether it waits for a person who has forbidden all writes: for as long as that lasts, and then goes on as it was
    going. Neither that nor anything else is given up meanwhile.
    """
    return reason is not None and reason.code is Code.NOT_ARMED


def judge_hold(
    stay: Stay, reason: Reason | None, record: MigrationRecord, settings: MigrationSettings
) -> Event | GivingUp | None:
    """Decide what follows one look at what holds: HOLD_ENDED, giving up, or None for another look.

    `reason`: what still forbids to go on. The first round may end however long it took; a later one that began
    again only after the patience was over has to give up.
    """
    if is_forbidden(reason):
        return None
    is_over = stay.held_s > settings.hold_timeout_s
    if reason is None and (stay.rounds == 0 or not is_over):
        return Event(EventKind.HOLD_ENDED, Code.HOLD_ENDED.because())
    return GivingUp(reason or record.state.reason) if is_over else None


def give_up(stay: Stay, giving_up: GivingUp, settings: MigrationSettings, *, can_go_back: bool) -> Event:
    """Go back; where that cannot be tried, call a person."""
    waited = Code.HOLD_TOO_LONG.because(waited_s=settings.hold_timeout_s, why=giving_up.why)
    if not can_go_back:
        return Event(EventKind.STUCK, waited)
    only_reason = next(iter(stay.reasons)) if len(stay.reasons) == 1 else None
    return Event(EventKind.HOLD_EXPIRED, waited, only_reason)


def may_go_back(record: MigrationRecord, holds: frozenset[HoldKind]) -> bool:
    """Whether a rollback can be tried: always, unless it is what does not work, or would take newer work away. Even
    where it does not work it can at least give the source its replicas where nothing but a target that does not answer
    stands in its way.
    """
    if record.state.asks_before_going_back:
        return False
    if record.state.resume_phase is not Phase.ROLLBACK:
        return True
    return holds == {HoldReason.TARGET_UNREACHABLE} and record.source.replicas < record.state.source_replicas


def judge_call(record: MigrationRecord, *, has_reason: bool, can_go_back: bool) -> Event | None:
    """Decide whether a migration that has called a person goes on by itself: UNSTUCK, or None for another look. It goes
    back, unless that would take newer work away.
    """
    if has_reason and not can_go_back:
        return None
    if record.state.asks_before_going_back:
        return Event(EventKind.UNSTUCK, Code.HOLD_ENDED.because())
    return Event(EventKind.UNSTUCK, Code.WAY_BACK_OPEN.because(context=record.source.context))
