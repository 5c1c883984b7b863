"""Measures how late the engine's event loop comes back to whoever waits for a moment. Only for the benchmarks."""

from __future__ import annotations

import asyncio
import time

from app.tracing import trace

_PERIOD_S = 0.01
#: Written once a second: a measured run may be killed.
_PER_LINE = 100


async def watch_lag() -> None:
    """Trace the lateness of a 10 ms timer, by the clock and by the processor time that this process used in it."""
    while True:
        late_ms, busy_ms = [], []
        for _ in range(_PER_LINE):
            began, used = time.monotonic(), time.process_time()
            await asyncio.sleep(_PERIOD_S)
            late_ms.append(round((time.monotonic() - began - _PERIOD_S) * 1000, 2))
            busy_ms.append(round((time.process_time() - used) * 1000, 2))
        trace("lag", ms=late_ms, busy_ms=busy_ms)
