"""The scheduler: binds each pod to a node that has room for it, or says why none has. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.conditions import set_condition
from controller.simulation.api.json_objects import (
    JsonObject,
    get_path,
    is_deleting,
    labels_of,
    name_of,
    namespace_of,
)
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.pods import is_finished, node_of
from controller.simulation.api.quantities import parse_quantity
from controller.simulation.api.timestamps import format_time
from controller.simulation.controllers.node_filters import find_reasons, needs_of
from controller.simulation.controllers.pod_filters import PodFilters

_COPIED_LABELS = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
"""Labels of its node that a pod is given when it is bound."""


class SchedulerLoop:
    name: ClassVar[str] = "scheduler"
    reaction_s: ClassVar[float] = 0.05

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        if event.kind is kinds.PODS and event.type == "ADDED" and waits_for_node(event.current):
            yield namespace_of(event.current), name_of(event.current)
        if _may_free_room(event):
            for pod in state.store.list_of(kinds.PODS):
                if waits_for_node(pod):
                    yield namespace_of(pod), name_of(pod)

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        pod = state.store.get(kinds.PODS, *key)
        if pod is None or not waits_for_node(pod):
            return None
        free = _free_resources(state)
        nodes = state.store.list_of(kinds.NODES)
        refusals = _find_refusals(state, pod, nodes, free)
        fitting = [node for node in nodes if not refusals[name_of(node)]]
        if fitting:
            # The emptiest node first: spreads replicas, as the real scheduler's default scores do.
            best = max(fitting, key=lambda node: (free[name_of(node)].get("cpu", Decimal(0)), name_of(node)))
            _bind(state, pod, best, now)
        else:
            _report_unschedulable(
                state, pod, len(nodes), [why for one in refusals.values() for why in one], now
            )
        return None


def waits_for_node(pod: JsonObject) -> bool:
    """Whether a pod is to run and has no node yet."""
    return node_of(pod) is None and not is_finished(pod) and not is_deleting(pod)


def _may_free_room(event: StoreEvent) -> bool:
    if event.kind is kinds.NODES:
        before = event.previous or {}
        return event.type == "ADDED" or any(
            get_path(before, *path) != get_path(event.current, *path)
            for path in (("spec",), ("metadata", "labels"), ("status", "allocatable"))
        )
    if event.kind is not kinds.PODS or node_of(event.current) is None:
        return False
    return event.type == "DELETED" or (is_finished(event.current) and not is_finished(event.previous or {}))


def _free_resources(state: ClusterState) -> dict[str, dict[str, Decimal]]:
    """Node name → resource name → what is not requested yet."""
    free = {
        name_of(node): {key: parse_quantity(text) for key, text in node["status"]["allocatable"].items()}
        for node in state.store.list_of(kinds.NODES)
    }
    for pod in state.store.list_of(kinds.PODS):
        room = free.get(node_of(pod) or "")
        if room is None or is_finished(pod):
            continue
        for resource, amount in needs_of(pod["spec"]).items():
            room[resource] = room.get(resource, Decimal(0)) - amount
    return free


def _find_refusals(
    state: ClusterState, pod: JsonObject, nodes: Sequence[JsonObject], free: dict[str, dict[str, Decimal]]
) -> dict[str, list[str]]:
    """Node name → why it does not take a pod, in the scheduler's words; empty: it does."""
    there: dict[str, list[JsonObject]] = {name_of(node): [] for node in nodes}
    for other in state.store.list_of(kinds.PODS):
        if (name := node_of(other)) in there and not is_finished(other):
            there[name].append(other)
    placed = [(other, node) for node in nodes for other in there[name_of(node)]]
    filters = PodFilters(pod, nodes, placed)
    refusals = {}
    for node in nodes:
        reasons = find_reasons(pod, node, free[name_of(node)], there[name_of(node)])
        by_pods = None if reasons else filters.find_reason(node)
        refusals[name_of(node)] = [by_pods] if by_pods is not None else reasons
    return refusals


def _bind(state: ClusterState, pod: JsonObject, node: JsonObject, now: float) -> None:
    status = pod.get("status") or {}
    conditions = set_condition(
        status.get("conditions") or [], "PodScheduled", "True", "", "", format_time(now)
    )
    places = {key: text for key, text in labels_of(node).items() if key in _COPIED_LABELS}
    bound = {
        **pod,
        "metadata": {**pod["metadata"], "labels": {**labels_of(pod), **places}},
        "spec": {**pod["spec"], "nodeName": name_of(node)},
        "status": {**status, "conditions": conditions},
    }
    state.store.put(kinds.PODS, bound)
    message = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {name_of(node)}"
    state.record_event(pod, "Scheduled", message, now, source="default-scheduler")


def _report_unschedulable(
    state: ClusterState, pod: JsonObject, nodes: int, refusals: list[str], now: float
) -> None:
    reasons = ", ".join(f"{count} {why}" for why, count in sorted(Counter(refusals).items()))
    message = (
        f"0/{nodes} nodes are available: {reasons}." if refusals else "no nodes available to schedule pods"
    )
    status = pod.get("status") or {}
    old = status.get("conditions") or []
    conditions = set_condition(old, "PodScheduled", "False", "Unschedulable", message, format_time(now))
    if conditions != old:
        state.update_status(kinds.PODS, pod, {**status, "phase": "Pending", "conditions": conditions})
        state.record_event(pod, "FailedScheduling", message, now, source="default-scheduler", warning=True)
