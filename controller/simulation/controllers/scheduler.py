"""The scheduler: binds each pod to a node that has room for it, or says why none has. Pure."""

from collections import Counter
from collections.abc import Iterable
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
from controller.simulation.api.pods import is_finished, node_of, resource_requests
from controller.simulation.api.quantities import parse_quantity
from controller.simulation.api.selectors import matches_expression
from controller.simulation.api.timestamps import format_time

_COPIED_LABELS = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
"""Labels of its node that a pod is given when it is bound."""


class SchedulerLoop:
    name: ClassVar[str] = "scheduler"
    reaction_s: ClassVar[float] = 0.05

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        if event.kind is kinds.PODS and event.type == "ADDED" and _waits_for_node(event.current):
            yield namespace_of(event.current), name_of(event.current)
        if _may_free_room(event):
            for pod in state.store.list_of(kinds.PODS):
                if _waits_for_node(pod):
                    yield namespace_of(pod), name_of(pod)

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        pod = state.store.get(kinds.PODS, *key)
        if pod is None or not _waits_for_node(pod):
            return None
        free = _free_resources(state)
        nodes = state.store.list_of(kinds.NODES)
        refusals = {name_of(node): why_not(pod, node, free[name_of(node)]) for node in nodes}
        fitting = [node for node in nodes if refusals[name_of(node)] is None]
        if fitting:
            # The emptiest node first: spreads replicas, as the real scheduler's default scores do.
            best = max(fitting, key=lambda node: (free[name_of(node)].get("cpu", Decimal(0)), name_of(node)))
            _bind(state, pod, best, now)
        else:
            _report_unschedulable(state, pod, [why for why in refusals.values() if why], now)
        return None


def _waits_for_node(pod: JsonObject) -> bool:
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
        for resource, amount in {**resource_requests(pod["spec"]), "pods": Decimal(1)}.items():
            room[resource] = room.get(resource, Decimal(0)) - amount
    return free


def why_not(pod: JsonObject, node: JsonObject, free: dict[str, Decimal]) -> str | None:
    """Why a pod does not fit on a node, in the scheduler's words, or None if it does."""
    spec = pod["spec"]
    if get_path(node, "spec", "unschedulable", default=False) and not _tolerates_unschedulable(spec):
        return "node(s) were unschedulable"
    for taint in get_path(node, "spec", "taints", default=[]):
        if taint["effect"] in ("NoSchedule", "NoExecute") and not tolerates(spec, taint):
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    if not _matches_node_selection(spec, labels_of(node)):
        return "node(s) didn't match Pod's node affinity/selector"
    for resource, amount in {**resource_requests(spec), "pods": Decimal(1)}.items():
        if amount > free.get(resource, Decimal(0)):
            return "Too many pods" if resource == "pods" else f"Insufficient {resource}"
    return None


def tolerates(pod_spec: JsonObject, taint: JsonObject) -> bool:
    for one in pod_spec.get("tolerations") or []:
        if one.get("effect") not in (None, "", taint["effect"]):
            continue
        if one.get("operator", "Equal") == "Exists" and one.get("key") in (None, "", taint["key"]):
            return True
        if one.get("key") == taint["key"] and one.get("value", "") == taint.get("value", ""):
            return True
    return False


def _tolerates_unschedulable(pod_spec: JsonObject) -> bool:
    return tolerates(pod_spec, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})


def _matches_node_selection(pod_spec: JsonObject, labels: dict[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in (pod_spec.get("nodeSelector") or {}).items()):
        return False
    terms = get_path(
        pod_spec,
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
    )
    return terms is None or any(
        all(matches_expression(one, labels) for one in term.get("matchExpressions") or []) for term in terms
    )


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


def _report_unschedulable(state: ClusterState, pod: JsonObject, refusals: list[str], now: float) -> None:
    reasons = ", ".join(f"{count} {why}" for why, count in sorted(Counter(refusals).items()))
    message = (
        f"0/{len(refusals)} nodes are available: {reasons}."
        if refusals
        else "no nodes available to schedule pods"
    )
    status = pod.get("status") or {}
    old = status.get("conditions") or []
    conditions = set_condition(old, "PodScheduled", "False", "Unschedulable", message, format_time(now))
    if conditions != old:
        state.update_status(kinds.PODS, pod, {**status, "phase": "Pending", "conditions": conditions})
        state.record_event(pod, "FailedScheduling", message, now, source="default-scheduler", warning=True)
