"""Two simulated clusters with one workload, and what was seen in them: each change of its scale, each request.

For the benchmarks only. What is seen is taken from the clusters themselves, so that looking costs no request.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.clusters.fleet import WorkloadKey
from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import get_path, name_of
from controller.simulation.api.object_store import StoreEvent
from controller.simulation.api.requests import ApiRequest
from controller.simulation.controllers.kubelet import PodTimings
from controller.simulation.fleet_plan import ClusterPlan, FleetPlan, WorkloadPlan
from controller.simulation.simulated_fleet import SimulatedFleet

SEED = 7
SOURCE, TARGET = "paris", "osaka"
REGIONS = {SOURCE: "eu-west-3", TARGET: "ap-northeast-3"}
INSTANCE_TYPE = "m5.16xlarge"
WORKLOAD = WorkloadKey(SOURCE, "shop", "checkout")
#: Every pod takes the same time, so that two runs differ by who leads them and by nothing else: the demo's median
#: start, and a stop that is near the end of what its pods draw.
TIMINGS = PodTimings(start_median_s=6.0, start_spread=0.0, image_pull_s=(0.0, 0.0), stop_s=(2.0, 2.0))


@dataclass(frozen=True, slots=True)
class Scale:
    """A side's Deployment as it was from a moment on, seconds of the monotonic clock."""

    at_s: float
    context: str
    wanted: int
    available: int
    #: Whether no replica is left: by its newest spec and by its status.
    is_empty: bool


class MovePair:
    """A workload at its source, a target with room for it. Make it with `open_pair`."""

    def __init__(self, fleet: SimulatedFleet) -> None:
        self.servers, self.kubeconfig = fleet.servers(), fleet.kubeconfig
        self.scales: list[Scale] = []
        self._fleet = fleet
        self._requests: list[tuple[str, str]] = []
        self._changed = asyncio.Event()
        for context in REGIONS:
            self._follow(context)
            self._count(context)

    async def wait_until_moved(self, replicas: int) -> None:
        """Return when the target serves with all replicas and the source has none left."""
        while not self._is_moved(replicas):
            self._changed.clear()
            await self._changed.wait()

    def count_requests(self, named: str = "") -> dict[str, int]:
        """Context -> how many requests came so far whose User-Agent has this in it, watches among them."""
        counts = Counter(context for context, agent in self._requests if named in agent)
        return {context: counts[context] for context in REGIONS}

    def _is_moved(self, replicas: int) -> bool:
        newest = {scale.context: scale for scale in self.scales}
        if newest.keys() != REGIONS.keys():
            return False
        return newest[SOURCE].is_empty and newest[TARGET].available >= replicas

    def _follow(self, context: str) -> None:
        def look(event: StoreEvent) -> None:
            if event.kind is kinds.DEPLOYMENTS and name_of(event.current) == WORKLOAD.name:
                self.scales.append(_describe(context, event.current))
                self._changed.set()

        self._fleet.api(context).model.state.store.subscribe(look)

    def _count(self, context: str) -> None:
        """Count what the API is asked. It has no place for a listener, since no cluster tells its clients apart."""
        api: Any = self._fleet.api(context)
        for name in ("handle", "open_watch"):
            setattr(api, name, self._counting(context, getattr(api, name)))

    def _counting(self, context: str, answer: Callable[[ApiRequest], Any]) -> Callable[[ApiRequest], Any]:
        def count(request: ApiRequest) -> Any:
            self._requests.append((context, request.user_agent))
            return answer(request)

        return count


def _describe(context: str, deployment: dict[str, Any]) -> Scale:
    wanted: int = deployment["spec"]["replicas"]
    status = deployment.get("status") or {}
    is_observed = status.get("observedGeneration") == deployment["metadata"].get("generation")
    return Scale(
        time.monotonic(),
        context,
        wanted,
        int(get_path(status, "availableReplicas", default=0)),
        is_observed and not wanted and not get_path(status, "replicas", default=0),
    )


@asynccontextmanager
async def open_pair(replicas: int, folder: Path) -> AsyncIterator[MovePair]:
    """Serve both clusters for as long as the block lasts; the workload runs at its source."""
    async with SimulatedFleet.start(_plan(replicas), SEED, folder, timings=TIMINGS) as fleet:
        yield MovePair(fleet)


def _plan(replicas: int) -> FleetPlan:
    workload = WorkloadPlan(
        WORKLOAD.namespace, WORKLOAD.name, replicas, "250m", "256Mi", "registry.example/shop/checkout:1", "0"
    )
    clusters = tuple(
        ClusterPlan(
            context,
            "aws",
            region,
            (f"{region}a",),
            INSTANCE_TYPE,
            node_count=1,
            workloads=(workload,) if context == SOURCE else (),
            node_cpu="64",
            node_memory="256Gi",
            node_pods=1000,
            namespaces=(WORKLOAD.namespace,),
        )
        for context, region in REGIONS.items()
    )
    return FleetPlan(clusters, reclaim_mean_days=None)
