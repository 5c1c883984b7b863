"""Measures how long the GUI's event loop stands still while the backends arrive. Only for the benchmarks."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer

from app.tracing import trace

_PERIOD_MS = 5


class StallWatch(QObject):
    """Notes the longest time between two turns of a 5 ms timer."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._last = time.monotonic()
        self._longest_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_PERIOD_MS)

    def report(self) -> None:
        """Write the longest stall so far."""
        trace("longest_stall", ms=round(self._longest_s * 1000, 1))

    def _tick(self) -> None:
        now = time.monotonic()
        self._longest_s = max(self._longest_s, now - self._last)
        self._last = now


def watch_stalls(parent: QObject) -> StallWatch:
    """Start watching; the watch lives as long as `parent`."""
    return StallWatch(parent)
