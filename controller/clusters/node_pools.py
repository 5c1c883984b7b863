"""What a cluster says of the machines that it may buy: NodePools of Karpenter, its nodes, the configuration. Pure.

AKS node auto-provisioning and EKS Auto Mode are read by the same objects. They are untrusted input: what is longer or
more than is sensible, or not understood, buys nothing. A pool says rules and no machines; which machines they let in is
worked out in `purchases.py`. Terms as in Karpenter's documentation of NodePools, from general knowledge, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from controller.clusters.fleet import Node
from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.resource_parsing import parse_quantity
from controller.clusters.settings import ContextOverride

CAPACITY_LABEL = "karpenter.sh/capacity-type"
TYPE_LABEL = "node.kubernetes.io/instance-type"
ZONE_LABEL = "topology.kubernetes.io/zone"
REGION_LABEL = "topology.kubernetes.io/region"
NODE_POOL_LABEL = "karpenter.sh/nodepool"
_GKE_POOL_LABEL = "cloud.google.com/gke-nodepool"

#: Bounds of what is read of one cluster and of one pool. Arbitrary: several times what large clusters have.
MAX_POOLS = 64
_MAX_REQUIREMENTS, _MAX_VALUES, _MAX_TEXT = 100, 500, 253

#: The API group of a class of nodes -> our name of the cloud.
_PROVIDERS = {
    "karpenter.k8s.aws": "aws",
    "eks.amazonaws.com": "aws",
    "karpenter.azure.com": "azure",
    "karpenter.k8s.gcp": "gcp",
}

_OPERATORS = frozenset({"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Gte", "Lte"})
_GIB = Decimal(2**30)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One rule about a label that bought machines have, in the terms of a node selector."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pool may buy at most, or still; None: without limit. Cores, GiB, machines."""

    cpu_cores: float | None = None
    memory_gib: float | None = None
    nodes: int | None = None


