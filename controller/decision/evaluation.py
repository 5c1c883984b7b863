"""The dry run of one move: every number, the verdict and its reason; and the answer to a confirmation. Pure.

A number that is not known is None and makes the verdict `unknown`; what is known is shown in any case, also beside a
refusal. The formula stands in `pricing.py`, what may refuse in `rules.py`.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from controller.clusters.acceptance import Acceptance, leave_out_accepted, tell_accepted
from controller.clusters.fleet import FleetPicture, Workload, WorkloadKey
from controller.clusters.namesakes import leave_out_copies
from controller.contract.daily import price_day
from controller.contract.dry_run import DryRun, Staying, Verdict
from controller.contract.inventory import Inventory
from controller.decision.candidates import Candidate, Transfer, find_state_known_by, price_candidate
from controller.decision.facts import Facts
from controller.decision.plan_terms import PlanTerms, accepts_digest, compute_digest
from controller.decision.pricing import Bill, find_payback_h, price_replicas
from controller.decision.questions import (
    find_disputed_prices,
    find_prices_not_live,
    find_purchase_made,
    find_room_unknown,
    find_scheduling_unknown,
    find_unsigned_prices,
    find_unsure_purchase,
    name_template_differences,
)
from controller.decision.rule import Moment
from controller.decision.rules import judge_move
from controller.decision.settings import DecisionSettings
from controller.decision.sites import describe_site
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Egress prices per GB are shown with this step where tiers are mixed.
_PER_GB_STEP = Decimal("1e-6")
_PAYBACK_STEP = Decimal("0.01")
#: How long the dry run of a way back may be confirmed, seconds: time to read it and to type. Arbitrary.
WAY_BACK_LIFE_S = 600.0


def evaluate_move(
    picture: FleetPicture,
    facts: Facts,
    workload: WorkloadKey,
    target: str,
    moment: Moment = Moment.DRY_RUN,
    *,
    way_back_of: str | None = None,
    accepts: frozenset[Acceptance] = frozenset(),
) -> DryRun:
    """The dry run of moving `workload` to the context `target`, under the rules of `moment`."""
    candidate = find_candidate(picture, facts, workload, target, way_back_of, accepts)
    if isinstance(candidate, Reason):
        unknown = _refuse_unknown(workload, target, facts, candidate)
        return replace(unknown, way_back_of=way_back_of, accepts=accepts)
    return replace(evaluate_candidate(candidate, facts, moment), accepts=accepts)


def confirm_move(
    picture: FleetPicture,
    facts: Facts,
    workload: WorkloadKey,
    target: str,
    digest: str,
    *,
    way_back_of: str | None = None,
    accepts: frozenset[Acceptance] = frozenset(),
) -> DryRun | Reason:
    """The dry run that may be acted on now, after a person confirmed it as `digest`; or why it may not.

    Refused where a rule is against it now, or where it differs from what was confirmed by more than a price tick.
    """
    candidate = find_candidate(picture, facts, workload, target, way_back_of, accepts)
    if isinstance(candidate, Reason):
        return candidate
    dry_run = replace(evaluate_candidate(candidate, facts, Moment.CONFIRM), accepts=accepts)
    if not dry_run.may_start:
        return dry_run.reason
    return dry_run if accepts_digest(_build_terms(candidate), digest) else Code.PLAN_CHANGED.because()


def find_candidate(
    picture: FleetPicture,
    facts: Facts,
    workload: WorkloadKey,
    target: str,
    way_back_of: str | None = None,
    accepts: frozenset[Acceptance] = frozenset(),
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
    source, target_site = describe_site(source_cluster), describe_site(target_cluster)
    return price_candidate(source, _accept(found, accepts), target_site, facts, way_back_of)


def _accept(workload: Workload, accepts: frozenset[Acceptance]) -> Workload:
    """The workload as it is for a move that a person accepts this with."""
    left = tuple(leave_out_accepted(workload.immovable_reasons, accepts))
    return replace(workload, immovable_reasons=left, accepted=workload.accepted | accepts)


def evaluate_candidate(candidate: Candidate, facts: Facts, moment: Moment) -> DryRun:
    """The dry run of a priced move, under the rules of `moment`."""
    settings, bill, transfer = facts.settings, candidate.bill, candidate.transfer
    here, there = candidate.here.quote, candidate.there.quote
    terms = _build_terms(candidate)
    refused = judge_move(candidate, facts, moment)
    is_known = bill is not None and transfer.usd is not None
    payback = find_payback_h(bill, terms.source_usd_per_hour, terms.target_usd_per_hour)
    verdict, reason = refused or _find_verdict(candidate, facts)
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
        expires_at=_find_expiry(candidate, facts.now),
        plan_digest=compute_digest(terms),
        warnings=(
            *_tell_staying(candidate),
            *tell_accepted(candidate.workload.accepted),
            *_tell_unknown(candidate, facts),
        ),
        way_back_of=candidate.way_back_of,
        egress_charges=transfer.list_charges(),
        staying=terms.staying,
        target_template=terms.target_template,
        state_known_by=find_state_known_by(candidate.workload, settings),
        inventory=_find_inventory(candidate, facts),
        runs_on=candidate.workload.hosts,
        pod=candidate.workload.requests,
        pod_known_by=candidate.workload.size_known_by,
    )


def _find_verdict(candidate: Candidate, facts: Facts) -> tuple[Verdict, Reason]:
    """What is said of a move that nothing is against."""
    if candidate.way_back_of is None:
        return Verdict.PAYS, _praise(candidate.bill, facts.settings)
    return Verdict.WAY_BACK, _tell_cost(candidate, facts)


def _find_inventory(candidate: Candidate, facts: Facts) -> Inventory | None:
    """What was seen to belong to it; of what only a copy would bring along or miss, nothing where none is made."""
    seen = facts.inventories.get(candidate.workload.key)
    if seen is None or not candidate.is_shift:
        return seen
    stays, breaks = (tuple(leave_out_copies(lines)) for lines in (seen.stays, seen.breaks))
    return replace(seen, travels=(), stays=stays, breaks=breaks)


def _find_expiry(candidate: Candidate, now: float) -> float:
    """When it has to be computed anew, Unix seconds: a way back waits for no price, and ends with none."""
    if candidate.way_back_of is not None:
        return now + WAY_BACK_LIFE_S
    deadlines = (candidate.here.deadline, candidate.there.deadline)
    return min((deadline for deadline in deadlines if deadline is not None), default=now)


def _tell_unknown(candidate: Candidate, facts: Facts) -> tuple[Reason, ...]:
    """What nobody knows of a move that a person may start all the same, and what it waits for there."""
    asked = (find_room_unknown, find_scheduling_unknown, find_purchase_made, find_unsure_purchase)
    reasons = (ask(candidate, facts) for ask in asked)
    return tuple(reason for reason in reasons if reason is not None)


def _tell_staying(candidate: Candidate) -> tuple[Reason, ...]:
    """What does not move, and in what the target's own Deployment differs."""
    source, target, there = candidate.source.context, candidate.target.context, candidate.namesake
    if there is None or not candidate.is_shift:
        return (Code.KEEPS_SOME.because(keeps=candidate.keeps, source=source),) if candidate.keeps else ()
    numbers = {"there": there.desired_replicas, "coming": candidate.replicas, "keeps": candidate.keeps}
    differences = name_template_differences(candidate)
    kept = Code.TEMPLATE_KEPT.because(target=target, differences=differences)
    return (Code.SHIFTS.because(source=source, target=target, **numbers), *((kept,) if differences else ()))


