"""What `contexts --nodes` prints of each context: its nodes by what they are, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.commands.output import MAX_MESSAGE_CHARACTERS
from app.model.node_groups import NodeGroupRow, make_node_groups
from controller.clusters.fleet import Cluster
from controller.clusters.node_facts import NodeKind, Said, find_system
from oracle.foundation.reason import encode_if_any, format_count
from oracle.foundation.untrusted_text import clean_text

_FACTS = ("provider", "region", "instance_type", "capacity_type", "pool")


def nodes_to_json(cluster: Cluster) -> dict[str, Any]:
    """Return what is known of a context's nodes, as docs/commands.md describes."""
    return {
        "health": cluster.health.value,
        "unknown": encode_if_any(cluster.find_unread()),
        "provider": cluster.provider,
        "region": cluster.region,
        "nodes": [_row_to_json(row) for row in make_node_groups(cluster.nodes)],
    }


def nodes_to_lines(cluster: Cluster) -> Iterator[str]:
    """Yield lines for people, indented below their context."""
    if (reason := cluster.find_unread()) is not None:
        yield f"{'':10}{_clean(str(reason))}"
    for row in make_node_groups(cluster.nodes):
        yield f"{'':10}{_clean(_describe(row))}"
        for name in _FACTS:
            said: Said | None = getattr(row.facts, name)
            if said is not None:
                yield f"{'':12}{name}: {_clean(said.value)}, by {_clean(said.by)}"
        if row.facts.missing:
            yield f"{'':12}not known, so without a price: {', '.join(row.facts.missing)}"


def _describe(row: NodeGroupRow) -> str:
    zones = ", ".join(f"{zone or 'no zone'} ({count})" for zone, count in row.zones)
    count = format_count(row.count, "node")
    unready = "" if row.ready == row.count else f", {row.ready} of them ready"
    kind = "" if row.facts.kind is NodeKind.MACHINE else f", {row.facts.kind.value}: no machine is bought"
    return f"{count}{unready}, {find_system(row.facts).value}, in {zones}{kind}"


def _row_to_json(row: NodeGroupRow) -> dict[str, Any]:
    facts = {name: _said_to_json(getattr(row.facts, name)) for name in _FACTS}
    return {
        **facts,
        "operating_system": find_system(row.facts).value,
        "zones": [{"zone": zone, "nodes": count} for zone, count in row.zones],
        "zones_by": list(row.zone_by),
        "nodes": row.count,
        "ready": row.ready,
        "kind": row.facts.kind.value,
        "missing": list(row.facts.missing),
    }


def _said_to_json(said: Said | None) -> dict[str, str] | None:
    return None if said is None else {"value": said.value, "by": said.by}


def _clean(text: str) -> str:
    return clean_text(text, MAX_MESSAGE_CHARACTERS)
