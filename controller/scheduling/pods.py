"""What the scheduler looks at in a pod: what it takes, what it asks of nodes and what of other pods. Pure.

Frozen and hashed once: the replicas of a workload share one value, and what was found for a pod is kept by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from controller.scheduling.amounts import Amounts
from controller.scheduling.selectors import EVERYBODY, NO_LABELS, Labels, Selector, selects


@dataclass(frozen=True, slots=True)
class HostPort:
    """A port of the node that a container takes. `address`: "" for all of the node's."""

    port: int
    protocol: str = "TCP"
    address: str = ""

    def collides(self, other: HostPort) -> bool:
        """Whether not both can be had on one node."""
        same = (self.port, self.protocol) == (other.port, other.protocol)
        return same and (not self.address or not other.address or self.address == other.address)


@dataclass(frozen=True, slots=True)
class Toleration:
    """A taint that a pod bears. An empty key stands for all keys, an empty effect for all effects."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


@dataclass(frozen=True, slots=True)
class NodeTerm:
    """Requirements of which all have to be met by a node: by its labels, and by its name."""

    labels: Selector = ()
    names: Selector = ()


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """Other pods that have to be, or must not be, in the same domain; which is: nodes with one value of `topology_key`.

    namespaces: of the pods that are meant; None: of all.
    is_vague: which namespaces are meant depends on labels of theirs, which nobody reads; `namespaces` is None.
    """

    topology_key: str
    selector: Selector | None
    namespaces: frozenset[str] | None
    is_vague: bool = False

    def means(self, namespace: str, labels: Labels) -> bool:
        """Whether it speaks of a pod with these labels; where it is vague, whether it may."""
        is_there = self.namespaces is None or namespace in self.namespaces
        return is_there and selects(self.selector, labels.get)


@dataclass(frozen=True, slots=True)
class SpreadConstraint:
    """A topology spread constraint with DoNotSchedule. `selector` is over the pods of the same namespace; by an empty
    one the scheduler counts none of them, but still the pod itself.

    honors_affinity, honors_taints: whether nodes that the pod could not run on by these are no domains.
    """

    topology_key: str
    max_skew: int
    selector: Selector | None
    min_domains: int = 1
    honors_affinity: bool = True
    honors_taints: bool = False


@dataclass(frozen=True, slots=True)
class PodShape:
    """What others feel of a pod where it runs: what it takes, and whom it keeps away. `is_leaving`: it is deleted."""

    namespace: str = ""
    labels: Labels = NO_LABELS
    requests: Amounts = ()
    host_ports: tuple[HostPort, ...] = ()
    anti_affinity: tuple[AffinityTerm, ...] = ()
    is_leaving: bool = False
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Hash it once: pods are counted by what they are."""
        parts = (self.namespace, self.labels, self.requests, self.host_ports, self.anti_affinity)
        object.__setattr__(self, "_hash", hash(parts))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class PodTerms:
    """All that decides on which nodes a pod may run.

    node_terms: one of them has to be met; None: nothing is asked. system: the operating system that the pod names, ""
    where it names none. unknown: fields that were not understood, by name; as
    far as they go the terms say what lets the pod run on most nodes.
    """

    shape: PodShape = PodShape()
    node_selector: Selector = ()
    node_terms: tuple[NodeTerm, ...] | None = None
    tolerations: tuple[Toleration, ...] = ()
    affinity: tuple[AffinityTerm, ...] = ()
    spread: tuple[SpreadConstraint, ...] = ()
    system: str = ""
    unknown: tuple[str, ...] = ()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Hash it once: it is looked up for every pair of a workload and a target."""
        asked = (self.node_selector, self.node_terms, self.tolerations, self.affinity, self.spread)
        object.__setattr__(self, "_hash", hash((self.shape, *asked, self.system, self.unknown)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def minds_pods(self) -> bool:
        """Whether other pods decide where it may run, beside the room that they take."""
        return bool(self.affinity or self.shape.anti_affinity or self.spread)

    def name_nobody(self) -> PodTerms:
        """Return the same terms where no other pod that runs is meant by them, or means them.

        Who it is falls away, and what is left of a selector is whether it means the pod itself: so thousands of
        workloads that keep their own replicas apart have equal terms.
        """
        shape = self.shape
        anti_affinity = tuple(_name_nobody(term, shape) for term in shape.anti_affinity)
        return replace(
            self,
            shape=replace(shape, namespace="", labels=NO_LABELS, anti_affinity=anti_affinity),
            affinity=tuple(_name_nobody(term, shape) for term in self.affinity),
            spread=tuple(
                replace(one, selector=_select_nobody(one.selector, shape.labels)) for one in self.spread
            ),
        )


def _name_nobody(term: AffinityTerm, shape: PodShape) -> AffinityTerm:
    """The same term of a pod without a namespace, which no other pod is in."""
    selector = EVERYBODY if term.means(shape.namespace, shape.labels) else None
    return replace(term, selector=selector, namespaces=frozenset({""}))


def _select_nobody(selector: Selector | None, labels: Labels) -> Selector | None:
    """Who is selected of a namespace in which the pod is alone."""
    if not selector:
        return selector
    return EVERYBODY if selects(selector, labels.get) else None


#: A pod that asks for nothing at all.
PLAIN = PodTerms()
