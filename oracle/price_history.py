"""The price of one offering over time, bounded: recent times finely, older ones coarsely. Pure.

Whenever the series is full, every second point of its older half is dropped. A series therefore never grows,
keeps its first and newest point, and its resolution falls off smoothly towards the past, which is what a
chart and a trend need.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from oracle.bounds import MAX_CLOCK_SKEW_S


@dataclass(frozen=True, slots=True)
class PricePoint:
    """What an offering cost at one moment (Unix seconds)."""

    observed_at: float
    usd_per_hour: Decimal


class PriceHistory:
    """The bounded series of one offering, oldest first. Owned by one task; `points` may be handed on."""

    def __init__(self, capacity: int = 512, step_s: float = 0.0) -> None:
        """Keep at most `capacity` points (at least 4), none within `step_s` seconds of the one before."""
        if capacity < 4:
            raise ValueError(f"a history of {capacity} points cannot be thinned; at least 4 are needed")
        self._capacity = capacity
        self._step_s = step_s
        self._points: list[PricePoint] = []
        self._shown: tuple[PricePoint, ...] | None = None

    @property
    def points(self) -> tuple[PricePoint, ...]:
        """All kept points, oldest first, strictly increasing in time; the same tuple until one is added."""
        if self._shown is None:
            self._shown = tuple(self._points)
        return self._shown

    def append(self, point: PricePoint) -> bool:
        """Add a point newer than all others by at least the step; return whether it was kept.

        A point that is much older than the newest says that the clock was wrong before: what then lies in its
        future is dropped.
        """
        self._shown = None
        while self._points and self._points[-1].observed_at - point.observed_at > MAX_CLOCK_SKEW_S:
            self._points.pop()
        if self._points and point.observed_at - self._points[-1].observed_at < max(self._step_s, 1e-9):
            return False
        self._points.append(point)
        self._thin()
        return True

    def merge(self, points: Iterable[PricePoint]) -> None:
        """Add points of any time, such as the stored ones after a restart. Known times keep their price."""
        self._shown = None
        known = {point.observed_at: point for point in points}
        known.update((point.observed_at, point) for point in self._points)
        self._points = [known[time] for time in sorted(known)]
        while len(self._points) >= self._capacity:
            self._thin()

    def compute_trend(self, since: float) -> float | None:
        """Return the relative change from the price in force at `since` to the newest, or None where that is
        unknown.

        0.05 means 5 % dearer.
        """
        index = bisect_right(self._points, since, key=lambda point: point.observed_at) - 1
        if index < 0:
            return None
        then, last = self._points[index].usd_per_hour, self._points[-1].usd_per_hour
        return float(last / then) - 1.0 if then > 0 else None

    def _thin(self) -> None:
        if len(self._points) >= self._capacity:
            half = len(self._points) // 2
            # Slices keep index 0, so the series still starts where it began.
            self._points = self._points[:half:2] + self._points[half:]
