"""Which moves count against what is allowed, and for whom."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from controller.decision.budgets import BudgetUsage, Move, sum_egress
from tests.controller.decision.worlds import CHECKOUT, NOW

HOUR = 3600.0


def moved(ended_h_ago: float, egress: str = "1") -> Move:
    ended = NOW - ended_h_ago * HOUR
    return Move(CHECKOUT, "virginia", ended - 600, ended, Decimal(egress))


@pytest.mark.parametrize("context", ["tokyo", "virginia"])
def test_a_move_is_remembered_of_its_workload_on_both_sides(context: str) -> None:
    usage = BudgetUsage((moved(3), moved(1)))
    assert usage.find_last_end(replace(CHECKOUT, context=context)) == NOW - HOUR


def test_a_namesake_elsewhere_is_another_workload() -> None:
    usage = BudgetUsage((moved(1), Move(CHECKOUT, "virginia", NOW)))
    elsewhere = replace(CHECKOUT, context="sydney")
    assert usage.find_last_end(elsewhere) is None
    assert usage.find_under_way(elsewhere) is None


def test_a_move_of_ours_is_under_way_before_one_that_another_process_left() -> None:
    ours, left = Move(CHECKOUT, "virginia", NOW), Move(CHECKOUT, "oregon", NOW - HOUR)
    assert BudgetUsage((ours,), (left,)).find_under_way(CHECKOUT) is ours
    assert BudgetUsage((moved(1),), (left,)).find_under_way(CHECKOUT) is left


def test_what_waits_for_a_person_keeps_nobody_else_waiting() -> None:
    waiting = Move(CHECKOUT, "virginia", NOW, waits_for_person=True)
    assert BudgetUsage((waiting, moved(1))).running() == ()
    assert BudgetUsage((waiting,)).find_under_way(CHECKOUT) is waiting


def test_egress_adds_up() -> None:
    assert sum_egress((moved(1, "0.5"), moved(2, "1.25"))) == Decimal("1.75")
