"""The price of one offering over the last day, as one origin said it: bounded, recent times finely. Pure.

Whenever the series is full, every second point of its older half is dropped. A series therefore never grows,
keeps its first and newest point, and its resolution falls off smoothly towards the past, which is what a
chart and a trend need.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

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


class PriceHistory:
    """The bounded series of one offering, oldest first. Owned by one task; `points` may be handed on.

    All its points are of one origin: what was live, recorded and simulated are different markets.
    """

    def __init__(self, capacity: int = 512, step_s: float = 0.0) -> None:
        """Keep at most `capacity` points (at least 4), none within `step_s` seconds of the one before."""
        if capacity < 4:
            raise ValueError(f"a history of {capacity} points cannot be thinned; at least 4 are needed")
        self._capacity = capacity
        self._step_s = max(step_s, 1e-9)
        self._points: list[PricePoint] = []
        self._shown: tuple[PricePoint, ...] | None = None

    @property
    def points(self) -> tuple[PricePoint, ...]:
        """All kept points, oldest first, strictly increasing in time; the same tuple until they change."""
        if self._shown is None:
            self._shown = tuple(self._points)
        return self._shown

    def append(self, point: PricePoint) -> bool:
        """Add a point newer than all others by at least the step; return whether it was kept.

        One of another origin begins the series anew. A point that is much older than the newest says that the clock
        was wrong before: what then lies in its future is dropped.
        """
        if self._points and self._points[-1].origin != point.origin:
            self._points.clear()
        while self._points and self._points[-1].observed_at - point.observed_at > MAX_CLOCK_SKEW_S:
            self._points.pop()
            self._shown = None
        if self._points and point.observed_at - self._points[-1].observed_at < self._step_s:
            return False
        self._points.append(point)
        self._bound()
        return True

    def merge(self, points: Iterable[PricePoint]) -> None:
        """Add points of any time, such as the stored ones after a restart.

        Only those of the series' own origin (of the newest one's, where there is none yet), and none within the step
        of one that is known.
        """
        given = sorted(points, key=lambda point: point.observed_at)
        newest = (self._points or given)[-1:]
        added = [point for point in given if point.origin == newest[0].origin and not self._is_near(point)]
        if added:
            joined = {point.observed_at: point for point in (*added, *self._points)}
            self._points = [joined[time] for time in sorted(joined)]
            self._bound()

    def _is_near(self, point: PricePoint) -> bool:
        index = bisect_left(self._points, point.observed_at, key=lambda known: known.observed_at)
        around = self._points[max(0, index - 1) : index + 1]
        return any(abs(known.observed_at - point.observed_at) < self._step_s for known in around)

    def _bound(self) -> None:
        """Forget what is older than the span, and thin what is too much."""
        self._shown = None
        oldest = self._points[-1].observed_at - SPAN_S
        self._points = self._points[bisect_left(self._points, oldest, key=lambda point: point.observed_at) :]
        while len(self._points) >= self._capacity:
            half = len(self._points) // 2
            # Slices keep index 0, so the series still starts where it began.
            self._points = self._points[:half:2] + self._points[half:]
