"""What a move was to cost and save, and what came of it, as history keeps both. Pure."""

from __future__ import annotations

from controller.contract.dry_run import DryRun
from controller.history.events import MoveFigures
from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.migration.protocol.metering import compute_cost_usd, compute_savings_usd_per_day
from controller.migration.protocol.record import MigrationRecord


def predict_figures(dry_run: DryRun) -> MoveFigures:
    """Return what the plan says."""
    return MoveFigures(
        dry_run.egress_usd,
        dry_run.overlap_usd,
        dry_run.one_off_usd,
        dry_run.savings_usd_per_day,
        dry_run.egress_gb,
    )


def realise_figures(record: MigrationRecord, rates: MoveRates | Unpriced) -> MoveFigures:
    """Return what came of it at these rates; without prices now, it saves what the plan said. Egress is not metered."""
    return MoveFigures(
        record.dry_run.egress_usd,
        record.meter.overlap_usd,
        compute_cost_usd(record),
        compute_savings_usd_per_day(record, rates),
        record.dry_run.egress_gb,
    )
