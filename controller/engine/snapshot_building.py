"""Joins what the wings of the engine know into the views of a snapshot, and keeps those of which nothing has changed.

The price that a context shows is the one of its most common instance type; a workload's cost is its share of the nodes
that it would run on at their price, and None where anything of it is unknown. Views are made anew only where one of
their inputs is another object: `contract/changes.py` then finds what differs by identity. Owned by the engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from controller.clusters.arming import Arming
from controller.clusters.fleet import (
    Cluster,
    FleetPicture,
    Health,
    Hosts,
    Resources,
    WatchedKind,
    Workload,
    WorkloadKey,
)
from controller.contract.daily import price_day
from controller.contract.snapshots import ContextView, PriceOrigin, PriceSourceView, WorkloadView
from controller.contract.way_back import WayBack
from controller.decision.risk import price_with_risk
from controller.decision.sites import Site, describe_site, price_running, quote_group
from controller.decision.zone_prices import average_histories
from controller.engine.main_price import MainPrice, PriceFacts, are_same, find_main_price, have_same_history
from controller.reasons import Code
from oracle.binding import Binding
from oracle.foundation.reason import Reason
from oracle.market import Region
from oracle.price_history import PricePoint
from oracle.quotes import Quote, QuoteBoard
from oracle.reasons import OracleCode
from oracle.status import OracleStatus, SourceState

#: Points of price history that a snapshot carries for each context: a chart is about that many pixels wide.
MAX_HISTORY_POINTS = 240

#: (Unix seconds, USD per hour), oldest first.
History = tuple[tuple[float, float], ...]


def choose_ways_back(known: Iterable[WayBack], picture: FleetPicture) -> tuple[WayBack, ...]:
    """Return the ways that workloads could go back now: each by its last move, from where it still runs.

    known: the newest last.
    """
    newest = {way.workload: way for way in known if way.target in picture.clusters}
    return tuple(way for key, way in newest.items() if _runs(picture, key))


def _runs(picture: FleetPicture, key: WorkloadKey) -> bool:
    cluster = picture.clusters.get(key.context)
    found = None if cluster is None else cluster.find_workload(key.namespace, key.name)
    return found is not None and found.desired_replicas > 0


@dataclass(frozen=True, slots=True)
class _Permission:
    """On which terms a context is armed; None: it is not, and why."""

    arming: Arming | None
    unarmed: Code

    def tell_end(self, context: str) -> Reason | None:
        """Say why what was armed is not any more; None where nothing was, or still is."""
        was_armed = self.arming is None and self.unarmed is not Code.NOT_ARMED
        return self.unarmed.because(contexts=(context,)) if was_armed else None


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Everything that one context's view is made of. `node_prices`: of each kind of its nodes, None: unknown."""

    site: Site
    main: MainPrice
    node_prices: tuple[Decimal | None, ...]
    permission: _Permission


@dataclass(frozen=True, slots=True)
class _Kept:
    inputs: _Inputs
    view: ContextView


