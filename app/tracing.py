"""Writes when things happened, for the benchmarks: JSON lines in the file that SENTINELAURA_TRACE names.

SENTINELAURA_TRACE_LAG=1 adds how late the engine's loop comes back, which wakes it a hundred times a second.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

_FILE = os.environ.get("SENTINELAURA_TRACE")
_TRACES_LAG = _FILE is not None and os.environ.get("SENTINELAURA_TRACE_LAG") == "1"
_IMPORTED_AT = time.monotonic()


def is_tracing() -> bool:
    """Whether somebody measures this run."""
    return _FILE is not None


def is_tracing_lag() -> bool:
    """Whether this run measures its own event loop, which costs some 3 % of a core."""
    return _TRACES_LAG


def trace(event: str, **facts: Any) -> None:
    """Append one event with the seconds since the process started, by the clock and of processor time."""
    if _FILE is None:
        return
    times = {"t_s": round(_seconds_since_start(), 4), "cpu_s": round(time.process_time(), 4)}
    line = json.dumps({"event": event, **times, "pid": os.getpid(), **facts})
    with open(_FILE, "a", encoding="utf-8") as file:
        file.write(line + "\n")


def _seconds_since_start() -> float:
    """Seconds since the kernel started this process (10 ms steps); elsewhere than on Linux since import."""
    if sys.platform != "linux":
        return time.monotonic() - _IMPORTED_AT
    with open("/proc/self/stat", encoding="ascii") as file:
        start_ticks = int(file.read().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - start_ticks / os.sysconf("SC_CLK_TCK")