@dataclass(frozen=True, slots=True)
class NodePool:
    """Rules by which a cluster buys machines, and the rest of its limits.

    is_read: it comes from the pool itself or from a person; otherwise only from what nodes show that it has bought.
    """

    name: str
    requirements: tuple[Requirement, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    #: (key, value, effect)
    taints: tuple[tuple[str, str, str], ...] = ()
    left: Limits = Limits()
    weight: int = 0
    is_read: bool = True
    #: The cloud whose class of nodes it names; None where it names none that is known.
    provider: str | None = None


class _NotUnderstood(Exception):
    """A pool, or a part of it, is not as Karpenter has it."""


def parse_node_pool(body: Mapping[str, Any]) -> NodePool | None:
    """Read a NodePool; None where it is not understood, buys nothing by itself, or is not ready to."""
    spec, status = as_mapping(body.get("spec")), as_mapping(body.get("status"))
    template = as_mapping(spec.get("template"))
    node_spec = as_mapping(template.get("spec"))
    labels = as_mapping(as_mapping(template.get("metadata")).get("labels"))
    # One with replicas keeps so many machines, whatever pods wait.
    if not node_spec or spec.get("replicas") is not None or not _is_ready(status):
        return None
    try:
        return NodePool(
            name=_text(as_mapping(body.get("metadata")).get("name")),
            requirements=_each(_read_requirement, node_spec.get("requirements")),
            labels=tuple(sorted((_text(key), _text(value, "")) for key, value in _items(labels))),
            taints=_each(_read_taint, node_spec.get("taints")),
            left=_read_left(as_mapping(spec.get("limits")), as_mapping(status.get("resources"))),
            weight=_whole(spec.get("weight", 0)),
            provider=_PROVIDERS.get(_text(as_mapping(node_spec.get("nodeClassRef")).get("group"), "")),
        )
    except (_NotUnderstood, ValueError):
        return None


def _is_ready(status: Mapping[str, Any]) -> bool:
    """Whether nothing says that it is not: its class of nodes may be missing."""
    conditions = map(as_mapping, as_list(status.get("conditions")))
    return not any((one.get("type"), one.get("status")) == ("Ready", "False") for one in conditions)


def _each(read: Any, entries: object) -> tuple[Any, ...]:
    listed = as_list(entries)
    if len(listed) > _MAX_REQUIREMENTS:
        raise _NotUnderstood
    return tuple(read(as_mapping(one)) for one in listed)


def _read_requirement(body: Mapping[str, Any]) -> Requirement:
    operator, values = _text(body.get("operator")), as_list(body.get("values"))
    if operator not in _OPERATORS or len(values) > _MAX_VALUES:
        raise _NotUnderstood
    return Requirement(_text(body.get("key")), operator, tuple(_text(value) for value in values))


def _read_taint(body: Mapping[str, Any]) -> tuple[str, str, str]:
    return _text(body.get("key")), _text(body.get("value", ""), ""), _text(body.get("effect"))


def _read_left(limits: Mapping[str, Any], used: Mapping[str, Any]) -> Limits:
    """What its limits leave. Raises: ValueError for what is no quantity."""
    cpu, memory, nodes = (_subtract(limits, used, name) for name in ("cpu", "memory", "nodes"))
    return Limits(
        None if cpu is None else float(cpu),
        None if memory is None else float(memory / _GIB),
        None if nodes is None else int(nodes),
    )


def _subtract(limits: Mapping[str, Any], used: Mapping[str, Any], name: str) -> Decimal | None:
    if limits.get(name) is None:
        return None
    left = parse_quantity(str(limits[name])) - parse_quantity(str(used.get(name, "0")))
    return max(Decimal(0), left)


def _items(labels: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    if len(labels) > _MAX_REQUIREMENTS:
        raise _NotUnderstood
    return labels.items()


def _text(value: object, default: str | None = None) -> str:
    text = as_text(value)
    if text is None and default is not None and value in ("", None):
        return default
    if text is None or len(text) > _MAX_TEXT:
        raise _NotUnderstood
    return text


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
        raise _NotUnderstood
    return value


def infer_pools(nodes: Iterable[Node]) -> tuple[NodePool, ...]:
    """Return the pools that nodes show: that each may buy again what it has bought is all that is known of them."""
    found: dict[str, list[Node]] = {}
    for node in nodes:
        pool = node.facts.pool
        if pool is not None and node.offering is not None and _buys_by_itself(pool.by, pool.value):
            found.setdefault(pool.value, []).append(node)
    return tuple(_infer_pool(name, found[name]) for name in sorted(found)[:MAX_POOLS])


def _buys_by_itself(label: str, name: str) -> bool:
    """Whether the pools of this label are those of Karpenter, or one that GKE has made by auto-provisioning."""
    return label == NODE_POOL_LABEL or (label == _GKE_POOL_LABEL and name.startswith("nap-"))


def _infer_pool(name: str, nodes: Iterable[Node]) -> NodePool:
    offerings = [node.offering for node in nodes if node.offering is not None]
    types = tuple(sorted({offering.instance_type for offering in offerings}))
    bought = tuple(sorted({offering.capacity_type.value.replace("_", "-") for offering in offerings}))
    rules = (Requirement(TYPE_LABEL, "In", types), Requirement(CAPACITY_LABEL, "In", bought))
    return NodePool(name, rules, is_read=False)


def declare_pools(override: ContextOverride) -> tuple[NodePool, ...]:
    """Return what the configuration says that a context may buy; empty where it says nothing."""
    if not override.buys:
        return ()
    capacity_type = override.capacity_type
    bought = () if capacity_type is None else (capacity_type.value.replace("_", "-"),)
    rules = (
        Requirement(TYPE_LABEL, "In", tuple(sorted(override.buys))),
        *((Requirement(CAPACITY_LABEL, "In", bought),) if bought else ()),
    )
    return (NodePool("as configured", rules, left=Limits(nodes=override.buys_nodes)),)
