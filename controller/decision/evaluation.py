"""The 24-hour dry run of one move: every number, the verdict and its reason. Pure.

Method: rates are those of all replicas at today's prices. A move saves, in the window, the difference of the two
rates times the window's length. It costs once: egress of the state, the overlap of the waves (the target is up
before the source is down; see `costs.compute_overlap_usd`) and the warm-up of fresh pods. It pays back after its cost
divided by the difference of the rates. A number that is not known is None and makes the verdict `unknown`; what is
known is shown in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from controller.clusters.fleet import FleetPicture, Workload, WorkloadKey
from controller.contract.dry_run import DryRun, Verdict
from controller.decision.candidates import (
    Site,
    describe_site,
    find_site_exclusion,
    find_target_obstacle,
    find_workload_obstacle,
)
from controller.decision.costs import (
    RATE_STEP,
    compute_node_share,
    compute_overlap_usd,
    compute_workload_rate,
    plan_wave_sizes,
)
from controller.decision.egress import EgressRate
from controller.decision.plan_terms import PlanTerms, accepts_digest, compute_digest
from controller.decision.policy import Judgement, judge_savings
from controller.decision.settings import DecisionSettings, EgressPrices
from controller.errors import PlanOutdated
from oracle.quotes import Quote, QuoteBoard

#: Egress prices per GB are shown with this step where tiers are mixed.
_PER_GB_STEP = Decimal("1e-6")
_PAYBACK_STEP = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a workload costs at a site. `quote` is the node price behind it; without a rate, `reason` says why."""

    quote: Quote | None
    usd_per_hour: Decimal | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The way of the state; None where the volume or the way's price is not known, with the reason."""

    gb: Decimal | None
    usd: Decimal | None
    usd_per_gb: Decimal | None
    return_usd: Decimal | None
    reason: str = ""


def evaluate_move(
    picture: FleetPicture,
    board: QuoteBoard,
    settings: DecisionSettings,
    workload: WorkloadKey,
    target: str,
    now: float,
) -> DryRun:
    """The dry run of moving `workload` to the context `target`, judged at wall time `now`."""
    return _evaluate(picture, board, settings, workload, target, now)[0]


def confirm_move(
    picture: FleetPicture,
    board: QuoteBoard,
    settings: DecisionSettings,
    workload: WorkloadKey,
    target: str,
    digest: str,
    now: float,
) -> DryRun:
    """Evaluate again what a person confirmed as `digest`, just before acting on it.

    Raises: PlanOutdated where the move no longer pays, or differs from what was confirmed by more than a
    price tick.
    """
    dry_run, terms = _evaluate(picture, board, settings, workload, target, now)
    if dry_run.verdict is not Verdict.PAYS:
        raise PlanOutdated(str(workload), dry_run.reason)
    if terms is None or not accepts_digest(terms, digest):
        raise PlanOutdated(str(workload), "the workload, the target or a price has changed since")
    return dry_run


def _evaluate(
    picture: FleetPicture,
    board: QuoteBoard,
    settings: DecisionSettings,
    key: WorkloadKey,
    target: str,
    now: float,
) -> tuple[DryRun, PlanTerms | None]:
    source_cluster, target_cluster = picture.clusters.get(key.context), picture.clusters.get(target)
    found = source_cluster.find_workload(key.namespace, key.name) if source_cluster is not None else None
    if source_cluster is None or found is None:
        return _refuse_unknown(key, target, settings, now, f"there is no workload {key}"), None
    if target_cluster is None:
        return _refuse_unknown(key, target, settings, now, f"there is no context {target}"), None
    source_site, target_site = describe_site(source_cluster), describe_site(target_cluster)
    obstacle = (
        find_workload_obstacle(source_site, found)
        or find_site_exclusion(target_site, settings)
        or find_target_obstacle(source_site, found, target_site, settings)
    )
    return evaluate_at_sites(source_site, found, target_site, obstacle, board, settings, now)


