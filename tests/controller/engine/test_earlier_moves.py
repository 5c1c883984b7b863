"""A restart forgives nothing: moves of earlier programs rest their workloads and count against the budgets."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.contract.way_back import WayBack
from controller.decision.budgets import DAY_S, BudgetUsage, sum_egress
from controller.decision.settings import BudgetSettings
from controller.engine.earlier_moves import list_ways_back, merge_moves, to_budget_moves
from controller.history.projections import PastMove

NOW = 1_790_000_000.0
HOUR_S = 3600.0
CHECKOUT = WorkloadKey("paris", "shop", "checkout")
REST_S = BudgetSettings().cooldown_s


def move(migration_id: str = "m1", hours_ago: float = 1.0, **facts: object) -> PastMove:
    ended_at = NOW - hours_ago * HOUR_S
    made = PastMove(
        migration_id,
        CHECKOUT,
        "osaka",
        ended_at - 60,
        last_seen_at=ended_at,
        phase="DONE",
        ended_at=ended_at,
        predicted_egress_usd=Decimal("0.40"),
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def rests(workload: WorkloadKey, usage: BudgetUsage) -> bool:
    """Whether the rule of the cooldown keeps the workload where it is."""
    last = usage.find_last_ended(workload)
    return last is not None and last.ended_at is not None and last.ended_at + REST_S > NOW


def usage(*moves: PastMove, now: float = NOW) -> BudgetUsage:
    return BudgetUsage(to_budget_moves(moves, now))


def test_a_workload_rests_after_a_move_of_an_earlier_program_on_either_side() -> None:
    moved = usage(move())
    assert all(rests(replace(CHECKOUT, context=context), moved) for context in ("paris", "osaka"))
    assert not rests(replace(CHECKOUT, context="tokyo"), moved)
    assert not rests(CHECKOUT, usage(move(hours_ago=25)))


def test_moves_and_egress_of_earlier_programs_count_for_a_day() -> None:
    began = usage(move("m1"), move("m2", 2), move("m3", 30)).begun_since(NOW - DAY_S)
    assert len(began) == 2
    assert sum_egress(began) == Decimal("0.80")


def test_a_move_that_was_refused_counts_for_nothing() -> None:
    assert usage(move(phase="REFUSED")).moves == ()


def test_a_move_whose_end_nobody_saw_rests_its_workload_and_runs_no_more() -> None:
    open_move = usage(move(ended_at=None, phase="SURGE"))
    assert open_move.running() == ()
    assert rests(CHECKOUT, open_move)
    assert [known.is_end_known for known in open_move.moves] == [False]
    assert [known.is_end_known for known in usage(move()).moves] == [True]


def test_a_move_that_was_rolled_back_rests_its_target_and_not_its_workload() -> None:
    back = usage(move(phase="ROLLED_BACK"))
    assert not rests(CHECKOUT, back)
    assert back.find_last_return(CHECKOUT, "osaka") == NOW - HOUR_S


def test_a_move_that_a_person_let_go_of_rests_its_target_and_not_its_workload() -> None:
    let_go = usage(move(phase="ABANDONED"))
    assert not rests(CHECKOUT, let_go)
    assert let_go.find_last_return(CHECKOUT, "osaka") == NOW - HOUR_S


def test_a_way_back_whose_end_nobody_saw_rests_the_workload() -> None:
    assert rests(CHECKOUT, usage(move(ended_at=None, phase="ROLLBACK")))
    assert rests(CHECKOUT, usage(move(ended_at=None, phase="ROLLED_BACK")))


def test_a_clock_that_was_set_back_does_not_make_a_workload_rest_for_longer() -> None:
    [kept] = usage(move(hours_ago=-1000)).moves
    assert kept.ended_at == kept.started_at == NOW


def test_history_and_leases_tell_of_one_move_once() -> None:
    recorded, journaled = move(), move(predicted_egress_usd=Decimal(5))
    assert merge_moves([recorded], [journaled]) == (recorded,)
    assert merge_moves([], [journaled]) == (journaled,)
    assert [one.migration_id for one in merge_moves([recorded], [move("m2")])] == ["m1", "m2"]


def test_history_and_leases_tell_of_one_move_once_whatever_the_lease_says() -> None:
    """What this installation saw is known best."""
    recorded = move()
    assert merge_moves([recorded], [move(hours_ago=0.1, phase="ROLLED_BACK")]) == (recorded,)


def test_an_end_that_only_the_lease_knows_is_taken_from_there() -> None:
    [joined] = merge_moves([move(ended_at=None, phase="SURGE")], [move(hours_ago=0.5)])
    assert (joined.ended_at, joined.phase) == (NOW - 0.5 * HOUR_S, "DONE")


def test_a_lease_ends_no_move_before_it_was_last_heard_of() -> None:
    """Its clock was wrong, or somebody wants the rest to be over."""
    [joined] = merge_moves([move(ended_at=None, phase="SURGE")], [move(hours_ago=1000)])
    assert (joined.ended_at, joined.phase) == (NOW - HOUR_S, "DONE")
    assert rests(CHECKOUT, usage(joined))


def test_a_lease_takes_back_no_move_that_history_saw() -> None:
    joined = merge_moves([move(ended_at=None, phase="SURGE")], [move(phase="REFUSED")])
    assert rests(CHECKOUT, usage(*joined))


def test_a_finished_move_has_a_way_back_however_long_ago_it_was() -> None:
    there = replace(CHECKOUT, context="osaka")
    assert list(list_ways_back([move(), move("m2", 2000)])) == [
        WayBack(there, "paris", "m1"),
        WayBack(there, "paris", "m2"),
    ]


@pytest.mark.parametrize("phase", ["SURGE", "ROLLED_BACK", "ABANDONED", "REFUSED", "NEEDS_OPERATOR", ""])
def test_only_a_move_that_moved_its_workload_has_a_way_back(phase: str) -> None:
    assert list(list_ways_back([move(phase=phase)])) == []


def test_a_side_that_no_lease_of_its_own_has_named_is_no_way() -> None:
    """Whoever may write Leases in one cluster makes no way into another."""
    assert list(list_ways_back([move(target=""), move(workload=replace(CHECKOUT, context=""))])) == []
