"""The best move for every workload, and why every other candidate is not offered. Pure.

Thousands of pairs are looked at several times a second, so most are judged by a quick estimate in floats: it
ranks, and it tells what is not cheaper. Whatever is offered, and whatever is refused for money, went through
the exact evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from controller.clusters.fleet import FleetPicture, Workload, WorkloadKey
from controller.contract.dry_run import DryRun, Refusal, Verdict
from controller.decision.budgets import (
    NOTHING_MOVED,
    BudgetUsage,
    find_cooldown_obstacle,
    find_move_under_way,
)
from controller.decision.candidates import (
    Site,
    describe_sites,
    find_site_exclusion,
    find_target_obstacle,
    find_workload_obstacle,
)
from controller.decision.estimates import Estimate, Estimator
from controller.decision.evaluation import evaluate_at_sites, evaluate_move
from controller.decision.settings import DecisionSettings
from oracle.quotes import QuoteBoard


@dataclass(frozen=True, slots=True)
class Plan:
    """Opportunities by falling rank, at most one per workload; and everything that was refused, with its reason."""

    opportunities: tuple[DryRun, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class _Round:
    """What one planning round works on."""

    sites: Mapping[str, Site]
    #: context -> why nothing may be moved there.
    exclusions: Mapping[str, str]
    board: QuoteBoard
    settings: DecisionSettings
    usage: BudgetUsage
    now: float
    estimator: Estimator


def plan_moves(
    picture: FleetPicture,
    board: QuoteBoard,
    settings: DecisionSettings,
    now: float,
    usage: BudgetUsage = NOTHING_MOVED,
) -> Plan:
    """Find each workload's best paying target at wall time `now`."""
    sites = describe_sites(picture)
    exclusions = {
        c: reason for c, s in sites.items() if (reason := find_site_exclusion(s, settings)) is not None
    }
    estimator = Estimator(board, settings, now)
    planning = _Round(sites, exclusions, board, settings, usage, now, estimator)
    opportunities: list[DryRun] = []
    refused: list[Refusal] = []
    for site in sites.values():
        for workload in site.cluster.workloads:
            best, refusals = _plan_workload(planning, site, workload)
            refused.extend(refusals)
            if best is not None:
                opportunities.append(best)
    opportunities.sort(key=lambda dry_run: (-rank_move(dry_run, settings), str(dry_run.workload)))
    return Plan(tuple(opportunities), tuple(refused))


def evaluate_candidate(
    workload: WorkloadKey,
    target: str,
    picture: FleetPicture,
    board: QuoteBoard,
    settings: DecisionSettings,
    now: float,
    usage: BudgetUsage = NOTHING_MOVED,
) -> DryRun:
    """The dry run of one named move, under the gates of the plan: what a person asked for, or is about to start."""
    dry_run = evaluate_move(picture, board, settings, workload, target, now)
    reason = find_move_under_way(workload, usage)
    if reason is None and dry_run.verdict is not Verdict.REFUSED:
        reason = find_cooldown_obstacle(workload, usage, settings.budgets, now)
    return dry_run if reason is None else replace(dry_run, verdict=Verdict.REFUSED, reason=reason)


def rank_move(dry_run: DryRun, settings: DecisionSettings) -> float:
    """The net gain less the probable cost of the way back, USD; minus infinity where a number is unknown."""
    if dry_run.net_usd is None:
        return float("-inf")
    back = dry_run.return_egress_usd if dry_run.return_egress_usd is not None else dry_run.egress_usd
    return float(dry_run.net_usd - settings.return_probability * back) if back is not None else float("-inf")


def _plan_workload(planning: _Round, source: Site, workload: Workload) -> tuple[DryRun | None, list[Refusal]]:
    reason = (
        find_move_under_way(workload.key, planning.usage)
        or find_workload_obstacle(source, workload)
        or find_cooldown_obstacle(workload.key, planning.usage, planning.settings.budgets, planning.now)
    )
    if reason is None:
        reason = planning.estimator.find_price_obstacle(source, workload)
    if reason is not None:
        return None, [Refusal(workload.key, None, reason)]
    estimates: list[Estimate] = []
    refusals: list[Refusal] = []
    for context, target in planning.sites.items():
        if context == source.context:
            continue
        found = _look_at(planning, source, workload, target)
        if isinstance(found, str):
            refusals.append(Refusal(workload.key, context, found))
        else:
            estimates.append(found)
    best, rest = _choose_best(planning, source, workload, estimates)
    return best, refusals + rest


def _look_at(planning: _Round, source: Site, workload: Workload, target: Site) -> Estimate | str:
    """Estimate a possible target that may pay; else say why it is out of the question."""
    reason = planning.exclusions.get(target.context) or find_target_obstacle(
        source, workload, target, planning.settings
    )
    return reason or planning.estimator.estimate(source, workload, target)


def _choose_best(
    planning: _Round, source: Site, workload: Workload, estimates: list[Estimate]
) -> tuple[DryRun | None, list[Refusal]]:
    """Evaluate exactly, best estimate first, until one pays; tell the others why not."""
    best: DryRun | None = None
    refusals: list[Refusal] = []
    for estimate in sorted(estimates, key=lambda e: (-e.rank_usd, e.target.context)):
        if best is not None:
            reason = (
                f"{best.target} is better: ${best.net_usd:.2f} net in the window against about "
                f"${estimate.net_usd:.2f}, the way back considered"
            )
            refusals.append(Refusal(workload.key, estimate.target.context, reason))
            continue
        dry_run, _ = evaluate_at_sites(
            source, workload, estimate.target, None, planning.board, planning.settings, planning.now
        )
        if dry_run.verdict is Verdict.PAYS:
            best = dry_run
        else:
            refusals.append(Refusal(workload.key, dry_run.target, dry_run.reason, dry_run))
    return best, refusals
