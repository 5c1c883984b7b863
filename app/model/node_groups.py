"""The nodes of a cluster by what they are and who says so, for `contexts --nodes`. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller.clusters.fleet import Node
from controller.clusters.node_facts import NodeFacts


@dataclass(frozen=True, slots=True)
class NodeGroupRow:
    """Nodes of which the same is said, wherever in the region they stand. `zones`: (zone, nodes), `None`: unknown."""

    facts: NodeFacts
    count: int
    ready: int
    zones: tuple[tuple[str | None, int], ...]
    zone_by: tuple[str, ...]


def make_node_groups(nodes: Iterable[Node]) -> tuple[NodeGroupRow, ...]:
    """Group nodes by their facts but the zone, the largest group first."""
    groups: dict[NodeFacts, list[Node]] = {}
    for node in nodes:
        groups.setdefault(replace(node.facts, zone=None), []).append(node)
    ranked = sorted(groups.items(), key=lambda entry: (-len(entry[1]), str(entry[0])))
    return tuple(_make_row(facts, of_group) for facts, of_group in ranked)


def _make_row(facts: NodeFacts, nodes: list[Node]) -> NodeGroupRow:
    zones = [node.facts.zone for node in nodes]
    counted = Counter(zone.value if zone is not None else None for zone in zones)
    return NodeGroupRow(
        facts=facts,
        count=len(nodes),
        ready=sum(node.ready for node in nodes),
        zones=tuple(sorted(counted.items(), key=lambda entry: entry[0] or "")),
        zone_by=tuple(sorted({zone.by for zone in zones if zone is not None})),
    )
