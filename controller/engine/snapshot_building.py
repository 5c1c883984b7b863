"""Joins what the wings of the engine know into the views of a snapshot, and keeps those of which nothing has changed.

The price that a context shows is the one of its most common instance type; a workload's cost is its share of the nodes
that it would run on at their price, and None where anything of it is unknown. Views are made anew only where one of
their inputs is another object: `contract/changes.py` then finds what differs by identity. Owned by the engine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from controller.clusters.fleet import Cluster, FleetPicture, Health, Resources, Workload
from controller.contract.daily import price_day
from controller.contract.snapshots import ContextView, PriceOrigin, PriceSourceView, WorkloadView
from controller.decision.sites import Site, describe_site, price_replica
from oracle.binding import Binding
from oracle.market import Offering, Region
from oracle.price_history import PricePoint
from oracle.quotes import Quote, QuoteBoard

#: Points of price history that a snapshot carries for each context: a chart is about that many pixels wide.
MAX_HISTORY_POINTS = 240

#: (Unix seconds, USD per hour), oldest first.
History = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """What the oracle knows at one moment: (context, offering) -> history, offering -> on-demand price."""

    board: QuoteBoard
    histories: Mapping[tuple[str, Offering], tuple[PricePoint, ...]]
    on_demand: Mapping[Offering, Decimal]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Everything that one context's view is made of. `node_prices`: of each of its groups of nodes, None: unknown."""

    site: Site
    offering: Offering | None
    quote: Quote | None
    node_prices: tuple[Decimal | None, ...]
    on_demand: Decimal | None
    points: tuple[PricePoint, ...]
    armed: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    inputs: _Inputs
    view: ContextView


class ContextViews:
    """The views of all contexts, kept from one snapshot to the next. `places` maps region keys to regions."""

    def __init__(self, places: Mapping[str, Region]) -> None:
        self._places = places
        self._kept: dict[str, _Kept] = {}

    def build(
        self, picture: FleetPicture, prices: PriceFacts, armed: frozenset[str], now: float
    ) -> tuple[ContextView, ...]:
        """Return one view for each context, in the picture's order; an unchanged one is the same object as before."""
        kept = {}
        for context, cluster in picture.clusters.items():
            before = self._kept.get(context)
            inputs = _collect_inputs(cluster, before, prices, context in armed, now)
            kept[context] = self._update(before, inputs, prices.board, now)
        self._kept = kept
        return tuple(one.view for one in kept.values())

    def _update(self, before: _Kept | None, inputs: _Inputs, board: QuoteBoard, now: float) -> _Kept:
        if before is None:
            workloads = _build_workloads(inputs.site, board, now)
            return _Kept(inputs, self._build_view(inputs, _to_history(inputs.points), workloads))
        known, view = before.inputs, before.view
        if _is_same(known, inputs):
            return before
        history = view.history if known.points is inputs.points else _to_history(inputs.points)
        workloads = (
            view.workloads
            if _cost_the_same(known, inputs)
            else _build_workloads(inputs.site, board, now, view.workloads)
        )
        return _Kept(inputs, self._build_view(inputs, history, workloads))

    def _build_view(
        self, inputs: _Inputs, history: History, workloads: tuple[WorkloadView, ...]
    ) -> ContextView:
        cluster, offering = inputs.site.cluster, inputs.offering
        place = self._places.get(f"{cluster.provider}/{cluster.region}")
        return ContextView(
            context=cluster.context,
            provider=cluster.provider,
            region=cluster.region,
            city=place.city if place else None,
            latitude_degrees=place.latitude_degrees if place else None,
            longitude_degrees=place.longitude_degrees if place else None,
            instance_type=offering.instance_type if offering else None,
            health=cluster.health,
            health_reason=cluster.find_unread(),
            armed=inputs.armed,
            quote=inputs.quote,
            on_demand_usd_per_hour=inputs.on_demand,
            trend=_compute_trend(history),
            history=history,
            workloads=workloads,
            usd_per_day=_sum_known([view.usd_per_day for view in workloads]),
            node_count=len(cluster.nodes) if cluster.is_complete else None,
            ready_replicas=_sum_ready(workloads),
            desired_replicas=sum(workload.desired_replicas for workload in cluster.workloads),
        )


