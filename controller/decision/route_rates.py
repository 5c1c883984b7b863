"""The rates of all routes between the targets, numbered, and what a volume costs by each of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np

from controller.decision.columns import Floats
from controller.decision.egress import EgressRate, EgressTier, sum_tiers

#: Stands for "without end" in a tier, GB: no volume is as large, and infinity would make NaN of its differences.
_ENDLESS_GB = 1e15

UNKNOWN_ROUTE = -1

#: All that a price depends on: the tiers, and whose volume of the month uses them up (None: nobody's).
_Terms = tuple[tuple[EgressTier, ...], tuple[str, Decimal | None, str | None] | None]


class RouteRates:
    """Few different rates are met on all routes: each has a number, and a volume is priced once by each."""

    def __init__(self) -> None:
        self._rates: list[EgressRate] = []
        #: Terms -> the number of the rates that have them.
        self._by_terms: dict[_Terms, int] = {}
        #: id of a rate -> it, so that no other gets its id, and its number; an egress table gives the same object for
        #: the same rule.
        self._numbers: dict[int, tuple[EgressRate, int]] = {}
        self._tiers: list[tuple[Floats, Floats]] = []
        self._sent_gb: Mapping[str, Decimal] = {}
        self._month = ""
        self._used_gb: Floats = np.zeros(0)
        #: The dearest price of any route, USD per GB.
        self.dearest_gb_usd = 0.0

    def __len__(self) -> int:
        return len(self._rates)

    @property
    def most_used_gb(self) -> float:
        """The largest volume of this month that has used up tiers of any rate, GB."""
        return float(self._find_used_gb().max(initial=0.0))

    def number(self, rate: EgressRate | None) -> int:
        """The number of a rate."""
        if rate is None:
            return UNKNOWN_ROUTE
        if id(rate) not in self._numbers:
            self._numbers[id(rate)] = rate, self._number_terms(rate)
        return self._numbers[id(rate)][1]

    def use_up(self, sent_gb: Mapping[str, Decimal], month: str) -> bool:
        """Take in the month, and what each provider was sent from in it; returns whether tiers begin elsewhere now."""
        if sent_gb == self._sent_gb and month == self._month:
            return False
        before = self._find_used_gb()
        self._sent_gb, self._month, self._used_gb = sent_gb, month, np.zeros(0)
        return not np.array_equal(before, self._find_used_gb())

    def price(self, gb: Floats) -> Floats:
        """What sending `gb` (rows, 1) costs by each rate. Returns: (rows, rates), USD."""
        self._tiers = self._tiers or self._stack_tiers()
        return sum_tiers(self._tiers, gb, self._find_used_gb())

    def _number_terms(self, rate: EgressRate) -> int:
        tiers = rate.charged_tiers
        terms = (tiers, (rate.provider, rate.month_so_far_gb, rate.month) if rate.is_tiered else None)
        number = self._by_terms.setdefault(terms, len(self._rates))
        if number == len(self._rates):
            self._rates.append(rate)
            self._tiers, self._used_gb = [], np.zeros(0)
            self.dearest_gb_usd = max(self.dearest_gb_usd, *(float(tier.usd_per_gb) for tier in tiers))
        return number

    def _find_used_gb(self) -> Floats:
        """The volume of this month by which each rate begins, GB."""
        if len(self._used_gb) != len(self._rates):
            self._used_gb = np.array(
                [float(rate.find_used_gb(self._sent_gb, self._month)) for rate in self._rates]
            )
        return self._used_gb

    def _stack_tiers(self) -> list[tuple[Floats, Floats]]:
        """The tiers of all rates, level by level: (up to GB, USD per GB), each of shape (rates,)."""
        charged = [rate.charged_tiers for rate in self._rates]
        depth = max(map(len, charged), default=0)
        padded = [(*tiers, *tiers[-1:] * (depth - len(tiers))) for tiers in charged]
        return [
            (
                np.array([_ENDLESS_GB if t.up_to_gb is None else float(t.up_to_gb) for t in level]),
                np.array([float(t.usd_per_gb) for t in level]),
            )
            for level in zip(*padded, strict=True)
        ]
