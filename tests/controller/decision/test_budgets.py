"""Which moves count against what is allowed, and for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from controller.decision.budgets import (
    BudgetUsage,
    Move,
    find_month_end,
    find_month_start,
    sum_egress,
    sum_sent_gb,
)
from tests.controller.decision.worlds import CHECKOUT, NOW

HOUR = 3600.0


def moved(ended_h_ago: float, egress: str = "1") -> Move:
    ended = NOW - ended_h_ago * HOUR
    return Move(CHECKOUT, "virginia", ended - 600, ended, Decimal(egress))


@pytest.mark.parametrize("context", ["tokyo", "virginia"])
def test_a_move_is_remembered_of_its_workload_on_both_sides(context: str) -> None:
    usage = BudgetUsage((moved(3), moved(1)))
    last = usage.find_last_ended(replace(CHECKOUT, context=context))
    assert last is not None
    assert last.ended_at == NOW - HOUR


def test_a_namesake_elsewhere_is_another_workload() -> None:
    usage = BudgetUsage((moved(1), Move(CHECKOUT, "virginia", NOW)))
    elsewhere = replace(CHECKOUT, context="sydney")
    assert usage.find_last_ended(elsewhere) is None
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


def sent(gb: str, source: str = "tokyo", target: str = "iowa") -> Move:
    return replace(moved(1), workload=replace(CHECKOUT, context=source), target=target, egress_gb=Decimal(gb))


def test_what_goes_to_another_provider_fills_the_month_of_the_one_that_sends() -> None:
    providers = {"tokyo": "aws", "virginia": "aws", "iowa": "gcp", "somewhere": None}
    moves = (
        sent("40"), sent("2.5"), sent("7", "iowa", "tokyo"), sent("100", "tokyo", "virginia"),
        sent("100", "somewhere"), sent("100", "tokyo", "somewhere"), sent("100", "gone"),
    )  # fmt: skip
    assert sum_sent_gb(moves, providers) == {"aws": Decimal("42.5"), "gcp": Decimal(7)}


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        ("2026-11-30T23:59:59", "2026-11-01", "2026-12-01"),
        ("2026-12-01T00:00:00", "2026-12-01", "2027-01-01"),
        ("2028-02-29T12:00:00", "2028-02-01", "2028-03-01"),
        ("2027-01-01T00:00:00", "2027-01-01", "2027-02-01"),
    ],
)
def test_a_month_is_that_of_the_calendar_in_utc(moment: str, start: str, end: str) -> None:
    def seconds(text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()

    assert find_month_start(seconds(moment)) == seconds(start)
    assert find_month_end(seconds(moment)) == seconds(end)
