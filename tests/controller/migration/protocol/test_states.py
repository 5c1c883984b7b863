from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import InvalidTransition
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.states import (
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
from controller.reasons import Code
from tests.controller.migration.records import BECAUSE, event
from tests.controller.refusals import refuses

E = EventKind
START = MigrationState(waves=(1, 2))
ONE_WAVE = [E.SCALED, E.VERIFIED, E.SCALED, E.SETTLED]
WAITING = (Phase.HOLD, Phase.NEEDS_OPERATOR, Phase.INSURED)
BEGINNING = [E.CONFIRMED, E.PASSED, E.FENCED, E.PROVISIONED]


def converse(kinds: list[EventKind], state: MigrationState = START) -> MigrationState:
    """Feed events one after the other."""
    for kind in kinds:
        state, _ = transition(state, event(kind))
    return state


def in_phase(phase: Phase) -> MigrationState:
    """Any state in a phase."""
    waits = phase in WAITING
    return replace(START, phase=phase, resume_phase=Phase.VERIFY if waits else None)


@pytest.mark.parametrize(
    ("kinds", "phase"),
    [
        ([*BEGINNING, *ONE_WAVE, *ONE_WAVE, E.SOAKED], Phase.DONE),
        ([E.CONFIRMED, E.REFUSED], Phase.REFUSED),
        ([E.CONFIRMED, E.CANCELLED], Phase.REFUSED),
        ([*BEGINNING, E.CANCELLED, E.RESTORED], Phase.ROLLED_BACK),
        ([*BEGINNING, E.SCALED, E.FAILED, E.RESTORED], Phase.ROLLED_BACK),
        ([*BEGINNING, E.HELD, E.HOLD_ENDED], Phase.SURGE),
        ([*BEGINNING, E.HELD, E.HOLD_EXPIRED, E.RESTORED], Phase.ROLLED_BACK),
        ([*BEGINNING, E.HELD, E.STUCK, E.UNSTUCK, E.RESTORED], Phase.ROLLED_BACK),
        ([*BEGINNING, E.CANCELLED, E.HELD, E.HOLD_ENDED], Phase.ROLLBACK),
        ([*BEGINNING, *ONE_WAVE, *ONE_WAVE, E.FAILED, E.RESTORED], Phase.ROLLED_BACK),
        ([*BEGINNING, *ONE_WAVE, *ONE_WAVE, E.TARGET_LOST, E.TARGET_BACK], Phase.SCALE_DOWN_SOURCE),
        ([*BEGINNING, *ONE_WAVE, *ONE_WAVE, E.TARGET_LOST, E.CANCELLED, E.TARGET_BACK], Phase.ROLLBACK),
        ([*BEGINNING, *ONE_WAVE, *ONE_WAVE, E.TARGET_LOST, E.FAILED, E.RESTORED], Phase.ROLLED_BACK),
        ([*BEGINNING, *ONE_WAVE, E.HELD, E.TARGET_LOST, E.HELD, E.HOLD_ENDED], Phase.VERIFY),
        ([*BEGINNING, E.CANCELLED, E.TARGET_LOST, E.TARGET_BACK, E.RESTORED], Phase.ROLLED_BACK),
    ],
)
def test_legal_conversations(kinds: list[EventKind], phase: Phase) -> None:
    assert converse(kinds).phase is phase


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("kind", list(EventKind))
def test_an_event_is_taken_or_leaves_the_state_alone(phase: Phase, kind: EventKind) -> None:
    state = in_phase(phase)
    if accepts(state, kind):
        assert transition(state, event(kind))[0] != state
    else:
        with refuses(InvalidTransition, Code.TRANSITION_UNKNOWN, phase=phase.value):
            transition(state, event(kind))
    assert state == in_phase(phase)


def test_a_hold_without_a_reason_is_no_event() -> None:
    with pytest.raises(InvalidTransition):
        transition(in_phase(Phase.SURGE), Event(E.HELD, BECAUSE))


def test_a_hold_goes_back_to_the_wave_it_came_from() -> None:
    second_wave = converse([*BEGINNING, *ONE_WAVE, E.SCALED])
    held, _ = transition(second_wave, Event(E.HELD, BECAUSE, HoldReason.TARGET_UNREACHABLE))
    back, actions = transition(held, event(E.HOLD_ENDED))
    assert (back.phase, back.wave) == (Phase.VERIFY, 1)
    assert actions == (Action(ActionKind.AWAIT_TARGET, 2),)


def test_a_hold_that_changes_its_reason_still_knows_the_way_back() -> None:
    state = converse([*BEGINNING, E.SCALED, E.HELD])
    again, _ = transition(state, Event(E.HELD, BECAUSE, HoldReason.AUTH))
    assert (again.resume_phase, again.hold) == (Phase.VERIFY, HoldReason.AUTH)


def test_every_change_of_direction_is_sealed_first() -> None:
    for phase in Phase:
        for kind in EventKind:
            state = in_phase(phase)
            if accepts(state, kind):
                following, actions = transition(state, event(kind))
                if following.phase is Phase.ROLLBACK:
                    assert actions[0].kind is ActionKind.SEAL


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("kind", list(EventKind))
def test_what_is_shown_is_the_reason_of_the_last_event_but_for_why_it_goes_back(
    phase: Phase, kind: EventKind
) -> None:
    before = Code.UNCLASSIFIED.because(text="before")
    hold = HoldReason.AUTH if phase is Phase.HOLD else None
    state = replace(in_phase(phase), reason=before, hold=hold)
    if not accepts(state, kind):
        return
    following, _ = transition(state, event(kind))
    keeps = phase is Phase.ROLLBACK and kind is E.TARGET_LOST
    assert following.reason == (before if keeps else BECAUSE)
    assert (following.hold is not None) == (following.phase is Phase.HOLD)


def test_an_insured_move_no_longer_raises_the_source_first_once_it_may_go_on() -> None:
    silent = replace(in_phase(Phase.ROLLBACK), source_first=True)
    insured, _ = transition(silent, event(E.TARGET_LOST))
    assert (insured.source_first, insured.resume_phase) == (False, Phase.ROLLBACK)


def test_a_loss_while_the_target_is_raised_goes_back_one_wave_and_never_before_the_first() -> None:
    for wave, goes_on_in in ((0, 0), (1, 0)):
        state = replace(in_phase(Phase.SURGE), wave=wave)
        insured, _ = transition(state, event(E.TARGET_LOST))
        assert (insured.resume_phase, insured.wave) == (Phase.VERIFY, goes_on_in)
    later = replace(in_phase(Phase.SURGE), waves=(1, 3, 5), wave=2)
    assert transition(later, event(E.TARGET_LOST))[0].wave == 1


def test_a_hold_in_which_a_person_is_called_holds_no_longer() -> None:
    held = converse([*BEGINNING, E.HELD])
    called, _ = transition(held, event(E.STUCK))
    assert (called.phase, called.hold, called.reason) == (Phase.NEEDS_OPERATOR, None, BECAUSE)


def test_waves_ask_for_absolute_numbers() -> None:
    surge = converse(BEGINNING)
    scale_down = converse([E.SCALED, E.VERIFIED], surge)
    assert plan_actions(surge) == (Action(ActionKind.SCALE_TARGET, 1),)
    assert plan_actions(scale_down) == (Action(ActionKind.SCALE_SOURCE, 1),)


def test_waves_follow_one_another_and_none_is_left_out() -> None:
    state = converse(BEGINNING, MigrationState(waves=(1, 3, 5, 6)))
    surged = [state.target_wave_replicas]
    while state.phase is not Phase.SOAK:
        state = converse(ONE_WAVE, state)
        surged.append(state.target_wave_replicas)
    assert surged == [1, 3, 5, 6, 6]


@pytest.mark.parametrize("phase", list(Phase))
def test_only_final_phases_know_no_way_on(phase: Phase) -> None:
    assert phase.is_final == (not any(accepts(in_phase(phase), kind) for kind in EventKind))


@given(st.lists(st.sampled_from(list(EventKind)), max_size=60))
def test_no_conversation_leaves_the_plan(kinds: list[EventKind]) -> None:
    """Whatever events come: the wave stays in range, and a way back exists exactly while one is needed."""
    state = MigrationState(waves=(1, 3, 5, 6))
    for kind in kinds:
        if accepts(state, kind):
            state, _ = transition(state, event(kind))
        assert 0 <= state.wave < 4
        assert (state.resume_phase is not None) == (state.phase in WAITING)
        assert (state.hold is not None) == (state.phase is Phase.HOLD)


@given(st.lists(st.sampled_from(list(EventKind)), max_size=60))
def test_going_back_never_turns_forward_again(kinds: list[EventKind]) -> None:
    state, has_turned = MigrationState(waves=(1, 3)), False
    forward = {Phase.SURGE, Phase.VERIFY, Phase.SCALE_DOWN_SOURCE, Phase.SETTLE, Phase.SOAK, Phase.DONE}
    for kind in kinds:
        if accepts(state, kind):
            state, _ = transition(state, event(kind))
        has_turned = has_turned or state.phase is Phase.ROLLBACK
        assert not (has_turned and state.phase in forward)


@pytest.mark.parametrize("hold", [None, *HoldReason])
def test_only_a_whole_hold_without_the_target_puts_the_source_first(hold: HoldReason | None) -> None:
    held = converse([*BEGINNING, E.HELD])
    expired, _ = transition(held, Event(E.HOLD_EXPIRED, BECAUSE, hold))
    assert expired.source_first == (hold is HoldReason.TARGET_UNREACHABLE)


@pytest.mark.parametrize("before", [[], [E.HELD], [E.HELD, E.STUCK]])
def test_who_cancels_waits_for_no_silent_target(before: list[EventKind]) -> None:
    cancelled = converse([*BEGINNING, *before, E.CANCELLED])
    assert (cancelled.phase, cancelled.source_first) == (Phase.ROLLBACK, True)


def test_a_target_that_is_back_is_waited_for_again() -> None:
    lost, _ = transition(
        converse([*BEGINNING, E.HELD]), Event(E.HOLD_EXPIRED, BECAUSE, HoldReason.TARGET_UNREACHABLE)
    )
    assert lost.source_first
    back = converse([E.HELD, E.HOLD_ENDED], lost)
    assert (back.phase, back.source_first) == (Phase.ROLLBACK, False)


def insured(*before: EventKind) -> MigrationState:
    """A move whose target was lost after its first wave and these events."""
    return converse([*BEGINNING, *ONE_WAVE, *before, E.TARGET_LOST])


@pytest.mark.parametrize(
    ("before", "resume_phase", "wave"),
    [
        ([], Phase.VERIFY, 0),
        ([E.HELD], Phase.VERIFY, 0),
        ([E.SCALED], Phase.VERIFY, 1),
        ([E.SCALED, E.VERIFIED, E.SCALED], Phase.VERIFY, 1),
        ([E.CANCELLED], Phase.ROLLBACK, 1),
        ([E.CANCELLED, E.HELD], Phase.ROLLBACK, 1),
        ([E.HELD, E.STUCK], Phase.ROLLBACK, 1),
    ],
)
def test_an_insurance_keeps_the_direction_and_the_last_wave_that_the_target_was_to_serve(
    before: list[EventKind], resume_phase: Phase, wave: int
) -> None:
    """A surge may have landed or not: what it adds is asked for again after the source was lowered."""
    state = insured(*before)
    assert (state.phase, state.resume_phase, state.wave) == (Phase.INSURED, resume_phase, wave)


def test_an_insurance_on_the_way_back_keeps_why_it_goes_back() -> None:
    cancelled, _ = transition(converse(BEGINNING), Event(E.CANCELLED, Code.CANCELLED.because()))
    lost, _ = transition(cancelled, Event(E.TARGET_LOST, BECAUSE))
    assert lost.reason == Code.CANCELLED.because()


K = ActionKind
#: What each phase asks for, in order, of a move of six replicas whose third wave brings five.
ASKED = {
    Phase.PLANNED: (),
    Phase.PREFLIGHT: (Action(K.CHECK_PREFLIGHT), Action(K.ACQUIRE_LEASES)),
    Phase.LOCKED: (Action(K.PLACE_FENCES),),
    Phase.PROVISION: (Action(K.PREPARE_STEPS),),
    Phase.SURGE: (Action(K.SCALE_TARGET, 5),),
    Phase.VERIFY: (Action(K.AWAIT_TARGET, 5),),
    Phase.SCALE_DOWN_SOURCE: (Action(K.SCALE_SOURCE, 1),),
    Phase.SETTLE: (Action(K.AWAIT_SOURCE, 1),),
    Phase.SOAK: (Action(K.WATCH_TARGET, 5), Action(K.CLEAN_UP_STEPS), Action(K.REMOVE_FENCES)),
    Phase.HOLD: (Action(K.AWAIT_END_OF_HOLD),),
    Phase.NEEDS_OPERATOR: (Action(K.AWAIT_OPERATOR),),
    Phase.INSURED: (Action(K.INSURE, 6),),
    Phase.ROLLBACK: (
        Action(K.SEAL),
        Action(K.RESTORE_SOURCE, 6),
        Action(K.UNDO_STEPS),
        Action(K.REMOVE_FENCES),
    ),
    Phase.DONE: (Action(K.RELEASE_LEASES),),
    Phase.ROLLED_BACK: (Action(K.RELEASE_LEASES),),
    Phase.REFUSED: (Action(K.RELEASE_LEASES),),
}


@pytest.mark.parametrize("phase", list(Phase))
def test_each_phase_asks_for_what_it_is_for(phase: Phase) -> None:
    assert plan_actions(replace(in_phase(phase), waves=(1, 3, 5, 6), wave=2)) == ASKED[phase]


def test_an_event_that_a_phase_does_not_know_is_named_with_it() -> None:
    with refuses(InvalidTransition, Code.TRANSITION_UNKNOWN, phase="DONE", event=E.SCALED.value):
        transition(in_phase(Phase.DONE), event(E.SCALED))


def test_a_person_is_asked_instead_of_taking_newer_work_away_and_told_of_what_happened() -> None:
    newer = NewerWork(6, "newer")
    held = replace(in_phase(Phase.HOLD), resume_phase=Phase.SOAK, hold=HoldReason.AUTH, newer=newer)
    asked, _ = transition(held, event(E.HOLD_EXPIRED))
    assert (asked.phase, asked.hold, asked.resume_phase) == (Phase.NEEDS_OPERATOR, None, Phase.SOAK)
    insured = replace(in_phase(Phase.INSURED), newer=newer)
    still, _ = transition(insured, event(E.FAILED))
    assert (still.phase, still.resume_phase, still.reason) == (Phase.INSURED, Phase.VERIFY, BECAUSE)
