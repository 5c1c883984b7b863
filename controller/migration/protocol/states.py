"""The migration's state machine: an event goes in, the next state and the actions that it asks for come out.
Pure.

Nothing here knows a cluster or a step: `run/` performs the actions and reports what came of them as the next
event. Performing the actions of a state twice is harmless, so that a restart simply performs those of the
journaled state again. A diagram stands in `docs/decisions/how-a-migration-keeps-its-promises.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from controller.contract.dry_run import NOTHING_STAYS, Staying
from controller.errors import InvalidTransition
from controller.migration.protocol.newer_work import NewerWork
from oracle.foundation.reason import Reason


class Phase(StrEnum):
    """Where a migration stands."""

    PLANNED = "PLANNED"
    PREFLIGHT = "PREFLIGHT"
    LOCKED = "LOCKED"
    PROVISION = "PROVISION"
    SURGE = "SURGE"
    VERIFY = "VERIFY"
    SCALE_DOWN_SOURCE = "SCALE_DOWN_SOURCE"
    SETTLE = "SETTLE"
    SOAK = "SOAK"
    HOLD = "HOLD"
    ROLLBACK = "ROLLBACK"
    NEEDS_OPERATOR = "NEEDS_OPERATOR"
    INSURED = "INSURED"
    DONE = "DONE"
    ROLLED_BACK = "ROLLED_BACK"
    REFUSED = "REFUSED"

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return self in (Phase.DONE, Phase.ROLLED_BACK, Phase.REFUSED)


class HoldReason(StrEnum):
    """Why nothing is written at the moment."""

    PRICE_STALE = "PRICE_STALE"
    COST_FLIPPED = "COST_FLIPPED"
    SOURCE_UNREACHABLE = "SOURCE_UNREACHABLE"
    TARGET_UNREACHABLE = "TARGET_UNREACHABLE"
    AUTH = "AUTH"
    INTERFERENCE = "INTERFERENCE"
    TEMPLATE_CHANGED = "TEMPLATE_CHANGED"
    OPERATOR = "OPERATOR"


class EventKind(StrEnum):
    """What can happen to a migration."""

    CONFIRMED = "confirmed"
    PASSED = "passed"
    REFUSED = "refused"
    FENCED = "fenced"
    PROVISIONED = "provisioned"
    SCALED = "scaled"
    VERIFIED = "verified"
    SETTLED = "settled"
    SOAKED = "soaked"
    FAILED = "failed"
    HELD = "held"
    HOLD_ENDED = "hold ended"
    HOLD_EXPIRED = "hold expired"
    STUCK = "stuck"
    UNSTUCK = "unstuck"
    CANCELLED = "cancelled"
    TARGET_LOST = "target lost"
    TARGET_BACK = "target back"
    NEWER_WORK = "newer work"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, and why.

    `hold` is set for HELD, and for a HOLD_EXPIRED during which nothing but that stood in the way. `refused_by` is set
    for a REFUSED for which one cluster is the cause: its context. `newer` is set for NEWER_WORK.
    """

    kind: EventKind
    reason: Reason | None = None
    hold: HoldReason | None = None
    refused_by: str | None = None
    newer: NewerWork | None = None


