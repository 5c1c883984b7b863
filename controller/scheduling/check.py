"""How many replicas of a pod would be placed on some nodes, and why no more. Pure.

    nodes = Nodes(terms of each node, the pods on each)   # cluster_nodes.py; None: which pods run is not known
    found = place_replicas(pod_terms, nodes, wanted=6)
    if found.count < 6:     not all would run: `found.causes` says of how many nodes why the next one would not
    elif found.unknown:     whether they would is not known: a person may try, a program may not

The filters are those of kube-scheduler 1.36 with its default plugins, and what a kubelet would refuse; no pod preempts
another one, and what a replica leaves of a node's room is left for the next. What is not known lets a pod run: so too
few places are too few whatever else comes to light, and enough of them are promised only where `unknown` is empty.
`tests/conformance/test_scheduling.py` holds this to a real scheduler.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from controller.scheduling.amounts import PODS
from controller.scheduling.cluster_nodes import Nodes
from controller.scheduling.domains import Neighbours
from controller.scheduling.filters import (
    OTHER_NODE,
    PORT_TAKEN,
    find_kind_cause,
    has_free_ports,
    matches_node,
    names_nodes,
    relies_on_admission,
)
from controller.scheduling.pods import PodTerms

#: Looks at a node for a replica, above which nobody counts: a third of a second. Arbitrary; 500 replicas on 200 nodes.
_MOST_LOOKS = 100_000

#: What is not known, beside fields that were not understood.
UNKNOWN_PODS = "pods that are not seen"
UNKNOWN_NODES = "nodes that are not seen"
TOO_MANY = "so many replicas and nodes"
VAGUE_NAMESPACES = "labels of namespaces, which are not read"
UNKNOWN_ADMISSION = "taints of devices, which a cluster may let whoever asks for these bear"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where replicas would be placed: one way of many, and not which one the scheduler would choose.

    places: of each node, in the order of the nodes, how many of the replicas it would take. causes: (cause, nodes) for
    which none takes another one, the most common first; empty where all find a place. unknown: what is not known.
    """

    places: tuple[int, ...]
    causes: tuple[tuple[str, int], ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many replicas find a place."""
        return sum(self.places)


def place_replicas(terms: PodTerms, nodes: Nodes, wanted: int) -> Placement:
    """Place so many replicas of a pod, one after the other."""
    tried = _try(terms, nodes, wanted)
    unknown = tuple(_list_unknown(terms, nodes, tried))
    is_enough = sum(tried.places) >= wanted
    return Placement(tried.places, () if is_enough else _count_causes(terms, nodes, tried), unknown)


def count_places(terms: PodTerms, nodes: Nodes, wanted: int) -> int:
    """How many of so many replicas are placed; the same without the causes."""
    return sum(_try(terms, nodes, wanted).places)


@dataclass(frozen=True, slots=True)
class _Try:
    """What came of placing replicas. refused: of each node, why it takes no such pod. is_guess: nobody has counted."""

    places: tuple[int, ...]
    refused: Sequence[str | None]
    neighbours: Neighbours | None
    is_guess: bool = False


def _try(terms: PodTerms, nodes: Nodes, wanted: int) -> _Try:
    refused = find_refusals(terms, nodes)
    _refuse_taken_ports(refused, terms, nodes)
    open_nodes = [number for number, cause in enumerate(refused) if cause is None]
    is_met = nodes.others.concern(terms)
    if not is_met and not terms.minds_pods:
        return _Try(_fill(terms, nodes, open_nodes, wanted), refused, None)
    neighbours = Neighbours(terms, nodes.terms, nodes.crowds if is_met else ())
    if not terms.minds_pods:
        open_nodes = [number for number in open_nodes if neighbours.find_cause(number) is None]
        return _Try(_fill(terms, nodes, open_nodes, wanted), refused, neighbours)
    if len(open_nodes) * wanted > _MOST_LOOKS:
        guess = tuple(wanted if number == open_nodes[0] else 0 for number in range(len(refused)))
        return _Try(guess, refused, neighbours, is_guess=True)
    return _Try(_place_each(terms, nodes, open_nodes, neighbours, wanted), refused, neighbours)


def _list_unknown(terms: PodTerms, nodes: Nodes, tried: _Try) -> Iterator[str]:
    """What would have to be known to promise the places that are found."""
    yield from (f"the pods' {field}" for field in terms.unknown)
    if nodes.pods is None:
        yield UNKNOWN_PODS
    if tried.neighbours is not None and tried.neighbours.is_vague:
        yield VAGUE_NAMESPACES
    if any(relies_on_admission(terms, kind) for kind in nodes.by_kind):
        yield UNKNOWN_ADMISSION
    if tried.is_guess:
        yield TOO_MANY


def find_refusals(terms: PodTerms, nodes: Nodes) -> list[str | None]:
    """Return why each node takes no pod like this, whatever runs there; None: it may."""
    refused: list[str | None] = [None] * len(nodes.terms)
    is_by_name = names_nodes(terms)
    for kind, numbers in nodes.by_kind.items():
        cause = find_kind_cause(terms, kind)
        if cause is None and not is_by_name:
            cause = None if matches_node(terms, nodes.terms[numbers[0]]) else OTHER_NODE
        for number in numbers:
            is_other = cause is None and is_by_name and not matches_node(terms, nodes.terms[number])
            refused[number] = OTHER_NODE if is_other else cause
    return refused


def _refuse_taken_ports(refused: list[str | None], terms: PodTerms, nodes: Nodes) -> None:
    if not terms.shape.host_ports:
        return
    for number, crowd in enumerate(nodes.crowds):
        if refused[number] is None and not has_free_ports(terms.shape.host_ports, crowd):
            refused[number] = PORT_TAKEN


def _count_rooms(terms: PodTerms, nodes: Nodes, wanted: int) -> list[int]:
    """How many replicas each node has room for."""
    most = 1 if terms.shape.host_ports else wanted
    return nodes.count_fitting(terms.shape.requests, most)


def _fill(terms: PodTerms, nodes: Nodes, open_nodes: Sequence[int], wanted: int) -> tuple[int, ...]:
    """Fill one node after the other."""
    rooms, places, left = _count_rooms(terms, nodes, wanted), [0] * len(nodes.terms), wanted
    for number in open_nodes:
        places[number] = min(left, rooms[number])
        left -= places[number]
    return tuple(places)


def _place_each(
    terms: PodTerms, nodes: Nodes, open_nodes: Sequence[int], neighbours: Neighbours, wanted: int
) -> tuple[int, ...]:
    """Place one replica after the other."""
    rooms, places, sought = _count_rooms(terms, nodes, wanted), [0] * len(nodes.terms), wanted
    if neighbours.may_change:
        return _place_where_fewest_are(
            {number: rooms[number] for number in open_nodes}, neighbours, places, wanted
        )
    for number in open_nodes:
        while sought and places[number] < rooms[number] and neighbours.find_cause(number) is None:
            neighbours.place(number)
            places[number] += 1
            sought -= 1
    return tuple(places)


def _place_where_fewest_are(
    left: dict[int, int], neighbours: Neighbours, places: list[int], wanted: int
) -> tuple[int, ...]:
    """Place each replica in the emptiest domain, and there on the emptiest node. `left`: node -> how many it holds."""
    for _ in range(wanted):
        ranked = sorted((neighbours.count_domain(n), places[n], n) for n in left if left[n])
        best = next((n for _, _, n in ranked if neighbours.find_cause(n) is None), None)
        if best is None:
            break
        neighbours.place(best)
        places[best] += 1
        left[best] -= 1
    return tuple(places)


def _count_causes(terms: PodTerms, nodes: Nodes, tried: _Try) -> tuple[tuple[str, int], ...]:
    """Of how many nodes each cause keeps the next replica off, the most common first."""
    causes: Counter[str] = Counter()
    for number, cause in enumerate(tried.refused):
        causes.update((cause,) if cause else _find_causes(terms, nodes, tried, number))
    return tuple(sorted(causes.items(), key=lambda entry: (-entry[1], entry[0])))


def _find_causes(terms: PodTerms, nodes: Nodes, tried: _Try, number: int) -> Iterable[str]:
    """Why a node that would take a pod like this takes no more: its ports, its room, or other pods."""
    placed = tried.places[number]
    if placed and terms.shape.host_ports:
        return (PORT_TAKEN,)
    short = [
        name for name, amount in terms.shape.requests if nodes.find_free(name)[number] < amount * (placed + 1)
    ]
    if short:
        return map(_name_short, short)
    cause = tried.neighbours.find_cause(number) if tried.neighbours is not None else None
    return (cause,) if cause is not None else ()


def _name_short(resource: str) -> str:
    return "Too many pods" if resource == PODS else f"Insufficient {resource}"
