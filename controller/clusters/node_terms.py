"""Read from a node what the scheduler looks at. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.resource_parsing import parse_amounts
from controller.scheduling.amounts import Amounts
from controller.scheduling.nodes import HOSTNAME_LABEL, NodeKind, NodeTerms, Taint
from controller.scheduling.selectors import Labels

#: A taint that is a wish: the scheduler rather places pods elsewhere.
_WISH = "PreferNoSchedule"


def parse_node_terms(body: Mapping[str, Any], *, is_ready: bool) -> NodeTerms:
    """Read a Node object. Nodes of one pool share their kind."""
    metadata, spec, status = (as_mapping(body.get(key)) for key in ("metadata", "spec", "status"))
    labels = {str(key): str(value) for key, value in as_mapping(metadata.get("labels")).items()}
    hostname = labels.pop(HOSTNAME_LABEL, None)
    kind = NodeKind(Labels(labels), tuple(_parse_taints(spec)), bool(spec.get("unschedulable")), is_ready)
    amounts = parse_amounts(as_mapping(status.get("allocatable")))
    return NodeTerms(
        as_text(metadata.get("name")) or "", _share_kind(kind), _share_amounts(amounts), hostname
    )


def is_ready(body: Mapping[str, Any]) -> bool:
    """Whether a Node object says that it is Ready."""
    conditions = map(as_mapping, as_list(as_mapping(body.get("status")).get("conditions")))
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


@lru_cache(maxsize=4096)
def _share_kind(kind: NodeKind) -> NodeKind:
    return kind


@lru_cache(maxsize=4096)
def _share_amounts(amounts: Amounts) -> Amounts:
    return amounts


def _parse_taints(spec: Mapping[str, Any]) -> Iterator[Taint]:
    """The taints that keep pods away; one whose effect is not known may."""
    for taint in map(as_mapping, as_list(spec.get("taints"))):
        effect = as_text(taint.get("effect")) or ""
        if effect != _WISH:
            yield Taint(as_text(taint.get("key")) or "", as_text(taint.get("value")) or "", effect)
