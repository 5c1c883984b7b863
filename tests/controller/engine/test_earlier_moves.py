"""A restart forgives nothing: moves of earlier programs rest their workloads and count against the budgets."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey
from controller.decision.budgets import (
    BudgetUsage,
    find_budget_obstacle,
    find_cooldown_obstacle,
)
from controller.decision.settings import BudgetSettings
from controller.engine.earlier_moves import merge_moves, to_budget_moves
from controller.history.projections import PastMove

NOW = 1_790_000_000.0
HOUR_S = 3600.0
CHECKOUT = WorkloadKey("paris", "shop", "checkout")
SETTINGS = BudgetSettings(moves_per_day=2, egress_usd_per_day=Decimal(1))


def move(migration_id: str = "m1", hours_ago: float = 1.0, **facts: object) -> PastMove:
    ended_at = NOW - hours_ago * HOUR_S
    made = PastMove(
        migration_id,
        CHECKOUT,
        "osaka",
        ended_at - 60,
        heard_at=ended_at,
        phase="DONE",
        ended_at=ended_at,
        predicted_egress_usd=Decimal("0.40"),
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def usage(*moves: PastMove, now: float = NOW) -> BudgetUsage:
    return BudgetUsage(to_budget_moves(moves, now))


def test_a_workload_rests_after_a_move_of_an_earlier_program_on_either_side() -> None:
    rests = usage(move())
    for context in ("paris", "osaka"):
        assert find_cooldown_obstacle(replace(CHECKOUT, context=context), rests, SETTINGS, NOW) is not None
    assert find_cooldown_obstacle(replace(CHECKOUT, context="tokyo"), rests, SETTINGS, NOW) is None
    assert find_cooldown_obstacle(CHECKOUT, usage(move(hours_ago=25)), SETTINGS, NOW) is None


def test_moves_and_egress_of_earlier_programs_count_for_a_day() -> None:
    two = usage(move("m1"), move("m2", 2))
    assert "2 moves began" in str(find_budget_obstacle(two, SETTINGS, Decimal(0), NOW))
    one = usage(move("m1"), move("m2", 30))
    assert find_budget_obstacle(one, SETTINGS, Decimal("0.60"), NOW) is None
    assert "egress" in str(find_budget_obstacle(one, SETTINGS, Decimal("0.61"), NOW))


def test_a_move_that_was_refused_counts_for_nothing() -> None:
    assert usage(move(phase="REFUSED")).moves == ()


def test_a_move_whose_end_nobody_saw_rests_its_workload_and_runs_no_more() -> None:
    open_move = usage(move(ended_at=None, phase="SURGE"))
    assert open_move.running() == ()
    assert find_cooldown_obstacle(CHECKOUT, open_move, SETTINGS, NOW) is not None


def test_a_clock_that_was_set_back_does_not_make_a_workload_rest_for_longer() -> None:
    [kept] = usage(move(hours_ago=-1000)).moves
    assert kept.ended_at == kept.started_at == NOW


def test_history_and_leases_tell_of_one_move_once() -> None:
    recorded, journaled = move(), move(predicted_egress_usd=Decimal(5))
    assert merge_moves([recorded], [journaled]) == (recorded,)
    assert merge_moves([], [journaled]) == (journaled,)
    assert [one.migration_id for one in merge_moves([recorded], [move("m2")])] == ["m1", "m2"]


def test_an_end_that_only_the_lease_knows_is_taken_from_there() -> None:
    [joined] = merge_moves([move(ended_at=None, phase="SURGE")], [move(hours_ago=0.5)])
    assert (joined.ended_at, joined.phase) == (NOW - 0.5 * HOUR_S, "DONE")
