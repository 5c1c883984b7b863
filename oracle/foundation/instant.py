"""One moment as both clocks have it (`clocks.py`), and how long ago it was. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment: Unix seconds, and the reading of the clock that goes on in sleep, of which only differences count."""

    wall: float
    counting: float

    def age_s(self, now: Instant) -> float:
        """Return how long ago it was, by the clock that says longer."""
        return max(now.wall - self.wall, now.counting - self.counting)
