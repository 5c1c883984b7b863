"""The vertical scale of a price chart: round numbers that enclose the line. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: A flat line gets this share of its price as room, or noise in the last digit would fill the chart.
LEAST_SPAN_SHARE = 0.04


@dataclass(frozen=True, slots=True)
class ChartScale:
    """The prices at the lower and the upper edge, and the round ones between them."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, price: float) -> float:
        """Return the height of a price, 0 at the lower edge to 1 at the upper one."""
        return (price - self.low) / (self.high - self.low)


def fit_scale(history: Sequence[tuple[float, float]]) -> ChartScale:
    """Return the scale for (time, price) samples; at least one sample, prices above 0."""
    prices = [price for _, price in history]
    low, high = min(prices), max(prices)
    span = max(high - low, LEAST_SPAN_SHARE * high)
    middle = (low + high) / 2.0
    low, high = max(0.0, middle - span * 0.56), middle + span * 0.56
    step = _round_step((high - low) / 3.0)
    first = math.ceil(low / step)
    ticks = tuple(index * step for index in range(first, math.floor(high / step) + 1))
    return ChartScale(low, high, ticks)


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= least * (1 - 1e-9))
