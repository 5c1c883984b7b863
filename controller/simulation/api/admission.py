"""What admission control refuses: missing or ending namespaces, and quotas that would be exceeded. Pure."""

from decimal import Decimal

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.json_objects import JsonObject, get_path, name_of, namespace_of
from controller.simulation.api.pods import is_finished, resource_requests
from controller.simulation.api.quantities import format_quantity, parse_quantity
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.status_errors import forbidden, not_found

COUNTED_KINDS = {
    "configmaps": kinds.CONFIG_MAPS, "secrets": kinds.SECRETS, "services": kinds.SERVICES, "pods": kinds.PODS,
}  # fmt: skip
"""Resource name in a quota → kind whose objects it counts."""


def check_namespace(state: ClusterState, kind: ResourceKind, namespace: str, name: str) -> None:
    """Raises ApiError: 404 for a namespace that does not exist, 403 for one that is ending."""
    if not kind.namespaced:
        return
    found = state.store.get(kinds.NAMESPACES, "", namespace)
    if found is None:
        raise not_found(kinds.NAMESPACES, namespace)
    if get_path(found, "status", "phase") == "Terminating":
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        raise forbidden(kind, name, why)


def check_quota(state: ClusterState, pod: JsonObject) -> None:
    """Raises ApiError 403 if a new pod would exceed a resource quota of its namespace."""
    requested = _pod_usage(pod)
    for quota in state.store.list_of(kinds.RESOURCE_QUOTAS, namespace_of(pod)):
        hard = {
            key: parse_quantity(text) for key, text in get_path(quota, "spec", "hard", default={}).items()
        }
        used = used_in_namespace(state, namespace_of(pod), tuple(hard))
        exceeded = [
            key for key in sorted(hard) if requested.get(key) and used[key] + requested[key] > hard[key]
        ]
        if exceeded:
            why = (
                f"exceeded quota: {name_of(quota)}, requested: {_listed(exceeded, requested)}, "
                f"used: {_listed(exceeded, used)}, limited: {_listed(exceeded, hard)}"
            )
            raise forbidden(kinds.PODS, name_of(pod), why)


def _listed(names: list[str], amounts: dict[str, Decimal]) -> str:
    return ",".join(f"{name}={format_quantity(amounts[name])}" for name in names)


def used_in_namespace(state: ClusterState, namespace: str, names: tuple[str, ...]) -> dict[str, Decimal]:
    """Quota resource name → amount in use now."""
    used = {name: Decimal(0) for name in names}
    for pod in state.store.list_of(kinds.PODS, namespace):
        if not is_finished(pod):
            for key, amount in _pod_usage(pod).items():
                if key in used:
                    used[key] += amount
    for key in names:
        counted = COUNTED_KINDS.get(key.removeprefix("count/"))
        if counted is not None and counted is not kinds.PODS:
            used[key] = Decimal(len(state.store.list_of(counted, namespace)))
    return used


def _pod_usage(pod: JsonObject) -> dict[str, Decimal]:
    usage = {"pods": Decimal(1), "count/pods": Decimal(1)}
    for name, amount in resource_requests(pod["spec"]).items():
        usage[name] = amount
        usage[f"requests.{name}"] = amount
    return usage
