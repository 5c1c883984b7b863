"""The workloads of the selected context as a table, each with its best move and a dry run to anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPoint,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.actions import DRY_RUN
from app.model import colors
from app.model.sizes import state_text
from app.model.workload_rows import WORKLOAD_HEADERS, WorkloadColumn, WorkloadRow, fade_row
from app.panels.offer_table import OfferTable
from app.panels.row_model import Index, RowModel
from app.widgets.cells import PADDING_PX, elide, paint_background, paint_offer
from app.widgets.theme import SMALL_PX, make_font
from app.widgets.tips import plain_tip
from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from oracle.foundation.untrusted_text import clean_text

ROW_ROLE = Qt.ItemDataRole.UserRole
ROW_HEIGHT_PX = 38

_NUMBERS = (WorkloadColumn.READY, WorkloadColumn.STATE, WorkloadColumn.COST)
_WIDTHS_PX = {
    WorkloadColumn.READY: 54,
    WorkloadColumn.STATE: 58,
    WorkloadColumn.COST: 66,
    WorkloadColumn.MOVE: 152,
    WorkloadColumn.DRY_RUN: 96,
}


class WorkloadModel(RowModel[WorkloadRow]):
    """The workloads of one context."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            len(WorkloadColumn), lambda row: row.workload.key, _changed_columns, fade_row, parent
        )

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """See QAbstractItemModel."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return WORKLOAD_HEADERS[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(WorkloadColumn(section))
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """See QAbstractItemModel."""
        row, column = self.rows[index.row()], WorkloadColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[column]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(_tell_more(row, column))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{WORKLOAD_HEADERS[column]} {row.texts[column]}".strip()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None


def _tell_more(row: WorkloadRow, column: WorkloadColumn) -> str:
    """What a cell has no room for."""
    if column is WorkloadColumn.MOVE:
        return row.note
    name = clean_text(str(row.workload.key), 300)
    state = state_text(row.workload.state_gb, row.workload.state_known_by)
    return f"{name}: {state}" if column is WorkloadColumn.STATE and state else name


class WorkloadDelegate(QStyledItemDelegate):
    """Paints the cells."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        row: WorkloadRow = index.data(ROW_ROLE)
        column = WorkloadColumn(index.column())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_background(painter, option)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if column is WorkloadColumn.MOVE and row.words is not None:
            lines = (f"→ {row.words.target}", ""), (f"save {row.words.saving}", "")
            paint_offer(painter, option.rect, lines, hovered=hovered, focused=focused)
        elif column is WorkloadColumn.DRY_RUN:
            _paint_outline(painter, option, row.texts[column])
        else:
            quiet = column is WorkloadColumn.MOVE
            painter.setPen(QColor(colors.MUTED if quiet else colors.TEXT))
            painter.setFont(make_font(SMALL_PX) if quiet else option.font)
            area = option.rect.adjusted(PADDING_PX, 0, -PADDING_PX, 0)
            painter.drawText(area, int(_alignment(column)), elide(painter, row.texts[column], area))
        painter.restore()


class WorkloadTable(OfferTable):
    """The table."""

    targets_requested = Signal(object, QPoint)
    """A `WorkloadKey` that a menu of targets is wanted for, and its global position."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_text = ""
        self._model = WorkloadModel(self)
        self.setModel(self._model)
        self.setItemDelegate(WorkloadDelegate(self))
        self.lay_out(
            "Workloads of the selected context", ROW_HEIGHT_PX, WorkloadColumn.NAME, _WIDTHS_PX.items()
        )

    def show_rows(self, rows: Sequence[WorkloadRow], empty_text: str) -> None:
        """Show these workloads; where there are none, `empty_text` says so."""
        self._model.show_rows(rows, is_held=self.is_held)
        shown = "" if rows else empty_text
        if shown != self._empty_text:
            self._empty_text = shown
            self.setAccessibleDescription(shown)
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say that nothing runs here rather than showing a header over nothing."""
        super().paintEvent(event)
        if self._empty_text:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(colors.MUTED))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._empty_text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter acts as a click on the cell would; the space bar is the window's."""
        index = self.currentIndex()
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
        elif not index.isValid():
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.press(index, event)
        elif DRY_RUN.has_key(event):
            self._ask_for_targets(index)
        else:
            super().keyPressEvent(event)

    def find_offer(self, index: QModelIndex) -> DryRun | None:
        """The best move of a workload stands in a column of its own."""
        row: WorkloadRow = index.data(ROW_ROLE)
        return row.offer if index.column() == WorkloadColumn.MOVE else None

    def find_place(self, index: QModelIndex) -> tuple[WorkloadKey, int]:
        """A cell is about its workload."""
        return index.data(ROW_ROLE).workload.key, index.column()

    def press(self, index: QModelIndex, event: QKeyEvent | QMouseEvent) -> None:
        """The last column has buttons of its own."""
        if index.column() == WorkloadColumn.DRY_RUN:
            self._ask_for_targets(index)
        else:
            self.press_offer(index, event)

    def _ask_for_targets(self, index: QModelIndex) -> None:
        cell = self.visualRect(index.siblingAtColumn(WorkloadColumn.DRY_RUN))
        corner = self.viewport().mapToGlobal(cell.bottomLeft())
        self.targets_requested.emit(index.data(ROW_ROLE).workload.key, corner)


def _alignment(column: WorkloadColumn) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _paint_outline(painter: QPainter, option: QStyleOptionViewItem, text: str) -> None:
    focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
    hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
    box = QRectF(option.rect).adjusted(3.5, 7.5, -3.5, -7.5)
    painter.setPen(QPen(QColor(colors.TEXT if focused else colors.LINE), 2.0 if focused else 1.0))
    painter.setBrush(QColor(colors.HOVERED) if hovered else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box, box.height() / 2.0, box.height() / 2.0)
    painter.setPen(QColor(colors.TEXT))
    painter.setFont(make_font(SMALL_PX))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _changed_columns(old: WorkloadRow, new: WorkloadRow) -> Sequence[WorkloadColumn]:
    """All where anything looks different."""
    is_changed = old.texts != new.texts or (old.offer is None) != (new.offer is None)
    return tuple(WorkloadColumn) if is_changed else ()
