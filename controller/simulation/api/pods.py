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
    """Resource name → requested amount: the sum of what runs all the time, or an init container beside the sidecars
    that were started before it, whichever is more; and the pod's overhead.
    """
    sidecars: dict[str, Decimal] = {}
    peak: dict[str, Decimal] = {}
    for container in pod_spec.get("initContainers") or []:
        wanted = _requests_of(container)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, wanted)
        else:
            for name, amount in wanted.items():
                peak[name] = max(peak.get(name, Decimal(0)), amount + sidecars.get(name, Decimal(0)))
    running = dict(sidecars)
    for container in pod_spec.get("containers") or []:
        _add(running, _requests_of(container))
    total = {
        name: max(running.get(name, Decimal(0)), peak.get(name, Decimal(0))) for name in {**running, **peak}
    }
    _add(total, {name: parse_quantity(text) for name, text in (pod_spec.get("overhead") or {}).items()})
    return total


def _requests_of(container: JsonObject) -> dict[str, Decimal]:
    """What a container requests; a limit without a request is one."""
    resources = container.get("resources") or {}
    texts = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: parse_quantity(text) for name, text in texts.items()}


def _add(total: dict[str, Decimal], more: dict[str, Decimal]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Decimal(0)) + amount
