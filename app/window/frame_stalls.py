"""Measures how long the GUI's event loop stands still while the backends arrive. Only for the benchmarks."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer

from app.tracing import trace

_PERIOD_MS = 5
#: The backends have arrived by then; after it the timer would only disturb the measurement of an idle window.
_WATCH_MS = 8_000


class StallWatch(QObject):
    """Traces the longest time between two turns of a 5 ms timer, each time that it grows.

    By the clock, and by the processor time that the process used in it: where the machine has other work, the
    second shows how much of a stall was ours.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._last = (time.monotonic(), time.process_time())
        self._longest = (0.0, 0.0)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_PERIOD_MS)
        QTimer.singleShot(_WATCH_MS, self._timer.stop)

    def _tick(self) -> None:
        now = (time.monotonic(), time.process_time())
        stall_s, busy_s = now[0] - self._last[0], now[1] - self._last[1]
        self._last = now
        if stall_s > self._longest[0] or busy_s > self._longest[1]:
            self._longest = (max(stall_s, self._longest[0]), max(busy_s, self._longest[1]))
            # Written at once: a measured run may be killed.
            trace("stall", ms=round(stall_s * 1000, 1), busy_ms=round(busy_s * 1000, 1))


def watch_stalls(parent: QObject) -> StallWatch:
    """Start watching; the watch lives as long as `parent`."""
    return StallWatch(parent)
