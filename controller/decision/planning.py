"""The best move for every workload, and why every other candidate is not offered. Pure.

Thousands of pairs are looked at several times a second, so most are judged by a quick estimate in floats: it
ranks, and it tells what is not cheaper. Whatever is offered, and whatever is refused for money, went through
the exact evaluation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from controller.clusters.fleet import FleetPicture, Workload, WorkloadKey
from controller.decision.budgets import NOTHING_MOVED, BudgetUsage, find_cooldown_obstacle
from controller.decision.candidates import (
    Site,
    describe_sites,
    find_site_exclusion,
    find_target_obstacle,
    find_workload_obstacle,
)
from controller.decision.dry_run import DryRun, Refusal, Verdict
from controller.decision.evaluation import Pricing, evaluate_at_sites, evaluate_move, price_workload
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
    planning = _Round(sites, exclusions, board, settings, usage, now)
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
    resting = find_cooldown_obstacle(workload, usage, settings.budgets, now)
    if resting is None or dry_run.verdict is Verdict.REFUSED:
        return dry_run
    return replace(dry_run, verdict=Verdict.REFUSED, reason=resting)


def rank_move(dry_run: DryRun, settings: DecisionSettings) -> float:
    """The net gain less the probable cost of the way back, USD; minus infinity where a number is unknown."""
    if dry_run.net_usd is None:
        return float("-inf")
    back = dry_run.return_egress_usd if dry_run.return_egress_usd is not None else dry_run.egress_usd
    return float(dry_run.net_usd - settings.return_probability * back) if back is not None else float("-inf")


def _plan_workload(planning: _Round, source: Site, workload: Workload) -> tuple[DryRun | None, list[Refusal]]:
    reason = find_workload_obstacle(source, workload) or find_cooldown_obstacle(
        workload.key, planning.usage, planning.settings.budgets, planning.now
    )
    here = price_workload(source, workload, planning.board, planning.now)
    if reason is None and here.usd_per_hour is None:
        reason = here.reason
    if reason is not None:
        return None, [Refusal(workload.key, None, reason)]
    refusals: list[Refusal] = []
    candidates = list(_find_cheaper(planning, source, workload, here, refusals))
    best, rest = _choose_best(planning, source, workload, candidates)
    return best, refusals + rest


def _find_cheaper(
    planning: _Round, source: Site, workload: Workload, here: Pricing, refusals: list[Refusal]
) -> Iterator[Site]:
    """Yield the possible targets with a lower rate; append the others to `refusals`."""
    for context, target in planning.sites.items():
        if context == source.context:
            continue
        reason = planning.exclusions.get(context) or find_target_obstacle(
            source, workload, target, planning.settings
        )
        if reason is None:
            there = price_workload(target, workload, planning.board, planning.now)
            reason = _compare(here, there)
        if reason is None:
            yield target
        else:
            refusals.append(Refusal(workload.key, context, reason))


def _compare(here: Pricing, there: Pricing) -> str | None:
    """Why a target is not worth an exact evaluation: its rate is unknown or not lower."""
    if there.usd_per_hour is None or here.usd_per_hour is None:
        return there.reason or here.reason
    if there.usd_per_hour >= here.usd_per_hour:
        return f"the target is not cheaper: ${there.usd_per_hour * 24:.2f} a day against ${here.usd_per_hour * 24:.2f}"
    return None


def _choose_best(
    planning: _Round, source: Site, workload: Workload, candidates: list[Site]
) -> tuple[DryRun | None, list[Refusal]]:
    """Evaluate the cheaper targets exactly; the best one that pays wins, the others are told why not."""
    dry_runs = [
        evaluate_at_sites(source, workload, target, None, planning.board, planning.settings, planning.now)[0]
        for target in candidates
    ]
    paying = [dry_run for dry_run in dry_runs if dry_run.verdict is Verdict.PAYS]
    best = max(paying, key=lambda d: (rank_move(d, planning.settings), d.target), default=None)
    refusals = [
        Refusal(workload.key, dry_run.target, _tell_why_not(dry_run, best), dry_run)
        for dry_run in dry_runs
        if dry_run is not best
    ]
    return best, refusals


def _tell_why_not(dry_run: DryRun, best: DryRun | None) -> str:
    if best is None or dry_run.verdict is not Verdict.PAYS:
        return dry_run.reason
    return f"{best.target} is better: ${best.net_usd:.2f} net against ${dry_run.net_usd:.2f}, the way back considered"
