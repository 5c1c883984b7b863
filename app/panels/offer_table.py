"""A table some of whose cells are buttons that start a move: what they start is what a person has aimed at.

Rows and offers change by themselves. A press on a button that has come under the pointer or the keyboard that way shows
the dry run of its move and starts nothing.
"""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QEvent, QModelIndex, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QTableView, QWidget

from app.widgets.aim import Aim
from controller.contract.dry_run import DryRun


class OfferTable(QTableView):
    """Subclasses say which cells are buttons, and press them by `press_offer`."""

    migrate_requested = Signal(object)
    """The `DryRun` whose button was pressed."""
    dry_run_requested = Signal(object, str)
    """`WorkloadKey` and target of a move whose button was pressed, but not aimed at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pointer = Aim()
        self._keyboard = Aim()
        self._pressed: tuple[Hashable, Hashable] | None = None
        self.setMouseTracking(True)

    @property
    def is_held(self) -> bool:
        """Whether a person is on the table, so that no row may change its place."""
        return self.underMouse() or self.hasFocus()

    def find_offer(self, index: QModelIndex) -> DryRun | None:
        """Return what the button in a cell starts; None: there is none."""
        raise NotImplementedError

    def find_place(self, index: QModelIndex) -> Hashable:
        """Return what a cell is about, whatever row it stands in."""
        raise NotImplementedError

    def press_offer(self, index: QModelIndex, event: QKeyEvent | QMouseEvent) -> None:
        """Start the move whose button was pressed; only show it where a person has aimed at something else."""
        offer = self.find_offer(index)
        if offer is None or (isinstance(event, QKeyEvent) and event.isAutoRepeat()):
            return
        here = self._stand(index)
        is_meant = self._keyboard.is_at(*here) if isinstance(event, QKeyEvent) else self._pressed == here
        if is_meant:
            self.migrate_requested.emit(offer)
        else:
            self.dry_run_requested.emit(offer.workload, offer.target)

    def was_pressed(self, index: QModelIndex) -> bool:
        """Return whether the button of the mouse went down in the cell where it is released now."""
        return self._pressed is not None and self._pressed[0] == self.find_place(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Note what the pointer is on; a finger has no pointer before it presses."""
        index = self.indexAt(event.position().toPoint())
        place, offered = self._stand(index)
        is_meant = not self._pointer.is_taken or self._pointer.is_at(place, offered)
        self._pressed = place, offered if is_meant else None
        super().mousePressEvent(event)
        self._keyboard.take(*self._stand(self.currentIndex()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Note what the pointer comes to."""
        super().mouseMoveEvent(event)
        self._pointer.take(*self._stand(self.indexAt(event.position().toPoint())))

    def viewportEvent(self, event: QEvent) -> bool:
        """Note what the pointer comes to from elsewhere, and that it leaves."""
        if isinstance(event, QEnterEvent):
            self._pointer.take(*self._stand(self.indexAt(event.position().toPoint())))
        elif event.type() is QEvent.Type.Leave:
            self._pointer.drop()
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Note which cell a person goes to."""
        super().keyPressEvent(event)
        self._keyboard.take(*self._stand(self.currentIndex()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Note which cell the keyboard comes to."""
        super().focusInEvent(event)
        self._keyboard.come(event.reason(), *self._stand(self.currentIndex()))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Note that the keyboard goes."""
        super().focusOutEvent(event)
        self._keyboard.go(event.reason())

    def _stand(self, index: QModelIndex) -> tuple[Hashable, Hashable]:
        """Return what a cell is about, and the move that its button starts now."""
        if not index.isValid():
            return None, None
        offer = self.find_offer(index)
        return self.find_place(index), None if offer is None else (offer.workload, offer.target)
