"""The rates of all routes between the targets, numbered, and what a volume costs by each of them. Pure."""

from __future__ import annotations

import numpy as np

from controller.decision.columns import Floats
from controller.decision.egress import EgressRate, sum_tiers

#: Stands for "without end" in a tier, GB: no volume is as large, and infinity would make NaN of its differences.
_ENDLESS_GB = 1e15

UNKNOWN_ROUTE = -1


class RouteRates:
    """Few different rates are met on all routes: each has a number, and a volume is priced once by each."""

    def __init__(self) -> None:
        self._rates: list[EgressRate] = []
        #: id of a rate -> its number; an egress table gives the same object for the same rule.
        self._numbers: dict[int, int] = {}
        self._tiers: list[tuple[Floats, Floats]] = []
        #: The dearest price of any route, USD per GB.
        self.dearest_gb_usd = 0.0

    def __len__(self) -> int:
        return len(self._rates)

    def number(self, rate: EgressRate | None) -> int:
        """The number of a rate."""
        if rate is None:
            return UNKNOWN_ROUTE
        number = self._numbers.setdefault(id(rate), len(self._rates))
        if number == len(self._rates):
            self._rates.append(rate)
            self._tiers = []
            self.dearest_gb_usd = max(self.dearest_gb_usd, *(float(tier.usd_per_gb) for tier in rate.tiers))
        return number

    def price(self, gb: Floats, used_gb: float) -> Floats:
        """What sending `gb` (rows, 1) costs by each rate. Returns: (rows, rates), USD."""
        self._tiers = self._tiers or self._stack_tiers()
        return sum_tiers(self._tiers, gb, np.float64(used_gb))  # type: ignore[arg-type]

    def _stack_tiers(self) -> list[tuple[Floats, Floats]]:
        """The tiers of all rates, level by level: (up to GB, USD per GB), each of shape (rates,)."""
        depth = max((len(rate.tiers) for rate in self._rates), default=0)
        padded = [(*rate.tiers, *rate.tiers[-1:] * (depth - len(rate.tiers))) for rate in self._rates]
        return [
            (
                np.array([_ENDLESS_GB if t.up_to_gb is None else float(t.up_to_gb) for t in level]),
                np.array([float(t.usd_per_gb) for t in level]),
            )
            for level in zip(*padded, strict=True)
        ]
