"""What a move costs while it runs: the replicas that run double, at the target's price of the moment. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from controller.contract.daily import price_day
from controller.decision.pricing import price_double
from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.migration.protocol.record import MigrationRecord

#: Step of the metered cost. An increment is a fraction of a second's price: with a cent's rounding, or even a
#: millionth's, a long move of small replicas would seem to cost nothing. Keeps the journal short, too.
METER_STEP_USD = Decimal("1E-12")


def advance_meter(record: MigrationRecord, elapsed_s: float, rates: MoveRates | Unpriced) -> MigrationRecord:
    """Add `elapsed_s` seconds in which both sides ran the replicas of the record, at these rates."""
    meter = record.meter
    double = max(0, record.source.replicas + record.target.replicas - record.state.total_replicas)
    overlap_usd = meter.overlap_usd
    if double and overlap_usd is not None:
        overlap_usd = (
            overlap_usd + price_double(rates.target_usd_per_hour, double, elapsed_s)
            if isinstance(rates, MoveRates)
            else None
        )
    advanced = replace(
        meter,
        elapsed_s=meter.elapsed_s + elapsed_s,
        double_replica_hours=meter.double_replica_hours + double * elapsed_s / 3600,
        overlap_usd=overlap_usd.quantize(METER_STEP_USD) if overlap_usd is not None else None,
    )
    return replace(record, meter=advanced)


def compute_cost_usd(record: MigrationRecord) -> Decimal | None:
    """Return what the move has cost so far: running double, and the egress once replicas were asked for in
    the target.
    """
    overlap_usd, egress_usd = record.meter.overlap_usd, record.dry_run.egress_usd
    has_raised_target = record.target.replicas > record.state.staying.target
    has_moved = record.meter.double_replica_hours > 0 or has_raised_target
    if not has_moved:
        return overlap_usd
    return overlap_usd + egress_usd if overlap_usd is not None and egress_usd is not None else None


def compute_savings_usd_per_day(record: MigrationRecord, rates: MoveRates | Unpriced) -> Decimal | None:
    """Return what having moved saves a day, at today's rates or, where they are unknown, as the plan had it."""
    if isinstance(rates, Unpriced):
        return record.dry_run.savings_usd_per_day
    return price_day(rates.source_usd_per_hour - rates.target_usd_per_hour, record.replicas)
