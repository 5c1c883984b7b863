"""How fast the demo opens, how smoothly its backends arrive, and what it costs to leave it open.

    python -m benchmarks.startup [--json] [--runs N] [--soak MINUTES]

Every start is a person's first one: the graphics driver has nothing in its cache. The goals are for two cores without a
GPU; memory is counted by PSS, in which a page that several processes share counts once. Flat over ten minutes is what
--soak shows. A report, never a test.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import Any

from benchmarks.demo_run import DemoFailed, DemoRun, start_demo
from benchmarks.process_tree import ProcessUse

#: After the first frame; the program watches its own stalls for 8 s, and notices of the start go by in ten.
SETTLE_S = 12.0
IDLE_S = 10.0
SAMPLE_PERIOD_S = 5.0
#: A soak compares its last minute with the first one after this: caches fill and the first prices arrive before it.
WARM_UP_S = 60.0


def main() -> int:
    """Measure, print, and return an exit code."""
    options = _parse_options()
    try:
        result = _soak(options.soak) if options.soak else _repeat(options.runs)
    except DemoFailed as error:
        print(f"startup: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        _print_lines(result)
    return 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="starts to take the median of (5)")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="watch one run that long instead")
    return parser.parse_args()


def _repeat(runs: int) -> dict[str, Any]:
    """Medians over several starts; the first start reads files from a cold cache and is not counted."""
    _measure_start()
    measured = [_measure_start() for _ in range(runs)]
    medians = {name: _summary([one[name] for one in measured]) for name in measured[0]}
    return {"runs": runs, **medians, "goals": _check_goals(medians)}


def _check_goals(medians: dict[str, dict[str, float] | None]) -> dict[str, bool]:
    """Whether the medians keep within the limits; what was not measured does not."""
    limits = {
        "first frame within 0.8 s of the process start": ("first_frame_s", 0.8),
        "no frame over 100 ms while the backends arrive": ("longest_stall_ms", 100.0),
        "at most 300 MiB with the demo": ("pss_mib", 300.0),
        "window idle below 1 % of a core": ("idle_window_percent_of_core", 1.0),
    }
    found = {goal: (medians[name], limit) for goal, (name, limit) in limits.items()}
    return {goal: value is not None and value["median"] <= limit for goal, (value, limit) in found.items()}


def _measure_start() -> dict[str, float | None]:
    with start_demo() as demo:
        first_frame = demo.wait_for("first_frame")
        shown_at = time.monotonic()
        ready = demo.wait_for("backends_ready")
        time.sleep(max(0.0, shown_at + SETTLE_S - time.monotonic()))
        before, began = demo.use(), time.monotonic()
        time.sleep(IDLE_S)
        after, elapsed_s = demo.use(), time.monotonic() - began
        left_behind = demo.stop()
        return {
            "first_frame_s": first_frame["t_s"],
            # Says more than the clock where the machine has other work; threads count side by side.
            "first_frame_cpu_s": first_frame["cpu_s"],
            # The engine is a process of its own, with a start of its own.
            "backends_ready_after_engine_start_s": ready["t_s"],
            "longest_stall_ms": _longest(demo, "ms"),
            "longest_busy_stall_ms": _longest(demo, "busy_ms"),
            **_sums(after),
            "idle_window_percent_of_core": 100 * (after[0].cpu_s - before[0].cpu_s) / elapsed_s,
            "idle_all_percent_of_core": 100 * (_cpu_s(after) - _cpu_s(before)) / elapsed_s,
            "processes_left_behind": left_behind,
        }


def _longest(demo: DemoRun, measure: str) -> float | None:
    return max((event[measure] for event in demo.events("stall")), default=None)


def _soak(minutes: float) -> dict[str, Any]:
    """Sample one run; flat means that the last minute looks like the first one after the warm-up."""
    samples: list[dict[str, float]] = []
    with start_demo() as demo:
        demo.wait_for("backends_ready")
        began = time.monotonic()
        while (elapsed_s := time.monotonic() - began) < minutes * 60:
            samples.append({"t_s": elapsed_s, **_sums(demo.use())})
            time.sleep(SAMPLE_PERIOD_S)
        processes = [{"name": use.name, "rss_mib": round(use.rss_mib, 1)} for use in demo.use()]
        left_behind = demo.stop()
    warm = [sample for sample in samples if sample["t_s"] >= WARM_UP_S] or samples
    early = [sample for sample in warm if sample["t_s"] < warm[0]["t_s"] + 60]
    late = [sample for sample in warm if sample["t_s"] > warm[-1]["t_s"] - 60]
    changes = {name: _change(early, late, name) for name in samples[0] if name != "t_s"}
    return {
        "soak_minutes": minutes,
        **changes,
        "processes": processes,
        "processes_left_behind": left_behind,
    }


def _change(early: list[dict[str, float]], late: list[dict[str, float]], name: str) -> dict[str, float]:
    first = statistics.median(sample[name] for sample in early)
    last = statistics.median(sample[name] for sample in late)
    return {"first_minute": round(first, 1), "last_minute": round(last, 1), "change": round(last - first, 1)}


def _sums(uses: list[ProcessUse]) -> dict[str, float]:
    return {
        "rss_mib": sum(use.rss_mib for use in uses),
        "pss_mib": sum(use.pss_mib for use in uses),
        "processes": len(uses),
        "threads": sum(use.threads for use in uses),
        "descriptors": sum(use.descriptors for use in uses),
    }


def _cpu_s(uses: list[ProcessUse]) -> float:
    return sum(use.cpu_s for use in uses)


def _summary(values: list[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return {
        "median": round(statistics.median(known), 3),
        "min": round(min(known), 3),
        "max": round(max(known), 3),
    }


def _print_lines(result: dict[str, Any]) -> None:
    for name, value in result.items():
        print(f"{name:40} {value}")


if __name__ == "__main__":
    sys.exit(main())
