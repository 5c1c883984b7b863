"""Clusters as places to run in: their groups of equal nodes, and what a replica costs there. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeAlias

from controller.clusters.fleet import Cluster, Node, Resources
from controller.decision.pricing import compute_node_share, count_rate_steps, to_rate
from controller.reasons import Code
from oracle.market import Offering
from oracle.quotes import Quote, QuoteBoard


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """Ready nodes of one offering; `allocatable` is the smallest of them, `largest` the largest, field by field."""

    offering: Offering
    count: int
    allocatable: Resources
    largest: Resources
    architectures: frozenset[str]


#: The nodes that a pod would run on, and its share of one; None where it fits on none or their size is not known.
Place: TypeAlias = tuple[NodeGroup | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster as a place to run in: its groups of ready nodes, the most common one first.

    It remembers what it was asked, because a planning round asks the same of it for every workload.
    """

    cluster: Cluster
    groups: tuple[NodeGroup, ...]
    #: (namespace, name) -> replicas that are wanted of the Deployment.
    replicas: Mapping[tuple[str, str], int]
    #: requests of one pod -> where it would run.
    _found: dict[Resources, Place] = field(default_factory=dict, compare=False)

    @property
    def context(self) -> str:
        """The context's name."""
        return self.cluster.context

    def find_group(self, requests: Resources) -> NodeGroup | None:
        """The nodes that a pod would most likely run on: the most common offering that it fits on."""
        return self.find_place(requests)[0]

    def find_place(self, requests: Resources) -> Place:
        """Those nodes, and the share that a pod takes of one."""
        found = self._found.get(requests)
        if found is None:
            group = next((g for g in self.groups if requests.fits_in(g.largest)), None)
            found = (group, compute_node_share(requests, group.allocatable) if group is not None else None)
            self._found[requests] = found
        return found


def describe_site(cluster: Cluster, known: Site | None = None) -> Site:
    """Group the ready, schedulable nodes of a cluster by what they are bought as.

    `known` is how the same context was described before: what was worked out of equal nodes is kept.
    """
    replicas = {(w.key.namespace, w.key.name): w.desired_replicas for w in cluster.workloads}
    if known is not None and known.cluster.nodes == cluster.nodes:
        return replace(known, cluster=cluster, replicas=replicas)
    nodes = [node for node in cluster.nodes if node.ready and node.schedulable]
    counts = Counter(node.offering for node in nodes if node.offering is not None)
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    groups = tuple(_group([n for n in nodes if n.offering == o], o) for o, _ in ranked)
    return Site(cluster, groups, replicas)


def _group(nodes: Sequence[Node], offering: Offering) -> NodeGroup:
    cpus = [node.allocatable.cpu_cores for node in nodes]
    memories = [node.allocatable.memory_gib for node in nodes]
    return NodeGroup(
        offering=offering,
        count=len(nodes),
        allocatable=Resources(min(cpus), min(memories)),
        largest=Resources(max(cpus), max(memories)),
        architectures=frozenset(node.architecture for node in nodes if node.architecture),
    )


@dataclass(frozen=True, slots=True)
class NodePrice:
    """What one replica costs at a site: the nodes that it would run on, their quote, and its share of them in USD.

    Each is None where it, or the one before it, is not known.
    """

    group: NodeGroup | None
    quote: Quote | None
    usd_per_hour: Decimal | None


def price_replica(site: Site, requests: Resources | None, board: QuoteBoard, now: float) -> NodePrice:
    """What one replica costs per hour at a site at wall time `now`, on its most common fitting node type."""
    group, share = site.find_place(requests) if requests is not None else (None, None)
    if group is None:
        return NodePrice(None, None, None)
    quote = board.find_usable(site.context, group.offering, now)
    steps = price_share(quote, share)
    return NodePrice(group, quote, to_rate(steps) if steps is not None else None)


def price_share(quote: Quote | None, share: Decimal | None) -> int | None:
    """What a share of a node costs per hour, in rate steps; None where its price or its size is not known."""
    return count_rate_steps(quote.usd_per_hour, share) if quote is not None and share is not None else None


def is_same_cluster(source: Site, target: Site) -> bool:
    """Whether two contexts lead to one cluster; a cluster without identity is only itself."""
    uid = source.cluster.uid
    return source.context == target.context or (uid is not None and uid == target.cluster.uid)


def find_price_reason(quote: Quote | None) -> Code:
    """Why the rate of a replica is not known, where the nodes are that it would run on."""
    return Code.PRICE_UNKNOWN if quote is None else Code.NODE_SIZE_UNKNOWN
