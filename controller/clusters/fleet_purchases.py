"""Gives each cluster of a picture the machines that it would buy: their sizes are known from the whole fleet. Pure."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping

from controller.clusters.fleet import Cluster, Node
from controller.clusters.node_pools import NodePool
from controller.clusters.purchases import Machine, list_machines, with_purchases
from controller.clusters.settings import ContextOverride

_SAYS_NOTHING = ContextOverride()


class FleetPurchases:
    """Remembers what it made of each cluster, so that one that has not changed stays the same value."""

    def __init__(self, overrides: Mapping[str, ContextOverride]) -> None:
        self._overrides = overrides
        self._machines: tuple[Machine, ...] = ()
        #: The nodes of each cluster by which they were listed.
        self._seen: list[tuple[Node, ...]] = []
        #: context -> what it was made of, and the cluster that came of it.
        self._made: dict[str, tuple[Cluster, tuple[NodePool, ...], tuple[Machine, ...], Cluster]] = {}

    def complete(
        self, clusters: Mapping[str, Cluster], pools: Mapping[str, tuple[NodePool, ...]]
    ) -> dict[str, Cluster]:
        """Return the clusters with what those that have pools would buy."""
        if not any(pools.values()):
            return dict(clusters)
        self._look_at_machines(clusters.values())
        return {name: self._complete(cluster, pools.get(name, ())) for name, cluster in clusters.items()}

    def _look_at_machines(self, clusters: Collection[Cluster]) -> None:
        """List the types anew where any nodes are others: they are the same value as long as none has changed."""
        seen = [cluster.nodes for cluster in clusters]
        if len(seen) == len(self._seen) and all(map(operator.is_, seen, self._seen)):
            return
        self._seen, machines = seen, list_machines(clusters)
        if machines != self._machines:
            self._machines = machines

    def _complete(self, cluster: Cluster, pools: tuple[NodePool, ...]) -> Cluster:
        if not pools:
            return cluster
        known = self._made.get(cluster.context)
        if known is not None and known[0] is cluster and known[1] == pools and known[2] is self._machines:
            return known[3]
        override = self._overrides.get(cluster.context, _SAYS_NOTHING)
        made = with_purchases(cluster, pools, override, self._machines)
        self._made[cluster.context] = cluster, pools, self._machines, made
        return made
