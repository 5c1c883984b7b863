"""Replica sets: create and delete pods until as many live as wanted, and count the ready ones. Pure."""

import math
from collections.abc import Iterable
from typing import ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.admission import check_quota
from controller.simulation.api.cluster_state import ClusterState, owner_reference
from controller.simulation.api.conditions import find_condition, set_condition
from controller.simulation.api.deletion import delete_object
from controller.simulation.api.json_objects import JsonObject, get_path, is_deleting, name_of, namespace_of
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.pods import (
    available_at,
    is_active,
    is_finished,
    node_of,
    ready_since,
    restart_count,
)
from controller.simulation.api.status_errors import ApiError
from controller.simulation.api.timestamps import format_time
from controller.simulation.controllers.loop import keys_of, keys_of_owners

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
RETRY_S = 15.0
"""After a refused creation (quota); the real loop backs off exponentially between 5 ms and 17 min."""


class ReplicaSetLoop:
    name: ClassVar[str] = "replicaset"
    reaction_s: ClassVar[float] = 0.02

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        yield from keys_of(event, kinds.REPLICA_SETS, "ADDED", "MODIFIED")
        if event.kind is kinds.PODS:
            yield from keys_of_owners(event.current, "ReplicaSet")

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        replica_set = state.store.get(kinds.REPLICA_SETS, *key)
        if replica_set is None:
            return None
        failure: ApiError | None = None
        if not is_deleting(replica_set):
            failure = _manage_pods(state, replica_set, now)
        pods = state.owned_by(kinds.PODS, replica_set)
        state.update_status(kinds.REPLICA_SETS, replica_set, _compute_status(replica_set, pods, failure, now))
        times = [
            at for pod in pods if (at := _becomes_available_at(replica_set, pod)) is not None and at > now
        ]
        return min([*times, *([now + RETRY_S] if failure else [])], default=None)


def _manage_pods(state: ClusterState, replica_set: JsonObject, now: float) -> ApiError | None:
    """Create what is missing or delete what is too much; returns why a creation was refused."""
    active = [pod for pod in state.owned_by(kinds.PODS, replica_set) if is_active(pod)]
    missing = replica_set["spec"]["replicas"] - len(active)
    try:
        for _ in range(missing):
            _create_pod(state, replica_set, now)
    except ApiError as refusal:
        message = f"Error creating: {refusal.message}"
        state.record_event(
            replica_set, "FailedCreate", message, now, source="replicaset-controller", warning=True
        )
        return refusal
    if missing < 0:
        for pod in sorted(active, key=_deletion_rank)[:-missing]:
            delete_object(state, kinds.PODS, pod, now)
    return None


def _create_pod(state: ClusterState, replica_set: JsonObject, now: float) -> None:
    template = replica_set["spec"]["template"]
    pod = {
        "metadata": {
            **template.get("metadata", {}), "generateName": name_of(replica_set) + "-",
            "namespace": namespace_of(replica_set), "ownerReferences": [owner_reference(replica_set)],
        },
        "spec": template["spec"],
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    }  # fmt: skip
    pod = state.prepare_new(kinds.PODS, pod, now)
    check_quota(state, pod)
    state.store.put(kinds.PODS, pod)


def _deletion_rank(pod: JsonObject) -> tuple[bool, int, bool, int, float, int]:
    """Small goes first: unassigned, pending, not ready, cheap to delete, ready for the shortest time, restarted."""
    phase_rank = {"Pending": 0, "Unknown": 1}.get(get_path(pod, "status", "phase", default=""), 2)
    cost = int(get_path(pod, "metadata", "annotations", DELETION_COST, default="0"))
    since = ready_since(pod)
    ready_order = -math.inf if since is None else -since
    return node_of(pod) is not None, phase_rank, since is not None, cost, ready_order, -restart_count(pod)


def _becomes_available_at(replica_set: JsonObject, pod: JsonObject) -> float | None:
    return (
        available_at(pod, get_path(replica_set, "spec", "minReadySeconds", default=0))
        if is_active(pod)
        else None
    )


def _compute_status(
    replica_set: JsonObject, pods: list[JsonObject], failure: ApiError | None, now: float
) -> JsonObject:
    active = [pod for pod in pods if is_active(pod)]
    counts = {
        "fullyLabeledReplicas": len(active),
        "readyReplicas": sum(ready_since(pod) is not None for pod in active),
        "availableReplicas": sum(
            at is not None and at <= now for at in (_becomes_available_at(replica_set, pod) for pod in active)
        ),
        "terminatingReplicas": sum(is_deleting(pod) and not is_finished(pod) for pod in pods),
    }
    status: JsonObject = {"replicas": len(active)}
    status |= {key: count for key, count in counts.items() if count or key == "terminatingReplicas"}
    status["observedGeneration"] = replica_set["metadata"]["generation"]
    if failure is not None:
        status["conditions"] = _failure_conditions(replica_set, failure, now)
    return status


def _failure_conditions(replica_set: JsonObject, failure: ApiError, now: float) -> list[JsonObject]:
    """The first refusal stays in its own words; a text with the next pod's name would never come to rest."""
    old = get_path(replica_set, "status", "conditions", default=[])
    if find_condition(old, "ReplicaFailure") is not None:
        return list(old)
    return set_condition(old, "ReplicaFailure", "True", "FailedCreate", failure.message, format_time(now))
