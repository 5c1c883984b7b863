"""The clocks that everything is given, so that tests can move them.

`wall` says what time it is (seconds since the Unix epoch) and may jump. `counting` says how long something took, and
goes on while the machine sleeps, as the rest of the world does. A price must satisfy both.

What stands still in sleep (`time.monotonic`, the timers of an event loop) judges nothing: by it, whatever was true
before the sleep would be a moment old. A window may animate by it, and a program measure its own work.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from oracle.foundation.instant import Instant


@dataclass(frozen=True, slots=True)
class Clocks:
    """Two readings in seconds; of `counting` only differences mean anything."""

    wall: Callable[[], float]
    counting: Callable[[], float]

    def now(self) -> Instant:
        """Return this moment by both."""
        return Instant(self.wall(), self.counting())


def read_counting_clock() -> float:
    """Return seconds that go on while the machine sleeps."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    if sys.platform == "win32":
        import ctypes

        count = ctypes.windll.kernel32.GetTickCount64
        count.restype = ctypes.c_ulonglong
        return float(count()) / 1000.0
    return time.monotonic()


SYSTEM_CLOCKS = Clocks(wall=time.time, counting=read_counting_clock)