@dataclass(frozen=True, slots=True)
class MigrationState:
    """Where a migration stands.

    `waves` holds how many replicas have moved after each wave, ascending, the last one being all that move; `wave` is
    the index of the current one. What stays on either side comes on top (`staying`). `resume_phase` is where a HOLD (or
    a wait for a person) came from, and where an INSURED goes on: VERIFY for the way forward, ROLLBACK for the way back.
    """

    waves: tuple[int, ...]
    phase: Phase = Phase.PLANNED
    wave: int = 0
    hold: HoldReason | None = None
    resume_phase: Phase | None = None
    #: Why it stands there, where anything but the plan has brought it there.
    reason: Reason | None = None
    #: A person has asked for the way back, or the target gave no answer for a whole HOLD: where it gives none now, the
    #: source is raised without waiting any longer.
    source_first: bool = False
    #: What others have made of the target, which is the truth once the source is at 0; None: nothing.
    newer: NewerWork | None = None
    #: The plan's.
    staying: Staying = NOTHING_STAYS

    @property
    def replicas(self) -> int:
        """How many replicas move: what the target runs at the end and did not before."""
        return max(0, self.target_replicas - self.staying.target)

    @property
    def source_replicas(self) -> int:
        """What the source runs where nothing has moved, and is given back."""
        return self.staying.source + self.replicas

    @property
    def target_replicas(self) -> int:
        """What the target runs at the end."""
        return self.staying.target + self.waves[-1] if self.newer is None else self.newer.replicas

    @property
    def total_replicas(self) -> int:
        """What both sides together are to run at every moment, at least."""
        return self.staying.source + self.target_replicas

    @property
    def target_wave_replicas(self) -> int:
        """What the target runs after the current wave."""
        return self.staying.target + self.waves[self.wave] if self.newer is None else self.newer.replicas

    @property
    def source_wave_replicas(self) -> int:
        """What the source runs after the current wave."""
        return self.total_replicas - self.target_wave_replicas

    @property
    def source_before_wave(self) -> int:
        """What the source runs until the current wave lowers it."""
        return self.source_replicas - (0, *self.waves)[self.wave]

    @property
    def is_last_wave(self) -> bool:
        """Whether nothing more moves after the current wave."""
        return self.wave == len(self.waves) - 1

    @property
    def goes_back(self) -> bool:
        """Whether it is on its way back, or held on it."""
        return Phase.ROLLBACK in (self.phase, self.resume_phase)

    @property
    def asks_before_going_back(self) -> bool:
        """Whether a rollback would take away what others have made since: only a person may say so."""
        return self.newer is not None and not self.goes_back and not self.phase.is_final

    @property
    def target_is_truth(self) -> bool:
        """Whether what others change in the target is to stay: the source has given all that it was to give, or had
        before it was insured.
        """
        if self.asks_before_going_back:
            return True
        came_from = self.resume_phase or self.phase
        is_insured = self.phase is Phase.INSURED and came_from is Phase.VERIFY
        return self.is_last_wave and (is_insured or came_from in (Phase.SETTLE, Phase.SOAK))


