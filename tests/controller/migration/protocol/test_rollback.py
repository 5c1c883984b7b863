"""The way back, step by step: from wherever it starts, with whatever readiness, it ends and breaks no bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.migration.protocol.record import Side
from controller.migration.protocol.rollback import (
    Standstill,
    judge_lowering,
    judge_move_back,
    judge_rollback,
    plan_rollback,
)
from controller.migration.protocol.verdicts import Held, Outdated, Reached, Waiting, Write
from controller.reasons import Code
from tests.controller.migration.facts import serving, side
from tests.controller.migration.records import record


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
    assert held.reason.code is Code.ROLLBACK_WAITS_FOR_PODS
    assert (held.reason["serving"], held.reason["kept"]) == (2, 4)


def test_standing_still_begins_anew_with_every_pod_that_comes_or_goes() -> None:
    first = Standstill(0.0).look(side(6, 2), serving(4), 10)
    assert first.look(side(6, 2), serving(4), 20).since_s == 10
    assert first.look(side(6, 3), serving(4), 20).since_s == 20
    assert first.look(side(6, 2), serving(3), 20).since_s == 20
    assert first.look(side(6, 1), serving(4), 20).since_s == 10
    assert first.look(side(6, 2), serving(4, current=None), 20).since_s == 10


def test_a_hold_of_a_rollback_ends_only_when_there_is_something_to_write() -> None:
    assert isinstance(judge_move_back(record(), side(6, 2), side(4, 4)), Held)
    assert judge_move_back(record(), side(5, 5), side(3, 3)) == Reached()
    assert judge_move_back(record(), serving(6), None) == Reached()


def test_a_lowering_that_the_freshest_reads_do_not_bear_is_outdated() -> None:
    assert judge_lowering(record(), side(3, 3), side(5, 5), 1) == Reached()
    assert judge_lowering(record(), side(3, 3), side(5, 4), 1) == Outdated()
    assert judge_lowering(record(), side(3, 3), None, 1) == Outdated()


@given(st.integers(0, 3), st.data())
def test_every_way_back_ends_and_keeps_the_bounds(wave: int, data: st.DataObject) -> None:
    """Source pods become ready when they like; target pods die when they like."""
    migration = record()
    target = migration.state.waves[wave]
    source = 6 - (migration.state.waves[wave - 1] if wave else 0)
    source_ready, target_ready = source, data.draw(st.integers(0, target))
    for _ in range(60):
        step = plan_rollback(migration, side(source, source_ready), side(target, target_ready))
        before = source_ready + target_ready
        if step is not None and step.side is Side.SOURCE:
            source = step.replicas
        elif step is not None:
            target, target_ready = step.replicas, min(step.replicas, target_ready)
            assert source_ready + target_ready >= min(6, before)
        assert source + target <= 6 + migration.surge
        assert source + target >= 6
        target_ready = data.draw(st.integers(0, target_ready))
        source_ready = min(source, source_ready + 1)
        if (source, target) == (6, 0):
            return
    raise AssertionError(f"stuck at {source} + {target}")
