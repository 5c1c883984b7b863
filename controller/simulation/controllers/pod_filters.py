"""What the scheduler asks of other pods: affinity, anti-affinity and topology spread. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from controller.simulation.api.json_objects import JsonObject, get_path, is_deleting, labels_of, namespace_of
from controller.simulation.api.selectors import matches_selector
from controller.simulation.controllers.node_filters import find_untolerated, matches_node_selection

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"

#: A pod that runs, and its node.
Placed = tuple[JsonObject, JsonObject]


class PodFilters:
    """What the pods that run say to one that waits."""

    def __init__(self, pod: JsonObject, nodes: Sequence[JsonObject], placed: Sequence[Placed]) -> None:
        self._pod, self._nodes, self._placed = pod, nodes, placed
        constraints = pod["spec"].get("topologySpreadConstraints") or []
        self._spread = [one for one in constraints if one["whenUnsatisfiable"] == "DoNotSchedule"]
        self._counts = [self._count(one) for one in self._spread]

    def find_reason(self, node: JsonObject) -> str | None:
        """Why other pods keep this one off a node, in the scheduler's words."""
        labels = labels_of(node)
        for constraint, counts in zip(self._spread, self._counts, strict=True):
            if constraint["topologyKey"] not in labels:
                return "node(s) didn't match pod topology spread constraints (missing required label)"
            if self._is_skewed(constraint, counts, labels[constraint["topologyKey"]]):
                return "node(s) didn't match pod topology spread constraints"
        if not self._is_wanted(node):
            return "node(s) didn't match pod affinity rules"
        if any(self._keeps_off(term, node) for term in _terms(self._pod, "podAntiAffinity")):
            return "node(s) didn't match pod anti-affinity rules"
        if any(self._is_kept_off(placed, its_node, node) for placed, its_node in self._placed):
            return "node(s) didn't satisfy existing pods anti-affinity rules"
        return None

    def _count(self, constraint: JsonObject) -> Counter[str]:
        """Domain → the pods in it that a constraint counts; every domain is there."""
        counts: Counter[str] = Counter()
        domains = {id(node): self._find_domain(constraint, node) for node in self._nodes}
        for domain in domains.values():
            if domain is not None:
                counts[domain] += 0
        selector = _with_keys(constraint, self._pod)
        if not _is_empty(selector):
            for placed, node in self._placed:
                domain = domains.get(id(node))
                is_meant = matches_selector(selector, labels_of(placed)) and not is_deleting(placed)
                if domain is not None and is_meant and namespace_of(placed) == namespace_of(self._pod):
                    counts[domain] += 1
        return counts

    def _find_domain(self, constraint: JsonObject, node: JsonObject) -> str | None:
        labels, spec = labels_of(node), self._pod["spec"]
        if any(one["topologyKey"] not in labels for one in self._spread):
            return None
        if constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and not matches_node_selection(
            spec, node
        ):
            return None
        if (
            constraint.get("nodeTaintsPolicy", "Ignore") == "Honor"
            and find_untolerated(spec, node) is not None
        ):
            return None
        return labels[constraint["topologyKey"]]

    def _is_skewed(self, constraint: JsonObject, counts: Counter[str], domain: str) -> bool:
        least = min(counts.values(), default=0) if len(counts) >= (constraint.get("minDomains") or 1) else 0
        own = int(matches_selector(_with_keys(constraint, self._pod), labels_of(self._pod)))
        return counts.get(domain, 0) + own - least > int(constraint["maxSkew"])

    def _is_wanted(self, node: JsonObject) -> bool:
        terms = _terms(self._pod, "podAffinity")
        if any(term["topologyKey"] not in labels_of(node) for term in terms):
            return False
        meant = [other for other in self._placed if all(_means(term, self._pod, other[0]) for term in terms)]
        if not terms or (
            meant and all(any(_same_domain(term, other[1], node) for other in meant) for term in terms)
        ):
            return True
        return not meant and all(_means(term, self._pod, self._pod) for term in terms)

    def _keeps_off(self, term: JsonObject, node: JsonObject) -> bool:
        """Whether a term of the pod keeps it away from whom it means."""
        return any(
            _means(term, self._pod, other) and _same_domain(term, its, node) for other, its in self._placed
        )

    def _is_kept_off(self, placed: JsonObject, its_node: JsonObject, node: JsonObject) -> bool:
        """Whether a pod that runs keeps this one away."""
        terms = _terms(placed, "podAntiAffinity")
        return any(_means(term, placed, self._pod) and _same_domain(term, its_node, node) for term in terms)


def _terms(pod: JsonObject, kind: str) -> list[JsonObject]:
    terms: list[JsonObject] = get_path(pod, "spec", "affinity", kind, _REQUIRED, default=[])
    return terms


def _means(term: JsonObject, owner: JsonObject, other: JsonObject) -> bool:
    """Whether a term of a pod speaks of another one. Namespaces are selected by name, or all of them."""
    namespaces = term.get("namespaces") or ([] if "namespaceSelector" in term else [namespace_of(owner)])
    is_there = namespace_of(other) in namespaces or term.get("namespaceSelector") == {}
    return is_there and matches_selector(term.get("labelSelector"), labels_of(other))


def _same_domain(term: JsonObject, one: JsonObject, other: JsonObject) -> bool:
    here = labels_of(one).get(term["topologyKey"])
    return here is not None and here == labels_of(other).get(term["topologyKey"])


def _with_keys(constraint: JsonObject, pod: JsonObject) -> Mapping[str, object] | None:
    """The selector of a constraint with the values that its keys have in the pod."""
    selector = constraint.get("labelSelector")
    if selector is None:
        return None
    own = {key: labels_of(pod)[key] for key in _present(constraint.get("matchLabelKeys") or [], pod)}
    return {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), **own}}


def _present(keys: Iterable[str], pod: JsonObject) -> list[str]:
    return [key for key in keys if key in labels_of(pod)]


def _is_empty(selector: Mapping[str, object] | None) -> bool:
    return selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions")
