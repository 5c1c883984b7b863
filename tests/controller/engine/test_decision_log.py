"""The timeline says once when a move becomes worthwhile, and once when it no longer is."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import Refusal
from controller.engine.decision_log import QUIET_S, DecisionLog
from controller.history.history import History

WORKLOAD = WorkloadKey("home", "shop", "checkout")


def plan_with(*targets):
    offered = [
        SimpleNamespace(
            workload=WORKLOAD,
            target=target,
            savings_usd_per_day=Decimal(3),
            net_usd=Decimal(2),
            horizon_h=24.0,
        )
        for target in targets
    ]
    refused = () if targets else (Refusal(WORKLOAD, "away", "there is no current price of away"),)
    return SimpleNamespace(opportunities=offered, refused=refused)


@pytest.fixture
def history():
    return History(lambda: 0.0)


def texts(history):
    return [entry.text for entry in history.newest(100)]


def test_offer_is_told_once_while_it_lasts(history):
    log = DecisionLog()
    for now in range(3):
        log.record(plan_with("away"), (), history, float(now))
    assert len(texts(history)) == 1
    assert "cheaper in away" in texts(history)[0]


def test_offer_that_comes_and_goes_within_a_minute_is_not_repeated(history):
    log = DecisionLog()
    for now, plan in enumerate([plan_with("away"), plan_with(), plan_with("away")]):
        log.record(plan, (), history, float(now))
    assert len(texts(history)) == 1


def test_end_of_an_offer_is_told_with_its_reason(history):
    log = DecisionLog()
    log.record(plan_with("away"), (), history, 0.0)
    log.record(plan_with(), (), history, QUIET_S)
    assert texts(history)[1] == f"{WORKLOAD} stays: there is no current price of away"


def test_workload_that_is_being_moved_is_not_said_to_stay(history):
    log = DecisionLog()
    log.record(plan_with("away"), (), history, 0.0)
    log.record(plan_with(), (WORKLOAD,), history, QUIET_S)
    assert len(texts(history)) == 1
