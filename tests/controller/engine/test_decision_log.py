"""The timeline says once when a move becomes worthwhile, and once when it no longer is."""

from dataclasses import replace
from decimal import Decimal

import pytest

from controller.clusters.fleet import FleetPicture
from controller.decision.budgets import BudgetUsage, Move
from controller.decision.planning import Planner
from controller.engine.decision_log import QUIET_S, DecisionLog
from controller.history.history import History
from tests.controller.decision.worlds import CHECKOUT, NOW, make_board, make_facts, two_regions

CHEAP, DEAR = make_board(tokyo="0.40", virginia="0.10"), make_board(tokyo="0.40", virginia="0.50")


class Log:
    """A log over the plans of a planner."""

    def __init__(self):
        self.planner, self.log, self.history = Planner(), DecisionLog(), History(lambda: 0.0)

    def record(self, board, at, moved=(), picture=None, **facts):
        plan = self.planner.plan(picture or two_regions(), make_facts(board, **facts))
        self.log.record(plan, moved, self.history, at)
        return [entry.text for entry in self.history.newest(100)]


@pytest.fixture
def log():
    return Log()


def test_offer_is_told_once_while_it_lasts(log):
    for at in range(3):
        texts = log.record(CHEAP, float(at))
    assert texts == [f"{CHECKOUT} would be cheaper in virginia: $7.20 a day, net $7.02 in 24 h"]


def test_offer_that_comes_and_goes_within_a_minute_is_not_repeated(log):
    for at, board in enumerate([CHEAP, DEAR, CHEAP]):
        texts = log.record(board, float(at))
    assert len(texts) == 1


def test_end_of_an_offer_is_told_with_its_reason(log):
    log.record(CHEAP, 0.0)
    texts = log.record(DEAR, QUIET_S)
    assert texts[1] == f"{CHECKOUT} stays: the target is not cheaper: $12.00 a day against $9.60 here"


def test_workload_that_is_being_moved_is_not_said_to_stay(log):
    log.record(CHEAP, 0.0)
    assert len(log.record(DEAR, QUIET_S, moved=(CHECKOUT,))) == 1


def test_workload_that_is_gone_is_not_said_to_stay(log):
    log.record(CHEAP, 0.0)
    gone = FleetPicture({"virginia": two_regions().clusters["virginia"]})
    assert len(log.record(CHEAP, QUIET_S, picture=gone)) == 1


def test_workload_that_waits_for_its_turn_is_not_said_to_stay(log):
    log.record(CHEAP, 0.0)
    other = Move(replace(CHECKOUT, name="other"), "oregon", NOW - 60, egress_usd=Decimal(0))
    assert len(log.record(CHEAP, QUIET_S, usage=BudgetUsage((other,)))) == 1
    assert len(log.record(CHEAP, 2 * QUIET_S)) == 1
