"""Records and events for the tests of the pure parts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun, Verdict
from controller.decision.waves import plan_wave_sizes
from controller.migration.protocol.record import MigrationRecord, MovePlan, SideRecord
from controller.migration.protocol.states import Event, EventKind, HoldReason, MigrationState, Phase
from controller.reasons import Code
from oracle.market import Offering
from oracle.quotes import PriceMode, Quote

BECAUSE = Code.UNCLASSIFIED.because(text="because")
NOW = 1_790_000_000.0
WORKLOAD = WorkloadKey("paris", "shop", "checkout")


def quote(context: str, usd_per_hour: str) -> Quote:
    """A fresh quote."""
    offering = Offering("aws", "eu-west-3", "m5.2xlarge")
    return Quote(context, offering, Decimal(usd_per_hour), NOW, NOW, NOW + 60, "test", PriceMode.LIVE)


def dry_run(replicas: int = 6) -> DryRun:
    """A plan that pays: 0.10 USD an hour for a replica here, 0.04 there."""
    return DryRun(
        workload=WORKLOAD,
        target="osaka",
        replicas=replicas,
        wave_sizes=plan_wave_sizes(replicas, Decimal("0.25")),
        horizon_h=24.0,
        source_quote=quote("paris", "0.40"),
        target_quote=quote("osaka", "0.16"),
        source_usd_per_hour=replicas * Decimal("0.10"),
        target_usd_per_hour=replicas * Decimal("0.04"),
        egress_gb=Decimal("5"),
        egress_usd_per_gb=Decimal("0.02"),
        egress_usd=Decimal("0.10"),
        return_egress_usd=Decimal("0.10"),
        overlap_h=Decimal("0.1"),
        overlap_usd=Decimal("0.05"),
        warm_up_usd=Decimal("0.01"),
        savings_usd=Decimal("8.64"),
        net_usd=Decimal("8.48"),
        payback_h=Decimal("0.5"),
        verdict=Verdict.PAYS,
        reason=Code.PAYS.because(savings_usd=Decimal(2), hours=24.0, cost_usd=Decimal(1), net_usd=Decimal(1)),
        computed_at=NOW,
        expires_at=NOW + 60,
        plan_digest="3f2a",
    )


def record(phase: Phase = Phase.VERIFY, *, source: int = 6, target: int = 1) -> MigrationRecord:
    """A migration of six replicas in four waves."""
    return MigrationRecord(
        migration_id="m1",
        workload=WORKLOAD,
        source=SideRecord("paris", "cluster-a", "uid-a", source),
        target=SideRecord("osaka", "cluster-b", "uid-b", target),
        dry_run=dry_run(),
        plan=MovePlan(),
        template_hash="cafe",
        floor=6,
        surge=2,
        state=replace(MigrationState(waves=(1, 3, 5, 6)), phase=phase),
        started_at=NOW,
        epoch=4,
        operation=17,
    )


def event(kind: EventKind) -> Event:
    """An event as the driver would make it."""
    return Event(kind, BECAUSE, HoldReason.PRICE_STALE if kind is EventKind.HELD else None)
