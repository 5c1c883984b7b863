"""Nodes as Kubernetes describes them, and what of it the market is asked for. Pure.

What the configuration says of a context wins over what its nodes say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.clusters.capacity_labels import NO_LABELS, CapacityLabels
from controller.clusters.fleet import FleetPicture, Node, Resources
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.node_facts import NodeFacts, NodeKind, find_facts, find_system
from controller.clusters.node_labels import ARCHITECTURE_LABELS
from controller.clusters.node_terms import is_ready, parse_node_terms
from controller.clusters.resource_parsing import parse_resources
from controller.clusters.settings import ContextOverride
from oracle.binding import Binding
from oracle.market import CapacityType, Offering, is_priced_by_zone


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cluster runs, as most of its nodes say; None where none says."""

    provider: str | None
    region: str | None


def parse_node(
    body: Mapping[str, Any], override: ContextOverride | None = None, declared: CapacityLabels = NO_LABELS
) -> Node:
    """Read a Node object. What it does not say stays None; a node that cannot be read is not ready."""
    override = override or ContextOverride()
    metadata, spec, status = (as_mapping(body.get(key)) for key in ("metadata", "spec", "status"))
    labels = {str(name): str(value) for name, value in as_mapping(metadata.get("labels")).items()}
    name = as_text(metadata.get("name")) or ""
    facts = find_facts(name, as_text(spec.get("providerID")) or "", labels, override, declared)
    architectures = (labels[label] for label in ARCHITECTURE_LABELS if labels.get(label))
    return Node(
        name=name,
        offering=_find_offering(facts),
        zone=facts.zone.value if facts.zone is not None else None,
        allocatable=parse_resources(as_mapping(status.get("allocatable"))) or Resources(0.0, 0.0),
        ready=is_ready(body),
        schedulable=not spec.get("unschedulable"),
        architecture=next(architectures, None),
        facts=facts,
        terms=parse_node_terms(body, is_ready=is_ready(body)),
    )


def _find_offering(facts: NodeFacts) -> Offering | None:
    """What the node was bought as; None where nobody says enough of it, or no machine is bought."""
    provider, region, instance_type = facts.provider, facts.region, facts.instance_type
    if facts.kind is not NodeKind.MACHINE or facts.capacity_type is None:
        return None
    if provider is None or region is None or instance_type is None:
        return None
    capacity_type = CapacityType(facts.capacity_type.value)
    is_zonal = facts.zone is not None and is_priced_by_zone(provider.value, capacity_type)
    zone = facts.zone.value if facts.zone is not None and is_zonal else ""
    place = (provider.value, region.value, instance_type.value)
    return Offering(*place, capacity_type, zone, find_system(facts))


def declare_node(override: ContextOverride) -> Node | None:
    """The node that the configuration says all nodes are like; None where it does not say enough of it.

    How it is bought is not assumed: a spot node at the price of on-demand would make every move away from it pay.
    """
    provider, region, instance_type = override.provider, override.region, override.instance_type
    cpu_cores, memory_gib, capacity_type = (
        override.node_cpu_cores,
        override.node_memory_gib,
        override.capacity_type,
    )
    if not (provider and region and instance_type and capacity_type and cpu_cores and memory_gib):
        return None
    return Node(
        name="as configured",
        offering=Offering(provider, region, instance_type, capacity_type),
        zone=None,
        allocatable=Resources(cpu_cores, memory_gib),
        ready=True,
        schedulable=True,
    )


def find_place(nodes: Sequence[Node], override: ContextOverride | None = None) -> Place:
    """Where the cluster runs: what the configuration says, else what most nodes say."""
    override = override or ContextOverride()
    seen = Counter(place for node in nodes if (place := _place_of(node)) is not None)
    ranked = sorted(seen.items(), key=lambda entry: (-entry[1], entry[0]))
    provider, region = ranked[0][0] if ranked else (None, None)
    return Place(override.provider or provider, override.region or region)


def _place_of(node: Node) -> tuple[str, str] | None:
    if node.offering is not None:
        return node.offering.provider, node.offering.region
    provider, region = node.facts.provider, node.facts.region
    return (provider.value, region.value) if provider is not None and region is not None else None


def bindings_of(picture: FleetPicture) -> tuple[Binding, ...]:
    """Which offerings each context runs on or would buy, for the oracle."""
    found = {
        Binding(cluster.context, node.offering)
        for cluster in picture.clusters.values()
        for node in (*cluster.nodes, *cluster.purchases)
        if node.offering is not None
    }
    return tuple(sorted(found))
