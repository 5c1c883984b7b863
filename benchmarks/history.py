"""What the history costs the engine's loop and the disk.

    python -m benchmarks.history [--json]

The loop is measured while events pour in, with the disk's thread at work beside it: how late a task is that wants to
run every millisecond, once with nothing recorded and once with a hundred events at a time. A report, never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from controller.clusters.fleet import WorkloadKey
from controller.history.events import MoveFigures, MoveStarted
from controller.history.files import HistoryFiles
from controller.history.history import History
from controller.history.opening import open_history
from controller.history.settings import HistorySettings
from oracle.foundation.clocks import SYSTEM_CLOCKS

BURST = 100
BURSTS = 20
PAUSE_S = 0.05
TICK_S = 0.001


def main() -> int:
    """Measure, print, and return an exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(_measure(Path(folder)))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            print(f"{name:<40}{value}")
    return 0


async def _measure(folder: Path) -> dict[str, Any]:
    async with open_history(HistoryFiles.in_folder(folder), SYSTEM_CLOCKS, HistorySettings()) as history:
        quiet_ms, _ = await _find_worst_lag(history, 0)
        busy_ms, record_ms = await _find_worst_lag(history, BURST)
    begin = time.perf_counter()
    async with open_history(HistoryFiles.in_folder(folder), SYSTEM_CLOCKS, HistorySettings()) as history:
        open_ms = (time.perf_counter() - begin) * 1000
    return {
        "events": BURST * BURSTS,
        "record_100_events_ms_median": round(statistics.median(record_ms), 3),
        "record_100_events_ms_worst": round(max(record_ms), 3),
        "loop_lag_ms_worst_with_events": round(busy_ms, 3),
        "loop_lag_ms_worst_without": round(quiet_ms, 3),
        "open_ms": round(open_ms, 3),
        "database_bytes_per_event": (folder / "history.db").stat().st_size // (BURST * BURSTS),
    }


async def _find_worst_lag(history: History, burst: int) -> tuple[float, list[float]]:
    """Return the worst lag of the loop, and what each burst took, in milliseconds."""
    lags: list[float] = []
    watching = asyncio.create_task(_watch(lags))
    taken = []
    for number in range(BURSTS):
        begin = time.perf_counter()
        for index in range(burst):
            history.record(_build_event(f"{number}-{index}"))
        taken.append((time.perf_counter() - begin) * 1000)
        await asyncio.sleep(PAUSE_S)
    watching.cancel()
    return max(lags), taken


async def _watch(lags: list[float]) -> None:
    while True:
        due = time.perf_counter() + TICK_S
        await asyncio.sleep(TICK_S)
        lags.append((time.perf_counter() - due) * 1000)


def _build_event(migration_id: str) -> MoveStarted:
    workload = WorkloadKey("aws-eu-west-3", "shop", "checkout")
    return MoveStarted(migration_id, workload, "gcp-us-central1", 24, "0" * 64, MoveFigures())


if __name__ == "__main__":
    sys.exit(main())
