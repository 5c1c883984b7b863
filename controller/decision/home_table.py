"""What a replica costs where it runs, of all workloads whose pods are seen on nodes. Pure.

A workload's rate is the mean of the rates on its pods' nodes (`sites.py`: `price_running`). Rates are whole steps, so
that the means are exact in 64 bits: no more pods weigh than `MOST_PODS` of `clusters/hosts.py`, and no rate is
above `MAX_RATE_STEPS`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from controller.clusters.fleet import Hosts
from controller.decision.class_table import RATE_ERROR, ClassTable
from controller.decision.code_numbers import number_of
from controller.decision.columns import Bytes, Floats, Ints, Mask, grow
from controller.decision.facts import Facts
from controller.decision.pricing import MAX_RATE_STEPS, RATE_STEP
from controller.decision.risk import find_basis
from controller.decision.sites import Site, find_price_reason, price_share
from controller.reasons import Code
from oracle.market import Offering
from oracle.quotes import PriceMode, Quote

_PODS_UNPRICED, _PRICE_UNKNOWN = number_of(Code.PODS_UNPRICED), number_of(Code.PRICE_UNKNOWN)


@dataclass(frozen=True, slots=True)
class HomeRates:
    """Of some rows: the rate in steps, and the code why it is not known.

    is_placed: whether their pods are seen on nodes; of others nothing is said.
    """

    is_placed: Mask
    steps: Floats
    reason: Bytes


class HomeTable:
    """Rows are workloads, and the parts of a row kinds of nodes that its pods run on.

    A place is a kind of node in one cluster, a pair a place and a class: what it costs there is worked out once for all
    workloads of the class.
    """

    def __init__(self) -> None:
        #: (column, offering) of each place, None: nodes of which nobody says what they are; and their numbers.
        self._places: list[tuple[int, Offering | None]] = [(-1, None)]
        self._place_numbers: dict[tuple[int, Offering | None], int] = {}
        self._quotes: list[Quote | None] = [None]
        #: Of each place: the price of a node, NaN: not known; why a pod has none; which prices are of one world.
        self._usd, self._why, self._world = np.zeros(1), np.zeros(1, np.uint8), np.zeros(1, np.int64)
        #: (place, class) of each pair. The first stands where a row has fewer parts than others, and costs nothing.
        self._pairs: list[tuple[int, int]] = [(0, 0)]
        self._pair_numbers: dict[tuple[int, int], int] = {}
        #: column -> its pairs.
        self._pairs_of: dict[int, list[int]] = {}
        self._place, self._share = np.zeros(1, np.int64), np.zeros(1)
        self._steps, self._reason = np.zeros(1, np.int64), np.zeros(1, np.uint8)
        #: Pairs whose nodes are new, or others than before.
        self._unmeasured: set[int] = set()
        #: rows × parts: the pair, and how many pods.
        self._part, self._count = np.zeros((0, 1), np.int64), np.zeros((0, 1), np.int64)

    def write(self, row: int, column: int, kind: int, hosts: Hosts | None) -> None:
        """Take in where the pods of a row's workload are; `price` follows."""
        self._make_room(row + 1, len(hosts or ()))
        self._part[row], self._count[row] = 0, 0
        unknown_first = sorted(hosts or (), key=lambda part: part[0] is not None)
        for number, (offering, count) in enumerate(unknown_first):
            self._part[row, number] = self._number_pair(self._number_place(column, offering), kind)
            self._count[row, number] = count

    def _make_room(self, rows: int, parts: int) -> None:
        missing = parts - self._part.shape[1]
        for name in ("_part", "_count"):
            table = grow(getattr(self, name), rows)
            setattr(self, name, np.pad(table, ((0, 0), (0, missing))) if missing > 0 else table)

    def _number_place(self, column: int, offering: Offering | None) -> int:
        number = self._place_numbers.setdefault((column, offering), len(self._places))
        if number == len(self._places):
            self._places.append((column, offering))
            self._quotes.append(None)
            for name in ("_usd", "_why", "_world"):
                setattr(self, name, grow(getattr(self, name), number + 1))
        return number

    def _number_pair(self, place: int, kind: int) -> int:
        number = self._pair_numbers.setdefault((place, kind), len(self._pairs))
        if number == len(self._pairs):
            self._pairs.append((place, kind))
            self._pairs_of.setdefault(self._places[place][0], []).append(number)
            self._unmeasured.add(number)
            for name in ("_place", "_share", "_steps", "_reason"):
                setattr(self, name, grow(getattr(self, name), number + 1))
            self._place[number] = place
        return number

    def forget(self, column: int) -> None:
        """Measure the nodes of a cluster anew: they are others."""
        self._unmeasured.update(self._pairs_of.get(column, ()))

    def price(self, columns: Iterable[int], sites: Sequence[Site], classes: ClassTable, facts: Facts) -> None:
        """Take in what nodes cost in these columns, and where something is new."""
        asked = {self._places[self._pairs[pair][0]][0] for pair in self._unmeasured}.union(columns)
        if not asked:
            return
        self._ask(asked, sites, facts)
        for pair in self._unmeasured:
            self._measure(pair, sites, classes)
        self._unmeasured.clear()
        pairs = np.array(
            [pair for column in sorted(asked) for pair in self._pairs_of.get(column, ())], np.int64
        )
        self._count_steps(pairs, sites, classes, facts.settings.lost_h)

    def _ask(self, columns: set[int], sites: Sequence[Site], facts: Facts) -> None:
        lost_h = facts.settings.lost_h
        worlds: dict[PriceMode, int] = {}
        for place, (column, offering) in enumerate(self._places):
            if column not in columns:
                continue
            if offering is None:
                self._usd[place], self._why[place] = math.nan, _PODS_UNPRICED
                continue
            quote = facts.board.find_usable(sites[column].context, offering, facts.now)
            usd = find_basis(quote, lost_h) if quote is not None else None
            self._quotes[place] = quote
            self._usd[place] = math.nan if usd is None else float(usd)
            self._why[place] = number_of(find_price_reason(quote, lost_h))
            if quote is not None:
                self._world[place] = worlds.setdefault(quote.mode, len(worlds))

    def _measure(self, pair: int, sites: Sequence[Site], classes: ClassTable) -> None:
        place, kind = self._pairs[pair]
        column, offering = self._places[place]
        site = sites[column]
        share = site.find_share(classes.classes[kind].requests, offering) if offering is not None else None
        self._share[pair] = math.nan if share is None else float(share)

    def _count_steps(
        self, pairs: Ints, sites: Sequence[Site], classes: ClassTable, lost_h: Decimal | None
    ) -> None:
        """What each class costs on each of its kinds of nodes; exact where floats cannot tell how to round."""
        place = self._place[pairs]
        quick = self._share[pairs] * (self._usd[place] / float(RATE_STEP))
        steps: Floats = np.rint(quick)
        for at in np.flatnonzero(np.abs(quick - steps) >= 0.5 - quick * RATE_ERROR).tolist():
            exact = self._price_exactly(int(pairs[at]), sites, classes, lost_h)
            steps[at] = math.nan if exact is None else exact
        is_known = steps < MAX_RATE_STEPS
        self._steps[pairs] = np.where(is_known, steps, 0.0)
        self._reason[pairs] = np.where(is_known, 0, self._why[place])

    def _price_exactly(
        self, pair: int, sites: Sequence[Site], classes: ClassTable, lost_h: Decimal | None
    ) -> int | None:
        place, kind = self._pairs[pair]
        column, offering = self._places[place]
        if offering is None:
            return None
        share = sites[column].find_share(classes.classes[kind].requests, offering)
        return price_share(self._quotes[place], share, lost_h)

    def find_rates(self, rows: Ints) -> HomeRates:
        """What the workloads of these rows cost at home."""
        part, count = self._part[rows], self._count[rows]
        pods = count.sum(axis=1)
        weighed = (self._steps[part] * count).sum(axis=1)
        mean = (2 * weighed + pods) // np.maximum(2 * pods, 1)
        reason = self._find_reasons(part, count)
        return HomeRates(pods > 0, np.where(reason == 0, mean, 0).astype(np.float64), reason)

    def _find_reasons(self, part: Ints, count: Ints) -> Bytes:
        """The code of the first part that has no rate; prices of two worlds have no mean."""
        reason = np.zeros(len(part), np.uint8)
        world = self._world[self._place[part]]
        for number in range(part.shape[1]):
            of_part = self._reason[part[:, number]]
            np.copyto(reason, of_part, where=reason == 0)
        is_mixed = ((world != world[:, :1]) & (count > 0)).any(axis=1)
        np.copyto(reason, _PRICE_UNKNOWN, where=is_mixed & (reason == 0))
        return reason