def evaluate_at_sites(
    source: Site,
    workload: Workload,
    target: Site,
    obstacle: str | None,
    board: QuoteBoard,
    settings: DecisionSettings,
    now: float,
) -> tuple[DryRun, PlanTerms]:
    """The dry run where sites and obstacles are known already; `obstacle` makes it a refusal with numbers."""
    here = price_workload(source, workload, board, now)
    there = price_workload(target, workload, board, now)
    transfer = price_transfer(source, workload, target, settings)
    waves = plan_wave_sizes(workload.desired_replicas, settings.wave_share)
    terms = PlanTerms(
        workload=workload.key,
        workload_uid=workload.uid,
        template_hash=workload.template_hash,
        source_cluster_uid=source.cluster.uid,
        target=target.context,
        target_cluster_uid=target.cluster.uid,
        replicas=workload.desired_replicas,
        wave_sizes=waves,
        egress_gb=transfer.gb,
        egress_usd=transfer.usd,
        source_usd_per_hour=here.usd_per_hour,
        target_usd_per_hour=there.usd_per_hour,
    )
    return _sum_up(terms, here, there, transfer, obstacle, settings, now), terms


def price_workload(site: Site, workload: Workload, board: QuoteBoard, now: float) -> Pricing:
    """What all replicas cost per hour at a site, at its most common fitting node type."""
    if workload.requests is None:
        return Pricing(None, None, "a container requests no CPU or no memory")
    group = site.find_group(workload.requests)
    if group is None:
        return Pricing(None, None, f"{site.context} has no ready node of a known type on which it fits")
    quote = board.find_usable(site.context, group.offering, now)
    if quote is None:
        return Pricing(None, None, f"there is no current price of {group.offering} for {site.context}")
    share = compute_node_share(workload.requests, group.allocatable)
    if share is None:
        return Pricing(quote, None, f"the size of the nodes of {site.context} is not known")
    return Pricing(quote, compute_workload_rate(quote.usd_per_hour, share, workload.desired_replicas))


def price_transfer(source: Site, workload: Workload, target: Site, settings: DecisionSettings) -> Transfer:
    """What it costs to send the workload's state there, and back again later."""
    gb = Decimal(repr(workload.state_gb)) if workload.state_gb is not None else settings.assumed_state_gb
    if gb is None:
        return Transfer(
            None, None, None, None,
            "the size of its state is not declared; annotate the Deployment with sentinelaura.io/state-gb (0: none)",
        )  # fmt: skip
    way = _find_rate(settings.egress, source, target)
    if way is None:
        return Transfer(
            gb, None, None, None, f"the egress price from {source.context} to {target.context} is not known"
        )
    usd = way.compute_usd(gb, settings.used_egress_gb)
    back = _find_rate(settings.egress, target, source)
    return Transfer(
        gb=gb,
        usd=usd,
        usd_per_gb=(usd / gb).quantize(_PER_GB_STEP) if gb else way.tiers[0].usd_per_gb,
        return_usd=back.compute_usd(gb, settings.used_egress_gb) if back is not None else None,
    )


def _find_rate(egress: EgressPrices, source: Site, target: Site) -> EgressRate | None:
    here, there = source.cluster, target.cluster
    if here.provider is None or here.region is None or there.provider is None or there.region is None:
        return None
    return egress.find_rate(here.provider, here.region, there.provider, there.region)


