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
from controller.migration.gates import MoveRates
from oracle.quotes import QuoteBoard


class MarketGate:
    """The gate of the migration controller; belongs to the engine's loop."""

    def __init__(
        self, regions: RegionManager, board: Callable[[], QuoteBoard], wall_clock: Callable[[], float]
    ) -> None:
        self._regions = regions
        self._board = board
        self._wall_clock = wall_clock

    def is_armed(self, context: str) -> bool:
        """Whether writes to this context are allowed now."""
        return self._regions.is_armed(context)

    def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates | None:
        """Return what one replica costs per hour on each side, None where a price is missing or expired."""
        picture = self._regions.picture()
        source_cluster, target_cluster = picture.clusters.get(workload.context), picture.clusters.get(target)
        found = _find_on_either_side(picture, workload, target)
        if source_cluster is None or target_cluster is None or found is None:
            return None
        one_replica = replace(found, desired_replicas=1)
        source = self._price(source_cluster, one_replica)
        there = self._price(target_cluster, one_replica)
        if source.quote is None or there.quote is None:
            return None
        if source.usd_per_hour is None or there.usd_per_hour is None:
            return None
        deadline = min(source.quote.deadline, there.quote.deadline)
        return MoveRates(source.usd_per_hour, there.usd_per_hour, deadline)

    def _price(self, cluster: Cluster, workload: Workload) -> Pricing:
        return price_workload(describe_site(cluster), workload, self._board(), self._wall_clock())


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
