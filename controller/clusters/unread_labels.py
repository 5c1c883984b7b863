"""Labels of nodes that may say how they are bought and are not understood, for whoever could declare them. Pure.

They are what anybody who may edit nodes has written: bounded here, and cleaned where they become a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from controller.clusters.capacity_labels import CapacityLabels
from controller.clusters.fleet import Node
from controller.clusters.node_facts import CONFIGURED, NodeKind, find_statements

#: What such a label has in its name or its value. Arbitrary: the words of the clouds' own.
_WORDS = re.compile(r"spot|preempt|lifecycle|capacity", re.IGNORECASE)
#: The longest label that Kubernetes lets in, with its value; what is longer is no label.
_MAX_CHARACTERS = 253 + 1 + 63 + 1 + 63


@dataclass(frozen=True, slots=True)
class CountedLabel:
    """A label as `key=value`, and how many nodes have it."""

    label: str
    nodes: int


def find_unread(nodes: Iterable[Node], declared: CapacityLabels) -> tuple[CountedLabel, ...]:
    """Return what may say how nodes are bought of which no label is understood; what most of them have comes first."""
    found = Counter(
        label
        for labels in _list_undeclared(nodes)
        if not find_statements(labels, declared)
        for label in _list_similar(labels)
    )
    return _rank(found)


def find_contradictions(nodes: Iterable[Node], declared: CapacityLabels) -> tuple[CountedLabel, ...]:
    """Return the labels that are understood and disagree about the same node."""
    found = Counter(
        f"{said.by}={labels[said.by]}"
        for labels in _list_undeclared(nodes)
        if len(statements := find_statements(labels, declared)) > 1
        for said in statements.values()
    )
    return _rank(found)


def _list_undeclared(nodes: Iterable[Node]) -> Iterator[Mapping[str, str]]:
    """The labels of each machine of which the configuration does not say how it is bought."""
    for node in nodes:
        said = node.facts.capacity_type
        is_said = said is not None and said.by == CONFIGURED
        if node.facts.kind is NodeKind.MACHINE and node.terms is not None and not is_said:
            yield dict(node.terms.kind.labels.items())


def _list_similar(labels: Mapping[str, str]) -> Iterator[str]:
    """Those whose own name or value looks like it; a prefix says whose label it is, and not what it means."""
    for name, value in labels.items():
        label = f"{name}={value}"
        if len(label) <= _MAX_CHARACTERS and _WORDS.search(f"{name.rpartition('/')[2]}={value}"):
            yield label


def _rank(found: Counter[str]) -> tuple[CountedLabel, ...]:
    ranked = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(CountedLabel(label, count) for label, count in ranked)
