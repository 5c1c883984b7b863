"""Measures how long the GUI's event loop stands still while the backends arrive. Only for the benchmarks."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer

from app.tracing import trace

_PERIOD_MS = 5
#: The backends have arrived by then; after it the timer would only disturb the measurement of an idle window.
_WATCH_MS = 20_000


class StallWatch(QObject):
    """Traces the longest time between two turns of a 5 ms timer, each time that it grows."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._last = time.monotonic()
        self._longest_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_PERIOD_MS)
        QTimer.singleShot(_WATCH_MS, self._timer.stop)

    def _tick(self) -> None:
        now = time.monotonic()
        stall_s, self._last = now - self._last, now
        if stall_s > self._longest_s:
            self._longest_s = stall_s
            # Written at once: a measured run may be killed.
            trace("longest_stall", ms=round(stall_s * 1000, 1))


def watch_stalls(parent: QObject) -> StallWatch:
    """Start watching; the watch lives as long as `parent`."""
    return StallWatch(parent)
