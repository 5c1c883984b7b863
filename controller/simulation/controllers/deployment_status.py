"""The status of a deployment, computed from its replica sets. Pure."""

from collections.abc import Sequence

from controller.simulation.api.conditions import find_condition, set_condition
from controller.simulation.api.json_objects import JsonObject, get_path, name_of
from controller.simulation.api.timestamps import format_time, parse_time
from controller.simulation.controllers.deployment_scaling import max_unavailable

NO_DEADLINE_S = 2**31 - 1
"""progressDeadlineSeconds that means: never give up."""


def compute_status(
    deployment: JsonObject, newest: JsonObject | None, replica_sets: Sequence[JsonObject], now: float
) -> JsonObject:
    """Counts (zero ones left out) and conditions of the deployment as seen now."""
    counts = _count_replicas(newest, replica_sets)
    old_status = deployment.get("status") or {}
    conditions = list(old_status.get("conditions") or [])
    conditions = _set_available(deployment, counts, conditions, now)
    conditions = _set_progressing(deployment, newest, counts, conditions, now)
    conditions = _set_replica_failure(newest, replica_sets, conditions, now)
    status: JsonObject = {"observedGeneration": deployment["metadata"]["generation"]}
    # Zero counts are left out, but for the newest of the fields, which tells zero from unknown.
    status |= {key: count for key, count in counts.items() if count or key == "terminatingReplicas"}
    status["conditions"] = conditions
    if old_status.get("collisionCount"):
        status["collisionCount"] = old_status["collisionCount"]
    return status


def _count_replicas(newest: JsonObject | None, replica_sets: Sequence[JsonObject]) -> dict[str, int]:
    def total(field: str) -> int:
        return sum(get_path(one, "status", field, default=0) for one in replica_sets)

    available = total("availableReplicas")
    wanted = sum(one["spec"]["replicas"] for one in replica_sets)
    return {
        "replicas": total("replicas"),
        "updatedReplicas": get_path(newest, "status", "replicas", default=0),
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, wanted - available),
        "terminatingReplicas": total("terminatingReplicas"),
    }


def _set_available(
    deployment: JsonObject, counts: dict[str, int], conditions: list[JsonObject], now: float
) -> list[JsonObject]:
    stamp = format_time(now)
    if counts["availableReplicas"] >= deployment["spec"]["replicas"] - max_unavailable(deployment):
        reason, message = "MinimumReplicasAvailable", "Deployment has minimum availability."
        return set_condition(conditions, "Available", "True", reason, message, stamp, lastUpdateTime=stamp)
    reason, message = "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
    return set_condition(conditions, "Available", "False", reason, message, stamp, lastUpdateTime=stamp)


def _set_progressing(
    deployment: JsonObject,
    newest: JsonObject | None,
    counts: dict[str, int],
    conditions: list[JsonObject],
    now: float,
) -> list[JsonObject]:
    old = find_condition(conditions, "Progressing")
    name = name_of(newest) if newest else ""
    verdict = _judge_progress(deployment, newest, counts, old, now)
    if verdict is None:
        return conditions
    status, reason, text = verdict
    stamp = format_time(now)
    return set_condition(
        conditions,
        "Progressing",
        status,
        reason,
        text.format(name),
        stamp,
        # Progress renews the time from which the deadline counts, even where the words stay the same.
        is_renewed=reason == "ReplicaSetUpdated",
        lastUpdateTime=stamp,
    )


def _judge_progress(
    deployment: JsonObject,
    newest: JsonObject | None,
    counts: dict[str, int],
    old: JsonObject | None,
    now: float,
) -> tuple[str, str, str] | None:
    """Status, reason and text (with a place for the replica set's name) of Progressing; None leaves it as it is."""
    name = name_of(newest) if newest else ""
    if _is_done_with(old, name) and counts["replicas"] == counts["updatedReplicas"]:
        # A finished rollout that is being scaled is no new rollout.
        return None
    if newest is not None and (old is None or f'"{name}"' not in old.get("message", "")):
        return "True", "NewReplicaSetCreated", 'Created new replica set "{}"'
    if _is_complete(deployment, counts):
        return "True", "NewReplicaSetAvailable", 'ReplicaSet "{}" has successfully progressed.'
    if _has_progressed(deployment.get("status") or {}, counts):
        return "True", "ReplicaSetUpdated", 'ReplicaSet "{}" is progressing.'
    deadline = progress_deadline_at(deployment, {"conditions": [old] if old else []})
    if deadline is not None and now >= deadline:
        return "False", "ProgressDeadlineExceeded", 'ReplicaSet "{}" has timed out progressing.'
    return None


def _is_complete(deployment: JsonObject, counts: dict[str, int]) -> bool:
    wanted: int = deployment["spec"]["replicas"]
    return counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == wanted


def _is_done_with(progressing: JsonObject | None, name: str) -> bool:
    """The condition says that the rollout of this very replica set is over."""
    if progressing is None or progressing.get("reason") != "NewReplicaSetAvailable":
        return False
    return f'"{name}"' in progressing.get("message", "")


def _has_progressed(before: JsonObject, counts: dict[str, int]) -> bool:
    def old_count(field: str) -> int:
        return int(before.get(field) or 0)

    old_of_old = old_count("replicas") - old_count("updatedReplicas")
    return (
        counts["updatedReplicas"] > old_count("updatedReplicas")
        or counts["replicas"] - counts["updatedReplicas"] < old_of_old
        or counts["readyReplicas"] > old_count("readyReplicas")
        or counts["availableReplicas"] > old_count("availableReplicas")
    )


def _set_replica_failure(
    newest: JsonObject | None, replica_sets: Sequence[JsonObject], conditions: list[JsonObject], now: float
) -> list[JsonObject]:
    """Hand a replica set's failure to create pods on to the deployment."""
    for replica_set in ([newest] if newest else []) + list(replica_sets):
        failure = find_condition(get_path(replica_set, "status", "conditions", default=[]), "ReplicaFailure")
        if failure is not None:
            stamp = format_time(now)
            return set_condition(
                conditions, "ReplicaFailure", "True", failure["reason"], failure["message"], stamp,
                lastUpdateTime=stamp,
            )  # fmt: skip
    return [one for one in conditions if one["type"] != "ReplicaFailure"]


def progress_deadline_at(deployment: JsonObject, status: JsonObject) -> float | None:
    """When a rollout that makes no progress is reported as failed; None while no clock runs."""
    progressing = find_condition(status.get("conditions") or [], "Progressing")
    limit_s = get_path(deployment, "spec", "progressDeadlineSeconds", default=NO_DEADLINE_S)
    if progressing is None or progressing["status"] != "True" or limit_s == NO_DEADLINE_S:
        return None
    if progressing["reason"] == "NewReplicaSetAvailable":
        return None
    return parse_time(progressing["lastUpdateTime"]) + float(limit_s)
