"""A dry run that pays, for the tests of what is made of one; every value can be overridden by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun, Verdict
from controller.decision.waves import plan_wave_sizes
from controller.reasons import Code


def make_dry_run(workload: WorkloadKey, target: str, replicas: int, *, now: float, **changes: Any) -> DryRun:
    """A plan that pays: a replica costs 0.10 USD an hour at the source and 0.04 at the target."""
    savings = replicas * Decimal("1.44")
    dry_run = DryRun(
        workload=workload,
        target=target,
        replicas=replicas,
        wave_sizes=plan_wave_sizes(replicas, Decimal("0.25"), 1),
        horizon_h=24.0,
        source_quote=None,
        target_quote=None,
        source_usd_per_hour=replicas * Decimal("0.10"),
        target_usd_per_hour=replicas * Decimal("0.04"),
        egress_gb=Decimal(5),
        egress_usd_per_gb=Decimal("0.02"),
        egress_usd=Decimal("0.10"),
        return_egress_usd=Decimal("0.10"),
        overlap_h=Decimal("0.1"),
        overlap_usd=Decimal("0.05"),
        warm_up_usd=Decimal("0.01"),
        savings_usd=savings,
        net_usd=savings - Decimal("0.16"),
        payback_h=Decimal("0.5"),
        verdict=Verdict.PAYS,
        reason=Code.PAYS.because(
            savings_usd=savings, hours=24.0, cost_usd=Decimal("0.16"), net_usd=savings - Decimal("0.16")
        ),
        computed_at=now,
        expires_at=now + 60,
        plan_digest="3f2a",
    )
    return replace(dry_run, **changes)