class ActionKind(StrEnum):
    """What the driver can be asked to do."""

    CHECK_PREFLIGHT = "check preflight"
    ACQUIRE_LEASES = "acquire leases"
    PLACE_FENCES = "place fences"
    PREPARE_STEPS = "prepare steps"
    SCALE_TARGET = "scale target"
    AWAIT_TARGET = "await target"
    SCALE_SOURCE = "scale source"
    AWAIT_SOURCE = "await source"
    WATCH_TARGET = "watch target"
    CLEAN_UP_STEPS = "clean up steps"
    AWAIT_END_OF_HOLD = "await end of hold"
    AWAIT_OPERATOR = "await operator"
    INSURE = "insure"
    SEAL = "seal"
    RESTORE_SOURCE = "restore source"
    UNDO_STEPS = "undo steps"
    REMOVE_FENCES = "remove fences"
    RELEASE_LEASES = "release leases"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do; `replicas` is absolute and set for the actions that scale or wait for a side."""

    kind: ActionKind
    replicas: int | None = None


Transition = Callable[[MigrationState, Event], MigrationState]


def _to(phase: Phase) -> Transition:
    """Go to a phase, keeping the wave and remembering the reason."""

    def go(state: MigrationState, event: Event) -> MigrationState:
        return replace(
            state, phase=phase, hold=None, resume_phase=None, reason=event.reason, source_first=False
        )

    return go


def _cancel(state: MigrationState, event: Event) -> MigrationState:
    return replace(_to(Phase.ROLLBACK)(state, event), source_first=True)


def _hold(state: MigrationState, event: Event) -> MigrationState:
    return replace(
        state,
        phase=Phase.HOLD,
        hold=event.hold,
        resume_phase=state.resume_phase or state.phase,
        reason=event.reason,
    )


def _resume(state: MigrationState, event: Event) -> MigrationState:
    assert state.resume_phase is not None, "HOLD and NEEDS_OPERATOR are only entered with a way back"
    return _to(state.resume_phase)(state, event)


def _next_wave_or_soak(state: MigrationState, event: Event) -> MigrationState:
    if not state.is_last_wave:
        return replace(state, phase=Phase.SURGE, wave=state.wave + 1, reason=event.reason)
    return _to(Phase.SOAK)(state, event)


def _expire(state: MigrationState, event: Event) -> MigrationState:
    is_silent = event.hold is HoldReason.TARGET_UNREACHABLE
    return replace(_to(Phase.ROLLBACK)(state, event), source_first=is_silent)


def _call_operator(state: MigrationState, event: Event) -> MigrationState:
    return replace(state, phase=Phase.NEEDS_OPERATOR, hold=None, reason=event.reason)


def _insure(state: MigrationState, event: Event) -> MigrationState:
    """Raise the source alone, and remember the direction. Who goes back keeps the reason for it.

    The way forward goes on where the target last was to serve: a wave that was not verified yet may have begun or not.
    """
    came_from = state.resume_phase or state.phase
    is_led = state.phase is not Phase.NEEDS_OPERATOR or state.newer is not None
    goes_on = came_from in _AFTER_A_SURGE and is_led
    insured = replace(state, phase=Phase.INSURED, hold=None, resume_phase=Phase.ROLLBACK, source_first=False)
    if not goes_on:
        return insured if came_from is Phase.ROLLBACK else replace(insured, reason=event.reason)
    wave = max(0, state.wave - 1) if came_from is Phase.SURGE else state.wave
    return replace(insured, resume_phase=Phase.VERIFY, wave=wave, reason=event.reason)


def _turn_back(state: MigrationState, event: Event) -> MigrationState:
    """The source stays raised until the target can be asked; then everything goes back."""
    return replace(state, resume_phase=Phase.ROLLBACK, reason=event.reason)


def _leave_insurance(state: MigrationState, event: Event) -> MigrationState:
    """The target has served for a bake, so that the source may be lowered again; or it is asked for the way back."""
    goes_on = state.resume_phase is Phase.VERIFY
    return _to(Phase.SCALE_DOWN_SOURCE if goes_on else Phase.ROLLBACK)(state, event)


def _take_in(state: MigrationState, event: Event) -> MigrationState:
    """Go on with what others have made of the target. Before the source is lowered once more it has to serve."""
    lowers = state.phase is Phase.SCALE_DOWN_SOURCE
    phase = Phase.VERIFY if lowers else state.phase
    return replace(state, phase=phase, newer=event.newer, reason=event.reason)


def _ask(state: MigrationState, event: Event) -> MigrationState:
    """Call a person instead of going back over what others have made; what is insured stays so meanwhile."""
    if state.phase is Phase.INSURED:
        return replace(state, reason=event.reason)
    if state.phase is Phase.NEEDS_OPERATOR:
        return _resume(state, event)
    came_from = state.resume_phase or state.phase
    return replace(state, phase=Phase.NEEDS_OPERATOR, hold=None, resume_phase=came_from, reason=event.reason)


#: Phases in which replicas may serve in the target alone.
_AFTER_A_SURGE = (Phase.SURGE, Phase.VERIFY, Phase.SCALE_DOWN_SOURCE, Phase.SETTLE, Phase.SOAK)

_REVERSIBLE: Mapping[EventKind, Transition] = {
    EventKind.HELD: _hold,
    EventKind.FAILED: _to(Phase.ROLLBACK),
    EventKind.CANCELLED: _cancel,
}

_INSURABLE: Mapping[EventKind, Transition] = {
    **_REVERSIBLE,
    EventKind.TARGET_LOST: _insure,
    EventKind.NEWER_WORK: _take_in,
}

#: phase -> event -> what follows. An event that a phase does not list is invalid there.
_TABLE: Mapping[Phase, Mapping[EventKind, Transition]] = {
    Phase.PLANNED: {EventKind.CONFIRMED: _to(Phase.PREFLIGHT)},
    Phase.PREFLIGHT: {
        EventKind.PASSED: _to(Phase.LOCKED),
        EventKind.REFUSED: _to(Phase.REFUSED),
        EventKind.CANCELLED: _to(Phase.REFUSED),
    },
    Phase.LOCKED: {EventKind.FENCED: _to(Phase.PROVISION), **_REVERSIBLE},
    Phase.PROVISION: {EventKind.PROVISIONED: _to(Phase.SURGE), **_REVERSIBLE},
    Phase.SURGE: {EventKind.SCALED: _to(Phase.VERIFY), **_INSURABLE},
    Phase.VERIFY: {EventKind.VERIFIED: _to(Phase.SCALE_DOWN_SOURCE), **_INSURABLE},
    Phase.SCALE_DOWN_SOURCE: {EventKind.SCALED: _to(Phase.SETTLE), **_INSURABLE},
    Phase.SETTLE: {EventKind.SETTLED: _next_wave_or_soak, **_INSURABLE},
    Phase.SOAK: {EventKind.SOAKED: _to(Phase.DONE), **_INSURABLE},
    Phase.HOLD: {
        EventKind.HELD: _hold,
        EventKind.HOLD_ENDED: _resume,
        EventKind.HOLD_EXPIRED: _expire,
        EventKind.CANCELLED: _cancel,
        EventKind.STUCK: _call_operator,
        EventKind.TARGET_LOST: _insure,
        EventKind.NEWER_WORK: _take_in,
    },
    Phase.NEEDS_OPERATOR: {
        EventKind.HELD: _call_operator,
        EventKind.UNSTUCK: _to(Phase.ROLLBACK),
        EventKind.CANCELLED: _cancel,
        EventKind.TARGET_LOST: _insure,
        EventKind.NEWER_WORK: _take_in,
    },
    Phase.INSURED: {
        EventKind.HELD: _hold,
        EventKind.FAILED: _to(Phase.ROLLBACK),
        EventKind.CANCELLED: _turn_back,
        EventKind.TARGET_BACK: _leave_insurance,
        EventKind.NEWER_WORK: _take_in,
    },
    Phase.ROLLBACK: {
        EventKind.RESTORED: _to(Phase.ROLLED_BACK),
        EventKind.HELD: _hold,
        EventKind.TARGET_LOST: _insure,
    },
    Phase.DONE: {},
    Phase.ROLLED_BACK: {},
    Phase.REFUSED: {},
}


def transition(state: MigrationState, event: Event) -> tuple[MigrationState, tuple[Action, ...]]:
    """Return what follows the event, and what then has to be done.

    Raises: InvalidTransition where the phase does not know the event; the state given is untouched either
    way.
    """
    follow = _TABLE[state.phase].get(event.kind)
    if follow is None or (event.kind is EventKind.HELD and event.hold is None):
        raise InvalidTransition(state.phase.value, event.kind.value)
    following = follow(state, event)
    if following.goes_back and state.asks_before_going_back:
        following = _ask(state, event)
    return following, plan_actions(following)


def accepts(state: MigrationState, kind: EventKind) -> bool:
    """Whether the state knows events of this kind. A cancel does not say what it would delete: a restore does."""
    if kind is EventKind.CANCELLED and state.asks_before_going_back:
        return False
    return kind in _TABLE[state.phase]


def plan_actions(state: MigrationState) -> tuple[Action, ...]:
    """Return what this state asks for, in order. The last action of a state that is not final ends in an
    event.
    """
    target, source = state.target_wave_replicas, state.source_wave_replicas
    seal_and_restore = (
        Action(ActionKind.SEAL),
        Action(ActionKind.RESTORE_SOURCE, state.source_replicas),
        Action(ActionKind.UNDO_STEPS),
        Action(ActionKind.REMOVE_FENCES),
    )
    by_phase: Mapping[Phase, tuple[Action, ...]] = {
        Phase.PLANNED: (),
        Phase.PREFLIGHT: (Action(ActionKind.CHECK_PREFLIGHT), Action(ActionKind.ACQUIRE_LEASES)),
        Phase.LOCKED: (Action(ActionKind.PLACE_FENCES),),
        Phase.PROVISION: (Action(ActionKind.PREPARE_STEPS),),
        Phase.SURGE: (Action(ActionKind.SCALE_TARGET, target),),
        Phase.VERIFY: (Action(ActionKind.AWAIT_TARGET, target),),
        Phase.SCALE_DOWN_SOURCE: (Action(ActionKind.SCALE_SOURCE, source),),
        Phase.SETTLE: (Action(ActionKind.AWAIT_SOURCE, source),),
        Phase.SOAK: (
            Action(ActionKind.WATCH_TARGET, target),
            Action(ActionKind.CLEAN_UP_STEPS),
            Action(ActionKind.REMOVE_FENCES),
        ),
        Phase.HOLD: (Action(ActionKind.AWAIT_END_OF_HOLD),),
        Phase.NEEDS_OPERATOR: (Action(ActionKind.AWAIT_OPERATOR),),
        Phase.INSURED: (Action(ActionKind.INSURE, state.source_replicas),),
        Phase.ROLLBACK: seal_and_restore,
        Phase.DONE: (Action(ActionKind.RELEASE_LEASES),),
        Phase.ROLLED_BACK: (Action(ActionKind.RELEASE_LEASES),),
        Phase.REFUSED: (Action(ActionKind.RELEASE_LEASES),),
    }
    return by_phase[state.phase]
