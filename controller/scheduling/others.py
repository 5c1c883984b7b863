"""Whom a pod meets in a cluster: do its terms mean a pod that runs there, or the other way round? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from controller.scheduling.pods import AffinityTerm, PodTerms
from controller.scheduling.selectors import Labels, Selector, selects


@dataclass(frozen=True)
class Others:
    """The pods of a cluster by what selects them, and the terms by which they keep others away."""

    pods: frozenset[tuple[str, Labels]]
    anti_affinity: frozenset[AffinityTerm]

    @cached_property
    def _labelled(self) -> frozenset[tuple[str, str]]:
        """(label, value) of any of them."""
        return frozenset(pair for _, labels in self.pods for pair in labels.items())

    def concern(self, terms: PodTerms) -> bool:
        """Whether one of them decides where a pod may run, beside the room that it takes."""
        shape = terms.shape
        if any(term.means(shape.namespace, shape.labels) for term in self.anti_affinity):
            return True
        asked = [(one.namespaces, one.selector) for one in (*terms.affinity, *shape.anti_affinity)]
        asked += [(frozenset({shape.namespace}), one.selector) for one in terms.spread]
        return any(self._are_meant(namespaces, selector) for namespaces, selector in asked)

    def _are_meant(self, namespaces: frozenset[str] | None, selector: Selector | None) -> bool:
        if selector is None or not self._may_be_meant(selector):
            return False
        return any(
            (namespaces is None or namespace in namespaces) and selects(selector, labels.get)
            for namespace, labels in self.pods
        )

    def _may_be_meant(self, selector: Selector) -> bool:
        """Whether each value that is asked for is one that somebody has: most selectors mean pods elsewhere."""
        asked = (one for one in selector if one.operator == "In")
        return all(any((one.key, value) in self._labelled for value in one.values) for one in asked)
