"""What the scheduler asks of one node: is it open to the pod, is it one that the pod asks for, has it room? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from controller.simulation.api.json_objects import JsonObject, get_path, labels_of, name_of
from controller.simulation.api.pods import resource_requests
from controller.simulation.api.selectors import matches_expression

_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def find_reasons(
    pod: JsonObject, node: JsonObject, free: Mapping[str, Decimal], there: Iterable[JsonObject]
) -> list[str]:
    """Why a pod does not fit on a node beside those that are there, in the scheduler's words; empty if it does."""
    spec = pod["spec"]
    first = next(_find_first(spec, node, there), None)
    if first is not None:
        return [first]
    return [
        _name_lack(resource)
        for resource, amount in needs_of(spec).items()
        if amount > free.get(resource, Decimal(0))
    ]


def needs_of(pod_spec: JsonObject) -> dict[str, Decimal]:
    """Resource name → what a pod takes of its node; what is 0 is asked of no node."""
    amounts = {**resource_requests(pod_spec), "pods": Decimal(1)}
    return {resource: amount for resource, amount in amounts.items() if amount}


def tolerates(pod_spec: JsonObject, taint: JsonObject) -> bool:
    for one in pod_spec.get("tolerations") or []:
        is_of_effect = one.get("effect") in (None, "", taint["effect"])
        if not is_of_effect or one.get("key") not in (None, "", taint["key"]):
            continue
        if one.get("operator", "Equal") == "Exists" or one.get("value", "") == taint.get("value", ""):
            return True
    return False


def find_untolerated(pod_spec: JsonObject, node: JsonObject) -> JsonObject | None:
    """The first taint that keeps a pod off a node."""
    taints: list[JsonObject] = get_path(node, "spec", "taints", default=[])
    kept = (taint for taint in taints if taint["effect"] in ("NoSchedule", "NoExecute"))
    return next((taint for taint in kept if not tolerates(pod_spec, taint)), None)


def matches_node_selection(pod_spec: JsonObject, node: JsonObject) -> bool:
    """Whether a node is one that a pod asks for by its selector and by its required affinity."""
    labels = labels_of(node)
    if any(labels.get(key) != value for key, value in (pod_spec.get("nodeSelector") or {}).items()):
        return False
    required = get_path(
        pod_spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"
    )
    return required is None or any(_meets(term, node) for term in required["nodeSelectorTerms"])


def _find_first(spec: JsonObject, node: JsonObject, there: Iterable[JsonObject]) -> Iterator[str]:
    if get_path(node, "spec", "unschedulable", default=False) and not tolerates(spec, _UNSCHEDULABLE):
        yield "node(s) were unschedulable"
    taint = find_untolerated(spec, node)
    if taint is not None:
        yield f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    if not matches_node_selection(spec, node):
        yield "node(s) didn't match Pod's node affinity/selector"
    wanted = list(_host_ports(spec))
    if any(_collide(one, other) for pod in there for other in _host_ports(pod["spec"]) for one in wanted):
        yield "node(s) didn't have free ports for the requested pod ports"


def _meets(term: JsonObject, node: JsonObject) -> bool:
    """All of a term has to be met; one that asks for nothing is met by no node."""
    fields, expressions = term.get("matchFields") or [], term.get("matchExpressions") or []
    if not fields and not expressions:
        return False
    is_named = all(matches_expression(one, {"metadata.name": name_of(node)}) for one in fields)
    return is_named and all(_meets_expression(one, labels_of(node)) for one in expressions)


def _meets_expression(expression: JsonObject, labels: Mapping[str, str]) -> bool:
    if expression["operator"] not in ("Gt", "Lt"):
        return matches_expression(expression, labels)
    try:
        here, limit = int(labels[expression["key"]]), int(expression["values"][0])
    except (KeyError, ValueError):
        return False
    return here > limit if expression["operator"] == "Gt" else here < limit


def _host_ports(pod_spec: JsonObject) -> Iterator[tuple[int, str, str]]:
    """(port, protocol, address) of the containers that run all the time."""
    sidecars = [one for one in pod_spec.get("initContainers") or [] if one.get("restartPolicy") == "Always"]
    ports: list[Any] = [
        port for one in (*sidecars, *pod_spec["containers"]) for port in one.get("ports") or []
    ]
    for port in ports:
        if port.get("hostPort"):
            yield port["hostPort"], port.get("protocol", "TCP"), port.get("hostIP") or "0.0.0.0"


def _collide(one: tuple[int, str, str], other: tuple[int, str, str]) -> bool:
    return one[:2] == other[:2] and (one[2] == other[2] or "0.0.0.0" in (one[2], other[2]))


def _name_lack(resource: str) -> str:
    return "Too many pods" if resource == "pods" else f"Insufficient {resource}"
