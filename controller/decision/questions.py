"""What the rules ask: each question gives the reason that is against a move, or None. Pure.

Which of them are asked when, in which order, and what many pairs at once are screened by stands in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from controller.clusters.acceptance import tell_accepted
from controller.clusters.fleet import Cluster, Workload, WorkloadKey
from controller.clusters.workload_parsing import STATE_ANNOTATION
from controller.contract.daily import price_day
from controller.decision.budgets import DAY_S, Move, sum_egress
from controller.decision.candidates import Candidate, find_state_gb
from controller.decision.facts import Facts
from controller.decision.pricing import SHARE_STEP, count_share_steps
from controller.decision.sites import NodePrice, Site, find_price_reason, is_same_cluster, price_replica
from controller.reasons import Code
from oracle.foundation.reason import Parameter, Reason
from oracle.quotes import PriceMode, Quote


def find_under_way(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return _find_move(workload.key, facts)


def find_running_there(candidate: Candidate, facts: Facts) -> Reason | None:
    return _find_move_there(candidate, facts, Code.MOVE_RUNNING)


def find_unfinished_there(candidate: Candidate, facts: Facts) -> Reason | None:
    return _find_move_there(candidate, facts, Code.MOVE_UNFINISHED)


def _find_move_there(candidate: Candidate, facts: Facts, code: Code) -> Reason | None:
    """A move of a workload of this name that has the target for one of its sides."""
    reason = _find_move(replace(candidate.workload.key, context=candidate.target.context), facts)
    return reason if reason is not None and reason.code is code else None


def _find_move(key: WorkloadKey, facts: Facts) -> Reason | None:
    move = facts.usage.find_under_way(key)
    return tell_move(move, facts) if move is not None else None


def tell_move(move: Move, facts: Facts) -> Reason:
    """How a move that is not over is named to a person."""
    code = Code.MOVE_RUNNING if move in facts.usage.moves else Code.MOVE_UNFINISHED
    return code.because(source=move.workload.context, target=move.target)


def find_unusable_source(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return find_unusable_site(site, facts)


def find_unusable_site(site: Site, facts: Facts) -> Reason | None:
    cluster, context = site.cluster, site.context
    unread = cluster.find_unread()
    if unread is not None:
        return unread
    if cluster.uid is None:
        return Code.CONTEXT_UNIDENTIFIED.because(context=context)
    return None if site.groups else Code.CONTEXT_WITHOUT_NODES.because(context=context)


def find_immovable(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return workload.immovable_reasons[0] if workload.immovable_reasons else None


def find_autoscaled(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return _find_autoscaler(site, workload)


def find_autoscaled_there(candidate: Candidate, facts: Facts) -> Reason | None:
    return _find_autoscaler(candidate.target, candidate.workload)


def _find_autoscaler(site: Site, workload: Workload) -> Reason | None:
    """The autoscaler of a Deployment of this name; where they are not known, the preflight asks for them."""
    known = site.cluster.autoscalers or {}
    name = known.get((workload.key.namespace, workload.key.name))
    return Code.AUTOSCALER_IN_THE_WAY.because(name=name, context=site.context) if name is not None else None


def find_accepted(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return next(iter(tell_accepted(workload.accepted)), None)


def find_unplannable(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    replicas, available = workload.desired_replicas, workload.available_replicas
    if replicas <= 0:
        return Code.NO_REPLICAS.because()
    if workload.requests is None:
        return Code.NO_REQUESTS.because()
    if available is None or available < replicas:
        return Code.NOT_AVAILABLE.because(available=available, replicas=replicas)
    return None if site.find_group(workload.requests) is not None else Code.NO_HOME_NODE.because()


def find_cooldown(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return _find_rest(facts.usage.find_last_end(workload.key), facts, Code.COOLDOWN)


def find_resting_target(candidate: Candidate, facts: Facts) -> Reason | None:
    workload, target = candidate.workload.key, candidate.target.context
    return _find_rest(facts.usage.find_last_return(workload, target), facts, Code.TARGET_RESTS, target=target)


def _find_rest(ended: float | None, facts: Facts, code: Code, **parameters: Parameter) -> Reason | None:
    rest_s = facts.settings.budgets.cooldown_s
    if ended is None or facts.now >= ended + rest_s:
        return None
    return code.because(**parameters, ago=max(0.0, facts.now - ended), rest=rest_s)


def find_unpriced_home(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    if workload.requests is None:
        return Code.NO_REQUESTS.because()
    price = price_replica(site, workload.requests, facts.board, facts.now)
    return Code.NO_HOME_NODE.because() if price.group is None else _why_unpriced(site, price)


def find_unknown_state(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    if find_state_gb(workload, facts.settings) is not None:
        return None
    return Code.STATE_UNKNOWN.because(annotation=STATE_ANNOTATION)


def find_exclusion(site: Site, facts: Facts) -> Reason | None:
    settings, words = facts.settings, _words_of(site.cluster)
    if words & settings.denied_targets:
        return Code.TARGET_DENIED.because(target=site.context)
    if settings.allowed_targets is not None and not words & settings.allowed_targets:
        return Code.TARGET_NOT_ALLOWED.because(target=site.context)
    return None


def _words_of(cluster: Cluster) -> frozenset[str]:
    """The words by which allow and deny lists may name a cluster, by whichever of its contexts."""
    words = {cluster.context, *cluster.aliases}
    if cluster.provider is not None:
        words.add(cluster.provider)
        if cluster.region is not None:
            words.add(f"{cluster.provider}/{cluster.region}")
    return frozenset(words)


def find_same_cluster(candidate: Candidate, facts: Facts) -> Reason | None:
    return Code.SAME_CLUSTER.because() if is_same_cluster(candidate.source, candidate.target) else None


def find_namesake(candidate: Candidate, facts: Facts) -> Reason | None:
    key, target = candidate.workload.key, candidate.target
    running = target.replicas.get((key.namespace, key.name), 0)
    return Code.NAME_TAKEN.because(target=target.context, replicas=running) if running > 0 else None


def find_no_node(candidate: Candidate, facts: Facts) -> Reason | None:
    if candidate.there.group is not None:
        return None
    requests = candidate.workload.requests
    return Code.NO_NODE_FITS.because(
        target=candidate.target.context,
        cpu_cores=requests.cpu_cores if requests is not None else None,
        memory_gib=requests.memory_gib if requests is not None else None,
    )


def find_other_architecture(candidate: Candidate, facts: Facts) -> Reason | None:
    here, there = _architectures_of(candidate.here), _architectures_of(candidate.there)
    if not here or not there or here & there:
        return None
    return Code.OTHER_ARCHITECTURE.because(
        target=candidate.target.context, there=tuple(sorted(there)), here=tuple(sorted(here))
    )


def _architectures_of(price: NodePrice) -> frozenset[str]:
    return price.group.architectures if price.group is not None else frozenset()


def find_room_unknown(candidate: Candidate, facts: Facts) -> Reason | None:
    target = candidate.target
    return Code.ROOM_UNKNOWN.because(target=target.context) if target.cluster.free is None else None


def find_no_room(candidate: Candidate, facts: Facts) -> Reason | None:
    requests, free = candidate.workload.requests, candidate.target.cluster.free
    if requests is None or free is None:
        return Code.ROOM_UNKNOWN.because(target=candidate.target.context)
    needed = requests * candidate.replicas
    if needed.fits_in(free * (1.0 - facts.settings.headroom_share)):
        return None
    return Code.NO_ROOM.because(
        target=candidate.target.context,
        needed_cpu_cores=needed.cpu_cores,
        needed_memory_gib=needed.memory_gib,
        free_cpu_cores=free.cpu_cores,
        free_memory_gib=free.memory_gib,
    )


def _why_unpriced(site: Site, price: NodePrice) -> Reason | None:
    if price.group is None or price.usd_per_hour is not None:
        return None
    return find_price_reason(price.quote).because(context=site.context, offering=str(price.group.offering))


def find_unknown_price(candidate: Candidate, facts: Facts) -> Reason | None:
    is_quoted = candidate.there.quote is not None
    return None if is_quoted else _why_unpriced(candidate.target, candidate.there)


def find_unknown_size(candidate: Candidate, facts: Facts) -> Reason | None:
    is_quoted = candidate.there.quote is not None
    return _why_unpriced(candidate.target, candidate.there) if is_quoted else None


def find_prices_not_live(candidate: Candidate, facts: Facts) -> Reason | None:
    quotes = (candidate.here.quote, candidate.there.quote)
    return None if facts.accepts_any_prices else name_prices_not_live(quotes)


def name_prices_not_live(quotes: Iterable[Quote | None]) -> Reason | None:
    """Which of these prices nobody charges now, so that no real cluster is changed on them; None: all are live."""
    unreal = [quote for quote in quotes if quote is not None and quote.mode is not PriceMode.LIVE]
    if not unreal:
        return None
    return Code.PRICES_NOT_LIVE.because(
        contexts=tuple(sorted({quote.context for quote in unreal})),
        modes=tuple(sorted({str(quote.mode) for quote in unreal})),
    )


def find_unsigned_prices(candidate: Candidate, facts: Facts) -> Reason | None:
    if facts.accepts_any_prices:
        return None
    quotes = (candidate.here.quote, candidate.there.quote)
    unsigned = {q.context for q in quotes if q and (q.context, q.offering) in facts.board.unsigned}
    return Code.PRICES_UNSIGNED.because(contexts=tuple(sorted(unsigned))) if unsigned else None


def find_unknown_egress(candidate: Candidate, facts: Facts) -> Reason | None:
    if candidate.transfer.rate is not None:
        return None
    return Code.EGRESS_UNKNOWN.because(source=candidate.source.context, target=candidate.target.context)


def find_dear_node(candidate: Candidate, facts: Facts) -> Reason | None:
    limit, quote = facts.settings.maximum_node_usd_per_hour, candidate.there.quote
    if limit is None or quote is None or quote.usd_per_hour <= limit:
        return None
    return Code.NODE_TOO_DEAR.because(
        target=candidate.target.context, node_usd_per_hour=quote.usd_per_hour, limit_usd_per_hour=limit
    )


def find_not_cheaper(candidate: Candidate, facts: Facts) -> Reason | None:
    here, there = candidate.here.usd_per_hour, candidate.there.usd_per_hour
    if here is None or there is None or there < here:
        return None
    replicas = candidate.replicas
    return Code.NOT_CHEAPER.because(
        target_usd_per_day=price_day(there, replicas), source_usd_per_day=price_day(here, replicas)
    )


def find_costs_more(candidate: Candidate, facts: Facts) -> Reason | None:
    bill = candidate.bill
    if bill is None or bill.net_usd > 0:
        return None
    hours = facts.settings.horizon_h
    return Code.COSTS_MORE.because(cost_usd=bill.one_off_usd, savings_usd=bill.savings_usd, hours=hours)


def find_small_share(candidate: Candidate, facts: Facts) -> Reason | None:
    here, there = candidate.here.usd_per_hour, candidate.there.usd_per_hour
    minimum = count_share_steps(facts.settings.minimum_savings_share) * SHARE_STEP
    if here is None or there is None or here - there >= here * minimum:
        return None
    return Code.SHARE_TOO_SMALL.because(share=(here - there) / here, minimum=minimum)


def find_small_gain(candidate: Candidate, facts: Facts) -> Reason | None:
    bill, settings = candidate.bill, facts.settings
    if bill is None or bill.net_usd >= settings.minimum_net_usd:
        return None
    return Code.GAIN_TOO_SMALL.because(
        net_usd=bill.net_usd, hours=settings.horizon_h, minimum_usd=settings.minimum_net_usd
    )


def find_spent_egress(candidate: Candidate, facts: Facts) -> Reason | None:
    limit, more = facts.settings.budgets.egress_usd_per_day, candidate.transfer.usd
    if limit is None or not more:
        return None
    spent = sum_egress(facts.usage.begun_since(facts.now - DAY_S))
    if spent + more <= limit:
        return None
    return Code.EGRESS_SPENT.because(spent_usd=spent, more_usd=more, limit_usd=limit)


def find_failed_preflight(candidate: Candidate, facts: Facts) -> Reason | None:
    finding = facts.find_preflight(candidate.workload, candidate.target.context)
    if finding is None:
        return None
    ago = max(0.0, facts.now - finding.at)
    return Code.PREFLIGHT_REFUSED.because(target=finding.target, ago=ago, detail=finding.reason)


def find_spent_concurrency(facts: Facts) -> Reason | None:
    running, limit = len(facts.usage.running()), facts.settings.budgets.concurrent_moves
    return Code.CONCURRENCY_SPENT.because(moves=running, limit=limit) if running >= limit else None


def find_spent_day(facts: Facts) -> Reason | None:
    begun, limit = len(facts.usage.begun_since(facts.now - DAY_S)), facts.settings.budgets.moves_per_day
    return Code.DAY_SPENT.because(moves=begun, limit=limit) if begun >= limit else None


def find_unarmed(candidate: Candidate, facts: Facts) -> Reason | None:
    return name_unarmed(candidate.source.context, candidate.target.context, facts)


def name_unarmed(source: str, target: str, facts: Facts) -> Reason | None:
    """Which of two contexts may not be written to; None: both may."""
    unarmed = tuple(context for context in (source, target) if context not in facts.armed)
    return Code.NOT_ARMED.because(contexts=unarmed) if unarmed else None
