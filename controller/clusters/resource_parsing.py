"""Kubernetes quantities and what a pod asks for. Pure.

Semantics of quantities as in apimachinery's `resource.Quantity`: decimal and binary suffixes, and exponents. Parsed
here in a few lines because the client library's own parser cannot be had without importing the library for a second.
A pod's request is the scheduler's: the sum of its containers and sidecars (restartable init containers), or its
largest init container with the sidecars that were started before it, whichever is larger; what the pod as a whole asks
for takes the place of that; its overhead comes on top.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from controller.clusters.devices import Devices, is_device, make_devices
from controller.clusters.fleet import PodRequests, Resources
from controller.clusters.json_reading import as_list, as_mapping
from controller.scheduling.amounts import PODS, Amounts, make_amounts

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?", re.ASCII)
_BINARY = {
    suffix: Decimal(1024) ** power
    for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)
}
_DECIMAL = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"),
    "k": Decimal("1e3"), "M": Decimal("1e6"), "G": Decimal("1e9"),
    "T": Decimal("1e12"), "P": Decimal("1e15"), "E": Decimal("1e18"),
}  # fmt: skip
_FACTORS = _BINARY | _DECIMAL
_GIB = Decimal(2**30)

#: Longest text that is read as a quantity; the largest sensible one has 20 characters. Protects from hostile objects.
MAX_QUANTITY_CHARACTERS = 64


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Decimal:
    """Parse "250m", "1Gi", "2e3" to cores or bytes. Raises: ValueError for anything else."""
    match = _QUANTITY.fullmatch(text.strip()) if len(text) <= MAX_QUANTITY_CHARACTERS else None
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a Kubernetes quantity")
    number, suffix, exponent = match.groups()
    if exponent is not None:
        return Decimal(number).scaleb(int(exponent))
    return Decimal(number) * _FACTORS[suffix] if suffix is not None else Decimal(number)


def parse_resources(section: Mapping[str, Any]) -> Resources | None:
    """A resource list; None where cpu or memory is missing or is not a quantity."""
    cpu, memory = _find_quantity(section, "cpu"), _find_quantity(section, "memory")
    if cpu is None or memory is None:
        return None
    return Resources(float(cpu), float(memory / _GIB), _read_devices(section))


def compute_pod_requests(pod_spec: Mapping[str, Any]) -> Resources | None:
    """What a pod asks for; None where one of its running containers leaves out CPU or memory."""
    declares_all = all(_declares(pod_spec, resource) for resource in ("cpu", "memory"))
    return compute_reserved(pod_spec) if declares_all else None


def read_requests(pod_spec: Mapping[str, Any]) -> PodRequests:
    """What a pod asks for, and whether that is all that it takes."""
    return PodRequests(compute_reserved(pod_spec), _declares(pod_spec, "cpu"), _declares(pod_spec, "memory"))


def parse_usage(metrics: Mapping[str, Any]) -> Resources | None:
    """What the containers of a pod use together (`metrics.k8s.io`, PodMetrics); None where one does not say it."""
    each = [
        parse_resources(as_mapping(container.get("usage")))
        for container in _containers(metrics, "containers")
    ]
    known = [Resources(one.cpu_cores, one.memory_gib) for one in each if one is not None]
    return sum(known, Resources(0.0, 0.0)) if known and len(known) == len(each) else None


def compute_reserved(pod_spec: Mapping[str, Any]) -> Resources:
    """The room that a pod takes of its node; what it leaves out counts as nothing, as for the scheduler."""
    asked_for = {
        name for owner in _owners(pod_spec) for name in _find_requests(owner) if is_device(str(name))
    }
    devices = {str(name): float(_compute_reserved(pod_spec, name)) for name in asked_for}
    return Resources(
        float(_compute_reserved(pod_spec, "cpu")),
        float(_compute_reserved(pod_spec, "memory") / _GIB),
        make_devices(devices),
    )


def count_amounts(pod_spec: Mapping[str, Any]) -> Amounts:
    """The room that a pod takes of its node, in all resources, as the scheduler counts it; one of these is a pod."""
    names = {str(name) for owner in _owners(pod_spec) for name in _find_requests(owner)}
    names |= {str(name) for name in as_mapping(pod_spec.get("overhead"))}
    return make_amounts(
        {PODS: 1, **{name: _round_up(name, _compute_reserved(pod_spec, name)) for name in names}}
    )


def parse_amounts(section: Mapping[str, Any]) -> Amounts:
    """A resource list as the scheduler counts it; what is not a quantity is not there."""
    found = {str(name): _find_quantity(section, name) for name in section}
    return make_amounts({name: _round_up(name, one) for name, one in found.items() if one is not None})


def _round_up(resource: str, amount: Decimal) -> int:
    """Whole units of a resource, or thousandths of a core."""
    return math.ceil(amount * 1000 if resource == "cpu" else amount)


def _compute_reserved(pod_spec: Mapping[str, Any], resource: str) -> Decimal:
    """One resource of a pod, in cores or bytes. Init containers run one by one beside the sidecars before them."""
    sidecars = peak = Decimal(0)
    for container in _containers(pod_spec, "initContainers"):
        amount = _find_request(container, resource) or Decimal(0)
        if _is_sidecar(container):
            sidecars += amount
        else:
            peak = max(peak, sidecars + amount)
    running = [_find_request(container, resource) for container in _containers(pod_spec, "containers")]
    needed = max(peak, sum((amount for amount in running if amount is not None), sidecars))
    of_pod = _find_request(pod_spec, resource)
    overhead = _find_quantity(as_mapping(pod_spec.get("overhead")), resource)
    return (needed if of_pod is None else of_pod) + (overhead or Decimal(0))


def _declares(pod_spec: Mapping[str, Any], resource: str) -> bool:
    """Whether the pod as a whole, or else each container that runs all the time, says what it asks for."""
    sidecars = [c for c in _containers(pod_spec, "initContainers") if _is_sidecar(c)]
    containers = _containers(pod_spec, "containers")
    if not containers:
        return False
    is_declared_whole = _find_request(pod_spec, resource) is not None
    return is_declared_whole or all(_find_request(c, resource) is not None for c in containers + sidecars)


def _containers(pod_spec: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [as_mapping(container) for container in as_list(pod_spec.get(key))]


def _is_sidecar(container: Mapping[str, Any]) -> bool:
    return container.get("restartPolicy") == "Always"


def _find_request(owner: Mapping[str, Any], resource: str) -> Decimal | None:
    """A container's or a whole pod's request; a limit without one is the request, as the API server defaults it."""
    return _find_quantity(_find_requests(owner), resource)


def _find_requests(owner: Mapping[str, Any]) -> Mapping[str, Any]:
    resources = as_mapping(owner.get("resources"))
    return {**as_mapping(resources.get("limits")), **as_mapping(resources.get("requests"))}


def _owners(pod_spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Who may ask for something: the containers, and the pod as a whole."""
    return [*_containers(pod_spec, "initContainers"), *_containers(pod_spec, "containers"), pod_spec]


def _read_devices(section: Mapping[str, Any]) -> Devices:
    """The extended resources of a list; one whose amount is no quantity is not there."""
    found = {str(name): _find_quantity(section, name) for name in section if is_device(str(name))}
    return make_devices({name: float(amount) for name, amount in found.items() if amount is not None})


def _find_quantity(section: Mapping[str, Any], resource: str) -> Decimal | None:
    try:
        return parse_quantity(str(section[resource]))
    except (KeyError, ValueError):
        return None
