"""The filters that look at other pods: affinity, anti-affinity and topology spread. Pure.

A `Neighbours` is about one pod and the pods that run; it is told of each replica that is placed, which keeps the next
one away or brings it in as any other pod does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from controller.scheduling.filters import find_untolerated, matches_node
from controller.scheduling.nodes import NodeTerms
from controller.scheduling.pods import AffinityTerm, PodShape, PodTerms, SpreadConstraint
from controller.scheduling.selectors import selects

SPREAD = "didn't match pod topology spread constraints"
SPREAD_UNLABELLED = "didn't match pod topology spread constraints (missing required label)"
AFFINITY = "didn't match pod affinity rules"
ANTI_AFFINITY = "didn't match pod anti-affinity rules"
KEPT_AWAY = "didn't satisfy existing pods anti-affinity rules"

#: The pods of one node: what they are, and how many of each.
Crowd: TypeAlias = Collection[tuple[PodShape, int]]

#: The label that tells domains apart -> some of its values.
_Domains: TypeAlias = dict[str, set[str]]


@dataclass(slots=True)
class _Spread:
    """One constraint and how many pods it counts in each domain."""

    constraint: SpreadConstraint
    #: 1 where the pod itself is counted.
    adds: int
    counts: Counter[str] = field(default_factory=Counter)

    def allows(self, domain: str) -> bool:
        """Whether one more in a domain leaves it no further ahead of the emptiest than it may be."""
        is_few = len(self.counts) < self.constraint.min_domains
        least = 0 if is_few else min(self.counts.values(), default=0)
        return self.counts.get(domain, 0) + self.adds - least <= self.constraint.max_skew


class Neighbours:
    """What other pods say to the replicas of one pod, node by node."""

    def __init__(self, terms: PodTerms, nodes: Sequence[NodeTerms], crowds: Sequence[Crowd]) -> None:
        self._terms = terms
        self._nodes = nodes
        shape = terms.shape
        self._anti_affinity = tuple(term for term in shape.anti_affinity if not term.is_vague)
        self._affinity = tuple(term for term in terms.affinity if not term.is_vague)
        #: Label -> values of the domains that our own terms keep us out of, and those of other pods.
        self._avoided: _Domains = {}
        self._kept_away: _Domains = {}
        #: The same of the domains where a pod is that all terms of affinity mean.
        self._wanted: _Domains = {}
        self._spreads = [_Spread(one, int(selects(one.selector, shape.labels.get))) for one in terms.spread]
        self.is_vague = False
        for number, crowd in enumerate(crowds):
            for other, count in crowd:
                self._meet(other, nodes[number])
                self._count(other, count, number)
        for number in range(len(nodes)):
            self._open_domains(number)

    def find_cause(self, number: int) -> str | None:
        """Return why other pods keep a replica off a node, by its place in the list; None: they do not."""
        find = self._nodes[number].find_label
        for spread in self._spreads:
            domain = find(spread.constraint.topology_key)
            if domain is None:
                return SPREAD_UNLABELLED
            if not spread.allows(domain):
                return SPREAD
        if not self._is_wanted(number):
            return AFFINITY
        if self._lies_in(number, self._avoided):
            return ANTI_AFFINITY
        return KEPT_AWAY if self._lies_in(number, self._kept_away) else None

    @property
    def may_change(self) -> bool:
        """Whether a node that takes no replica now may take one once others are placed."""
        return bool(self._affinity or self._spreads)

    def place(self, number: int) -> None:
        """Take in that a replica runs on a node now."""
        self._meet(self._terms.shape, self._nodes[number])
        self._count(self._terms.shape, 1, number)

    def count_domain(self, number: int) -> int:
        """Return how many pods are where a replica would be on this node: the scheduler fills the emptiest first."""
        find = self._nodes[number].find_label
        domains = ((one, find(one.constraint.topology_key)) for one in self._spreads)
        return sum(one.counts.get(domain, 0) for one, domain in domains if domain is not None)

    def _meet(self, other: PodShape, node: NodeTerms) -> None:
        """Take in what a pod on a node means to affinities."""
        for term in self._anti_affinity:
            if term.means(other.namespace, other.labels):
                _add(self._avoided, term, node)
        shape = self._terms.shape
        for term in other.anti_affinity:
            if not term.means(shape.namespace, shape.labels):
                continue
            if term.is_vague:
                self.is_vague = True
            else:
                _add(self._kept_away, term, node)
        if self._affinity and all(term.means(other.namespace, other.labels) for term in self._affinity):
            for term in self._affinity:
                _add(self._wanted, term, node)

    def _count(self, other: PodShape, count: int, number: int) -> None:
        """Take in what pods on a node mean to the spread."""
        if other.is_leaving or other.namespace != self._terms.shape.namespace:
            return
        for spread in self._spreads:
            domain = self._find_domain(spread.constraint, number)
            selector = spread.constraint.selector
            if domain is not None and selector and selects(selector, other.labels.get):
                spread.counts[domain] += count

    def _open_domains(self, number: int) -> None:
        """A domain without a pod is the emptiest one."""
        for spread in self._spreads:
            domain = self._find_domain(spread.constraint, number)
            if domain is not None:
                spread.counts[domain] += 0

    def _find_domain(self, constraint: SpreadConstraint, number: int) -> str | None:
        """Return the domain that a node belongs to; None where it is in none that counts."""
        node, terms = self._nodes[number], self._terms
        find = node.find_label
        if any(find(spread.constraint.topology_key) is None for spread in self._spreads):
            return None
        if constraint.honors_affinity and not matches_node(terms, node):
            return None
        if constraint.honors_taints and find_untolerated(terms, node.kind) is not None:
            return None
        return find(constraint.topology_key)

    def _is_wanted(self, number: int) -> bool:
        if not self._affinity:
            return True
        find = self._nodes[number].find_label
        domains = [(term.topology_key, find(term.topology_key)) for term in self._affinity]
        if any(value is None for _, value in domains):
            return False
        if all(value in self._wanted.get(key, ()) for key, value in domains):
            return True
        # The first of pods that want to be together may be placed anywhere, or none ever could be.
        shape = self._terms.shape
        means_itself = all(term.means(shape.namespace, shape.labels) for term in self._affinity)
        return not self._wanted and means_itself

    def _lies_in(self, number: int, domains: _Domains) -> bool:
        if not domains:
            return False
        find = self._nodes[number].find_label
        return any(find(key) in values for key, values in domains.items())


def _add(domains: _Domains, term: AffinityTerm, node: NodeTerms) -> None:
    value = node.find_label(term.topology_key)
    if value is not None:
        domains.setdefault(term.topology_key, set()).add(value)
