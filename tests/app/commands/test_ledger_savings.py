"""`sentinelaura ledger savings` sums what is known, and says of how many moves nothing is."""

from __future__ import annotations

import json

import pytest

from app.commands.failures import CommandFailed
from app.exit_codes import ExitCode
from controller.clusters.fleet import WorkloadKey
from controller.history.events import MoveEnded, MoveFigures
from tests.controller.history.histories import CHECKOUT, NOW, PREDICTED, Installation, ended

CART = WorkloadKey("paris", "shop", "cart")
HOUR_S = 3600.0


@pytest.fixture
def unknown(installation: Installation) -> Installation:
    """An hour later a second workload was moved, of which nobody knows what came of it."""
    event = MoveEnded(
        *("m2", CART, "osaka", "DONE", "soaked", ended().detail, NOW),
        predicted=PREDICTED,
        realised=MoveFigures(),
        at_todays_prices=False,
        double_replica_hours=0,
    )
    installation.clock.now += HOUR_S
    with installation.run() as history:
        history.record(event)
    return installation


def test_each_workload_and_the_whole_are_told(unknown: Installation, ledger) -> None:
    code, out, _ = ledger("savings")
    assert code == ExitCode.OK
    assert out.splitlines() == [
        f"{CART}: 1 move; cost unknown; savings a day unknown, predicted $8.64",
        f"{CHECKOUT}: 1 move; cost $0.50; savings a day $7.20, predicted $8.64",
        "in all, since 2026-09-21 14:13:20 UTC: 2 moves; cost $0.50 and 1 unknown; "
        "savings a day $7.20 and 1 unknown, predicted $17.28",
    ]


def test_only_what_ended_since_then_counts(unknown: Installation, ledger) -> None:
    document = json.loads(ledger("savings", "--since", "30m", "--json")[1])
    assert [one["workload"] for one in document["workloads"]] == [str(CART)]
    assert document["whole"] == {
        "moves": 1,
        "since": NOW + HOUR_S,
        "cost_usd": None,
        "cost_unknown": 1,
        "savings_usd_per_day": None,
        "savings_unknown": 1,
        "predicted_usd_per_day": 8.64,
        "predicted_unknown": 0,
    }


def test_without_a_finished_move_there_is_nothing_to_sum_up(installation: Installation, ledger) -> None:
    installation.clock.now += HOUR_S
    code, out, _ = ledger("savings", "--since", "1m")
    assert (code, out) == (ExitCode.OK, "no move has reached its target since 2026-09-21 15:12:20 UTC\n")


def test_a_moment_to_come_is_bad_input(ledger) -> None:
    with pytest.raises(CommandFailed, match="has not come yet") as failed:
        ledger("savings", "--since", "2027-01-01")
    assert failed.value.code == ExitCode.BAD_INPUT
