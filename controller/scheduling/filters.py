"""The filters that look at one node alone: cordons, taints, affinity to nodes, and host ports. Pure.

Each gives the cause for which the scheduler would leave the node out, or None. The words are the scheduler's own, so
that what stands on a waiting pod and what was said before are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from controller.scheduling.nodes import HOSTNAME_LABEL, NodeKind, NodeTerms, Taint
from controller.scheduling.pods import HostPort, NodeTerm, PodShape, PodTerms, Toleration
from controller.scheduling.selectors import Lookup, selects

CORDONED = "were unschedulable"
NOT_READY = "were not ready"
OTHER_SYSTEM = "ran another operating system"
OTHER_NODE = "didn't match Pod's node affinity/selector"
PORT_TAKEN = "didn't have free ports for the requested pod ports"

#: With it, a pod that tolerates the taint may be placed on a cordoned node.
_CORDON = Taint("node.kubernetes.io/unschedulable")
TOLERATION_OPERATORS = frozenset({"", "Equal", "Exists"})
_SYSTEM_LABEL = "kubernetes.io/os"


def find_kind_cause(terms: PodTerms, kind: NodeKind) -> str | None:
    """Return what of a kind of nodes keeps a pod away, but for the labels that it asks for."""
    if kind.is_cordoned and not _is_tolerated(_CORDON, terms.tolerations):
        return CORDONED
    taint = find_untolerated(terms, kind)
    if taint is not None:
        return f"had untolerated taint {{{taint.key}: {taint.value}}}"
    # The scheduler asks neither; a kubelet refuses the one, and none is there to start the other.
    if terms.system and (kind.labels.get(_SYSTEM_LABEL) or terms.system) != terms.system:
        return OTHER_SYSTEM
    return None if kind.is_ready else NOT_READY


def find_untolerated(terms: PodTerms, kind: NodeKind) -> Taint | None:
    """Return the first taint that keeps a pod away."""
    return next((taint for taint in _list_untolerated(terms, kind) if not _is_of_device(taint, terms)), None)


def relies_on_admission(terms: PodTerms, kind: NodeKind) -> bool:
    """Whether a pod bears a taint only where the cluster adds that to whoever asks for the device of that name."""
    return any(_is_of_device(taint, terms) for taint in _list_untolerated(terms, kind))


def _list_untolerated(terms: PodTerms, kind: NodeKind) -> Iterator[Taint]:
    return (taint for taint in kind.taints if not _is_tolerated(taint, terms.tolerations))


def _is_of_device(taint: Taint, terms: PodTerms) -> bool:
    """As the admission plugin ExtendedResourceToleration has it, which GKE runs."""
    return any(name == taint.key for name, _ in terms.shape.requests)


def _is_tolerated(taint: Taint, tolerations: Iterable[Toleration]) -> bool:
    return any(_tolerates(one, taint) for one in tolerations)


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect not in ("", taint.effect) or toleration.key not in ("", taint.key):
        return False
    # An operator that is not known may tolerate it.
    return toleration.operator not in ("", "Equal") or toleration.value == taint.value


def matches_node(terms: PodTerms, node: NodeTerms) -> bool:
    """Whether a node is one that the pod asks for by labels and names."""
    find = node.find_label
    if not selects(terms.node_selector, find):
        return False
    return terms.node_terms is None or any(_meets(term, node, find) for term in terms.node_terms)


def _meets(term: NodeTerm, node: NodeTerms, find: Lookup) -> bool:
    """Whether all of a term is met; a term that asks for nothing is met by no node."""
    if not term.labels and not term.names:
        return False
    return selects(term.labels, find) and all(one.accepts(node.name) for one in term.names)


def names_nodes(terms: PodTerms) -> bool:
    """Whether nodes of one kind are not all alike to a pod: it asks for some by their names."""
    selectors = (terms.node_selector, *(term.labels for term in terms.node_terms or ()))
    is_named = any(term.names for term in terms.node_terms or ())
    return is_named or any(one.key == HOSTNAME_LABEL for selector in selectors for one in selector)


def has_free_ports(wanted: Sequence[HostPort], there: Iterable[tuple[PodShape, int]]) -> bool:
    """Whether none of the wanted ports is taken by a pod that is there."""
    if not wanted:
        return True
    taken = [port for shape, _ in there for port in shape.host_ports]
    return not any(one.collides(other) for one in wanted for other in taken)
