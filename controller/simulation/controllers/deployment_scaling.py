"""How a deployment shares its replicas among its replica sets. Pure.

Source: the rolling update and proportional scaling rules of Kubernetes' deployment controller. Never more than
replicas + maxSurge pods, never fewer than replicas - maxUnavailable available ones.
"""

import math
from collections.abc import Sequence

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.json_objects import JsonObject, get_path, name_of

DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
SCALE_ANNOTATIONS = (DESIRED, MAXIMUM)


def max_surge(deployment: JsonObject) -> int:
    return _rolling_limits(deployment)[0]


def max_unavailable(deployment: JsonObject) -> int:
    return _rolling_limits(deployment)[1]


def _rolling_limits(deployment: JsonObject) -> tuple[int, int]:
    """(maxSurge, maxUnavailable) in pods; both zero would never move, so the second is then one."""
    strategy = deployment["spec"]["strategy"]
    replicas: int = deployment["spec"]["replicas"]
    if strategy["type"] != "RollingUpdate" or not replicas:
        return 0, 0
    surge = _share(strategy["rollingUpdate"]["maxSurge"], replicas, round_up=True)
    unavailable = _share(strategy["rollingUpdate"]["maxUnavailable"], replicas, round_up=False)
    return surge, min(replicas, unavailable or (0 if surge else 1))


def _share(amount: int | str, whole: int, *, round_up: bool) -> int:
    if isinstance(amount, int):
        return amount
    exact = int(amount.rstrip("%")) * whole / 100
    return math.ceil(exact) if round_up else math.floor(exact)


def scale_annotations(deployment: JsonObject) -> dict[str, str]:
    replicas = deployment["spec"]["replicas"]
    return {DESIRED: str(replicas), MAXIMUM: str(replicas + max_surge(deployment))}


def initial_replicas(deployment: JsonObject, old: Sequence[JsonObject]) -> int:
    """Size of a replica set that is just being created."""
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        return int(deployment["spec"]["replicas"])
    return _room_for_newest(deployment, 0, old)


def _room_for_newest(deployment: JsonObject, size: int, old: Sequence[JsonObject]) -> int:
    """Size that the newest replica set may grow to, without passing replicas + maxSurge in all."""
    replicas: int = deployment["spec"]["replicas"]
    others: int = sum(one["spec"]["replicas"] for one in old)
    room = replicas + max_surge(deployment) - size - others
    return size + max(0, min(room, replicas - size))


def needs_scaling(deployment: JsonObject, replica_sets: Sequence[JsonObject]) -> bool:
    """Whether spec.replicas changed since the replica sets last heard of it."""
    wanted = str(deployment["spec"]["replicas"])
    return any(
        one["spec"]["replicas"]
        and get_path(one, "metadata", "annotations", DESIRED, default=wanted) != wanted
        for one in replica_sets
    )


def scale_proportionally(
    state: ClusterState, deployment: JsonObject, newest: JsonObject | None, old: list[JsonObject], now: float
) -> None:
    """Follow a changed spec.replicas: all to the only active set, else in proportion to the sizes."""
    replica_sets = ([newest] if newest else []) + old
    active = [one for one in replica_sets if one["spec"]["replicas"]]
    replicas: int = deployment["spec"]["replicas"]
    if len(active) <= 1:
        only = active[0] if active else newest
        if only is not None:
            scale_to(state, deployment, only, replicas, now)
        return
    allowed = replicas + max_surge(deployment) if replicas else 0
    total = sum(one["spec"]["replicas"] for one in active)
    left = allowed - total
    active.sort(key=lambda one: (one["spec"]["replicas"], one is newest), reverse=True)
    sizes = [_proportional_size(one, replicas, allowed, total, left) for one in active]
    sizes[0] = max(0, sizes[0] + allowed - sum(sizes))
    for replica_set, size in zip(active, sizes, strict=True):
        scale_to(state, deployment, replica_set, size, now)


def _proportional_size(replica_set: JsonObject, replicas: int, allowed: int, total: int, left: int) -> int:
    size: int = replica_set["spec"]["replicas"]
    if not replicas:
        return 0
    before = int(get_path(replica_set, "metadata", "annotations", MAXIMUM, default=str(total))) or total
    share = round(size * allowed / before) - size
    return max(0, size + (min(share, left) if left > 0 else max(share, left)))


def roll_forward(
    state: ClusterState, deployment: JsonObject, newest: JsonObject, old: list[JsonObject], now: float
) -> None:
    """One step of a rolling update: grow the newest set if there is room, else shrink the old ones."""
    size: int = newest["spec"]["replicas"]
    replicas: int = deployment["spec"]["replicas"]
    wanted = replicas if size > replicas else _room_for_newest(deployment, size, old)
    if scale_to(state, deployment, newest, wanted, now):
        return
    _shrink_old(state, deployment, newest, old, now)


def _shrink_old(
    state: ClusterState, deployment: JsonObject, newest: JsonObject, old: list[JsonObject], now: float
) -> None:
    needed = deployment["spec"]["replicas"] - max_unavailable(deployment)
    total = newest["spec"]["replicas"] + sum(one["spec"]["replicas"] for one in old)
    newest_unavailable = newest["spec"]["replicas"] - get_path(
        newest, "status", "availableReplicas", default=0
    )
    removable = total - needed - newest_unavailable
    for replica_set in old:
        size: int = replica_set["spec"]["replicas"]
        unhealthy = size - get_path(replica_set, "status", "availableReplicas", default=0)
        taken = min(max(0, removable), unhealthy)
        removable -= taken
        if taken:
            scale_to(state, deployment, replica_set, size - taken, now)
            return
    available = sum(get_path(one, "status", "availableReplicas", default=0) for one in [newest, *old])
    removable = available - needed
    for replica_set in old:
        size = replica_set["spec"]["replicas"]
        taken = min(max(0, removable), size)
        removable -= taken
        scale_to(state, deployment, replica_set, size - taken, now)


def scale_down_all(state: ClusterState, deployment: JsonObject, old: list[JsonObject], now: float) -> bool:
    """Set every old replica set to zero; whether any was not there yet."""
    changed = [scale_to(state, deployment, one, 0, now) for one in old]
    return any(changed)


def scale_to(
    state: ClusterState, deployment: JsonObject, replica_set: JsonObject, size: int, now: float
) -> bool:
    """Resize a replica set and refresh what its annotations know; whether its size changed."""
    before: int = replica_set["spec"]["replicas"]
    annotations = {
        **get_path(replica_set, "metadata", "annotations", default={}),
        **scale_annotations(deployment),
    }
    annotated = {**replica_set, "metadata": {**replica_set["metadata"], "annotations": annotations}}
    stored = state.store.put(kinds.REPLICA_SETS, annotated)
    if before == size:
        return False
    state.update_spec(kinds.REPLICA_SETS, stored, ("replicas",), size)
    word = "up" if size > before else "down"
    message = f"Scaled {word} replica set {name_of(replica_set)} from {before} to {size}"
    state.record_event(deployment, "ScalingReplicaSet", message, now, source="deployment-controller")
    return True
