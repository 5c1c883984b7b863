"""What a person waits for while they drag the globe: from a moved pointer to the painted window, demo and all.

    python -m benchmarks.window [--json] [--frames N]

The real window at 1280 x 720 with the side panel closed, so that the globe is as large as it gets, and with the real
engine beside it. A frame is all of it: input, camera, globe, labels and buttons, and Qt's painting. A report, never a
test.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from bootstrap import virtual_screen

if TYPE_CHECKING:
    from app.desktop import Desktop
    from app.window.main_window import MainWindow

SIZE_PX = (1280, 720)
MOVING_LIMIT_MS = 33.0
PATIENCE_S = 60.0
#: The last notice of the start has gone by then.
SETTLE_S = 12.0
#: Pixels of one move, and moves after which the hand turns round: the globe swings, and no edge is reached.
STEP_PX, SWING = 6, 40


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.window", description="Time the dragged globe."
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--frames", type=int, default=400, help="frames to measure (default 400)")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="aura") as home, virtual_screen("1280x720x24") as screen:
        for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            os.environ[name] = home
        os.environ.update(screen)
        report = measure(options.frames)
    if options.json:
        json.dump(report, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        print(*(f"{name:28} {value}" for name, value in report.items()), sep="\n")


def measure(frames: int) -> dict[str, object]:
    """Open the demo, drag its globe, and return milliseconds for each frame."""
    # Imported here: the display has to be known before Qt is loaded.
    from PySide6.QtWidgets import QApplication

    from app.config.window_settings import Settings
    from app.desktop import Desktop
    from app.widgets.theme import apply_theme
    from app.window.garbage import GarbageCollector

    application = QApplication(["sentinelaura"])
    GarbageCollector(application)
    apply_theme(application)
    desktop = Desktop(Settings(opening_turn=False, side_panel=False), ())
    desktop.window.resize(*SIZE_PX)
    desktop.window.show()
    desktop.start_engine()
    try:
        _wait_until(lambda: _is_complete(desktop))
        settled_at = time.monotonic() + SETTLE_S
        _wait_until(lambda: time.monotonic() > settled_at)
        times = _drag(desktop.window, frames)
    finally:
        desktop.window.close()
        asyncio.run(desktop.stop_engine())
    median = statistics.median(times)
    return {
        "size": SIZE_PX,
        "renderer": desktop.window.stage.view.renderer,
        "moving_ms": {"median": round(median, 1), "p95": round(_percentile(times, 0.95), 1)},
        "slowest_ms": round(max(times), 1),
        "goals": {f"moving frame at most {MOVING_LIMIT_MS:.0f} ms": median <= MOVING_LIMIT_MS},
    }


def _is_complete(desktop: Desktop) -> bool:
    return desktop.window.snapshot is not None and desktop.window.snapshot.is_complete


def _drag(window: MainWindow, frames: int) -> list[float]:
    """Drag the globe to and fro; return for each move the milliseconds until it was painted."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QWidget

    stage, button, no_key = window.stage, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    view = cast(QWidget, stage.view)
    painted = [0]

    def count() -> None:
        painted[0] += 1

    stage.view.frame_painted.connect(count)
    place = QPoint(stage.width() // 2, stage.height() // 2)
    QTest.mousePress(view, button, no_key, place)
    times = []
    for number in range(frames):
        step = STEP_PX if (number // SWING) % 2 == 0 else -STEP_PX
        place += QPoint(step, 0)
        began, before = time.perf_counter(), painted[0]
        QTest.mouseMove(view, place)
        _wait_until(partial(lambda before: painted[0] > before, before))
        times.append(1000.0 * (time.perf_counter() - began))
    QTest.mouseRelease(view, button, no_key, place)
    return times


def _wait_until(is_reached: Callable[[], bool]) -> None:
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    give_up_at = time.monotonic() + PATIENCE_S
    while not is_reached():
        if time.monotonic() > give_up_at:
            raise TimeoutError("the demo did not come up, or a move of the pointer was not drawn")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[round(share * (len(values) - 1))]


if __name__ == "__main__":
    main()
