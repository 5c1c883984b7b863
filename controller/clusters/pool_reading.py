"""Reads by which pools a cluster buys machines."""

from __future__ import annotations

from controller.clusters import paths
from controller.clusters.json_reading import as_mapping
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import read_items
from controller.clusters.node_pools import MAX_POOLS, NodePool, parse_node_pool


async def read_node_pools(api: KubeApi) -> tuple[NodePool, ...]:
    """Read Karpenter's pools, those of one page: more than anybody has. Raises: ClusterError, also where there is no
    such kind.
    """
    path = paths.collection("nodepools")
    listed = read_items(api.context, path, await api.get(path, params={"limit": str(MAX_POOLS)}))
    found = (parse_node_pool(as_mapping(body)) for body in listed[:MAX_POOLS])
    return tuple(pool for pool in found if pool is not None)
