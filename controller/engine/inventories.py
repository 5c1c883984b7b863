"""Remembers what somebody has found to travel, stay and break with a workload, as facts for the rules.

It says nothing about a workload that has changed since, and nothing for ever: what is found are objects that no watch
follows. Belongs to the engine's loop.
"""

from __future__ import annotations

from controller.clusters.fleet import Cluster, FleetPicture, Workload, WorkloadKey
from controller.contract.inventory import INVENTORY_LIFE_S, Inventory

#: Workloads of which it is known at once. Arbitrary, far more than people look at within an hour.
MAX_KNOWN = 256


class Inventories:
    """The newest inventory of each workload that somebody has looked at."""

    def __init__(self) -> None:
        #: workload -> as it was when it was looked at, and what was found.
        self._known: dict[WorkloadKey, tuple[Workload, Inventory]] = {}
        #: context -> the cluster with which the workloads there were last compared.
        self._compared: dict[str, Cluster | None] = {}

    def note(self, workload: Workload, inventory: Inventory) -> None:
        """Take in what was found; beyond the limit, what was found first is forgotten."""
        self._known.pop(workload.key, None)
        self._known[workload.key] = workload, inventory
        self._compared.pop(workload.key.context, None)
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def current(self, picture: FleetPicture, now: float) -> dict[WorkloadKey, Inventory]:
        """Return what is known, without what has changed since and what is too old."""
        for context in {key.context for key in self._known}:
            self._compare(context, picture.clusters.get(context))
        return {
            key: inventory
            for key, (_, inventory) in self._known.items()
            if now - inventory.looked_at < INVENTORY_LIFE_S
        }

    def _compare(self, context: str, cluster: Cluster | None) -> None:
        """Forget the workloads of a cluster that are not the same Deployments with the same pods any more."""
        if context in self._compared and self._compared[context] is cluster:
            return
        self._compared[context] = cluster
        workloads = () if cluster is None else cluster.workloads
        seen = {w.key: (w.uid, w.template_hash) for w in workloads if w.key in self._known}
        for key, (then, _) in list(self._known.items()):
            if key.context == context and seen.get(key) != (then.uid, then.template_hash):
                del self._known[key]
