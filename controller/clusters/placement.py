"""Which nodes the pods of each workload run on. Pure.

A pod belongs to the Deployment whose ReplicaSet owns it: its controller names the ReplicaSet, and its label the hash
that the Deployment appended to its own name. Whoever forges both changes what a workload of their own namespace is
thought to cost, and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from controller.clusters.fleet import Hosts, Node
from controller.clusters.json_reading import as_list, as_mapping, as_text
from oracle.market import Offering

#: Kinds of nodes that one workload's price is made of, the most common first. Arbitrary; bounds the planner's columns.
MOST_KINDS = 32
#: Pods that are told apart by where they run: so many weigh as exactly in 64 bits as the dearest rate (`pricing.py`).
MOST_PODS = 9_000

_HASH_LABEL = "pod-template-hash"


def find_deployment(metadata: Mapping[str, Any]) -> str | None:
    """Return the name of the Deployment that a pod is of; None where it is of none."""
    suffix = as_text(as_mapping(metadata.get("labels")).get(_HASH_LABEL))
    if suffix is None:
        return None
    for owner in map(as_mapping, as_list(metadata.get("ownerReferences"))):
        name = as_text(owner.get("name")) or ""
        if owner.get("controller") is True and owner.get("kind") == "ReplicaSet":
            return name.removesuffix(f"-{suffix}") if name.endswith(f"-{suffix}") else None
    return None


def place_pods(
    pods: Iterable[tuple[tuple[str, str], str]], nodes: Iterable[Node]
) -> dict[tuple[str, str], Hosts]:
    """Return (namespace, Deployment) -> what its pods run on.

    pods: the workload of each and its node. Pods on nodes that are not there any more are left out.
    """
    offerings = {node.name: node.offering for node in nodes}
    counts: dict[tuple[str, str], Counter[Offering | None]] = {}
    for workload, node in pods:
        if node in offerings:
            counts.setdefault(workload, Counter())[offerings[node]] += 1
    return {workload: _rank(found) for workload, found in counts.items()}


def _rank(counts: Counter[Offering | None]) -> Hosts:
    """The most common first; those of which nobody says what they are before all others, so that they are not lost."""
    ranked = sorted(counts.items(), key=lambda entry: (entry[0] is not None, -entry[1], str(entry[0])))
    shown = ranked[:MOST_KINDS]
    factor = max(1.0, sum(count for _, count in shown) / MOST_PODS)
    return tuple((offering, max(1, int(count / factor))) for offering, count in shown)
