"""A HOLD ends: by itself, by going back, or by calling a person, and never goes round for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.migration.protocol.errors import HoldNeeded
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.patience import (
    MAX_PAUSE_S,
    GivingUp,
    Stay,
    call_operator,
    enter_hold,
    give_up,
    grow_pause_s,
    judge_call,
    judge_hold,
    may_go_back,
    require_resumable,
)
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import Event, EventKind, HoldReason, Phase
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.reason import ReasonCode
from tests.controller.migration.facts import serving
from tests.controller.migration.records import record

SETTINGS = MigrationSettings(hold_timeout_s=900)
OBSTACLE = Code.NO_FRESH_PRICE.because()
SILENCE = frozenset({HoldReason.TARGET_UNREACHABLE})


def held(resume_phase: Phase = Phase.SURGE, **sides: int) -> MigrationRecord:
    """A migration on HOLD."""
    known = record(**sides)
    state = replace(known.state, phase=Phase.HOLD, hold=HoldReason.AUTH, resume_phase=resume_phase)
    return replace(known, state=state)


def kind_of(following: object) -> EventKind | None:
    return following.kind if isinstance(following, Event) else None


def test_a_hold_ends_when_nothing_stands_in_its_way_and_goes_on_while_something_does() -> None:
    stay = Stay((), held_s=100)
    assert kind_of(judge_hold(stay, None, held(), SETTINGS)) is EventKind.HOLD_ENDED
    assert judge_hold(stay, OBSTACLE, held(), SETTINGS) is None


def test_patience_is_over_after_its_time() -> None:
    assert judge_hold(Stay((), held_s=900), OBSTACLE, held(), SETTINGS) is None
    assert judge_hold(Stay((), held_s=901), OBSTACLE, held(), SETTINGS) == GivingUp(OBSTACLE)


def test_what_a_person_has_forbidden_is_never_given_up() -> None:
    forbidden = Code.NOT_ARMED.because(contexts=("osaka",))
    assert judge_hold(Stay((), held_s=901, rounds=1), forbidden, held(), SETTINGS) is None


def test_a_hold_that_began_again_and_again_does_not_end_for_ever_by_itself() -> None:
    first, later = Stay((), held_s=901), Stay((), held_s=901, rounds=1)
    assert kind_of(judge_hold(first, None, held(), SETTINGS)) is EventKind.HOLD_ENDED
    assert isinstance(judge_hold(later, None, held(), SETTINGS), GivingUp)


def test_a_stay_goes_on_over_its_rounds_until_the_migration_gets_further() -> None:
    stay = replace(enter_hold(None, held()), held_s=300, rounds=2)
    assert (enter_hold(stay, held()).held_s, enter_hold(stay, held()).rounds) == (300, 2)
    assert enter_hold(stay, held(target=3)) == Stay(
        enter_hold(None, held(target=3)).progress, reasons=frozenset({HoldReason.AUTH})
    )
    assert call_operator(stay, held()).calls == 1


def test_only_a_hold_with_one_reason_names_it() -> None:
    giving_up, one = GivingUp(OBSTACLE), Stay((), reasons=SILENCE)
    both = one.with_reason(HoldReason.AUTH)
    assert give_up(one, giving_up, SETTINGS, can_go_back=True).hold is HoldReason.TARGET_UNREACHABLE
    assert give_up(both, giving_up, SETTINGS, can_go_back=True).hold is None
    assert give_up(one, giving_up, SETTINGS, can_go_back=False).kind is EventKind.STUCK


def test_going_back_is_tried_again_only_where_it_can_still_help() -> None:
    assert may_go_back(held(), frozenset({HoldReason.AUTH}))
    lowered, whole = held(Phase.ROLLBACK, source=3), held(Phase.ROLLBACK, source=6)
    assert may_go_back(lowered, SILENCE)
    assert not may_go_back(lowered, SILENCE | {HoldReason.AUTH})
    assert not may_go_back(lowered, frozenset({HoldReason.AUTH}))
    assert not may_go_back(whole, SILENCE)


@pytest.mark.parametrize(
    ("has_reason", "can_go_back", "goes_back"),
    [(False, False, True), (True, True, True), (True, False, False)],
)
def test_a_person_who_was_called_is_needed_no_more_once_the_way_back_is_open(
    has_reason: bool, can_go_back: bool, goes_back: bool
) -> None:
    following = judge_call(held(), has_reason=has_reason, can_go_back=can_go_back)
    assert (kind_of(following) is EventKind.UNSTUCK) is goes_back


@pytest.mark.parametrize(("asks", "code"), [(False, Code.WAY_BACK_OPEN), (True, Code.HOLD_ENDED)])
def test_why_a_migration_that_called_a_person_goes_on_by_itself_is_said(asks: bool, code: Code) -> None:
    known = held()
    newer = NewerWork(3, "beef") if asks else None
    following = judge_call(
        replace(known, state=replace(known.state, newer=newer)), has_reason=False, can_go_back=True
    )
    assert isinstance(following, Event)
    assert following.reason.code is code


def test_pauses_grow_and_stay_bounded() -> None:
    pauses = [grow_pause_s(5, attempts, MAX_PAUSE_S) for attempts in range(40)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5, MAX_PAUSE_S)
    assert grow_pause_s(90, 0, MAX_PAUSE_S) == 90
    assert [grow_pause_s(1, attempts, 5000) for attempts in (0, 1, 2, 3, 10, 11)] == [1, 2, 4, 8, 1024, 1024]


def test_a_person_is_called_again_after_ever_longer_pauses_until_the_migration_gets_further() -> None:
    known = held()
    stay = call_operator(call_operator(None, known), known)
    assert stay.calls == 2
    pauses = [replace(stay, calls=calls).call_pause_s(SETTINGS) for calls in (1, 2, 3, 99)]
    assert pauses == [SETTINGS.lease_retry_s * factor for factor in (1, 2, 4)] + [SETTINGS.hold_timeout_s]
    assert call_operator(stay, held(target=3)).calls == 1


def check(
    known: MigrationRecord,
    source: DeploymentFacts | None,
    target: DeploymentFacts | None,
    *unsealed: Side,
) -> ReasonCode | None:
    """What stands in the way of going on from these facts."""
    try:
        require_resumable(known, source, target, frozenset(unsealed))
    except HoldNeeded as turned_aside:
        return turned_aside.reason.code
    return None


def test_a_wave_goes_on_only_with_both_sides_as_they_were_left() -> None:
    source, target = serving(6), serving(1, uid="uid-b")
    assert check(held(), source, target) is None
    assert check(held(), serving(5), target) is Code.REPLICAS_CHANGED
    assert check(held(), source, None) is Code.DEPLOYMENT_DELETED
    assert check(held(), source, serving(2, uid="uid-b")) is Code.REPLICAS_CHANGED
    assert check(held(), source, serving(2, uid="uid-b"), Side.TARGET) is None
    assert check(held(), source, serving(1, uid="other"), Side.TARGET) is Code.DEPLOYMENT_FOREIGN


def test_before_the_fences_only_the_source_has_to_be_there() -> None:
    locked = held(Phase.LOCKED)
    assert check(locked, serving(6, fence=None), None) is None
    assert check(locked, None, None) is Code.DEPLOYMENT_DELETED


def test_a_rollback_goes_on_when_there_is_something_to_write() -> None:
    going_back = held(Phase.ROLLBACK)
    assert check(going_back, serving(6, available=2), serving(4, uid="uid-b")) is Code.ROLLBACK_WAITS_FOR_PODS
    assert check(going_back, serving(5), serving(3, uid="uid-b")) is None


def test_a_rollback_lowers_no_target_that_is_not_ours() -> None:
    """Somebody else's Deployment of that name is none of the replicas that have to come back."""
    going_back = held(Phase.ROLLBACK, source=6)
    assert (
        check(going_back, serving(6), serving(4, uid="uid-b", template_hash="f00d"))
        is Code.NEWER_WORK_IN_THE_WAY
    )
    assert check(going_back, serving(6), serving(4, uid="other", template_hash="f00d")) is None


def test_a_machine_that_slept_in_a_hold_has_its_patience_still() -> None:
    """When it wakes, its network is not there yet: that is no reason to give up."""
    longest_s = SETTINGS.lease_retry_s + SETTINGS.watch_gap_s
    assert Stay((), held_s=100).with_look(longest_s, SETTINGS).held_s == 100 + longest_s
    woken = Stay((), held_s=100).with_look(3600.0, SETTINGS)
    assert woken.held_s == 100 + longest_s
    assert judge_hold(woken, OBSTACLE, held(), SETTINGS) is None
