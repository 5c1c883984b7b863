"""Looks at the nodes of one workload's pods: by their Leases where rights allow, otherwise by the node's condition."""

from __future__ import annotations

from collections.abc import Collection

from controller.clusters import paths
from controller.clusters.kube_api import KubeApi
from controller.clusters.rights import KUBELET_NAMESPACE
from controller.errors import AccessDenied, ObjectNotFound
from controller.migration.protocol.node_lives import (
    Basis,
    NodeSight,
    Renewal,
    look_first,
    parse_readiness,
    parse_renewal,
)
from oracle.foundation.clocks import Clocks

#: How old the last look at a node may be, seconds: as often as a kubelet renews.
LOOK_S = 10.0


class NodeWatch:
    """Remembers what was seen of each node. A right that is missing is asked for once."""

    def __init__(self, api: KubeApi, clocks: Clocks) -> None:
        self._api, self._clocks = api, clocks
        self._sights: dict[str, NodeSight] = {}
        #: node -> when it was looked at last, by what, and what its condition said, where it was asked for that.
        self._looks: dict[str, tuple[float, Basis, bool]] = {}
        self._denied: set[Basis] = set()

    async def find_dead(self, names: Collection[str]) -> tuple[frozenset[str], Basis]:
        """Return the nodes that are known not to live, and by what at least the others are believed to.

        Raises: ClusterError for anything but a missing right or a missing object.
        """
        for name in sorted(names):
            looked = self._looks.get(name)
            if looked is None or self._clocks.counting() - looked[0] > LOOK_S:
                await self._look(name)
        now = self._clocks.counting()
        looks = {name: self._looks[name] for name in names}
        dead = {
            name for name, look in looks.items() if not self._lives(name, look[1], is_ready=look[2], now=now)
        }
        return frozenset(dead), max((basis for _, basis, _ in looks.values()), default=Basis.LEASES)

    def _lives(self, name: str, basis: Basis, *, is_ready: bool, now: float) -> bool:
        return self._sights[name].is_alive(now) if basis is Basis.LEASES else is_ready

    async def _look(self, name: str) -> None:
        asked_at = self._clocks.counting()
        try:
            lease_path, node_path = paths.lease(KUBELET_NAMESPACE, name), paths.item("nodes", name)
        except ValueError:  # no name that a node can have
            self._looks[name] = (asked_at, Basis.PODS, True)
            return
        lease = await self._get(lease_path, Basis.LEASES)
        renewal = parse_renewal(lease) if lease is not None else None
        if renewal is not None:
            self._note_renewal(name, renewal)
            self._looks[name] = (asked_at, Basis.LEASES, True)
            return
        node = await self._get(node_path, Basis.CONDITIONS)
        is_denied = Basis.CONDITIONS in self._denied
        is_ready = parse_readiness(node) if node is not None else None if is_denied else False
        basis = Basis.PODS if is_ready is None else Basis.CONDITIONS
        self._looks[name] = (asked_at, basis, is_ready is not False)

    def _note_renewal(self, name: str, renewal: Renewal) -> None:
        known, now = self._sights.get(name), self._clocks.counting()
        first = look_first(renewal, now, self._clocks.wall())
        self._sights[name] = first if known is None else known.look(renewal, now)

    async def _get(self, path: str, basis: Basis) -> dict[str, object] | None:
        """Return an object; None where there is none, or no right to read it."""
        if basis in self._denied:
            return None
        try:
            return await self._api.get(path)
        except ObjectNotFound:
            return None
        except AccessDenied as error:
            if error.status != 403:  # credentials that have expired are no missing right
                raise
            self._denied.add(basis)
            return None
