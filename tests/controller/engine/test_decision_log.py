"""The timeline says once when a move becomes worthwhile, and once when it no longer is."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import Refusal
from controller.engine.decision_log import QUIET_S, DecisionLog

WORKLOAD = WorkloadKey("home", "shop", "checkout")


class RecordingLedger:
    """Remembers the texts that it was given."""

    def __init__(self):
        self.texts = []

    def record(self, kind, text, *, contexts):
        self.texts.append(text)


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
def ledger():
    return RecordingLedger()


def test_offer_is_told_once_while_it_lasts(ledger):
    log = DecisionLog()
    for now in range(3):
        log.record(plan_with("away"), (), ledger, float(now))
    assert len(ledger.texts) == 1
    assert "cheaper in away" in ledger.texts[0]


def test_offer_that_comes_and_goes_within_a_minute_is_not_repeated(ledger):
    log = DecisionLog()
    for now, plan in enumerate([plan_with("away"), plan_with(), plan_with("away")]):
        log.record(plan, (), ledger, float(now))
    assert len(ledger.texts) == 1


def test_end_of_an_offer_is_told_with_its_reason(ledger):
    log = DecisionLog()
    log.record(plan_with("away"), (), ledger, 0.0)
    log.record(plan_with(), (), ledger, QUIET_S)
    assert ledger.texts[1] == f"{WORKLOAD} stays: there is no current price of away"


def test_workload_that_is_being_moved_is_not_said_to_stay(ledger):
    log = DecisionLog()
    log.record(plan_with("away"), (), ledger, 0.0)
    log.record(plan_with(), (WORKLOAD,), ledger, QUIET_S)
    assert len(ledger.texts) == 1
