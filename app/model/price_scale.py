"""From a price to its place between the cheapest and the dearest region, steady enough to look at. Pure.

The scale is logarithmic: twice the price is the same step everywhere. Its ends follow the prices with some slack, or
every change of the cheapest region would recolour the whole globe.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

#: New ends are chosen when the prices leave the scale or use less than this share of it. Arbitrary.
LEAST_USE = 0.6
#: Slack at both ends, as a share of the range in use.
SLACK = 0.08
#: A scale is never narrower than this ratio, so that noise does not look like a difference.
LEAST_RATIO = 1.15


@dataclass(frozen=True, slots=True)
class PriceScale:
    """Both ends in USD per hour; `low` is drawn as cheap, `high` as dear."""

    low_usd_per_hour: float
    high_usd_per_hour: float

    def share(self, usd_per_hour: Decimal) -> float:
        """Return the place of a price, 0 (cheap) to 1 (dear)."""
        low, high = math.log(self.low_usd_per_hour), math.log(self.high_usd_per_hour)
        place = (math.log(float(usd_per_hour)) - low) / (high - low)
        return max(0.0, min(1.0, place))

    def fits(self, low: float, high: float) -> bool:
        """Return whether prices from `low` to `high` lie on the scale and use enough of it."""
        if low < self.low_usd_per_hour or high > self.high_usd_per_hour:
            return False
        used = math.log(max(high / low, LEAST_RATIO)) / math.log(
            self.high_usd_per_hour / self.low_usd_per_hour
        )
        return used >= LEAST_USE


def adjust_scale(current: PriceScale | None, prices: Iterable[Decimal]) -> PriceScale | None:
    """Return the scale for these prices: the current one as long as it fits; None where there are no prices yet."""
    positive = [float(price) for price in prices if price > 0]
    if not positive:
        return current
    low, high = min(positive), max(positive)
    if current is not None and current.fits(low, high):
        return current
    ratio = max(high / low, LEAST_RATIO)
    middle, slack = math.sqrt(low * high), ratio**SLACK
    return PriceScale(middle / math.sqrt(ratio) / slack, middle * math.sqrt(ratio) * slack)
