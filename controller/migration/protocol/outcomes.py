"""What came of a finished move: what it cost and saves, in numbers and in words. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from controller.contract.snapshots import MoveOutcome
from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.migration.protocol.metering import compute_cost_usd, compute_savings_usd_per_day
from controller.migration.protocol.record import MigrationRecord


def sum_up(record: MigrationRecord, rates: MoveRates | Unpriced) -> MoveOutcome:
    """Return the outcome at these rates; without current prices, the savings are those of the plan."""
    cost, savings = compute_cost_usd(record), compute_savings_usd_per_day(record, rates)
    return MoveOutcome(record.workload, record.target.context, cost, savings)


def compare_with_plan(record: MigrationRecord, outcome: MoveOutcome) -> dict[str, Any]:
    """Return what was predicted and what came of it, as JSON values."""
    dry_run, meter = record.dry_run, record.meter
    return {
        "predicted_overlap_usd": _text(dry_run.overlap_usd),
        "realised_overlap_usd": _text(meter.overlap_usd),
        "predicted_egress_usd": _text(dry_run.egress_usd),
        "predicted_savings_usd_per_day": _text(dry_run.savings_usd_per_day),
        "realised_savings_usd_per_day": _text(outcome.savings_usd_per_day),
        "double_replica_hours": meter.double_replica_hours,
    }


def describe_outcome(outcome: MoveOutcome, rates: MoveRates | Unpriced) -> str:
    """Return the outcome at these rates as a sentence."""
    cost, savings = (
        f"{amount:.2f} USD" if amount is not None else "an unknown amount"
        for amount in (outcome.cost_usd, outcome.savings_usd_per_day)
    )
    prices = "the plan's" if isinstance(rates, Unpriced) else "today's"
    return f"It cost {cost} and saves {savings} a day at {prices} prices"


def _text(amount_usd: Decimal | None) -> str | None:
    return f"{amount_usd:.6f}" if amount_usd is not None else None
