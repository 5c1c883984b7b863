"""What a replica costs in each target, once for all workloads that ask for the same. Pure.

Thousands of workloads ask for few different pods, and their nodes are few different groups, so what a replica costs and
whether it fits is worked out once for each class (equal requests) and target, and looked up for each pair.
"""

from __future__ import annotations

import math

import numpy as np

from controller.clusters.fleet import Resources
from controller.decision.code_numbers import number_of
from controller.decision.columns import Floats, grow
from controller.decision.facts import Facts
from controller.decision.pricing import MAX_RATE_STEPS, RATE_STEP
from controller.decision.sites import NodeGroup, Site, find_price_reason, price_share
from controller.reasons import Code
from oracle.quotes import Quote

#: More than floats can be wrong in a rate, as a share of it: a price, a share, the step, and a product and a quotient.
_ERROR = 2.0**-50
#: Architectures that are told apart, one bit of a byte each; a fleet has two.
_MAX_ARCHITECTURES = 8


class ClassTable:
    """What one replica of each class costs in each target, and whether it could run there at all.

    A rate that is not known is 0 beside a code in `reason`.
    """

    def __init__(self, targets: int) -> None:
        self.requests: list[Resources] = []
        self._index: dict[Resources, int] = {}
        self._architectures: dict[str, int] = {}
        #: column -> the groups of nodes among which the classes have found their places, and how many have.
        self._placed: dict[int, tuple[tuple[NodeGroup, ...], int]] = {}
        #: classes × targets: which of the groups, -1: it fits on none; the share of a node, NaN: it is not known.
        self._group = np.zeros((0, targets), np.int64)
        self._share = np.zeros((0, targets))
        #: classes × targets: the rate in steps, which are whole numbers that a float holds exactly.
        self.steps = np.zeros((0, targets))
        self.reason = np.zeros((0, targets), np.uint8)
        self.architectures = np.zeros((0, targets), np.uint8)
        self.too_dear = np.zeros((0, targets), np.bool_)
        self.add(Resources(0.0, 0.0))  # stands in for requests that are not known

    def add(self, requests: Resources) -> int:
        """The class of these requests; a new one is still to be priced."""
        number = self._index.setdefault(requests, len(self.requests))
        if number == len(self.requests):
            self.requests.append(requests)
            for name in ("_group", "_share", "steps", "reason", "architectures", "too_dear"):
                setattr(self, name, grow(getattr(self, name), len(self.requests)))
        return number

    def price(self, column: int, site: Site, facts: Facts) -> None:
        """Work out a target's prices anew, for all classes."""
        self._place(column, site)
        quotes = [facts.board.find_usable(site.context, group.offering, facts.now) for group in site.groups]
        limit = facts.settings.maximum_node_usd_per_hour
        cells = (slice(0, len(self.requests)), column)
        # Who fits on no group has -1 for it, and finds the last of each list.
        group = self._group[cells]
        steps = self._count_steps(column, site, quotes)
        is_known = steps < MAX_RATE_STEPS
        self.steps[cells] = np.where(is_known, steps, 0.0)
        reasons = [number_of(find_price_reason(quote)) for quote in quotes]
        self.reason[cells] = np.array([*reasons, number_of(Code.NO_NODE_FITS)])[group] * ~is_known
        are_dear = [q is not None and limit is not None and q.usd_per_hour > limit for q in quotes]
        self.too_dear[cells] = np.array([*are_dear, False])[group]

    def _count_steps(self, column: int, site: Site, quotes: list[Quote | None]) -> Floats:
        """The rate of each class; NaN or too large: it is not known. Exact where floats cannot tell how to round."""
        count = len(self.requests)
        group, prices = self._group[:count, column], [q.usd_per_hour if q else math.nan for q in quotes]
        usd = np.array([*map(float, prices), math.nan])[group]
        quick = self._share[:count, column] * (usd / float(RATE_STEP))
        steps: Floats = np.rint(quick)
        for number in np.flatnonzero(np.abs(quick - steps) >= 0.5 - quick * _ERROR).tolist():
            exact = price_share(quotes[group[number]], site.find_place(self.requests[number])[1])
            steps[number] = exact if exact is not None else math.nan
        return steps

    def _place(self, column: int, site: Site) -> None:
        """Find where the classes would run that are new there; all of them, where the nodes are others."""
        groups, first = self._placed.get(column, ((), 0))
        if groups is not site.groups:
            first = 0
        self._placed[column] = (site.groups, len(self.requests))
        numbers = {id(group): number for number, group in enumerate(site.groups)}
        architectures = [*(self._encode(group.architectures) for group in site.groups), 0]
        for number in range(first, len(self.requests)):
            group, share = site.find_place(self.requests[number])
            self._group[number, column] = place = numbers.get(id(group), -1)
            self._share[number, column] = math.nan if share is None else share
            self.architectures[number, column] = architectures[place]

    def _encode(self, architectures: frozenset[str]) -> int:
        """One bit for each architecture, all of them where none is known: what has a bit in common could run.

        The rarest share a bit, which refuses nothing that could run.
        """
        if not architectures:
            return (1 << _MAX_ARCHITECTURES) - 1
        known = self._architectures
        bits = {min(known.setdefault(name, len(known)), _MAX_ARCHITECTURES - 1) for name in architectures}
        return sum(1 << bit for bit in bits)
