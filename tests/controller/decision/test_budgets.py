"""How much moving is allowed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from controller.decision.budgets import BudgetUsage, Move, find_budget_obstacle, find_cooldown_obstacle
from controller.decision.settings import BudgetSettings
from tests.controller.decision.worlds import CHECKOUT, NOW

HOUR = 3600.0
LIMITS = BudgetSettings(
    cooldown_s=6 * HOUR, moves_per_day=2, concurrent_moves=1, egress_usd_per_day=Decimal(5)
)


def moved(ended_h_ago: float, egress: str = "1") -> Move:
    ended = NOW - ended_h_ago * HOUR
    return Move(CHECKOUT, "virginia", ended - 600, ended, Decimal(egress))


@pytest.mark.parametrize("context", ["tokyo", "virginia"])
def test_a_moved_workload_rests_in_both_directions(context: str) -> None:
    usage = BudgetUsage((moved(1),))
    assert "rests for 6.0 hours" in (
        find_cooldown_obstacle(replace(CHECKOUT, context=context), usage, LIMITS, NOW) or ""
    )


def test_the_rest_ends() -> None:
    assert find_cooldown_obstacle(CHECKOUT, BudgetUsage((moved(6),)), LIMITS, NOW) is None


def test_a_namesake_elsewhere_is_another_workload() -> None:
    usage = BudgetUsage((moved(1),))
    assert find_cooldown_obstacle(replace(CHECKOUT, context="sydney"), usage, LIMITS, NOW) is None


def test_a_running_move_uses_up_the_concurrency() -> None:
    usage = BudgetUsage((Move(CHECKOUT, "virginia", NOW - 60),))
    assert find_budget_obstacle(usage, LIMITS, Decimal(0), NOW) == (
        "1 migrations are running, which is the limit"
    )


def test_the_moves_of_a_day_are_limited() -> None:
    usage = BudgetUsage((moved(7), moved(9)))
    assert "2 moves began in the last 24 hours" in (
        find_budget_obstacle(usage, LIMITS, Decimal(0), NOW) or ""
    )
    assert find_budget_obstacle(BudgetUsage((moved(7), moved(25))), LIMITS, Decimal(0), NOW) is None


@pytest.mark.parametrize(("more", "allowed"), [("4", True), ("4.01", False)])
def test_the_egress_of_a_day_is_limited(more: str, allowed: bool) -> None:
    obstacle = find_budget_obstacle(BudgetUsage((moved(7),)), LIMITS, Decimal(more), NOW)
    assert (obstacle is None) == allowed
