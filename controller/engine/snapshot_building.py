"""Joins what the wings of the engine know into one frozen snapshot. Pure.

The price that a context shows is the one of its most common instance type; a workload's cost is its share of the nodes
that it would run on at their price, and None where anything of it is unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from controller.clusters.fleet import Cluster, FleetPicture, Health, Workload
from controller.contract.snapshots import ContextView, PriceOrigin, PriceSourceView, WorkloadView
from controller.decision.sites import Site, describe_site, price_replica
from oracle.binding import Binding
from oracle.market import Offering, Region
from oracle.quotes import Quote, QuoteBoard

#: Points of price history that a snapshot carries for each context: a chart is about that many pixels wide.
MAX_HISTORY_POINTS = 240

#: (Unix seconds, USD per hour), oldest first.
History = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """What the oracle knows at one moment: (context, offering) -> history, offering -> on-demand price."""

    board: QuoteBoard
    histories: Mapping[tuple[str, Offering], History]
    on_demand: Mapping[Offering, Decimal]


def build_context_views(
    picture: FleetPicture, prices: PriceFacts, places: Mapping[str, Region], armed: frozenset[str], now: float
) -> tuple[ContextView, ...]:
    """Return one view for each context, in the picture's order. `places` maps region keys to regions."""
    return tuple(
        _build_context_view(cluster, prices, places, cluster.context in armed, now)
        for cluster in picture.clusters.values()
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
    names = " and ".join(sorted({quote.source for quote in quotes}))
    return PriceSourceView(_find_origin(quotes), names if usable else f"{names} (expired)")


def _find_origin(quotes: Sequence[Quote]) -> PriceOrigin:
    kinds = {quote.is_simulated for quote in quotes}
    if len(kinds) > 1:
        return PriceOrigin.MIXED
    return PriceOrigin.SIMULATED if True in kinds else PriceOrigin.RECORDED


def main_offering(cluster: Cluster) -> Offering | None:
    """Return the offering that most nodes of a cluster run on, None where no node says what it is."""
    counts = Counter(node.offering for node in cluster.nodes if node.offering is not None)
    if not counts:
        return None
    most = max(counts.values())
    return min(offering for offering, count in counts.items() if count == most)


def _build_context_view(
    cluster: Cluster, prices: PriceFacts, places: Mapping[str, Region], armed: bool, now: float
) -> ContextView:
    offering = main_offering(cluster)
    quote = prices.board.find(cluster.context, offering) if offering else None
    known = prices.histories.get((cluster.context, offering), ()) if offering else ()
    history = tuple(known[-MAX_HISTORY_POINTS:])
    place = places.get(f"{cluster.provider}/{cluster.region}")
    site = describe_site(cluster)
    workloads = tuple(_build_workload_view(w, site, prices.board, now) for w in cluster.workloads)
    return ContextView(
        context=cluster.context,
        provider=cluster.provider,
        region=cluster.region,
        city=place.city if place else None,
        latitude_degrees=place.latitude_degrees if place else None,
        longitude_degrees=place.longitude_degrees if place else None,
        instance_type=offering.instance_type if offering else None,
        health=cluster.health,
        health_reason=cluster.reason,
        armed=armed,
        quote=quote,
        on_demand_usd_per_hour=prices.on_demand.get(offering) if offering else None,
        trend=_compute_trend(history),
        history=history,
        workloads=workloads,
        usd_per_day=_sum_known([view.usd_per_day for view in workloads]),
        node_count=len(cluster.nodes) if cluster.is_complete else None,
        ready_replicas=_sum_ready(workloads),
        desired_replicas=sum(workload.desired_replicas for workload in cluster.workloads),
    )


def _build_workload_view(workload: Workload, site: Site, board: QuoteBoard, now: float) -> WorkloadView:
    rate = price_replica(site, workload.requests, board, now).usd_per_hour
    return WorkloadView(
        key=workload.key,
        desired_replicas=workload.desired_replicas,
        ready_replicas=workload.ready_replicas if site.cluster.health is Health.REACHABLE else None,
        usd_per_day=rate * workload.desired_replicas * 24 if rate is not None else None,
        state_gb=workload.state_gb,
        obstacles=workload.obstacles,
    )


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
