"""The shape of a price chart: round numbers that enclose the line, and where the line is broken. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

#: A flat line gets this share of its price as room, or noise in the last digit would fill the chart.
LEAST_SPAN_SHARE = 0.04
#: Two samples that lie farther apart than this many usual steps have a time between them of which nothing is known.
GAP_STEPS = 5.0
#: What is shorter than this share of the whole is no gap: a few pixels, and of a day the quarter of an hour after which
#: the history keeps a price.
LEAST_GAP_SHARE = 0.015
#: The usual step is the median of this many on either side; with fewer than the least in all, there is none.
GAP_NEIGHBOURS = 8
LEAST_NEIGHBOURS = 3


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


def split_at_gaps(history: Sequence[tuple[float, float]]) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the pieces of a history, oldest first, between the times of which nothing is known.

    What is usual depends on the neighbours: a history is finer for recent times than for old ones.
    """
    steps = [later[0] - earlier[0] for earlier, later in pairwise(history)]
    least_s = LEAST_GAP_SHARE * sum(steps)
    pieces: list[tuple[tuple[float, float], ...]] = []
    start = 0
    for index, step in enumerate(steps):
        before = steps[max(0, index - GAP_NEIGHBOURS) : index]
        around = before + steps[index + 1 : index + 1 + GAP_NEIGHBOURS]
        if step > least_s and len(around) >= LEAST_NEIGHBOURS and step > GAP_STEPS * median(around):
            pieces.append(tuple(history[start : index + 1]))
            start = index + 1
    return (*pieces, tuple(history[start:]))


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= least * (1 - 1e-9))
