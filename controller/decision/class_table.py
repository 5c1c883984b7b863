"""What a replica costs at home and in each target, once for all workloads that ask for the same. Pure.

Thousands of workloads ask for few different pods, and their nodes are few different groups, so what a replica costs and
whether it fits is worked out once for each class (equal requests) and target, and looked up for each pair.
"""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np

from controller.decision.code_numbers import number_of
from controller.decision.columns import Bytes, Floats, grow
from controller.decision.facts import Facts
from controller.decision.pod_classes import UNKNOWN_CLASS, PodClass
from controller.decision.pricing import MAX_RATE_STEPS, RATE_STEP
from controller.decision.risk import find_basis
from controller.decision.sites import (
    Site,
    find_misfit,
    find_price_reason,
    price_share,
    quote_group,
)
from oracle.quotes import Quote

#: More than floats can be wrong in a rate, as a share of it: a price, a share, the step, and a product and a quotient.
RATE_ERROR = 2.0**-50
#: Architectures that are told apart, one bit of a byte each; a fleet has two, and a third with Windows.
_MAX_PLATFORMS = 8
#: What the table holds of classes × targets.
_COLUMNS = (
    "_group",
    "_share",
    "_misfit",
    "steps",
    "reason",
    "home_steps",
    "home_reason",
    "platforms",
    "places",
    "free_cpu_cores",
    "free_memory_gib",
    "too_dear",
)


class ClassTable:
    """What one replica of each class costs in each target, and what it costs where it runs already.

    A rate that is not known is 0 beside a code in `reason` or `home_reason`, which also says where it could not run.
    """

    def __init__(self, targets: int) -> None:
        self.classes: list[PodClass] = []
        self._index: dict[PodClass, int] = {}
        self._platforms: dict[str, int] = {}
        #: column -> the site in which the classes have found their places, and how many have.
        self._placed: dict[int, tuple[Site, int]] = {}
        #: classes × targets: which of the groups, -1: it fits on none; the share of a node, NaN: it is not known.
        self._group = np.zeros((0, targets), np.int64)
        self._share = np.zeros((0, targets))
        #: The code why it fits on none.
        self._misfit = np.zeros((0, targets), np.uint8)
        #: classes × targets: the rate in steps, which are whole numbers that a float holds exactly.
        self.steps = np.zeros((0, targets))
        self.reason = np.zeros((0, targets), np.uint8)
        #: The same of one that runs there: on the average of the nodes' zones, and not in the cheapest.
        self.home_steps = np.zeros((0, targets))
        self.home_reason = np.zeros((0, targets), np.uint8)
        self.platforms = np.zeros((0, targets), np.uint8)
        #: How many replicas find a node that meet nobody there; and what is free on the nodes that take them, NaN: not
        #: known.
        self.places = np.zeros((0, targets))
        self.free_cpu_cores = np.zeros((0, targets))
        self.free_memory_gib = np.zeros((0, targets))
        self.too_dear = np.zeros((0, targets), np.bool_)
        self.add(UNKNOWN_CLASS)

    def add(self, pod: PodClass) -> int:
        """The number of a class; a new one is still to be priced."""
        number = self._index.setdefault(pod, len(self.classes))
        if number == len(self.classes):
            self.classes.append(pod)
            for name in _COLUMNS:
                setattr(self, name, grow(getattr(self, name), len(self.classes)))
        return number

    def price(self, column: int, site: Site, facts: Facts) -> None:
        """Work out a target's prices anew, for all classes."""
        self._place(column, site)
        quotes = [quote_group(site.context, group, facts.board, facts.now) for group in site.groups]
        here, there = [q.here for q in quotes], [q.there for q in quotes]
        cells = (slice(0, len(self.classes)), column)
        lost_h = facts.settings.lost_h
        self.steps[cells], self.reason[cells] = self._price(column, site, there, lost_h)
        if all(one is other for one, other in zip(here, there, strict=True)):
            self.home_steps[cells], self.home_reason[cells] = self.steps[cells], self.reason[cells]
        else:
            self.home_steps[cells], self.home_reason[cells] = self._price(column, site, here, lost_h)
        limit = facts.settings.maximum_node_usd_per_hour
        are_dear = [q is not None and limit is not None and q.usd_per_hour > limit for q in there]
        self.too_dear[cells] = np.array([*are_dear, False])[self._group[cells]]

    def _price(
        self, column: int, site: Site, quotes: list[Quote | None], lost_h: Decimal | None
    ) -> tuple[Floats, Bytes]:
        """The rate of each class, and the code why it is not known."""
        # Who fits on no group has -1 for it, and finds the last of each list.
        group = self._group[: len(self.classes), column]
        steps = self._count_steps(column, site, quotes, lost_h)
        is_known = steps < MAX_RATE_STEPS
        reasons = [number_of(find_price_reason(quote, lost_h)) for quote in quotes]
        codes = np.array([*reasons, 0], np.uint8)[group]
        codes = np.where(group < 0, self._misfit[: len(self.classes), column], codes)
        return np.where(is_known, steps, 0.0), codes * ~is_known

    def _count_steps(
        self, column: int, site: Site, quotes: list[Quote | None], lost_h: Decimal | None
    ) -> Floats:
        """The rate of each class; NaN or too large: it is not known. Exact where floats cannot tell how to round."""
        count = len(self.classes)
        group = self._group[:count, column]
        prices = [find_basis(quote, lost_h) if quote is not None else None for quote in quotes]
        usd = np.array([*(math.nan if price is None else float(price) for price in prices), math.nan])[group]
        quick = self._share[:count, column] * (usd / float(RATE_STEP))
        steps: Floats = np.rint(quick)
        for number in np.flatnonzero(np.abs(quick - steps) >= 0.5 - quick * RATE_ERROR).tolist():
            pod = self.classes[number]
            exact = price_share(quotes[group[number]], site.find_place(pod.requests, pod.terms).share, lost_h)
            steps[number] = exact if exact is not None else math.nan
        return steps

    def _place(self, column: int, site: Site) -> None:
        """Find where the classes would run that are new there; all of them, where nodes or pods are others."""
        known, first = self._placed.get(column, (None, 0))
        if known is None or not known.has_same_places(site):
            first = 0
        self._placed[column] = (site, len(self.classes))
        numbers = {id(group): number for number, group in enumerate(site.groups)}
        for number in range(first, len(self.classes)):
            pod = self.classes[number]
            place, cell = site.look_for_place(pod.requests, pod.terms), (number, column)
            self._group[cell] = numbers.get(id(place.group), -1)
            self._share[cell] = math.nan if place.share is None else place.share
            self.platforms[cell] = self._encode(place.platforms)
            self.places[cell] = site.count_places(pod.terms, pod.counted)
            room = place.room
            self.free_cpu_cores[cell] = math.nan if room is None else room.cpu_cores
            self.free_memory_gib[cell] = math.nan if room is None else room.memory_gib
            if place.group is None:
                self._misfit[cell] = number_of(find_misfit(site, pod.requests))

    def _encode(self, platforms: frozenset[str]) -> int:
        """One bit for each platform, all of them where none is known: what has a bit in common could run.

        The rarest share a bit, which refuses nothing that could run.
        """
        if not platforms:
            return (1 << _MAX_PLATFORMS) - 1
        known = self._platforms
        bits = {min(known.setdefault(name, len(known)), _MAX_PLATFORMS - 1) for name in platforms}
        return sum(1 << bit for bit in bits)
