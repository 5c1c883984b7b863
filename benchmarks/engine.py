"""What a large fleet costs the engine: how late its loop is, its share of a core, its memory, its messages.

    python -m benchmarks.engine [--json] [--check] [--contexts N --deployments N]

The engine is started as the window starts it, on a simulated fleet that another process serves and that scales two
Deployments a second; prices move every four seconds. Lag is how late a 10 ms timer of the engine's own loop is; "busy"
is the processor time that the engine used meanwhile, which is its own fault also where the machine has other work, and
what the goal is about. The largest message is of all since the start, the first whole picture and the filling of the
fleet included; the other figures are of a running engine. A fleet is held to the limits of the smallest size in the
table that has room for it. A report; with --check, exit code 1 where a goal was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

from app.engine.pipe import SnapshotReceiver, read_body
from app.engine.process import engine_command
from benchmarks.demo_run import private_folders
from benchmarks.process_tree import read_tree
from controller.contract.snapshots import EngineSnapshot

ROOT = Path(__file__).resolve().parents[1]
MEASURING = {"PYTHONPATH": str(ROOT), "SENTINELAURA_TRACE_LAG": "1"}
START_TIMEOUT_S = 180.0
SETTLE_S = 5.0
MEASURE_S = 20.0


@dataclass(frozen=True, slots=True)
class Size:
    """A fleet, and what it may cost: p99 of the loop's own lag, share of a core, memory."""

    contexts: int
    deployments: int
    busy_p99_ms: float
    core_share: float | None
    pss_mib: float


SIZES = (
    Size(20, 2_000, 50.0, 0.15, 150.0),
    Size(100, 2_000, 50.0, None, 250.0),
    Size(100, 20_000, 100.0, None, 600.0),
)
#: Up to so many workloads, the largest message that may be sent, and how long the reader may stand still.
SMOOTH_DEPLOYMENTS, MESSAGE_MIB, STALL_MS = 2_000, 1.0, 50.0


class MeasuredEngine:
    """The engine's process with the window's end of its pipe: what arrives, how large it is, how long it takes."""

    def __init__(self, options: Sequence[str], environment: dict[str, str]) -> None:
        self.newest: EngineSnapshot | None = None
        self.failure: object = None
        self.first_size = 0
        self.largest_size = 0
        self.sizes: list[int] = []
        self.stalls_ms: list[float] = []
        self._process = subprocess.Popen(
            engine_command(options), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        """The engine's process id; its store is a child of it."""
        return self._process.pid

    def wait_until_complete(self) -> None:
        """Return when a snapshot has everything. Raises: SystemExit where that does not happen."""
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while self.newest is None or not self.newest.is_complete:
            if self.failure is not None or time.monotonic() > give_up_at:
                raise SystemExit(f"engine: it never had a full picture: {self.failure}")
            time.sleep(0.05)

    def forget(self) -> None:
        """Measure from here on; the first and the largest message stay those since the start."""
        self.sizes, self.stalls_ms = [], []

    def stop(self) -> None:
        """End the engine and what it started."""
        self._process.communicate()

    def _read(self) -> None:
        stream = cast(BinaryIO, self._process.stdout)
        receiver = SnapshotReceiver()
        while True:
            try:
                body = read_body(stream)
            except (EOFError, OSError, ValueError):
                return
            began = time.thread_time()
            message = receiver.decode(pickle.loads(body))
            self.stalls_ms.append((time.thread_time() - began) * 1000)
            self.sizes.append(len(body))
            self.first_size = self.first_size or len(body)
            self.largest_size = max(self.largest_size, len(body))
            if isinstance(message, EngineSnapshot):
                self.newest = message
            else:
                self.failure = message


def main() -> int:
    """Measure, print, and return an exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal was missed")
    parser.add_argument("--contexts", type=int, help="one fleet of this many contexts")
    parser.add_argument("--deployments", type=int, default=2_000, help="and of this many Deployments in all")
    options = parser.parse_args()
    sizes = (find_size(options.contexts, options.deployments),) if options.contexts else SIZES
    results = [measure(size) for size in sizes]
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        for result in results:
            print("  ".join(f"{name}={value}" for name, value in result.items()))
    holds = all(held for result in results for held in result["goals"].values())
    return 1 if options.check and not holds else 0


def find_size(contexts: int, deployments: int) -> Size:
    """Return this fleet with the limits of the smallest size that has room for it, or of the largest of all."""
    wide = [size for size in SIZES if contexts <= size.contexts and deployments <= size.deployments]
    return replace((wide or SIZES[-1:])[0], contexts=contexts, deployments=deployments)


def measure(size: Size) -> dict[str, Any]:
    """Run the engine on one fleet and return its figures."""
    with TemporaryDirectory(prefix="aura") as name, _serve_fleet(Path(name), size) as kubeconfig:
        folder = Path(name)
        environment = {**os.environ, **private_folders(folder), **MEASURING}
        began = time.monotonic()
        engine = MeasuredEngine(["--prices", "simulated", "--kubeconfig", kubeconfig], environment)
        try:
            engine.wait_until_complete()
            ready_s = time.monotonic() - began
            time.sleep(SETTLE_S)
            return {
                "contexts": size.contexts,
                "deployments": size.deployments,
                "ready_s": round(ready_s, 1),
                **_measure_running(engine, folder / "trace", size),
            }
        finally:
            engine.stop()


def _measure_running(engine: MeasuredEngine, trace_file: Path, size: Size) -> dict[str, Any]:
    lines_before = len(_read_lags(trace_file))
    engine.forget()
    before = read_tree(engine.pid)[0]
    time.sleep(MEASURE_S)
    after = read_tree(engine.pid)[0]
    lags = _read_lags(trace_file)[lines_before:]
    late = [ms for line in lags for ms in line["ms"]]
    busy = [ms for line in lags for ms in line["busy_ms"]]
    figures = {
        "lag_p99_ms": _percentile(late, 99),
        "busy_p99_ms": _percentile(busy, 99),
        "busy_max_ms": max(busy),
        "core_share": round((after.cpu_s - before.cpu_s) / MEASURE_S, 3),
        "pss_mib": round(after.pss_mib, 1),
        "messages": len(engine.sizes),
        "message_median_kib": round(statistics.median(engine.sizes or [0]) / 1024, 1),
        "message_first_kib": round(engine.first_size / 1024, 1),
        "message_max_kib": round(engine.largest_size / 1024, 1),
        "reader_stall_max_ms": round(max(engine.stalls_ms, default=0.0), 1),
    }
    goals = {
        "busy_p99_ms": figures["busy_p99_ms"] <= size.busy_p99_ms,
        "core_share": size.core_share is None or figures["core_share"] <= size.core_share,
        "pss_mib": figures["pss_mib"] <= size.pss_mib,
    }
    if size.deployments <= SMOOTH_DEPLOYMENTS:
        goals["message_max_kib"] = figures["message_max_kib"] <= MESSAGE_MIB * 1024
        goals["reader_stall_max_ms"] = figures["reader_stall_max_ms"] <= STALL_MS
    return {**figures, "goals": goals}


@contextmanager
def _serve_fleet(folder: Path, size: Size) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.large_fleet", str(folder)]
    command += ["--contexts", str(size.contexts), "--deployments", str(size.deployments)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def _read_lags(trace_file: Path) -> list[dict[str, Any]]:
    lines = trace_file.read_text(encoding="utf-8").splitlines(keepends=True)
    entries = [json.loads(line) for line in lines if line.endswith("\n")]
    return [entry for entry in entries if entry["event"] == "lag"]


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


if __name__ == "__main__":
    sys.exit(main())