class ContextViews:
    """The views of all contexts, kept from one snapshot to the next. `places` maps region keys to regions.

    interruption_h: the hours of its price that an interruption costs a machine.
    """

    def __init__(self, places: Mapping[str, Region], interruption_h: Decimal = Decimal(0)) -> None:
        self._places = places
        self._interruption_h = interruption_h
        self._kept: dict[str, _Kept] = {}

    def build(
        self,
        picture: FleetPicture,
        prices: PriceFacts,
        armed: Mapping[str, Arming],
        unarmed: Mapping[str, Code],
        now: float,
    ) -> tuple[ContextView, ...]:
        """Return one view for each context, in the picture's order; an unchanged one is the same object as before."""
        kept = {}
        for context, cluster in picture.clusters.items():
            before = self._kept.get(context)
            permission = _Permission(armed.get(context), unarmed.get(context, Code.NOT_ARMED))
            inputs = _collect_inputs(cluster, before, prices, permission, now)
            kept[context] = self._update(before, inputs, prices.board, now)
        self._kept = kept
        return tuple(one.view for one in kept.values())

    def _update(self, before: _Kept | None, inputs: _Inputs, board: QuoteBoard, now: float) -> _Kept:
        if before is None:
            workloads = _build_workloads(inputs.site, board, now)
            history = _to_history(average_histories(inputs.main.histories))
            return _Kept(inputs, self._build_view(inputs, history, workloads))
        known, view = before.inputs, before.view
        if _is_same(known, inputs):
            read_at = _to_shown(inputs.site.cluster.read_at)
            return before if view.read_at == read_at else _Kept(inputs, replace(view, read_at=read_at))
        is_known = have_same_history(known.main, inputs.main)
        history = view.history if is_known else _to_history(average_histories(inputs.main.histories))
        workloads = (
            view.workloads
            if _cost_the_same(known, inputs)
            else _build_workloads(inputs.site, board, now, view.workloads)
        )
        return _Kept(inputs, self._build_view(inputs, history, workloads))

    def _build_view(
        self, inputs: _Inputs, history: History, workloads: tuple[WorkloadView, ...]
    ) -> ContextView:
        cluster, main = inputs.site.cluster, inputs.main
        place = self._places.get(f"{cluster.provider}/{cluster.region}")
        return ContextView(
            context=cluster.context,
            provider=cluster.provider,
            region=cluster.region,
            city=place.city if place else None,
            latitude_degrees=place.latitude_degrees if place else None,
            longitude_degrees=place.longitude_degrees if place else None,
            instance_type=main.instance_type,
            health=cluster.health,
            health_reason=cluster.find_unread(),
            armed=inputs.permission.arming is not None,
            quote=main.quote,
            zones=main.zones,
            usd_per_hour_with_risk=price_with_risk(main.quote, self._interruption_h) if main.quote else None,
            on_demand_usd_per_hour=main.on_demand,
            trend=_compute_trend(history),
            history=history,
            workloads=workloads,
            usd_per_day=_sum_known([view.usd_per_day for view in workloads]),
            node_count=_count_nodes(cluster),
            ready_replicas=_sum_ready(workloads),
            desired_replicas=sum(workload.desired_replicas for workload in cluster.workloads),
            cluster_uid=cluster.uid,
            arming=inputs.permission.arming,
            unarmed_reason=inputs.permission.tell_end(cluster.context),
            read_at=_to_shown(cluster.read_at),
            others=cluster.others,
        )


def _collect_inputs(
    cluster: Cluster, before: _Kept | None, prices: PriceFacts, permission: _Permission, now: float
) -> _Inputs:
    known = before.inputs.site if before is not None else None
    site = describe_site(cluster, known)
    quotes = [quote_group(cluster.context, group, prices.board, now).here for group in site.groups]
    # What runs may be priced by any zone of any kind of node.
    quotes += [prices.board.find_usable(cluster.context, zone, now) for zone in site.zones]
    return _Inputs(
        site=site,
        main=find_main_price(cluster, prices),
        node_prices=tuple(quote.usd_per_hour if quote is not None else None for quote in quotes),
        permission=permission,
    )


def describe_price_source(
    board: QuoteBoard, bindings: Iterable[Binding], status: OracleStatus, now: float
) -> PriceSourceView:
    """Say who said the prices of what is bound: those that may be believed, or else the last ones.

    The program's own source is awaited while nothing has come of anything, unless it asks nobody.
    """
    found = (board.find(binding.context, binding.offering) for binding in bindings)
    last = [quote for quote in found if quote is not None]
    if not last:
        state = "nobody is asked" if is_asking_nobody(status) else "awaited"
        text = f"{status.source} ({state})" if status.source else "none yet"
        return PriceSourceView(PriceOrigin.UNKNOWN, text, status.services)
    usable = [quote for quote in last if quote.is_usable(now)]
    quotes = usable or last
    # Of one source the newest quote: a recording has gone on while the others were written.
    newest = {quote.source: quote for quote in sorted(quotes, key=lambda quote: quote.confirmed_at)}
    names = " and ".join(newest[source].provenance for source in sorted(newest))
    clocks = [quote.playback for quote in newest.values() if quote.playback is not None]
    text = names if usable else f"{names} (expired)"
    return PriceSourceView(_find_origin(quotes), text, status.services, clocks[-1] if clocks else None)


def is_asking_nobody(status: OracleStatus) -> bool:
    """Whether no price can come: it is this program that says them, and it was told to ask nobody.

    On a shared store others may say them until it is this program's turn.
    """
    return status.is_generating and any(notice.code is OracleCode.PRICES_OFFLINE for notice in status.notices)


def are_all_idle(status: OracleStatus) -> bool:
    """Whether none of the services that this program itself asks speaks for anything that is wanted."""
    idle = [service.state is SourceState.IDLE for service in status.services]
    return status.is_generating and bool(idle) and all(idle)


def find_unpriced(
    board: QuoteBoard, bindings: Iterable[Binding], notices: Iterable[Reason], now: float
) -> tuple[Binding, ...]:
    """Return what is bound and has no price that holds, without those of which the source itself says so."""
    said = {notice["offering"] for notice in notices if notice.code is OracleCode.PRICE_NOT_SIMULATED}
    return tuple(
        binding
        for binding in bindings
        if board.find_usable(binding.context, binding.offering, now) is None
        if str(binding.offering) not in said
    )


