"""The two clocks that the oracle is given, so that tests can move them.

`wall` says what time it is (seconds since the Unix epoch) and may jump; `monotonic` measures how long
something took and may not, but stands still while the machine sleeps. A price must satisfy both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clocks:
    """Two readings in seconds; only differences of `monotonic` mean anything."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]


SYSTEM_CLOCKS = Clocks(wall=time.time, monotonic=time.monotonic)
