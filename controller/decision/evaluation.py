"""The dry run of one move: every number, the verdict and its reason; and the answer to a confirmation. Pure.

A number that is not known is None and makes the verdict `unknown`; what is known is shown in any case, also beside a
refusal. The formula stands in `pricing.py`, what may refuse in `rules.py`.
"""

from __future__ import annotations

from decimal import Decimal

from controller.clusters.acceptance import tell_accepted
from controller.clusters.fleet import FleetPicture, WorkloadKey
from controller.contract.dry_run import DryRun, Verdict
from controller.decision.candidates import Candidate, Transfer, price_candidate
from controller.decision.facts import Facts
from controller.decision.plan_terms import PlanTerms, accepts_digest, compute_digest
from controller.decision.pricing import Bill, find_payback_h, price_replicas
from controller.decision.rule import Moment
from controller.decision.rules import judge_move
from controller.decision.settings import DecisionSettings
from controller.decision.sites import describe_site
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Egress prices per GB are shown with this step where tiers are mixed.
_PER_GB_STEP = Decimal("1e-6")
_PAYBACK_STEP = Decimal("0.01")


def evaluate_move(
    picture: FleetPicture, facts: Facts, workload: WorkloadKey, target: str, moment: Moment = Moment.DRY_RUN
) -> DryRun:
    """The dry run of moving `workload` to the context `target`, under the rules of `moment`."""
    candidate = find_candidate(picture, facts, workload, target)
    if isinstance(candidate, Reason):
        return _refuse_unknown(workload, target, facts, candidate)
    return evaluate_candidate(candidate, facts, moment)


def confirm_move(
    picture: FleetPicture, facts: Facts, workload: WorkloadKey, target: str, digest: str
) -> DryRun | Reason:
    """The dry run that may be acted on now, after a person confirmed it as `digest`; or why it may not.

    Refused where a rule is against it now, or where it differs from what was confirmed by more than a price tick.
    """
    candidate = find_candidate(picture, facts, workload, target)
    if isinstance(candidate, Reason):
        return candidate
    dry_run = evaluate_candidate(candidate, facts, Moment.CONFIRM)
    if dry_run.verdict is not Verdict.PAYS:
        return dry_run.reason
    return dry_run if accepts_digest(_build_terms(candidate), digest) else Code.PLAN_CHANGED.because()


def find_candidate(
    picture: FleetPicture, facts: Facts, workload: WorkloadKey, target: str
) -> Candidate | Reason:
    """Price the move that is named; or say what of it does not exist."""
    source_cluster, target_cluster = picture.clusters.get(workload.context), picture.clusters.get(target)
    if source_cluster is None:
        return Code.NO_WORKLOAD.because(workload=str(workload))
    found = source_cluster.find_workload(workload.namespace, workload.name)
    if found is None:
        return Code.NO_WORKLOAD.because(workload=str(workload))
    if target_cluster is None:
        return Code.NO_CONTEXT.because(context=target)
    return price_candidate(describe_site(source_cluster), found, describe_site(target_cluster), facts)


def evaluate_candidate(candidate: Candidate, facts: Facts, moment: Moment) -> DryRun:
    """The dry run of a priced move, under the rules of `moment`."""
    settings, bill, transfer = facts.settings, candidate.bill, candidate.transfer
    here, there = candidate.here.quote, candidate.there.quote
    terms = _build_terms(candidate)
    refused = judge_move(candidate, facts, moment)
    is_known = bill is not None and transfer.usd is not None
    payback = find_payback_h(bill, terms.source_usd_per_hour, terms.target_usd_per_hour)
    verdict, reason = refused or (Verdict.PAYS, _praise(bill, settings))
    return DryRun(
        workload=terms.workload,
        target=terms.target,
        replicas=terms.replicas,
        wave_sizes=terms.wave_sizes,
        horizon_h=float(settings.horizon_h),
        source_quote=here,
        target_quote=there,
        source_usd_per_hour=terms.source_usd_per_hour,
        target_usd_per_hour=terms.target_usd_per_hour,
        egress_gb=transfer.gb,
        egress_usd_per_gb=_price_per_gb(transfer),
        egress_usd=transfer.usd,
        return_egress_usd=transfer.return_usd,
        overlap_h=settings.wave_h * len(terms.wave_sizes),
        overlap_usd=bill.overlap_usd if bill is not None else None,
        warm_up_usd=bill.warm_up_usd if bill is not None else None,
        savings_usd=bill.savings_usd if bill is not None else None,
        net_usd=bill.net_usd if bill is not None and is_known else None,
        payback_h=payback.quantize(_PAYBACK_STEP) if payback is not None and is_known else None,
        verdict=verdict,
        reason=reason,
        computed_at=facts.now,
        expires_at=min((q.deadline for q in (here, there) if q is not None), default=facts.now),
        plan_digest=compute_digest(terms),
        warnings=tell_accepted(candidate.workload.accepted),
    )


def _build_terms(candidate: Candidate) -> PlanTerms:
    workload, source, target = candidate.workload, candidate.source, candidate.target
    return PlanTerms(
        workload=workload.key,
        workload_uid=workload.uid,
        template_hash=workload.template_hash,
        source_cluster_uid=source.cluster.uid,
        target=target.context,
        target_cluster_uid=target.cluster.uid,
        replicas=workload.desired_replicas,
        wave_sizes=candidate.wave_sizes,
        egress_gb=candidate.transfer.gb,
        egress_usd=candidate.transfer.usd,
        accepted=tuple(sorted(workload.accepted)),
        source_usd_per_hour=price_replicas(candidate.here.usd_per_hour, workload.desired_replicas),
        target_usd_per_hour=price_replicas(candidate.there.usd_per_hour, workload.desired_replicas),
    )


def _praise(bill: Bill[Decimal] | None, settings: DecisionSettings) -> Reason:
    assert bill is not None, "what has no bill was refused by the rules of prices"
    return Code.PAYS.because(
        savings_usd=bill.savings_usd,
        hours=settings.horizon_h,
        cost_usd=bill.one_off_usd,
        net_usd=bill.net_usd,
    )


def _price_per_gb(transfer: Transfer) -> Decimal | None:
    if transfer.rate is None or transfer.gb is None or transfer.usd is None:
        return None
    return (
        (transfer.usd / transfer.gb).quantize(_PER_GB_STEP)
        if transfer.gb
        else transfer.rate.tiers[0].usd_per_gb
    )


def _refuse_unknown(key: WorkloadKey, target: str, facts: Facts, reason: Reason) -> DryRun:
    """The dry run of something that is not there: nothing is known but the reason."""
    return DryRun(
        workload=key,
        target=target,
        replicas=0,
        wave_sizes=(),
        horizon_h=float(facts.settings.horizon_h),
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
        computed_at=facts.now,
        expires_at=facts.now,
        plan_digest="",
    )
