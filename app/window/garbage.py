"""Collects cyclic garbage on the GUI thread alone.

Python's collector runs on whichever thread happens to allocate. The window has a second one, which unpickles
snapshots: a widget that was collected there would be destroyed away from its own thread, and Qt crashes.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

#: Only the collector's own counters show how much garbage there is; looking at them takes a microsecond.
PERIOD_MS = 1000


class GarbageCollector(QObject):
    """Replaces the automatic collector of this process for as long as it lives. Make it on the GUI thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(collect_due_garbage)
        self._timer.start(PERIOD_MS)

    def settle(self) -> None:
        """Never look through what exists now again: modules and the window's parts stay, and take 80 ms each time."""
        gc.freeze()


def collect_due_garbage() -> None:
    """Collect the oldest generation that the automatic collector would have collected by now, if any."""
    counts, thresholds = gc.get_count(), gc.get_threshold()
    due = [generation for generation in range(3) if counts[generation] > thresholds[generation]]
    if due:
        gc.collect(max(due))
