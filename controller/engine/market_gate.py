"""What a running migration asks before each wave: are writes allowed, and what do both sides cost right now?

Answers from memory, from the fleet picture and the quote board as they are at that moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.clusters.fleet import Cluster, FleetPicture, Workload, WorkloadKey
from controller.clusters.region_manager import RegionManager
from controller.decision.candidates import describe_site
from controller.decision.evaluation import Pricing, price_workload
from controller.decision.price_sources import find_source_obstacle
from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.reasons import Code
from oracle.quotes import QuoteBoard


class MarketGate:
    """The gate of the migration controller; belongs to the engine's loop."""

    def __init__(
        self,
        regions: RegionManager,
        board: Callable[[], QuoteBoard],
        wall_clock: Callable[[], float],
        *,
        accepts_any_prices: bool,
    ) -> None:
        self._regions = regions
        self._board = board
        self._wall_clock = wall_clock
        self._accepts_any_prices = accepts_any_prices

    def is_armed(self, context: str) -> bool:
        """Whether writes to this context are allowed now."""
        return self._regions.is_armed(context)

    def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates | Unpriced:
        """Return what one replica costs per hour on each side, or why nothing may rest on that now."""
        picture = self._regions.picture()
        source_cluster, target_cluster = picture.clusters.get(workload.context), picture.clusters.get(target)
        found = _find_on_either_side(picture, workload, target)
        if source_cluster is None or target_cluster is None or found is None:
            return Unpriced()
        one_replica = replace(found, desired_replicas=1)
        here, there = self._price(source_cluster, one_replica), self._price(target_cluster, one_replica)
        obstacle = find_source_obstacle((here.quote, there.quote), accepts_any=self._accepts_any_prices)
        return _to_unpriced(str(obstacle)) if obstacle is not None else _to_rates(here, there)

    def _price(self, cluster: Cluster, workload: Workload) -> Pricing:
        return price_workload(describe_site(cluster), workload, self._board(), self._wall_clock())


def _to_unpriced(why: str) -> Unpriced:
    return Unpriced(Code.PRICES_NOT_USABLE.because(why=why))


def _to_rates(here: Pricing, there: Pricing) -> MoveRates | Unpriced:
    quotes = [pricing.quote for pricing in (here, there) if pricing.quote is not None]
    if here.usd_per_hour is None or there.usd_per_hour is None:
        return _to_unpriced("; ".join(str(pricing.reason) for pricing in (here, there) if pricing.reason))
    return MoveRates(here.usd_per_hour, there.usd_per_hour, min(quote.deadline for quote in quotes))


def _find_on_either_side(picture: FleetPicture, key: WorkloadKey, target: str) -> Workload | None:
    """The source's Deployment, or its copy where the source's is out of sight."""
    for context in (key.context, target):
        found = (
            picture.clusters[context].find_workload(key.namespace, key.name)
            if context in picture.clusters
            else None
        )
        if found is not None:
            return found
    return None