def _build_terms(candidate: Candidate) -> PlanTerms:
    workload, source, target = candidate.workload, candidate.source, candidate.target
    there = candidate.namesake if candidate.is_shift else None
    return PlanTerms(
        workload=workload.key,
        workload_uid=workload.uid,
        template_hash=workload.template_hash,
        source_cluster_uid=source.cluster.uid,
        target=target.context,
        target_cluster_uid=target.cluster.uid,
        replicas=candidate.replicas,
        wave_sizes=candidate.wave_sizes,
        egress_gb=candidate.transfer.gb,
        egress_usd=candidate.transfer.usd,
        accepted=tuple(sorted(workload.accepted)),
        source_usd_per_hour=price_replicas(candidate.here.usd_per_hour, candidate.replicas),
        target_usd_per_hour=price_replicas(candidate.there.usd_per_hour, candidate.replicas),
        way_back_of=candidate.way_back_of,
        staying=Staying(candidate.keeps, 0 if there is None else there.desired_replicas),
        target_template=None if there is None else there.template_hash,
        target_uid=None if there is None else there.uid,
    )


def _praise(bill: Bill[Decimal] | None, settings: DecisionSettings) -> Reason:
    assert bill is not None, "what has no bill was refused by the rules of prices"
    return Code.PAYS.because(
        savings_usd=bill.savings_usd,
        hours=settings.horizon_h,
        cost_usd=bill.one_off_usd,
        net_usd=bill.net_usd,
    )


def _tell_cost(candidate: Candidate, facts: Facts) -> Reason:
    """What a way back costs, as far as that is known. A price that nobody charges, signs or agrees on is none."""
    asked = (find_prices_not_live, find_unsigned_prices, find_disputed_prices)
    believed = all(ask(candidate, facts) is None for ask in asked)
    bill, replicas = candidate.bill, candidate.replicas
    here, there = (price_replicas(site.usd_per_hour, replicas) for site in (candidate.here, candidate.there))
    is_known = believed and bill is not None and candidate.transfer.usd is not None
    return Code.GOES_BACK.because(
        cost_usd=bill.one_off_usd if is_known and bill is not None else None,
        here_usd_per_day=price_day(here) if believed and here is not None else None,
        there_usd_per_day=price_day(there) if believed and there is not None else None,
    )


def _price_per_gb(transfer: Transfer) -> Decimal | None:
    """The mean price of what is sent; of nothing, that of the first GB."""
    if transfer.rate is None or transfer.gb is None or transfer.usd is None:
        return None
    if not transfer.gb:
        return transfer.rate.find_next_usd_per_gb(transfer.used_gb).quantize(_PER_GB_STEP)
    return (transfer.usd / transfer.gb).quantize(_PER_GB_STEP)


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
