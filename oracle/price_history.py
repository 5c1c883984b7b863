"""The price of one offering over the last day, as one origin said it: bounded, recent times finely. Pure.

Whenever the series is full, every second point of its older half is dropped. A series therefore never grows,
keeps its first and newest point, and its resolution falls off smoothly towards the past, which is what a
chart and a trend need. A point takes two numbers of eight bytes, as thousands of offerings have a series each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import overload

from oracle.bounds import MAX_CLOCK_SKEW_S
from oracle.quotes import Origin

#: How far back a series reaches from its newest point, seconds: a day, and half an hour so that it is a whole one
#: although its points are a quarter of an hour apart.
SPAN_S = 88_200.0


@dataclass(frozen=True, slots=True)
class PricePoint:
    """What an offering cost at one moment (Unix seconds), and who said so."""

    observed_at: float
    usd_per_hour: Decimal
    origin: Origin | None = None


def _make_column() -> array[float]:
    return array("d")


@dataclass(frozen=True, slots=True)
class PriceSeries(Sequence[PricePoint]):
    """Points of one origin, oldest first, strictly increasing in time; nobody changes the columns of one.

    times: Unix seconds.
    prices: USD per hour, the nearest that eight bytes can say: fifteen digits, where a market's prices have six.
    """

    origin: Origin | None = None
    times: array[float] = field(default_factory=_make_column)
    prices: array[float] = field(default_factory=_make_column)

    def __len__(self) -> int:
        return len(self.times)

    @overload
    def __getitem__(self, place: int) -> PricePoint: ...

    @overload
    def __getitem__(self, place: slice) -> PriceSeries: ...

    def __getitem__(self, place: int | slice) -> PricePoint | PriceSeries:
        if isinstance(place, slice):
            return PriceSeries(self.origin, self.times[place], self.prices[place])
        return PricePoint(self.times[place], Decimal(repr(self.prices[place])), self.origin)

    def __add__(self, other: PriceSeries) -> PriceSeries:
        return PriceSeries(other.origin, self.times + other.times, self.prices + other.prices)


_EMPTY = PriceSeries()


class PriceHistory:
    """The bounded series of one offering, oldest first. Owned by one task; `points` may be handed on.

    All its points are of one origin: what was live, recorded and simulated are different markets.
    """

    __slots__ = ("_capacity", "_points", "_step_s")

    def __init__(self, capacity: int = 480, step_s: float = 0.0) -> None:
        """Keep at most `capacity` points (at least 4), none within `step_s` seconds of the one before."""
        if capacity < 4:
            raise ValueError(f"a history of {capacity} points cannot be thinned; at least 4 are needed")
        self._capacity = capacity
        self._step_s = max(step_s, 1e-9)
        self._points = _EMPTY

    @property
    def points(self) -> PriceSeries:
        """All kept points, oldest first, strictly increasing in time; the same object until they change."""
        return self._points

    def is_due(self, observed_at: float, origin: Origin | None) -> bool:
        """Whether a point of that moment and origin would change anything."""
        known = self._points
        # Mostly the very same object, which needs no comparison.
        if not known.times or (known.origin is not origin and known.origin != origin):
            return True
        return not -MAX_CLOCK_SKEW_S <= observed_at - known.times[-1] < self._step_s

    def append(self, point: PricePoint) -> bool:
        """Add a point newer than all others by at least the step; return whether it was kept.

        One of another origin begins the series anew. A point that is much older than the newest says that the clock
        was wrong before: what then lies in its future is dropped.
        """
        known = self._points
        if known and known.origin != point.origin:
            known = _EMPTY
        if known and known.times[-1] - point.observed_at > MAX_CLOCK_SKEW_S:
            known = self._points = known[: bisect_right(known.times, point.observed_at + MAX_CLOCK_SKEW_S)]
        if known and point.observed_at - known.times[-1] < self._step_s:
            return False
        self._points = self._bound(known + _to_series([point]))
        return True

    def merge(self, points: Iterable[PricePoint]) -> None:
        """Add points of any time, such as the stored ones after a restart.

        Only those of the series' own origin (of the newest one's, where there is none yet), and none within the step
        of one that is known.
        """
        given = sorted(points, key=lambda point: point.observed_at)
        origin = (self._points or given or [PricePoint(0.0, Decimal(0))])[-1].origin
        added = [point for point in given if point.origin == origin and not self._is_near(point.observed_at)]
        if added:
            joined = {point.observed_at: point for point in (*added, *self._points)}
            self._points = self._bound(_to_series([joined[time] for time in sorted(joined)]))

    def _is_near(self, observed_at: float) -> bool:
        times = self._points.times
        index = bisect_left(times, observed_at)
        return any(abs(known - observed_at) < self._step_s for known in times[max(0, index - 1) : index + 1])

    def _bound(self, points: PriceSeries) -> PriceSeries:
        """Forget what is older than the span, and thin what is too much."""
        points = points[bisect_left(points.times, points.times[-1] - SPAN_S) :]
        while len(points) >= self._capacity:
            half = len(points) // 2
            # Slices keep index 0, so the series still starts where it began.
            points = points[:half:2] + points[half:]
        return points


def _to_series(points: Sequence[PricePoint]) -> PriceSeries:
    """Return points of one origin, which are in order, in columns."""
    times = array("d", [point.observed_at for point in points])
    return PriceSeries(points[-1].origin, times, array("d", [float(point.usd_per_hour) for point in points]))
