"""The nodes of a cluster with the pods on each, as one value that remembers what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from controller.scheduling.amounts import Amounts
from controller.scheduling.domains import Crowd
from controller.scheduling.nodes import NodeKind, NodeTerms
from controller.scheduling.others import Others


@dataclass(frozen=True)
class Nodes:
    """The nodes of a cluster and the pods on each, in one order; `pods` None: not all of them are known."""

    terms: tuple[NodeTerms, ...]
    pods: tuple[Crowd, ...] | None
    _free: dict[str, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def crowds(self) -> tuple[Crowd, ...]:
        """The pods of each node; where they are not known, none."""
        return self.pods if self.pods is not None else ((),) * len(self.terms)

    @cached_property
    def by_kind(self) -> Mapping[NodeKind, tuple[int, ...]]:
        """Kind -> its nodes, by their places."""
        places: dict[NodeKind, list[int]] = {}
        for number, node in enumerate(self.terms):
            places.setdefault(node.kind, []).append(number)
        return {kind: tuple(numbers) for kind, numbers in places.items()}

    @cached_property
    def others(self) -> Others:
        """Who runs there, whatever on which node."""
        shapes = {shape for crowd in self.crowds for shape, _ in crowd}
        return Others(
            frozenset((shape.namespace, shape.labels) for shape in shapes),
            frozenset(term for shape in shapes for term in shape.anti_affinity),
        )

    def find_free(self, resource: str) -> tuple[int, ...]:
        """What of a resource no pod has asked for, of each node; below 0 where more was asked for than there is."""
        found = self._free.get(resource)
        if found is None:
            numbers = range(len(self.terms))
            found = self._free[resource] = tuple(self._count_free(number, resource) for number in numbers)
        return found

    def count_fitting(self, needed: Amounts, most: int) -> list[int]:
        """How many times each node has room for what is needed, `most` at most."""
        fitting = [most] * len(self.terms)
        for resource, amount in needed:
            free = self.find_free(resource)
            fitting = [
                min(so_far, max(there, 0) // amount) for so_far, there in zip(fitting, free, strict=True)
            ]
        return fitting

    def _count_free(self, number: int, resource: str) -> int:
        there = dict(self.terms[number].allocatable).get(resource, 0)
        taken = sum(
            amount * count
            for shape, count in self.crowds[number]
            for name, amount in shape.requests
            if name == resource
        )
        return there - taken