def _find_origin(quotes: Sequence[Quote]) -> PriceOrigin:
    modes = {quote.mode for quote in quotes}
    return PriceOrigin(modes.pop()) if len(modes) == 1 else PriceOrigin.MIXED


def _is_same(one: _Inputs, other: _Inputs) -> bool:
    """Whether the view would be the same, but for when it was read."""
    before, after = one.site.cluster, other.site.cluster
    return (
        _cost_the_same(one, other)
        and are_same(one.main, other.main)
        and (before.find_unread(), before.provider, before.region, before.is_complete, before.uid)
        == (after.find_unread(), after.provider, after.region, after.is_complete, after.uid)
        and one.permission == other.permission
    )


def _cost_the_same(one: _Inputs, other: _Inputs) -> bool:
    """Whether no workload's view has changed: a new quote of the same price changes none."""
    before, after = one.site.cluster, other.site.cluster
    return (
        before.workloads is after.workloads
        and before.nodes is after.nodes
        and before.health is after.health
        and before.outdated == after.outdated
        and one.node_prices == other.node_prices
    )


def _build_workloads(
    site: Site, board: QuoteBoard, now: float, before: Sequence[WorkloadView] = ()
) -> tuple[WorkloadView, ...]:
    """Build the views of a cluster's workloads; one that is equal to the one before is that one."""
    known = {view.key: view for view in before}
    #: requests of a pod and where the pods are -> what one costs: most workloads are of a few sizes.
    rates: dict[tuple[Resources | None, Hosts | None], Decimal | None] = {}
    views = []
    cluster = site.cluster
    is_known = cluster.health is Health.REACHABLE and WatchedKind.DEPLOYMENTS not in cluster.outdated
    for workload in cluster.workloads:
        asked, hosts = (workload.requests, workload.hosts), workload.hosts
        if asked not in rates:
            price = price_running(site, workload.requests, board, now, hosts=hosts)
            rates[asked] = price.usd_per_hour
        view = _build_workload_view(workload, is_known, rates[asked])
        views.append(known[view.key] if known.get(view.key) == view else view)
    return tuple(views)


def _count_nodes(cluster: Cluster) -> int | None:
    """None where they were not listed, or too long ago."""
    is_known = cluster.is_complete and WatchedKind.NODES not in cluster.outdated
    return len(cluster.nodes) if is_known else None


def _build_workload_view(workload: Workload, is_known: bool, rate: Decimal | None) -> WorkloadView:
    """`is_known`: whether it is as it was seen."""
    return WorkloadView(
        key=workload.key,
        desired_replicas=workload.desired_replicas,
        ready_replicas=workload.ready_replicas if is_known else None,
        usd_per_day=price_day(rate, workload.desired_replicas) if rate is not None else None,
        state_gb=workload.state_gb,
        immovable_reasons=workload.immovable_reasons,
        state_known_by=workload.state_known_by,
    )


def _to_shown(read_at: Mapping[WatchedKind, float]) -> Mapping[WatchedKind, float]:
    """Whole seconds, so that a busy cluster is not a new view four times a second; no kind looks newer than it is."""
    return {kind: float(math.floor(at)) for kind, at in read_at.items()}


def _to_history(points: Sequence[PricePoint]) -> History:
    """Return the whole series, of many points the first in each step of time, and the newest.

    The steps begin at the same moments in every snapshot, so that only the newest points differ from one to the next.
    """
    shown = points
    if len(points) > MAX_HISTORY_POINTS:
        span_s = points[-1].observed_at - points[0].observed_at
        step_s = 2.0 ** math.ceil(math.log2(span_s / (MAX_HISTORY_POINTS - 2)))
        steps = groupby(points[:-1], key=lambda point: point.observed_at // step_s)
        shown = [*(next(within) for _, within in steps), points[-1]]
    return tuple((point.observed_at, float(point.usd_per_hour)) for point in shown)


def _compute_trend(history: History) -> float | None:
    if len(history) < 2 or history[0][1] <= 0:
        return None
    return history[-1][1] / history[0][1] - 1.0


def _sum_ready(workloads: Sequence[WorkloadView]) -> int | None:
    """The sum, or None as long as one workload's status is older than its spec."""
    known = [view.ready_replicas for view in workloads if view.ready_replicas is not None]
    return sum(known) if len(known) == len(workloads) else None


def _sum_known(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """The sum, or None as soon as one part is unknown: a part of a bill is not the bill."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None
