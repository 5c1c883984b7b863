"""Records and events for the tests of the pure parts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun, Staying
from controller.migration.protocol.record import MigrationRecord, SideRecord
from controller.migration.protocol.states import Event, EventKind, HoldReason, MigrationState, Phase
from controller.reasons import Code
from oracle.market import Offering
from oracle.quotes import PriceMode, Quote
from tests.controller.contract.dry_runs import make_dry_run

BECAUSE = Code.UNCLASSIFIED.because(text="because")
NOW = 1_790_000_000.0
WORKLOAD = WorkloadKey("paris", "shop", "checkout")
SOME_STAY = Staying(source=2, target=5)


def quote(context: str, usd_per_hour: str) -> Quote:
    """A fresh quote."""
    offering = Offering("aws", "eu-west-3", "m5.2xlarge")
    return Quote(context, offering, Decimal(usd_per_hour), NOW, NOW, NOW + 60, "test", PriceMode.LIVE)


def dry_run(replicas: int = 6) -> DryRun:
    """A plan that pays: 0.10 USD an hour for a replica here, 0.04 there."""
    return make_dry_run(
        WORKLOAD,
        "osaka",
        replicas,
        now=NOW,
        source_quote=quote("paris", "0.40"),
        target_quote=quote("osaka", "0.16"),
    )


def record(phase: Phase = Phase.VERIFY, *, source: int = 6, target: int = 1) -> MigrationRecord:
    """A migration of six replicas in four waves."""
    return MigrationRecord(
        migration_id="m1",
        workload=WORKLOAD,
        source=SideRecord("paris", "cluster-a", "uid-a", source),
        target=SideRecord("osaka", "cluster-b", "uid-b", target),
        dry_run=dry_run(),
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


def shift(
    phase: Phase = Phase.VERIFY,
    *,
    staying: Staying = SOME_STAY,
    source: int = 8,
    target: int = 6,
) -> MigrationRecord:
    """Six replicas move in four waves to a target that runs the workload already, with a pod template of its own."""
    known = record(phase, source=source, target=target)
    return replace(
        known,
        dry_run=replace(known.dry_run, staying=staying, target_template="beef"),
        state=replace(known.state, staying=staying),
        floor=6 + staying.source + staying.target,
        target_existed=True,
    )
