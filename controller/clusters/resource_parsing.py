"""Kubernetes quantities and what a pod asks for. Pure.

Semantics of quantities as in apimachinery's `resource.Quantity`: decimal and binary suffixes, and exponents. Parsed
here in a few lines because the client library's own parser cannot be had without importing the library for a second.
A pod's request is the scheduler's: the sum of its containers or its largest init container, whichever is larger, with
restartable init containers (sidecars) counted among the containers, plus its overhead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from controller.clusters.fleet import Resources
from controller.clusters.json_reading import as_list, as_mapping

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
    """The cpu and memory of a resource list; None where either is missing or is not a quantity."""
    try:
        cpu, memory = parse_quantity(str(section["cpu"])), parse_quantity(str(section["memory"]))
    except (KeyError, ValueError):
        return None
    return Resources(float(cpu), float(memory / _GIB))


def compute_pod_requests(pod_spec: Mapping[str, Any]) -> Resources | None:
    """What the scheduler reserves for a pod; None where any container leaves out CPU or memory."""
    containers = [as_mapping(c) for c in as_list(pod_spec.get("containers"))]
    inits = [as_mapping(c) for c in as_list(pod_spec.get("initContainers"))]
    sidecars = [c for c in inits if c.get("restartPolicy") == "Always"]
    running = [_container_requests(container) for container in containers + sidecars]
    starting = [_container_requests(c) or Resources(0.0, 0.0) for c in inits if c not in sidecars]
    total = Resources(0.0, 0.0)
    for requests in running:
        if requests is None:
            return None
        total = total + requests
    largest = Resources(
        max([total.cpu_cores, *(r.cpu_cores for r in starting)]),
        max([total.memory_gib, *(r.memory_gib for r in starting)]),
    )
    overhead = parse_resources(as_mapping(pod_spec.get("overhead"))) or Resources(0.0, 0.0)
    return largest + overhead if containers else None


def compute_reserved(pod: Mapping[str, Any]) -> Resources:
    """What a running pod takes of its node's room; what it leaves out counts as nothing, as for the scheduler."""
    spec = as_mapping(pod.get("spec"))
    cpu = memory = 0.0
    for container in as_list(spec.get("containers")):
        requests = as_mapping(as_mapping(as_mapping(container).get("resources")).get("requests"))
        cpu += _quantity_or_zero(requests.get("cpu"))
        memory += _quantity_or_zero(requests.get("memory"))
    return Resources(cpu, memory / 2**30)


def _container_requests(container: Mapping[str, Any]) -> Resources | None:
    """A container's requests; a limit without a request is the request, as the API server defaults it."""
    resources = as_mapping(container.get("resources"))
    return parse_resources({**as_mapping(resources.get("limits")), **as_mapping(resources.get("requests"))})


def _quantity_or_zero(value: object) -> float:
    try:
        return float(parse_quantity(str(value)))
    except ValueError:
        return 0.0
