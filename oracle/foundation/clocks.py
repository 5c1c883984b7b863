"""The clocks that everything is given, so that tests can move them.

`wall` says what time it is (seconds since the Unix epoch) and may jump. The other two only measure how long something
took: `monotonic` stands still while the machine sleeps and so counts what was watched; `counting` goes on in sleep and
is for whatever the rest of the world may have changed meanwhile. A price must satisfy `wall` and `counting`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clocks:
    """Three readings in seconds; only differences of `monotonic` and of `counting` mean anything."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]
    counting: Callable[[], float]


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


SYSTEM_CLOCKS = Clocks(wall=time.time, monotonic=time.monotonic, counting=read_counting_clock)
