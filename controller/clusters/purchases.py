"""The machines that a cluster would buy for pods that find no room: made from its pools' rules. Pure.

Each is a node that is not there yet, so that all that asks what a pod costs, and whether it fits, asks it as well. Its
size is that of a node of the same type that runs somewhere in the fleet: a type of which nobody runs one has no size,
and is none of the machines. What a rule asks for and nobody knows of a type leaves it unsure whether it is bought.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from controller.clusters.discovery import parse_node
from controller.clusters.fleet import Cluster, Node, Purchase, Resources
from controller.clusters.node_pools import (
    CAPACITY_LABEL,
    NODE_POOL_LABEL,
    REGION_LABEL,
    TYPE_LABEL,
    ZONE_LABEL,
    NodePool,
    Requirement,
)
from controller.clusters.settings import ContextOverride
from controller.scheduling.amounts import Amounts

#: Machines that one pool is taken to buy at most for one look, where its limits leave more; types of one pool, and all
#: of one cluster. Arbitrary: room for a large workload, and a bound on what a hostile pool costs.
MAX_NODES, MAX_TYPES, MAX_PURCHASES = 20, 8, 400

_AWS_TYPE = re.compile(r"(([a-z]+)(\d+)[a-z-]*)\.([a-z0-9-]+)")
_SCHEMES = {"aws": "aws:///{zone}/bought", "gcp": "gce://project/{zone}/bought", "azure": "azure:///bought"}


@dataclass(frozen=True, slots=True)
class Machine:
    """A type of machine as nodes of the fleet show it: the least that any of them has for pods."""

    provider: str
    instance_type: str
    allocatable: Resources
    architecture: str | None
    system: str
    #: The same size as the scheduler counts it; None: nobody has read it.
    amounts: Amounts | None = None


def list_machines(clusters: Iterable[Cluster]) -> tuple[Machine, ...]:
    """Return the types of machines that run in the fleet, the smallest first."""
    found: dict[tuple[str, str], Machine] = {}
    for cluster in clusters:
        for node in cluster.nodes:
            offering = node.offering
            if offering is None or node.allocatable.cpu_cores <= 0 or node.allocatable.memory_gib <= 0:
                continue
            amounts = None if node.terms is None else node.terms.allocatable
            key = offering.provider, offering.instance_type
            seen = Machine(*key, node.allocatable, node.architecture, offering.system.value, amounts)
            found[key] = min(found.get(key, seen), seen, key=_size_of)
    return tuple(sorted(found.values(), key=lambda one: (one.allocatable.cpu_cores, one.instance_type)))


def _size_of(machine: Machine) -> tuple[float, float]:
    return machine.allocatable.cpu_cores, machine.allocatable.memory_gib


def with_purchases(
    cluster: Cluster, pools: Iterable[NodePool], override: ContextOverride, machines: Iterable[Machine]
) -> Cluster:
    """Return the cluster with the machines that it may buy, and the room that they would bring."""
    pools = sorted(pools, key=lambda one: (-one.weight, one.name))
    cluster = _place(cluster, pools)
    if cluster.provider is None or cluster.region is None:
        return cluster
    known = [machine for machine in machines if machine.provider == cluster.provider]
    nodes: list[Node] = []
    room = Resources(0.0, 0.0)
    for pool in pools:
        bought = list(_list_nodes(cluster, pool, override, known))
        nodes += bought
        room += _find_room(bought)
    if not nodes or len(nodes) > MAX_PURCHASES:
        return cluster
    return replace(cluster, purchases=tuple(nodes), purchase_room=room)


def _place(cluster: Cluster, pools: Iterable[NodePool]) -> Cluster:
    """Say where a cluster without nodes runs, as its pools have it: by their class of nodes, and by zone or region."""
    if cluster.provider is not None and cluster.region is not None:
        return cluster
    for pool in pools:
        provider = cluster.provider or pool.provider
        region = cluster.region or _find_region(pool, provider)
        if provider is not None and region is not None:
            return replace(cluster, provider=provider, region=region)
    return cluster


def _find_region(pool: NodePool, provider: str | None) -> str | None:
    """The one region that its rules name, or in which the zones lie that they name."""
    named = {key: [one for one in pool.requirements if one.key == key] for key in (REGION_LABEL, ZONE_LABEL)}
    regions = {value for one in named[REGION_LABEL] if one.operator == "In" for value in one.values}
    zones = {value for one in named[ZONE_LABEL] if one.operator == "In" for value in one.values}
    labels = [{REGION_LABEL: region} for region in regions] or [{ZONE_LABEL: zone} for zone in zones]
    spec = {"providerID": _SCHEMES.get(provider or "", "").format(zone="")}
    nodes = (parse_node({"metadata": {"labels": one}, "spec": spec}) for one in labels)
    found = {node.facts.region.value if node.facts.region is not None else None for node in nodes}
    return found.pop() if len(found) == 1 else None


def _list_nodes(
    cluster: Cluster, pool: NodePool, override: ContextOverride, machines: Iterable[Machine]
) -> Iterable[Node]:
    """The machines of one pool: of the types that it has bought already, where it has."""
    allowed = [
        (machine, is_sure)
        for machine in machines
        if (is_sure := _judge(pool.requirements, _describe(machine, pool, cluster))) is not False
    ]
    has_bought = {
        node.offering.instance_type
        for node in cluster.nodes
        if node.offering is not None and node.facts.pool is not None and node.facts.pool.value == pool.name
    }
    again = [entry for entry in allowed if entry[0].instance_type in has_bought]
    zones = _find_zones(cluster, pool)
    for machine, is_sure in islice(again or allowed, MAX_TYPES):
        purchase = Purchase(pool.name, is_sure=pool.is_read and is_sure is True)
        for number in range(_count(pool, machine)):
            zone = zones[number % len(zones)] if zones else ""
            yield _make_node(cluster, pool, override, machine, purchase, zone, number)


def _count(pool: NodePool, machine: Machine) -> int:
    """How many of these machines the limits leave room for."""
    left, size = pool.left, machine.allocatable
    counts = [MAX_NODES, left.nodes]
    counts += [None if left.cpu_cores is None else _divide(left.cpu_cores, math.ceil(size.cpu_cores))]
    counts += [None if left.memory_gib is None else _divide(left.memory_gib, size.memory_gib)]
    return max(0, min(count for count in counts if count is not None))


def _divide(left: float, size: float) -> int:
    return int(min(left / size, MAX_NODES))


def _find_room(nodes: Iterable[Node]) -> Resources:
    """What the machines of one pool bring, whichever of its types it buys: the least of them."""
    by_type: dict[str, Resources] = {}
    for node in nodes:
        assert node.offering is not None, "a machine that is bought is an offering"
        name = node.offering.instance_type
        by_type[name] = by_type.get(name, Resources(0.0, 0.0)) + node.allocatable
    return min(
        by_type.values(), key=lambda room: (room.cpu_cores, room.memory_gib), default=Resources(0.0, 0.0)
    )


def _make_node(
    cluster: Cluster,
    pool: NodePool,
    override: ContextOverride,
    machine: Machine,
    purchase: Purchase,
    zone: str,
    number: int,
) -> Node:
    labels = {
        **_describe(machine, pool, cluster),
        **({ZONE_LABEL: zone} if zone else {}),
    }
    body = {
        "metadata": {"name": f"{pool.name}/{machine.instance_type}/{number}", "labels": labels},
        "spec": {
            "providerID": _SCHEMES.get(machine.provider, "").format(zone=zone),
            "taints": [{"key": key, "value": value, "effect": effect} for key, value, effect in pool.taints],
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    # The machine is another than the configuration says that the nodes are; where they stand it may say.
    place = ContextOverride(override.provider, override.region)
    node = parse_node(body, place)
    terms = None
    if node.terms is not None and machine.amounts is not None:
        terms = replace(node.terms, allocatable=machine.amounts)
    return replace(node, allocatable=machine.allocatable, terms=terms, purchase=purchase)


def _describe(machine: Machine, pool: NodePool, cluster: Cluster) -> dict[str, str]:
    """The labels that a machine of this type has, as far as they are known; but for its zone."""
    labels = {
        **dict(pool.labels),
        NODE_POOL_LABEL: pool.name,
        REGION_LABEL: cluster.region or "",
        TYPE_LABEL: machine.instance_type,
        "kubernetes.io/os": machine.system,
        CAPACITY_LABEL: _choose_capacity_type(pool),
    }
    if machine.architecture is not None:
        labels["kubernetes.io/arch"] = machine.architecture
    cores = str(math.ceil(machine.allocatable.cpu_cores))
    if machine.provider == "aws" and (match := _AWS_TYPE.fullmatch(machine.instance_type)):
        family, category, generation, size = match.groups()
        labels |= {
            "karpenter.k8s.aws/instance-family": family,
            "karpenter.k8s.aws/instance-category": category,
            "karpenter.k8s.aws/instance-generation": generation,
            "karpenter.k8s.aws/instance-size": size,
            "karpenter.k8s.aws/instance-cpu": cores,
            "eks.amazonaws.com/instance-family": family,
            "eks.amazonaws.com/instance-category": category,
            "eks.amazonaws.com/instance-generation": generation,
            "eks.amazonaws.com/instance-size": size,
            "eks.amazonaws.com/instance-cpu": cores,
        }
    if machine.provider == "azure":
        family = machine.instance_type.removeprefix("Standard_")[:1]
        labels |= {
            "karpenter.azure.com/sku-name": machine.instance_type,
            "karpenter.azure.com/sku-family": family,
            "karpenter.azure.com/sku-cpu": cores,
        }
    return labels


def _choose_capacity_type(pool: NodePool) -> str:
    """What Karpenter buys: spot before on-demand where it may, and on-demand where nothing is said."""
    spot, on_demand = "spot", "on-demand"
    rules = [one for one in pool.requirements if one.key == CAPACITY_LABEL]
    return spot if rules and _judge(rules, {CAPACITY_LABEL: spot}) else on_demand


def _find_zones(cluster: Cluster, pool: NodePool) -> tuple[str, ...]:
    """The zones in which it may buy: those of the cluster that its rules let in, else those that they name."""
    rules = [one for one in pool.requirements if one.key == ZONE_LABEL]
    seen = sorted({node.zone for node in cluster.nodes if node.zone is not None})
    allowed = [zone for zone in seen if _judge(rules, {ZONE_LABEL: zone})]
    named = [zone for one in rules if one.operator == "In" for zone in one.values]
    return tuple(allowed or named)[:MAX_NODES]


def _judge(requirements: Iterable[Requirement], labels: Mapping[str, str]) -> bool | None:
    """Whether labels meet all rules; None: one is about something that is not known."""
    answers = [_meets(one, labels) for one in requirements if one.key != ZONE_LABEL or ZONE_LABEL in labels]
    if False in answers:
        return False
    return None if None in answers else True


def _meets(rule: Requirement, labels: Mapping[str, str]) -> bool | None:
    value = labels.get(rule.key)
    if value is None:
        return None
    if rule.operator in ("In", "NotIn"):
        return (value in rule.values) is (rule.operator == "In")
    if rule.operator in ("Exists", "DoesNotExist"):
        return rule.operator == "Exists"
    limit = rule.values[0] if len(rule.values) == 1 else ""
    if not (value.isdecimal() and limit.isdecimal() and len(limit) < 19):
        return None
    compared = {"Gt": int(value) > int(limit), "Lt": int(value) < int(limit)}
    compared |= {"Gte": int(value) >= int(limit), "Lte": int(value) <= int(limit)}
    return compared[rule.operator]