def _sum_up(
    terms: PlanTerms,
    here: Pricing,
    there: Pricing,
    transfer: Transfer,
    obstacle: str | None,
    settings: DecisionSettings,
    now: float,
) -> DryRun:
    costs = _compute_costs(terms, settings)
    one_off = costs.get("one_off")
    rate_difference = _subtract(terms.source_usd_per_hour, terms.target_usd_per_hour)
    savings = rate_difference * settings.horizon_h if rate_difference is not None else None
    judgement = _judge(terms, here, there, transfer, obstacle, one_off, settings)
    return DryRun(
        workload=terms.workload,
        target=terms.target,
        replicas=terms.replicas,
        wave_sizes=terms.wave_sizes,
        horizon_h=float(settings.horizon_h),
        source_quote=here.quote,
        target_quote=there.quote,
        source_usd_per_hour=terms.source_usd_per_hour,
        target_usd_per_hour=terms.target_usd_per_hour,
        egress_gb=transfer.gb,
        egress_usd_per_gb=transfer.usd_per_gb,
        egress_usd=transfer.usd,
        return_egress_usd=transfer.return_usd,
        overlap_h=settings.wave_h * len(terms.wave_sizes),
        overlap_usd=costs.get("overlap"),
        warm_up_usd=costs.get("warm_up"),
        savings_usd=savings,
        net_usd=_subtract(savings, one_off),
        payback_h=_compute_payback(one_off, rate_difference),
        verdict=judgement.verdict,
        reason=judgement.reason,
        computed_at=now,
        expires_at=min((q.deadline for q in (here.quote, there.quote) if q is not None), default=now),
        plan_digest=compute_digest(terms),
    )


def _compute_costs(terms: PlanTerms, settings: DecisionSettings) -> Mapping[str, Decimal]:
    """The parts of the one-off cost that are known: overlap, warm_up, and one_off where all of them are."""
    source, target = terms.source_usd_per_hour, terms.target_usd_per_hour
    if source is None or target is None:
        return {}
    overlap = compute_overlap_usd(terms.wave_sizes, settings.wave_h, source, target)
    warm_up = (target * settings.warm_up_h).quantize(RATE_STEP)
    parts = {"overlap": overlap, "warm_up": warm_up}
    return parts if terms.egress_usd is None else {**parts, "one_off": terms.egress_usd + overlap + warm_up}


def _judge(
    terms: PlanTerms,
    here: Pricing,
    there: Pricing,
    transfer: Transfer,
    obstacle: str | None,
    one_off: Decimal | None,
    settings: DecisionSettings,
) -> Judgement:
    if obstacle is not None:
        return Judgement(Verdict.REFUSED, obstacle)
    source, target = terms.source_usd_per_hour, terms.target_usd_per_hour
    if source is None or target is None or one_off is None:
        reasons = (here.reason, there.reason, transfer.reason)
        return Judgement(Verdict.UNKNOWN, "; ".join(reason for reason in reasons if reason))
    limit = settings.maximum_node_usd_per_hour
    if limit is not None and there.quote is not None and there.quote.usd_per_hour > limit:
        return Judgement(
            Verdict.REFUSED,
            f"a node there costs ${there.quote.usd_per_hour} per hour, more than the limit of ${limit}",
        )
    return judge_savings(source, target, one_off, settings)


def _compute_payback(one_off: Decimal | None, rate_difference: Decimal | None) -> Decimal | None:
    if one_off is None or rate_difference is None or rate_difference <= 0:
        return None
    return (one_off / rate_difference).quantize(_PAYBACK_STEP)


def _subtract(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    return None if left is None or right is None else left - right


def _refuse_unknown(
    key: WorkloadKey, target: str, settings: DecisionSettings, now: float, reason: str
) -> DryRun:
    """The dry run of something that is not there: nothing is known but the reason."""
    return DryRun(
        workload=key,
        target=target,
        replicas=0,
        wave_sizes=(),
        horizon_h=float(settings.horizon_h),
        source_quote=None,
        target_quote=None,
        source_usd_per_hour=None,
        target_usd_per_hour=None,
        egress_gb=None,
        egress_usd_per_gb=None,
        egress_usd=None,
        return_egress_usd=None,
        overlap_h=Decimal(0),
        overlap_usd=None,
        warm_up_usd=None,
        savings_usd=None,
        net_usd=None,
        payback_h=None,
        verdict=Verdict.REFUSED,
        reason=reason,
        computed_at=now,
        expires_at=now,
        plan_digest="",
    )
