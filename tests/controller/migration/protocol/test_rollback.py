"""The way back, step by step: from wherever it starts, with whatever readiness, it ends and breaks no bound."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.contract.dry_run import Staying
from controller.migration.protocol.record import Side
from controller.migration.protocol.rollback import (
    Standstill,
    is_restored,
    judge_lowering,
    judge_move_back,
    judge_rollback,
    plan_rollback,
)
from controller.migration.protocol.states import Phase
from controller.migration.protocol.verdicts import Held, Outdated, Reached, Waiting, Write
from controller.reasons import Code
from tests.controller.migration.facts import serving, side
from tests.controller.migration.records import record, shift


def test_the_source_is_raised_before_the_target_is_lowered() -> None:
    assert plan_rollback(record(), side(3, 3), side(3, 3)) == Write(Side.SOURCE, 5)


def test_the_target_is_lowered_by_what_the_source_serves() -> None:
    assert plan_rollback(record(), side(5, 5), side(3, 3)) == Write(Side.TARGET, 1)
    assert plan_rollback(record(), side(6, 4), side(3, 3)) == Write(Side.TARGET, 2)


def test_nothing_is_lowered_while_the_source_is_unknown() -> None:
    assert plan_rollback(record(), side(5, None), side(3, 3)) is None


def test_a_target_that_serves_nothing_makes_room_for_the_source() -> None:
    assert plan_rollback(record(), side(4, 4), side(4, 0)) == Write(Side.TARGET, 2)


def test_without_a_target_the_source_gets_everything_at_once() -> None:
    assert plan_rollback(record(), side(1, 1), None) == Write(Side.SOURCE, 6)


def test_replicas_that_others_added_are_left_alone() -> None:
    assert plan_rollback(record(), side(9, 9), None) is None


def test_a_rollback_is_done_when_the_source_serves_and_the_target_is_empty() -> None:
    done = judge_rollback(record(), serving(6), serving(0), stood_still_s=0, limit_s=300)
    assert done == Reached()
    assert judge_rollback(record(), side(6, 5), serving(0), stood_still_s=0, limit_s=300) == Waiting()
    still_ending = serving(0, current=1)
    assert judge_rollback(record(), serving(6), still_ending, stood_still_s=0, limit_s=300) == Waiting()


def test_a_rollback_that_stands_still_for_too_long_is_held_and_says_for_what() -> None:
    waiting = judge_rollback(record(), side(6, 2), side(4, 4), stood_still_s=300, limit_s=300)
    held = judge_rollback(record(), side(6, 2), side(4, 4), stood_still_s=301, limit_s=300)
    assert waiting == Waiting()
    assert isinstance(held, Held)
    told = {"source": "paris", "serving": 2, "replicas": 6, "wanted": 6, "target": "osaka"}
    assert held.reason == Code.ROLLBACK_WAITS_FOR_PODS.because(**told, kept=4)
    assert judge_move_back(record(), side(6, 2), side(4, 4)) == held
    alone = judge_rollback(record(), side(6, 2), None, stood_still_s=301, limit_s=300)
    assert alone == Held(Code.ROLLBACK_WAITS_FOR_PODS.because(**told, kept=0))


def test_standing_still_begins_anew_with_every_pod_that_comes_or_goes() -> None:
    first = Standstill(0.0).look(side(6, 2), serving(4), 10)
    assert first.look(side(6, 2), serving(4), 20).since_s == 10
    assert first.look(side(6, 3), serving(4), 20).since_s == 20
    assert first.look(side(6, 2), serving(3), 20).since_s == 20
    assert first.look(side(6, 1), serving(4), 20).since_s == 10
    assert first.look(side(6, 2), serving(4, current=None), 20).since_s == 10
    assert first.look(side(6, 2), serving(4, current=3), 20).since_s == 20, "a pod that has ended is one less"
    unknown, gone = (
        Standstill(0.0).look(side(6, None), serving(1), 10),
        Standstill(0.0).look(side(6, 2), None, 10),
    )
    assert unknown.look(side(6, 1), serving(1), 20).since_s == 20, "what the source does not say is none"
    assert gone.look(side(6, 3), serving(1), 20).since_s == 10


def test_a_hold_of_a_rollback_ends_only_when_there_is_something_to_write() -> None:
    assert isinstance(judge_move_back(record(), side(6, 2), side(4, 4)), Held)
    assert judge_move_back(record(), side(5, 5), side(3, 3)) == Reached()
    assert judge_move_back(record(), serving(6), None) == Reached()


def test_newer_work_is_named_with_who_made_it_and_never_lowered() -> None:
    newer = serving(4, uid="uid-b", template_hash="f00d", template_manager="argocd")
    held = Held(Code.NEWER_WORK_IN_THE_WAY.because(context="osaka", replicas=4, manager="argocd"))
    assert judge_move_back(record(), serving(6), newer) == held
    assert judge_rollback(record(), serving(6), newer, stood_still_s=0, limit_s=300) == held
    unnamed = judge_move_back(record(), serving(6), replace(newer, template_manager=""))
    assert isinstance(unnamed, Held)
    assert unnamed.reason["manager"] == "somebody else"


def test_the_source_is_raised_also_beside_newer_work() -> None:
    newer = serving(1, uid="uid-b", template_hash="f00d")
    assert judge_move_back(record(), serving(3), newer) == Reached()
    assert isinstance(judge_rollback(record(), serving(3), newer, stood_still_s=0, limit_s=300), Write)


def test_a_source_that_says_nothing_of_its_pods_is_not_restored() -> None:
    assert not is_restored(record(), side(6, None), None)
    assert not is_restored(record(), serving(5), None)
    assert is_restored(record(), serving(7), None)


def test_a_lowering_that_the_freshest_reads_do_not_bear_is_outdated() -> None:
    assert judge_lowering(record(), side(3, 3), side(5, 5), 1) == Reached()
    assert judge_lowering(record(), side(3, 3), side(5, 4), 1) == Outdated()
    assert judge_lowering(record(), side(3, 3), None, 1) == Outdated()


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 6), st.data())
def test_every_way_back_ends_and_keeps_the_bounds(
    wave: int, keeps: int, there: int, data: st.DataObject
) -> None:
    """Source pods become ready when they like; target pods die when they like."""
    migration = shift(staying=Staying(keeps, there))
    begun, total = (6 + keeps, there), 6 + keeps + there
    target = there + migration.state.waves[wave]
    source = begun[0] - (migration.state.waves[wave - 1] if wave else 0)
    source_ready, target_ready = source, data.draw(st.integers(0, target))
    for _ in range(80):
        step = plan_rollback(migration, side(source, source_ready), side(target, target_ready))
        before = source_ready + target_ready
        if step is not None and step.side is Side.SOURCE:
            source = step.replicas
        elif step is not None:
            target, target_ready = step.replicas, min(step.replicas, target_ready)
            assert source_ready + target_ready >= min(total, before)
        assert source + target <= total + migration.surge
        assert source + target >= total
        target_ready = data.draw(st.integers(0, target_ready))
        source_ready = min(source, source_ready + 1)
        if (source, target) == begun:
            return
    raise AssertionError(f"stuck at {source} + {target}")


def test_without_a_target_the_source_comes_back_whatever_the_ceiling_leaves() -> None:
    lost = record(Phase.ROLLBACK, source=0, target=6)
    assert plan_rollback(lost, serving(0), None) == Write(Side.SOURCE, 6)
    assert plan_rollback(lost, serving(0), serving(0, uid="uid-b")) == Write(Side.SOURCE, 6)


def test_of_a_shift_nothing_but_what_came_is_taken_from_the_target() -> None:
    back = shift(Phase.ROLLBACK, source=2, target=11)
    assert plan_rollback(back, serving(2), serving(5, uid="uid-b")) == Write(Side.SOURCE, 8)
    assert plan_rollback(back, serving(8), serving(5, uid="uid-b")) is None
    assert plan_rollback(back, serving(8), serving(11, uid="uid-b")) == Write(Side.TARGET, 5)
