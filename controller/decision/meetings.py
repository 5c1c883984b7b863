"""For how many replicas there is a node where they meet pods that they mean, or that mean them. Pure.

Few workloads do: their own terms mean pods of their own, which are elsewhere. So who meets nobody is looked up by its
class (`class_table.py`), and here are the others, each counted by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from controller.decision.columns import Floats, Ints, grow
from controller.decision.pod_classes import count_places
from controller.decision.sites import Site
from controller.scheduling.others import Others
from controller.scheduling.pods import PodTerms


class Meetings:
    """Kept up to date by being told of workloads and targets, and then settled. Belongs to one task."""

    def __init__(self, targets: int) -> None:
        #: The terms of a workload's pods and how many places of them are counted -> their number.
        self._numbers: dict[tuple[PodTerms, int], int] = {}
        self._keys: list[tuple[PodTerms, int]] = []
        #: Those to whom other pods matter, and (namespace, label, value) -> all that have it.
        self._minding: set[int] = set()
        self._labelled: dict[tuple[str, str, str], list[int]] = {}
        self._sites: list[Site | None] = [None] * targets
        self._changed: set[int] = set()
        #: How many of the numbers have met all targets.
        self._settled = 0
        #: number -> its line in `places`; 0: it meets nobody anywhere.
        self.line: Ints = np.zeros(1, np.int64)
        self._lines = 1
        #: lines × targets: how many replicas find a node; NaN: as many as of their class.
        self.places: Floats = np.full((1, targets), np.nan)

    @property
    def has_any(self) -> bool:
        """Whether anybody meets anybody."""
        return self._lines > 1

    def number(self, terms: PodTerms, replicas: int) -> int:
        """The number of these terms; a new one is still to be settled."""
        key = (terms, count_places(terms, replicas))
        number = self._numbers.setdefault(key, len(self._keys))
        if number == len(self._keys):
            self._keys.append(key)
            self.line = grow(self.line, len(self._keys))
            if terms.minds_pods:
                self._minding.add(number)
            for label, value in terms.shape.labels.items():
                self._labelled.setdefault((terms.shape.namespace, label, value), []).append(number)
        return number

    def note_site(self, column: int, site: Site) -> None:
        """Take in a target in which other pods run now, or other nodes are."""
        self._sites[column] = site
        self._changed.add(column)

    def settle(self) -> set[int]:
        """Count what is new; returns the targets for which something has changed for somebody who was known before."""
        changed = {column for column in self._changed if self._settle_column(column)}
        fresh = range(self._settled, len(self._keys))
        if fresh:
            for column in set(range(len(self._sites))) - self._changed:
                self._meet(column, [number for number in self._find_meeting(column) if number in fresh])
        self._settled = len(self._keys)
        self._changed.clear()
        return changed

    def _settle_column(self, column: int) -> bool:
        before = self.places[:, column].copy()
        self.places[:, column] = np.nan
        self._meet(column, self._find_meeting(column))
        after = self.places[:, column]
        return not np.array_equal(before, after[: len(before)], equal_nan=True) or len(after) > len(before)

    def _meet(self, column: int, numbers: Iterable[int]) -> None:
        site = self._sites[column]
        for number in numbers:
            if site is not None:
                line = self._take_line(number)
                self.places[line, column] = site.count_places(*self._keys[number])

    def _take_line(self, number: int) -> int:
        if not self.line[number]:
            self.line[number] = self._lines
            self._lines += 1
            known = len(self.places)
            self.places = grow(self.places, self._lines)
            self.places[known:] = np.nan
        return int(self.line[number])

    def _find_meeting(self, column: int) -> list[int]:
        """Who meets somebody in a target."""
        site = self._sites[column]
        if site is None or site.nodes is None:
            return []
        others = site.nodes.others
        possible = self._minding | set(self._find_meant(others))
        return [number for number in sorted(possible) if others.concern(self._keys[number][0])]

    def _find_meant(self, others: Others) -> Iterable[int]:
        """Whom pods there may keep away: whoever has a label that is asked for, or all where none is."""
        for term in others.anti_affinity:
            asked = next((one for one in term.selector or () if one.operator == "In"), None)
            if asked is None or term.namespaces is None:
                yield from range(len(self._keys)) if term.selector is not None else ()
                continue
            for namespace in term.namespaces:
                for value in asked.values:
                    yield from self._labelled.get((namespace, asked.key, value), ())
