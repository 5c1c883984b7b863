"""Machines are bought for pods that find no room, as Karpenter does it: by its NodePools, one after the other. Pure."""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.conditions import find_condition
from controller.simulation.api.json_objects import JsonObject, get_path, labels_of, name_of, namespace_of
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.quantities import format_quantity, parse_quantity
from controller.simulation.controllers.node_filters import find_reasons
from controller.simulation.controllers.scheduler import waits_for_node

POOL_LABEL = "karpenter.sh/nodepool"
_COMPONENT = "karpenter"
_SCHEDULING_S = 1.0
"""How long the scheduler is given for a new node before another one is bought."""


class NodePoolLoop:
    name: ClassVar[str] = "node-pools"
    reaction_s: ClassVar[float] = 0.05

    def __init__(self, purchase_s: float, make_node: Callable[[float], JsonObject]) -> None:
        """
        Args:
            purchase_s: from a pod without a node to a new node that is Ready; endless: the cloud has no machine.
            make_node: builds the object of a new node, given the time.
        """
        self._purchase_s = purchase_s
        self._make_node = make_node
        self._arrivals: dict[str, float] = {}
        """Pool → when the machine that it has bought is there."""

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        if event.kind is kinds.PODS and event.type != "DELETED" and _is_unschedulable(event.current):
            yield namespace_of(event.current), name_of(event.current)

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        if self._receive(state, now):
            return now + _SCHEDULING_S
        pod = state.store.get(kinds.PODS, *key)
        pools = state.store.list_of(kinds.NODE_POOLS)
        if pod is None or not pools or not _is_unschedulable(pod):
            return None
        for pool in pools:
            if name_of(pool) in self._arrivals:
                return self._arrivals[name_of(pool)] + _SCHEDULING_S
            machine = self._make_node(now)
            if not _has_room_left(pool, machine):
                message = f"all available instance types exceed limits for nodepool: {name_of(pool)}"
            elif find_reasons(pod, machine, _allocatable(machine), []):
                message = f"incompatible with nodepool {name_of(pool)}"
            elif math.isinf(self._purchase_s):
                message = f"nodepool {name_of(pool)}: the cloud has no capacity of any of its types"
            else:
                self._arrivals[name_of(pool)] = now + self._purchase_s
                _tell(state, pod, "Nominated", f"Pod should schedule on: nodeclaim/{name_of(pool)}", now)
                return now + self._purchase_s
            _tell(state, pod, "FailedScheduling", f"Failed to schedule pod, {message}", now)
        return None

    def _receive(self, state: ClusterState, now: float) -> bool:
        """Let the machines join that have been bought; returns whether any has."""
        arrived = [name for name, arrival in self._arrivals.items() if arrival <= now]
        for name in arrived:
            del self._arrivals[name]
            machine = self._make_node(now)
            labels = {**labels_of(machine), POOL_LABEL: name}
            state.create(kinds.NODES, {**machine, "metadata": {**machine["metadata"], "labels": labels}}, now)
            _count_used(state, name)
        return bool(arrived)


def _is_unschedulable(pod: JsonObject) -> bool:
    scheduled = find_condition(get_path(pod, "status", "conditions", default=[]), "PodScheduled")
    return waits_for_node(pod) and scheduled is not None and scheduled["status"] == "False"


def _allocatable(machine: JsonObject) -> dict[str, Decimal]:
    return {name: parse_quantity(text) for name, text in machine["status"]["allocatable"].items()}


def _has_room_left(pool: JsonObject, machine: JsonObject) -> bool:
    """Whether its limits leave room for one more machine."""
    used = get_path(pool, "status", "resources", default={})
    return all(
        parse_quantity(used.get(name, "0")) + parse_quantity(machine["status"]["capacity"][name])
        <= parse_quantity(limit)
        for name, limit in get_path(pool, "spec", "limits", default={}).items()
    )


def _count_used(state: ClusterState, name: str) -> None:
    pool = state.store.get(kinds.NODE_POOLS, "", name)
    if pool is None:
        return
    bought = [node for node in state.store.list_of(kinds.NODES) if labels_of(node).get(POOL_LABEL) == name]
    resources = {
        resource: format_quantity(
            sum((parse_quantity(node["status"]["capacity"][resource]) for node in bought), Decimal(0))
        )
        for resource in ("cpu", "memory")
    }
    status = {**pool.get("status", {}), "resources": resources}
    state.update_status(kinds.NODE_POOLS, pool, status)


def _tell(state: ClusterState, pod: JsonObject, reason: str, message: str, now: float) -> None:
    state.record_event(pod, reason, message, now, source=_COMPONENT, warning=reason == "FailedScheduling")
