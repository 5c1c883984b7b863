"""Which moves count against what is allowed, and for whom."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.decision.budgets import (
    BudgetUsage,
    Move,
    find_month_end,
    find_month_start,
    name_month,
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


@pytest.fixture
def tokyo_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock shows the time of Tokyo."""
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone of a process cannot be changed here")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("tokyo_time")
def test_a_month_begins_in_utc_wherever_the_machine_is_and_to_the_microsecond() -> None:
    last = datetime(2026, 11, 30, 23, 59, 59, 999_999, UTC).timestamp()
    assert name_month(last) == "2026-11"
    assert find_month_start(last) == datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    assert find_month_end(last) == datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert name_month(find_month_end(last)) == "2026-12"


def test_no_moves_have_cost_and_sent_nothing() -> None:
    assert sum_egress(()).is_zero()
    assert sum_sent_gb((), {}) == {}


def test_moves_that_only_watch_keep_nobody_waiting_and_are_under_way() -> None:
    going, soaking = Move(CHECKOUT, "virginia", NOW), Move(CHECKOUT, "oregon", NOW, is_soaking=True)
    usage = BudgetUsage((soaking, going, moved(1)))
    assert usage.running() == (going,)
    assert usage.under_way() == (soaking, going)


def test_a_move_counts_for_a_day_from_the_moment_after_it_began() -> None:
    usage = BudgetUsage((Move(CHECKOUT, "virginia", NOW),))
    assert usage.begun_since(NOW) == ()
    assert usage.begun_since(NOW - 0.001) == usage.moves


def test_a_move_that_was_rolled_back_has_moved_nothing_and_keeps_its_target_resting() -> None:
    back = replace(moved(1), is_rolled_back=True)
    earlier, later = replace(back, ended_at=NOW - 9 * HOUR), replace(back, ended_at=NOW - 60)
    going = replace(back, ended_at=None)
    usage = BudgetUsage((later, back, earlier, going))
    assert usage.find_last_ended(CHECKOUT) is None
    assert usage.rolled_back() == (later, back, earlier)
    assert usage.find_last_return(CHECKOUT, "virginia") == NOW - 60
    assert usage.find_last_return(CHECKOUT, "oregon") is None
    assert usage.find_last_return(replace(CHECKOUT, context="virginia"), "virginia") is None
    assert BudgetUsage((moved(1),)).find_last_return(CHECKOUT, "virginia") is None


@pytest.mark.parametrize(("context", "is_side"), [("tokyo", True), ("virginia", True), ("oregon", False)])
def test_a_move_touches_both_its_sides(context: str, is_side: bool) -> None:
    assert moved(1).touches(context) is is_side


@pytest.mark.parametrize("other", [replace(CHECKOUT, name="x"), replace(CHECKOUT, namespace="x")])
def test_a_move_is_of_one_name_in_one_namespace(other: WorkloadKey) -> None:
    assert moved(1).concerns(CHECKOUT)
    assert not moved(1).concerns(other)
