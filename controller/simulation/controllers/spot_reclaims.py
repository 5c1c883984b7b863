"""The clouds take spot nodes back: announced, drained, gone, and after a while replaced. Pure.

Notice periods are the vendors': two minutes on AWS, half a minute on Azure and Google Cloud. The taints are those of
the vendors' own handlers.
"""

import random
from collections.abc import Callable, Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.deletion import delete_object
from controller.simulation.api.json_objects import JsonObject, get_path, is_deleting, name_of, uid_of
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.pods import node_of
from controller.simulation.api.timestamps import format_time, parse_time

_NOTICES: dict[str, tuple[str, float]] = {
    "aws": ("aws-node-termination-handler/spot-itn", 120.0),
    "gcp": ("cloud.google.com/impending-node-termination", 30.0),
    "azure": ("remediator.kubernetes.azure.com/unschedulable", 30.0),
}
"""Provider → (taint of an announced reclaim, seconds from the notice to the end)."""
_REPLACEMENT_S = (45.0, 150.0)
"""Bounds of the time until a replacement node has joined. [estimate]"""
_DAY_S = 86_400.0


class SpotReclaimLoop:
    name: ClassVar[str] = "spot-reclaim"
    reaction_s: ClassVar[float] = 0.0

    def __init__(
        self,
        provider: str,
        node_count: int,
        mean_days: float | None,
        make_node: Callable[[float], JsonObject],
    ) -> None:
        """
        Args:
            node_count: size that the pool is brought back to.
            mean_days: mean life of a node; None means that nodes live for ever.
            make_node: builds the object of a replacement, given the time.
        """
        self._provider = provider
        self._taint, self._notice_s = _NOTICES[provider]
        self._node_count = node_count
        self._mean_days = mean_days
        self._make_node = make_node
        self._replacements: dict[str, float] = {}
        """Name of a node that has gone → when its replacement joins."""

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        if event.kind is kinds.NODES:
            yield "", name_of(event.current)

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        node = state.store.get(kinds.NODES, *key)
        if node is None:
            return self._replace_missing(state, key[1], now)
        announced_at = self._announced_at(node)
        if announced_at is None:
            reclaim_at = self._reclaim_at(state, node)
            if reclaim_at is None or now < reclaim_at:
                return reclaim_at
            announce_reclaim(state, node, self._provider, now)
            return now + self._notice_s
        if now < announced_at + self._notice_s:
            return announced_at + self._notice_s
        _take_away(state, node)
        return None

    def _announced_at(self, node: JsonObject) -> float | None:
        for taint in get_path(node, "spec", "taints", default=[]):
            if taint["key"] == self._taint:
                return parse_time(taint["timeAdded"])
        return None

    def _reclaim_at(self, state: ClusterState, node: JsonObject) -> float | None:
        if self._mean_days is None:
            return None
        chance = random.Random(f"{state.seed}/reclaim/{uid_of(node)}")
        life_s = chance.expovariate(1.0 / (self._mean_days * _DAY_S))
        return parse_time(node["metadata"]["creationTimestamp"]) + life_s

    def _replace_missing(self, state: ClusterState, gone: str, now: float) -> float | None:
        """Called when a node has gone, and again when its replacement is due."""
        if len(state.store.list_of(kinds.NODES)) >= self._node_count:
            return None
        due_at = self._replacements.setdefault(gone, now + state.chance.uniform(*_REPLACEMENT_S))
        if now < due_at:
            return due_at
        del self._replacements[gone]
        state.create(kinds.NODES, self._make_node(now), now)
        return None


def announce_reclaim(state: ClusterState, node: JsonObject, provider: str, now: float) -> None:
    """Give notice of a reclaim: cordon, taint, and ask the node's pods to end."""
    taint_key, notice_s = _NOTICES[provider]
    taint = {"key": taint_key, "effect": "NoSchedule", "timeAdded": format_time(now)}
    taints = [*get_path(node, "spec", "taints", default=[]), taint]
    state.store.put(kinds.NODES, {**node, "spec": {**node["spec"], "unschedulable": True, "taints": taints}})
    message = f"The cloud takes this spot node back in {notice_s:.0f} seconds"
    state.record_event(node, "SpotInterruption", message, now, source="termination-handler", warning=True)
    for pod in _pods_on(state, node):
        if not is_deleting(pod):
            delete_object(state, kinds.PODS, pod, now)


def _take_away(state: ClusterState, node: JsonObject) -> None:
    for pod in _pods_on(state, node):
        state.store.remove(kinds.PODS, pod["metadata"]["namespace"], name_of(pod))
    state.store.remove(kinds.NODES, "", name_of(node))


def _pods_on(state: ClusterState, node: JsonObject) -> list[JsonObject]:
    return [pod for pod in state.store.list_of(kinds.PODS) if node_of(pod) == name_of(node)]
