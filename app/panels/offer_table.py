"""A table some of whose cells are buttons that start a move: what they start is what a person has aimed at.

Rows and offers change by themselves. A press on a button that has come under the pointer or the keyboard that way shows
the dry run of its move and starts nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.widgets.aim import Aim
from app.widgets.theme import make_font
from controller.contract.dry_run import DryRun


class OfferTable(QTableView):
    """Subclasses say which cells are buttons, and may have other buttons than those that start a move (`press`)."""

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

    def lay_out(
        self, name: str, row_height_px: int, stretched: int, widths_px: Iterable[tuple[int, int]]
    ) -> None:
        """Make it a table of whole rows, once it has its model: `stretched` is the column that takes what is left.

        widths_px: columns, each with its width.
        """
        self.setAccessibleName(name)
        self.setFont(make_font(12))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(row_height_px)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        for column, width in widths_px:
            header.resizeSection(column, width)

    def find_offer(self, index: QModelIndex) -> DryRun | None:
        """Return what the button in a cell starts; None: there is none."""
        raise NotImplementedError

    def find_place(self, index: QModelIndex) -> Hashable:
        """Return what a cell is about, whatever row it stands in."""
        raise NotImplementedError

    def press(self, index: QModelIndex, event: QKeyEvent | QMouseEvent) -> None:
        """Press the button in a cell, if it has one."""
        self.press_offer(index, event)

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

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Note what the pointer is on; a finger has no pointer before it presses."""
        index = self.indexAt(event.position().toPoint())
        place, offered = self._stand(index)
        is_meant = not self._pointer.is_taken or self._pointer.is_at(place, offered)
        self._pressed = place, offered if is_meant else None
        super().mousePressEvent(event)
        self._keyboard.take(*self._stand(self.currentIndex()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click presses the button of the cell in which the mouse's went down, too."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index.isValid() and self._was_pressed(index):
            self.press(index, event)

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

    def _was_pressed(self, index: QModelIndex) -> bool:
        """Return whether the button of the mouse went down in the cell where it is released now."""
        return self._pressed is not None and self._pressed[0] == self.find_place(index)

    def _stand(self, index: QModelIndex) -> tuple[Hashable, Hashable]:
        """Return what a cell is about, and the move that its button starts now."""
        if not index.isValid():
            return None, None
        offer = self.find_offer(index)
        return self.find_place(index), None if offer is None else (offer.workload, offer.target)
