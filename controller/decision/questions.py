"""What the rules ask: each question gives the reason that is against a move, or None. Pure.

Which of them are asked when, in which order, and what many pairs at once are screened by stands in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from controller.clusters.acceptance import Acceptance, leave_out_accepted, tell_accepted
from controller.clusters.arming import Arming
from controller.clusters.devices import find_lack, name_devices
from controller.clusters.fleet import Cluster, Node, WatchedKind, Workload, WorkloadKey
from controller.clusters.namesakes import is_of_copies, leave_out_copies
from controller.clusters.template_outline import name_differences
from controller.clusters.workload_parsing import STATE_ANNOTATION
from controller.contract.daily import price_day
from controller.decision.budgets import DAY_S, Move, sum_egress
from controller.decision.candidates import Candidate, count_staying, find_state_gb, price_home
from controller.decision.facts import Facts
from controller.decision.pricing import SHARE_STEP, count_share_steps
from controller.decision.sites import (
    NodePrice,
    Site,
    find_misfit,
    find_purchase,
    find_unfit_there,
    is_same_cluster,
)
from controller.reasons import Code
from controller.scheduling.check import UNKNOWN_NODES, UNKNOWN_PODS
from controller.scheduling.telling import find_shortage
from oracle.foundation.reason import Parameter, Reason
from oracle.market import Offering
from oracle.quotes import PriceMode, Quote


def find_no_way_back(candidate: Candidate, facts: Facts) -> Reason | None:
    """Only for what is called a way back: of which finished move?"""
    key, target, of = candidate.workload.key, candidate.target.context, candidate.way_back_of
    if of is None or facts.find_way_back(key, target, of) is not None:
        return None
    return Code.NO_WAY_BACK.because(workload=str(key), target=target, migration_id=of)


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
    return _find_unseen(site.cluster)


def find_unpriced_source(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    """What it leaves needs no node that takes pods: without one, nobody knows what it is worth to leave it."""
    return _find_no_group(site)


def find_unusable_site(site: Site, facts: Facts) -> Reason | None:
    return _find_unseen(site.cluster) or _find_no_group(site)


def _find_unseen(cluster: Cluster) -> Reason | None:
    """Why a cluster is not known well enough to be a side of a move."""
    if (unread := cluster.find_unread()) is not None:
        return unread
    return Code.CONTEXT_UNIDENTIFIED.because(context=cluster.context) if cluster.uid is None else None


def _find_no_group(site: Site) -> Reason | None:
    """Why no node of a cluster is one that a pod could run on at a price."""
    if site.groups:
        return None
    cluster = site.cluster
    context, ready = cluster.context, [node for node in cluster.nodes if node.ready]
    open_nodes = [node for node in ready if node.schedulable]
    if ready and not open_nodes:
        return Code.NODES_TAKE_NO_PODS.because(context=context)
    if missing := {name for node in open_nodes for name in node.facts.missing}:
        return Code.NODES_UNPRICEABLE.because(context=context, missing=tuple(sorted(missing)))
    if kinds := {node.facts.kind.value for node in open_nodes if node.offering is None}:
        return Code.NODES_NOT_BOUGHT.because(context=context, kinds=tuple(sorted(kinds)))
    return Code.CONTEXT_WITHOUT_NODES.because(context=context)


#: What the price of a replica follows from: the nodes, and what a pod requests; where it runs, also where its pods are.
_PRICED_BY = frozenset({WatchedKind.NODES, WatchedKind.DEPLOYMENTS})
_PRICED_BY_HERE = _PRICED_BY | {WatchedKind.PODS}


def find_outdated_source(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return _find_outdated(site, _PRICED_BY_HERE)


def find_outdated_site(site: Site, facts: Facts) -> Reason | None:
    return _find_outdated(site, _PRICED_BY)


def _find_outdated(site: Site, kinds: frozenset[WatchedKind]) -> Reason | None:
    outdated = site.cluster.name_outdated(kinds)
    return Code.KINDS_OUTDATED.because(context=site.cluster.context, kinds=outdated) if outdated else None


def find_immovable(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return next(leave_out_copies(workload.immovable_reasons), None)


def find_broken(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    """What would break by a move, where somebody has looked; the preflight looks in any case."""
    return next(leave_out_copies(_list_breaking(workload, facts)), None)


def _list_breaking(workload: Workload, facts: Facts) -> Iterator[Reason]:
    inventory = facts.inventories.get(workload.key)
    return leave_out_accepted(() if inventory is None else inventory.breaks, workload.accepted)


def find_tied(candidate: Candidate, facts: Facts) -> Reason | None:
    """What ties its pods to their cluster, unless those of the target's own Deployment run there instead."""
    return None if candidate.is_shift else find_tie(candidate.workload, facts)


