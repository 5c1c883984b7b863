"""What moves cost and save: a sum says of how many moves it is, and what nobody knows is no zero."""

from __future__ import annotations

from decimal import Decimal

from controller.clusters.fleet import WorkloadKey
from controller.contract.savings import KnownSum
from controller.contract.snapshots import EntryKind
from controller.history.events import LedgerLine, MoveEnded, MoveFigures, Recorded
from controller.history.savings import find_finished, sum_up_each, sum_up_savings
from oracle.foundation.reason import Severity
from tests.controller.history.histories import CHECKOUT, NOW, PREDICTED, at, ended

CART = WorkloadKey("paris", "shop", "cart")


def unknown(migration_id: str = "m2", workload: WorkloadKey = CHECKOUT) -> MoveEnded:
    """A move of which nobody knows what came of it."""
    return MoveEnded(
        *(migration_id, workload, "osaka", "DONE", "soaked", ended().detail, NOW),
        predicted=PREDICTED,
        realised=MoveFigures(),
        at_todays_prices=False,
        double_replica_hours=0,
    )


def test_savings_compare_what_was_predicted_with_what_came_and_count_what_is_unknown() -> None:
    savings = sum_up_savings(find_finished(at(ended(), unknown(), ended("ROLLED_BACK", "m3"))))
    assert (savings.moves, savings.since) == (2, NOW)
    assert savings.predicted_per_day == KnownSum(2 * Decimal("8.64"))
    assert savings.saved_per_day == KnownSum(Decimal("7.20"), unknown=1)
    assert savings.cost == KnownSum(Decimal("0.50"), unknown=1)


def test_what_is_known_of_no_move_is_unknown_and_not_zero() -> None:
    savings = sum_up_savings(find_finished(at(unknown())))
    assert (savings.saved_per_day, savings.cost) == (KnownSum(None, 1), KnownSum(None, 1))
    assert sum_up_savings([]).since is None


def test_each_workload_has_its_own_sums() -> None:
    each = sum_up_each(find_finished(at(ended(), unknown("m2", CART), ended(migration_id="m3"))))
    assert list(each) == [CART, CHECKOUT]
    assert (each[CART].moves, each[CART].saved_per_day.usd) == (1, None)
    assert (each[CHECKOUT].moves, each[CHECKOUT].saved_per_day.usd) == (2, Decimal("14.40"))


def test_moves_of_an_older_ledger_count() -> None:
    line = LedgerLine(
        *(EntryKind.MIGRATION, "it moved", ("paris", "osaka"), "m0", Severity.INFO, {}, CART, "osaka"),
        cost_usd=Decimal(1),
        savings_usd_per_day=None,
    )
    told = LedgerLine(EntryKind.DECISION, "it stays", ("paris",), None, Severity.INFO, {})
    finished = find_finished([Recorded(NOW - 9, "old", line), Recorded(NOW - 8, "old", told), *at(ended())])
    assert [(move.workload, move.ended_at) for move in finished] == [(CART, NOW - 9), (CHECKOUT, NOW)]
    savings = sum_up_savings(finished)
    assert (savings.cost.usd, savings.saved_per_day) == (Decimal("1.50"), KnownSum(Decimal("7.20"), 1))
    assert savings.predicted_per_day.unknown == 1
