"""Starts that can still be taken back: owns their rings, and sends a start when its ring has closed.

A start goes on without its card: whoever looks elsewhere in these seconds has not changed their mind.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.model.start_gate import make_start
from app.model.start_ring import RingState, StartRing
from app.window.engine_link import EngineLink
from controller.contract.dry_run import DryRun

#: How often a ring is drawn while one is open.
TICK_MS = 50


class StartRings(QObject):
    """The one owner of the starts that wait. GUI thread only."""

    changed = Signal()
    """A ring has come, gone, or closed a little more."""

    def __init__(self, link: EngineLink, parent: QObject) -> None:
        super().__init__(parent)
        self._link = link
        self._open: list[StartRing] = []
        self._looked_s = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        link.news.connect(self._look)

    @property
    def rings(self) -> tuple[StartRing, ...]:
        """Those that are open, the newest last."""
        return tuple(self._open)

    def begin(self, dry_run: DryRun) -> StartRing:
        """Let this start wait for its ring. Of one workload only the newest start waits."""
        self._look()
        for ring in self.rings:
            if ring.dry_run.workload == dry_run.workload:
                self._end(ring, RingState.TAKEN_BACK)
        ring = StartRing(dry_run)
        self._open.append(ring)
        self._looked_s = self._link.monotonic()
        self._timer.start(TICK_MS)
        self.changed.emit()
        return ring

    def undo(self, ring: StartRing) -> None:
        """Take a start back; nothing of it was sent."""
        if ring.is_open:
            self._end(ring, RingState.TAKEN_BACK)
            self._report()

    def undo_newest(self) -> bool:
        """Take the newest start back; return whether there was one."""
        newest = self._open[-1] if self._open else None
        if newest is not None:
            self.undo(newest)
        return newest is not None

    def undo_all(self) -> None:
        """Take every start back."""
        for ring in self.rings:
            self.undo(ring)

    def _look(self) -> None:
        """Let the time pass since the last look; send what has waited long enough. Without an engine nothing starts."""
        if not self._open:
            return
        now_s = self._link.monotonic()
        elapsed_s, self._looked_s = now_s - self._looked_s, now_s
        ended = False
        for ring in self.rings:
            ring.watch(elapsed_s)
            if self._link.lost is not None:
                self._end(ring, RingState.TAKEN_BACK)
            elif ring.left_s <= 0.0:
                self._end(ring, RingState.SENT)
                self._link.send(make_start(ring.dry_run))
            ended |= not ring.is_open
        if ended:
            self._report()
        else:
            self.changed.emit()

    def _end(self, ring: StartRing, state: RingState) -> None:
        ring.state = state
        self._open.remove(ring)
        if not self._open:
            self._timer.stop()

    def _report(self) -> None:
        self.changed.emit()
        self._link.news.emit()