def find_tie(workload: Workload, facts: Facts) -> Reason | None:
    """What a copy of it would miss in any other cluster, as its pod template shows, or where somebody has looked."""
    reasons = chain(workload.immovable_reasons, _list_breaking(workload, facts))
    return next(filter(is_of_copies, reasons), None)


def find_autoscaled(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return _find_autoscaler(site, workload)


def find_autoscaled_there(candidate: Candidate, facts: Facts) -> Reason | None:
    return _find_autoscaler(candidate.target, candidate.workload)


def find_partly_autoscaled(candidate: Candidate, facts: Facts) -> Reason | None:
    """An autoscaler on either side that may be frozen, but would then scale a part of the workload."""
    workload = candidate.workload
    if Acceptance.AUTOSCALER not in workload.accepted or not (candidate.keeps or candidate.is_shift):
        return None
    for site in (candidate.source, candidate.target):
        if (name := _name_autoscaler(site, workload)) is not None:
            return Code.AUTOSCALER_OF_A_PART.because(name=name, context=site.context)
    return None


def _name_autoscaler(site: Site, workload: Workload) -> str | None:
    return (site.cluster.autoscalers or {}).get((workload.key.namespace, workload.key.name))


def _find_autoscaler(site: Site, workload: Workload) -> Reason | None:
    """The autoscaler of a Deployment of this name, unless it may be frozen; where none is known, the preflight asks."""
    if Acceptance.AUTOSCALER in workload.accepted:
        return None
    name = _name_autoscaler(site, workload)
    return Code.AUTOSCALER_IN_THE_WAY.because(name=name, context=site.context) if name is not None else None


def find_accepted(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return next(iter(tell_accepted(workload.accepted)), None)


def find_unplannable(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    replicas, available = workload.desired_replicas, workload.available_replicas
    if replicas <= 0:
        return Code.NO_REPLICAS.because()
    if replicas <= (minimum := count_staying(workload, facts.settings)):
        return Code.AT_MINIMUM.because(replicas=replicas, minimum=minimum)
    if workload.requests is None:
        return Code.NO_REQUESTS.because()
    if available is None or available < replicas:
        return Code.NOT_AVAILABLE.because(available=available, replicas=replicas)
    return None


def find_homeless(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    """Without a node that its pods run on, nobody knows what they cost where they are."""
    if workload.requests is None:
        return None
    has_home = bool(workload.hosts) or site.find_group(workload.requests, workload.terms) is not None
    return None if has_home else Code.NO_HOME_NODE.because()


def find_cooldown(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    last = facts.usage.find_last_ended(workload.key)
    if last is None or last.is_end_known:
        return _find_rest(last.ended_at if last is not None else None, facts, Code.COOLDOWN)
    sides = {"source": last.workload.context, "target": last.target}
    return _find_rest(last.ended_at, facts, Code.LAST_MOVE_UNKNOWN, **sides)


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
    price = price_home(site, workload, facts)
    has_nodes = price.group is not None or price.unknown is not None
    return _why_unpriced(site, price) if has_nodes else Code.NO_HOME_NODE.because()


def find_unknown_state(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    if find_state_gb(workload, facts.settings) is not None:
        return None
    return Code.STATE_UNKNOWN.because(annotation=STATE_ANNOTATION, volumes=workload.keeping_volumes or None)


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


def find_unwatched_namespace(candidate: Candidate, facts: Facts) -> Reason | None:
    watched, namespace = candidate.target.cluster.namespaces, candidate.workload.key.namespace
    if watched is None or namespace in watched:
        return None
    return Code.NAMESPACE_UNWATCHED.because(target=candidate.target.context, namespace=namespace)


def find_other_template(candidate: Candidate, facts: Facts) -> Reason | None:
    """A Deployment of the name that is not the same, until somebody has accepted that it stays so."""
    if Acceptance.TEMPLATE in candidate.workload.accepted:
        return None
    target, differences = candidate.target.context, name_template_differences(candidate)
    return Code.TEMPLATES_DIFFER.because(target=target, differences=differences) if differences else None


def name_template_differences(candidate: Candidate) -> tuple[str, ...]:
    """In what the target's own Deployment differs, but for what may differ from region to region."""
    here, there = candidate.workload, candidate.namesake
    if there is None or (here.selector, here.outline) == (there.selector, there.outline):
        return ()
    selectors = () if here.selector == there.selector else ("its selector",)
    return (*selectors, *name_differences(here.outline, there.outline)) or ("its pod template",)


def find_unfit_namesake(candidate: Candidate, facts: Facts) -> Reason | None:
    return None if candidate.namesake is None else find_unfit_there(candidate.namesake)


def find_other_pods(candidate: Candidate, facts: Facts) -> Reason | None:
    """Whatever is accepted: what selects other pods is another workload."""
    there = candidate.namesake
    if there is None or there.selector == candidate.workload.selector:
        return None
    return Code.TARGET_SELECTS_OTHER_PODS.because(context=candidate.target.context)


def find_unschedulable(candidate: Candidate, facts: Facts) -> Reason | None:
    replicas, target = candidate.replicas, candidate.target
    placement = target.place(candidate.coming.terms, replicas)
    return None if placement is None else find_shortage(target.context, placement, replicas)


def find_scheduling_unknown(candidate: Candidate, facts: Facts) -> Reason | None:
    """What would have to be known to promise that all replicas find a node, but for the room."""
    target = candidate.target
    placement = target.place(candidate.coming.terms, candidate.replicas)
    unknown = placement.unknown if placement is not None else (UNKNOWN_NODES,)
    if target.cluster.free is None:
        unknown = tuple(one for one in unknown if one != UNKNOWN_PODS)
    return Code.SCHEDULING_UNKNOWN.because(target=target.context, unknown=unknown) if unknown else None


def find_no_node(candidate: Candidate, facts: Facts) -> Reason | None:
    if candidate.there.group is not None:
        return None
    requests = candidate.coming.requests
    if find_misfit(candidate.target, requests) is Code.NO_DEVICE:
        return None
    return Code.NO_NODE_FITS.because(
        target=candidate.target.context,
        cpu_cores=requests.cpu_cores if requests is not None else None,
        memory_gib=requests.memory_gib if requests is not None else None,
    )


def find_no_device(candidate: Candidate, facts: Facts) -> Reason | None:
    requests, target = candidate.coming.requests, candidate.target
    if candidate.there.group is not None or requests is None:
        return None
    if find_misfit(target, requests) is not Code.NO_DEVICE:
        return None
    return Code.NO_DEVICE.because(target=target.context, devices=name_devices(requests.devices))


def find_other_architecture(candidate: Candidate, facts: Facts) -> Reason | None:
    here, there = candidate.here.platforms, candidate.there.platforms
    if not here or not there or here & there:
        return None
    return Code.OTHER_ARCHITECTURE.because(
        target=candidate.target.context, there=tuple(sorted(there)), here=tuple(sorted(here))
    )


def find_room_unknown(candidate: Candidate, facts: Facts) -> Reason | None:
    target = candidate.target
    return Code.ROOM_UNKNOWN.because(target=target.context) if target.cluster.free is None else None


def find_purchase_made(candidate: Candidate, facts: Facts) -> Reason | None:
    """Which machines the target would buy for pods that find no room on those that are there."""
    target, there, node = candidate.target, candidate.there, _find_purchase(candidate, facts)
    room = target.cluster.purchase_room
    if node is None or node.purchase is None or node.offering is None or room is None:
        return None
    offering = node.offering.of_region
    is_priced = there.group is not None and there.quote is not None and there.group.offering == offering
    return Code.BUYS_MACHINES.because(
        target=target.context,
        pool=node.purchase.pool,
        offering=str(offering),
        usd_per_hour=there.quote.usd_per_hour if is_priced and there.quote is not None else None,
        cpu_cores=room.cpu_cores,
        memory_gib=room.memory_gib,
        wait_s=facts.settings.purchase_s,
    )


def find_unsure_purchase(candidate: Candidate, facts: Facts) -> Reason | None:
    """Whether all that the pool asks for is known to be so, and how much it may buy: a person is told where not."""
    node = _find_purchase(candidate, facts)
    if node is None or node.purchase is None or node.purchase.is_sure:
        return None
    return Code.PURCHASE_UNSURE.because(target=candidate.target.context, pool=node.purchase.pool)


def _find_purchase(candidate: Candidate, facts: Facts) -> Node | None:
    share = 1.0 - facts.settings.headroom_share
    coming = candidate.coming
    return find_purchase(candidate.target, coming.requests, coming.terms, candidate.replicas, share)


def find_no_room(candidate: Candidate, facts: Facts) -> Reason | None:
    requests, free = candidate.coming.requests, candidate.there.room
    if requests is None or free is None:
        return None
    needed, usable = requests * candidate.replicas, free * (1.0 - facts.settings.headroom_share)
    if needed.cpu_cores <= usable.cpu_cores and needed.memory_gib <= usable.memory_gib:
        return None
    return Code.NO_ROOM.because(
        target=candidate.target.context,
        needed_cpu_cores=needed.cpu_cores,
        needed_memory_gib=needed.memory_gib,
        free_cpu_cores=free.cpu_cores,
        free_memory_gib=free.memory_gib,
    )


def find_taken_devices(candidate: Candidate, facts: Facts) -> Reason | None:
    """Devices are whole: the headroom of CPU and memory is none of theirs."""
    requests, free = candidate.coming.requests, candidate.target.cluster.free
    if requests is None or free is None:
        return None
    lack = find_lack((requests * candidate.replicas).devices, free.devices)
    if not lack:
        return None
    return Code.DEVICES_TAKEN.because(target=candidate.target.context, devices=name_devices(lack))


def _why_unpriced(site: Site, price: NodePrice) -> Reason | None:
    if price.unknown is None:
        return None
    if price.unpriced is None:
        return price.unknown.because(context=site.context)
    return price.unknown.because(context=site.context, offering=str(price.unpriced))


def find_unknown_price(candidate: Candidate, facts: Facts) -> Reason | None:
    return _find_unpriced_there(candidate, facts, Code.PRICE_UNKNOWN)


def find_unknown_risk(candidate: Candidate, facts: Facts) -> Reason | None:
    return _find_unpriced_there(candidate, facts, Code.RISK_UNKNOWN)


def find_unknown_size(candidate: Candidate, facts: Facts) -> Reason | None:
    return _find_unpriced_there(candidate, facts, Code.NODE_SIZE_UNKNOWN)


def _find_unpriced_there(candidate: Candidate, facts: Facts, code: Code) -> Reason | None:
    reason = _why_unpriced(candidate.target, candidate.there)
    return reason if reason is not None and reason.code is code else None


def find_prices_not_live(candidate: Candidate, facts: Facts) -> Reason | None:
    quotes = (*candidate.here.quotes, *candidate.there.quotes)
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
    unsigned = _name_contexts(candidate, lambda key: key in facts.board.unsigned)
    return Code.PRICES_UNSIGNED.because(contexts=unsigned) if unsigned else None


def find_disputed_prices(candidate: Candidate, facts: Facts) -> Reason | None:
    def is_disputed(key: tuple[str, Offering]) -> bool:
        quote = facts.board.find(*key)
        return quote is not None and quote.dispute is not None

    disputed = _name_contexts(candidate, is_disputed)
    return Code.PRICES_DISPUTED.because(contexts=disputed) if disputed else None


def _name_contexts(candidate: Candidate, is_so: Callable[[tuple[str, Offering]], bool]) -> tuple[str, ...]:
    """Return the sides of which a price is so, in any of the zones that it is made of."""
    found = {
        site.context
        for site, price in ((candidate.source, candidate.here), (candidate.target, candidate.there))
        if any(is_so((site.context, offering)) for offering in price.offerings)
    }
    return tuple(sorted(found))


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
    """Which of two contexts may not be written to, and why where one cause is all there is; None: both may."""
    unarmed = tuple(context for context in (source, target) if context not in facts.armed)
    causes = {facts.unarmed.get(context) for context in unarmed}
    for code in (Code.ARMING_OVER, Code.ARMED_CLUSTER_REPLACED, Code.ARMED_UNIDENTIFIED):
        if causes == {code}:
            return code.because(contexts=unarmed)
    return Code.NOT_ARMED.because(contexts=unarmed) if unarmed else None


def find_unarmed_namespace(candidate: Candidate, facts: Facts) -> Reason | None:
    namespace = candidate.workload.key.namespace
    closed = tuple(
        arming.context for arming in _list_armings(candidate, facts) if not arming.covers(namespace)
    )
    return Code.NAMESPACE_NOT_ARMED.because(namespace=namespace, contexts=closed) if closed else None


def find_spent_armed_moves(candidate: Candidate, facts: Facts) -> Reason | None:
    begun = facts.usage.begun_since(facts.now - DAY_S)
    for arming in _list_armings(candidate, facts):
        moves, limit = sum(move.touches(arming.context) for move in begun), arming.terms.moves_per_day
        if limit is not None and moves >= limit:
            return Code.ARMED_MOVES_SPENT.because(context=arming.context, moves=moves, limit=limit)
    return None


def find_spent_armed_replicas(candidate: Candidate, facts: Facts) -> Reason | None:
    replicas = candidate.replicas
    for arming in _list_armings(candidate, facts):
        limit = arming.terms.replicas_at_once
        moving = _count_moving(arming.context, facts)
        if limit is not None and (moving is None or moving + replicas > limit):
            asked = {"context": arming.context, "moving": moving, "replicas": replicas, "limit": limit}
            return Code.ARMED_REPLICAS_SPENT.because(**asked)
    return None


def _list_armings(candidate: Candidate, facts: Facts) -> tuple[Arming, ...]:
    """On which terms both clusters of a move are armed, by the names that they have in it."""
    contexts = (candidate.source.context, candidate.target.context)
    return tuple(
        replace(facts.armed[context], context=context) for context in contexts if context in facts.armed
    )


def _count_moving(context: str, facts: Facts) -> int | None:
    """How many replicas are on their way from or to a context; None: that is not known of every move."""
    counts = [move.replicas for move in facts.usage.under_way() if move.touches(context)]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
