"""How objects go away: grace periods, finalizers, and what becomes of their dependents. Pure."""

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.json_objects import JsonObject, get_path, name_of, namespace_of
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.timestamps import format_time

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


def delete_object(
    state: ClusterState,
    kind: ResourceKind,
    value: JsonObject,
    now: float,
    grace_s: int | None = None,
    policy: str = "Background",
) -> JsonObject:
    """Begin or complete a deletion; returns the object as it then is (the last version where it is gone).

    Args:
        grace_s: seconds that a running pod gets; None takes the pod's own.
        policy: `Background`, `Foreground` or `Orphan`, as in DeleteOptions.propagationPolicy.
    """
    finalizers = list(get_path(value, "metadata", "finalizers", default=[]))
    marker = {"Foreground": FOREGROUND, "Orphan": ORPHAN}.get(policy)
    if marker and marker not in finalizers:
        finalizers.append(marker)
    grace = _grace_period(kind, value, grace_s)
    if grace == 0 and not finalizers and kind is not kinds.NAMESPACES:
        return state.store.remove(kind, namespace_of(value), name_of(value)) or value
    return state.store.put(kind, _marked(kind, value, finalizers, grace, now))


def _grace_period(kind: ResourceKind, pod: JsonObject, wanted_s: int | None) -> int:
    """Seconds until the object may vanish; only pods that reached a node get any."""
    never_ran = get_path(pod, "spec", "nodeName") is None
    if kind is not kinds.PODS or never_ran or get_path(pod, "status", "phase") in ("Succeeded", "Failed"):
        return 0
    own = int(get_path(pod, "spec", "terminationGracePeriodSeconds", default=30))
    given = own if wanted_s is None else wanted_s
    already = get_path(pod, "metadata", "deletionGracePeriodSeconds")
    return given if already is None else min(given, int(already))


def _marked(
    kind: ResourceKind, value: JsonObject, finalizers: list[str], grace_s: int, now: float
) -> JsonObject:
    metadata = dict(value["metadata"])
    if finalizers:
        metadata["finalizers"] = finalizers
    if "deletionTimestamp" not in metadata and kind.counts_generation:
        metadata["generation"] = metadata.get("generation", 0) + 1
    if "deletionTimestamp" not in metadata or grace_s < metadata.get("deletionGracePeriodSeconds", 0):
        metadata["deletionTimestamp"] = format_time(now + grace_s)
        metadata["deletionGracePeriodSeconds"] = grace_s
    marked = {**value, "metadata": metadata}
    if kind is kinds.NAMESPACES:
        marked["status"] = {**(value.get("status") or {}), "phase": "Terminating"}
    return marked


def finish_if_released(state: ClusterState, kind: ResourceKind, value: JsonObject) -> bool:
    """Remove an object that is being deleted and has no finalizer left; whether it is gone."""
    metadata = value["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return False
    if kind is kinds.NAMESPACES or metadata.get("deletionGracePeriodSeconds", 0) > 0:
        return False
    state.store.remove(kind, namespace_of(value), name_of(value))
    return True