def _collect_inputs(
    cluster: Cluster, before: _Kept | None, prices: PriceFacts, armed: bool, now: float
) -> _Inputs:
    known = before.inputs.site if before is not None else None
    site = describe_site(cluster, known)
    offering = main_offering(cluster)
    usable = (prices.board.find_usable(cluster.context, group.offering, now) for group in site.groups)
    return _Inputs(
        site=site,
        offering=offering,
        quote=prices.board.find(cluster.context, offering) if offering is not None else None,
        node_prices=tuple(quote.usd_per_hour if quote is not None else None for quote in usable),
        on_demand=prices.on_demand.get(offering) if offering is not None else None,
        points=prices.histories.get((cluster.context, offering), ()) if offering is not None else (),
        armed=armed,
    )


def describe_price_source(
    board: QuoteBoard, bindings: Iterable[Binding], own_source: str | None, now: float
) -> PriceSourceView:
    """Say who said the prices of what is bound: those that may be believed, or else the last ones.

    `own_source` names what this program would generate prices from; it is awaited while nothing has come of anything.
    """
    found = (board.find(binding.context, binding.offering) for binding in bindings)
    last = [quote for quote in found if quote is not None]
    if not last:
        return PriceSourceView(PriceOrigin.UNKNOWN, f"{own_source} (awaited)" if own_source else "none yet")
    usable = [quote for quote in last if quote.is_usable(now)]
    quotes = usable or last
    # Of one source the newest quote: a recording has gone on while the others were written.
    newest = {quote.source: quote for quote in sorted(quotes, key=lambda quote: quote.confirmed_at)}
    names = " and ".join(newest[source].provenance for source in sorted(newest))
    return PriceSourceView(_find_origin(quotes), names if usable else f"{names} (expired)")


def _find_origin(quotes: Sequence[Quote]) -> PriceOrigin:
    modes = {quote.mode for quote in quotes}
    return PriceOrigin(modes.pop()) if len(modes) == 1 else PriceOrigin.MIXED


def main_offering(cluster: Cluster) -> Offering | None:
    """Return the offering that most nodes of a cluster run on, None where no node says what it is."""
    counts = Counter(node.offering for node in cluster.nodes if node.offering is not None)
    if not counts:
        return None
    most = max(counts.values())
    return min(offering for offering, count in counts.items() if count == most)


def _is_same(one: _Inputs, other: _Inputs) -> bool:
    """Whether the view would be the same. The moment of the last word from a cluster is not shown in it."""
    before, after = one.site.cluster, other.site.cluster
    return (
        _cost_the_same(one, other)
        and one.points is other.points
        and (before.reason, before.provider, before.region, before.is_complete)
        == (after.reason, after.provider, after.region, after.is_complete)
        and (one.quote, one.on_demand, one.armed) == (other.quote, other.on_demand, other.armed)
    )


def _cost_the_same(one: _Inputs, other: _Inputs) -> bool:
    """Whether no workload's view has changed: a new quote of the same price changes none."""
    before, after = one.site.cluster, other.site.cluster
    return (
        before.workloads is after.workloads
        and before.nodes is after.nodes
        and before.health is after.health
        and one.node_prices == other.node_prices
    )


def _build_workloads(
    site: Site, board: QuoteBoard, now: float, before: Sequence[WorkloadView] = ()
) -> tuple[WorkloadView, ...]:
    """Build the views of a cluster's workloads; one that is equal to the one before is that one."""
    known = {view.key: view for view in before}
    #: requests of a pod -> what one costs: most workloads are of a few sizes.
    rates: dict[Resources | None, Decimal | None] = {}
    views = []
    for workload in site.cluster.workloads:
        if workload.requests not in rates:
            rates[workload.requests] = price_replica(site, workload.requests, board, now).usd_per_hour
        view = _build_workload_view(workload, site.cluster.health, rates[workload.requests])
        views.append(known[view.key] if known.get(view.key) == view else view)
    return tuple(views)


def _build_workload_view(workload: Workload, health: Health, rate: Decimal | None) -> WorkloadView:
    return WorkloadView(
        key=workload.key,
        desired_replicas=workload.desired_replicas,
        ready_replicas=workload.ready_replicas if health is Health.REACHABLE else None,
        usd_per_day=price_day(rate, workload.desired_replicas) if rate is not None else None,
        state_gb=workload.state_gb,
        immovable_reasons=workload.immovable_reasons,
    )


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
