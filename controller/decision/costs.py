"""What a workload costs per hour on a node type, and what a move costs once. Pure.

A pod costs its share of the node it runs on: the larger of its share of CPU and of memory, because the larger
one is what fills the node. Hourly rates are rounded to 1e-9 USD, so that every sum and product after that is
exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

from controller.clusters.fleet import Node, Resources, Workload
from oracle.quotes import Quote

#: Rates are rounded to this, USD per hour. A millionth of a cent per day at most; keeps later arithmetic
#: exact.
RATE_STEP = Decimal("1e-9")

#: A pod that took more of its node would not run there. Such a size is a mistake or malice in what the node says, and
#: no price follows from it.
MAX_NODE_SHARE = 1000


def compute_node_share(requests: Resources, allocatable: Resources) -> Decimal | None:
    """The share of a node that one pod takes: the larger of CPU and memory; None where no sensible size is known."""
    if allocatable.cpu_cores <= 0 or allocatable.memory_gib <= 0:
        return None
    cpu = Decimal(repr(requests.cpu_cores)) / Decimal(repr(allocatable.cpu_cores))
    memory = Decimal(repr(requests.memory_gib)) / Decimal(repr(allocatable.memory_gib))
    share = max(cpu, memory)
    return share if share <= MAX_NODE_SHARE else None


def compute_workload_rate(node_usd_per_hour: Decimal, node_share: Decimal, replicas: int) -> Decimal:
    """USD per hour of all replicas."""
    return (node_usd_per_hour * node_share * replicas).quantize(RATE_STEP)


class NodeRates:
    """What workloads cost on the nodes that a quote is of; remembers each size of pod that it was asked for."""

    def __init__(self, nodes: Iterable[Node], quote: Quote) -> None:
        sizes = [node.allocatable for node in nodes if node.offering == quote.offering]
        self._smallest = (
            Resources(min(s.cpu_cores for s in sizes), min(s.memory_gib for s in sizes)) if sizes else None
        )
        self._usd_per_hour = quote.usd_per_hour
        #: requests of a pod -> its share of a node, None where no sensible one is known.
        self._shares: dict[Resources, Decimal | None] = {}

    def price(self, workload: Workload) -> Decimal | None:
        """Return USD per hour of all replicas; None where requests or nodes are unknown."""
        requests = workload.requests
        if requests is None or self._smallest is None:
            return None
        if requests not in self._shares:
            self._shares[requests] = compute_node_share(requests, self._smallest)
        share = self._shares[requests]
        if share is None:
            return None
        return compute_workload_rate(self._usd_per_hour, share, workload.desired_replicas)


def plan_wave_sizes(replicas: int, wave_share: Decimal) -> tuple[int, ...]:
    """How many pods move in each wave: one as a canary, then `wave_share` of all, rounded up.

    The canary is the only true test of image pulls, webhooks and room on nodes; a dry run schedules nothing.
    """
    if replicas <= 0:
        return ()
    step = max(1, math.ceil(wave_share * replicas))
    rest = replicas - 1
    sizes = [1] + [step] * (rest // step)
    return (*sizes, rest % step) if rest % step else tuple(sizes)


def compute_overlap_usd(
    wave_sizes: Sequence[int],
    wave_h: Decimal,
    source_usd_per_hour: Decimal,
    target_usd_per_hour: Decimal,
) -> Decimal:
    """What the move costs more than one that took no time: pods that run twice, and savings that begin late.

    A pod of wave i (from 1) runs in the target from (i-1)·wave_h and in the source until i·wave_h. Against a
    move in no time it pays the source i·wave_h longer and the target (i-1)·wave_h shorter, which is wave_h of
    the target plus i·wave_h of the rate difference. Rates are of all replicas together.
    """
    replicas = sum(wave_sizes)
    if replicas == 0:
        return Decimal(0)
    gain = max(Decimal(0), source_usd_per_hour - target_usd_per_hour)
    late_pod_waves = sum(number * size for number, size in enumerate(wave_sizes, start=1))
    late = (gain * wave_h * late_pod_waves / replicas).quantize(RATE_STEP)
    return target_usd_per_hour * wave_h + late
