"""What a pod's fields say about it. Pure."""

from decimal import Decimal

from controller.simulation.api.json_objects import JsonObject, get_path, is_deleting
from controller.simulation.api.quantities import parse_quantity
from controller.simulation.api.timestamps import parse_time


def is_finished(pod: JsonObject) -> bool:
    return get_path(pod, "status", "phase") in ("Succeeded", "Failed")


def is_active(pod: JsonObject) -> bool:
    """Counted by its replica set: neither finished nor being deleted."""
    return not is_finished(pod) and not is_deleting(pod)


def node_of(pod: JsonObject) -> str | None:
    name: str | None = get_path(pod, "spec", "nodeName")
    return name


def ready_since(pod: JsonObject) -> float | None:
    """Epoch seconds since when the pod is Ready, or None while it is not."""
    for condition in get_path(pod, "status", "conditions", default=[]):
        if condition["type"] == "Ready" and condition["status"] == "True":
            return parse_time(condition["lastTransitionTime"])
    return None


def available_at(pod: JsonObject, min_ready_s: int) -> float | None:
    """Epoch seconds from when the pod counts as available, or None while it is not Ready."""
    since = ready_since(pod)
    return None if since is None else since + min_ready_s


def restart_count(pod: JsonObject) -> int:
    return sum(one.get("restartCount", 0) for one in get_path(pod, "status", "containerStatuses", default=[]))


def resource_requests(pod_spec: JsonObject) -> dict[str, Decimal]:
    """Resource name → requested amount: the containers' sum, or the largest init container where that is more."""
    total: dict[str, Decimal] = {}
    for container in pod_spec.get("containers") or []:
        for name, text in get_path(container, "resources", "requests", default={}).items():
            total[name] = total.get(name, Decimal(0)) + parse_quantity(text)
    for container in pod_spec.get("initContainers") or []:
        for name, text in get_path(container, "resources", "requests", default={}).items():
            total[name] = max(total.get(name, Decimal(0)), parse_quantity(text))
    return total
