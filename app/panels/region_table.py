"""The table twin of the globe: every context with its price, and everything the globe can do, by keyboard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.actions import VISIT
from app.model.region_rows import (
    HEADER_TIPS,
    HEADERS,
    Column,
    RegionRow,
    accessible_text,
    describe_row,
    fade_row,
    sort_value,
)
from app.panels.offer_table import OfferTable
from app.panels.region_cells import ROW_HEIGHT_PX, RegionDelegate
from app.panels.row_model import Index, RowModel
from app.widgets.tips import plain_tip
from controller.contract.dry_run import DryRun

#: Rows change places at most this often, or when a move comes or goes, and never under the pointer: a moving row is
#: easily clicked by mistake.
RESORT_S = 10.0
SORT_ROLE = Qt.ItemDataRole.UserRole
ROW_ROLE = Qt.ItemDataRole.UserRole + 1


class RegionModel(RowModel[RegionRow]):
    """The contexts."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(len(Column), lambda row: row.view.context, _changed_columns, fade_row, parent)

    def find(self, context: str) -> int | None:
        """Return the row of a context."""
        return next((index for index, row in enumerate(self.rows) if row.view.context == context), None)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """See QAbstractItemModel."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(HEADER_TIPS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(Column(section))
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """See QAbstractItemModel; cells are painted by the delegate from the whole row."""
        row, column = self.rows[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[column]
        if role == ROW_ROLE:
            return row
        if role == SORT_ROLE:
            return sort_value(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(describe_row(row))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return accessible_text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None


class _Sorted(QSortFilterProxyModel):
    """Sorts by the rows' own values."""

    def lessThan(self, left: Index, right: Index) -> bool:
        """Compare two rows; those with an unknown value stay at the end in both directions."""
        first, second = left.data(SORT_ROLE), right.data(SORT_ROLE)
        if first[0] != second[0]:
            ascending = self.sortOrder() is Qt.SortOrder.AscendingOrder
            return bool(first[0] < second[0]) is ascending
        return bool(first < second)


class RegionTable(OfferTable):
    """The table. Selection goes both ways: `select` follows the globe, `selected` leads it."""

    selected = Signal(str)
    """A context, chosen by a person."""
    activated_region = Signal(str)
    """A context to fly to: Enter, or a double click."""
    menu_requested = Signal(object, QPoint)
    """The `RegionRow` that a menu is wanted for, and its global position."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RegionModel(self)
        self._sorted = _Sorted(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setDynamicSortFilter(False)
        self._sorted_at = -math.inf
        self._offers = 0
        self._is_following = False
        self.setModel(self._sorted)
        self.setItemDelegate(RegionDelegate(ROW_ROLE, self))
        self.lay_out("All contexts", ROW_HEIGHT_PX, Column.REGION, _WIDTHS_PX.items())
        self._set_up()

    def show_rows(self, rows: Sequence[RegionRow], now_s: float) -> None:
        """Show these rows; `now_s` is the monotonic time, for sorting no more often than is due."""
        self._model.show_rows(rows, is_held=self.is_held)
        offers = sum(bool(row.offers) for row in rows)
        is_due = now_s - self._sorted_at >= RESORT_S or offers != self._offers
        self._offers = offers
        if is_due and not self.is_held:
            self._sorted_at = now_s
            self._sorted.invalidate()

    def select(self, context: str | None) -> None:
        """Select a context's row without telling anyone."""
        row = None if context is None else self._model.find(context)
        self._is_following = True
        if row is None:
            self.clearSelection()
        elif self.selected_context() != context:
            column = max(0, self.currentIndex().column())
            self.setCurrentIndex(self._sorted.mapFromSource(self._model.index(row, column)))
        self._is_following = False

    def selected_context(self) -> str | None:
        """Return the selected context."""
        rows = self.selectionModel().selectedRows()
        return rows[0].data(ROW_ROLE).view.context if rows else None

    def _set_up(self) -> None:
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.horizontalHeader().setSectionsClickable(True)
        self.sortByColumn(Column.ACTION, Qt.SortOrder.DescendingOrder)
        self.selectionModel().currentRowChanged.connect(self._on_current_row)
        self.doubleClicked.connect(self._on_double_click)

    def _on_current_row(self, current: QModelIndex) -> None:
        if current.isValid() and not self._is_following:
            self.selected.emit(current.data(ROW_ROLE).view.context)

    def _on_double_click(self, index: QModelIndex) -> None:
        if index.column() != Column.ACTION:
            self.activated_region.emit(index.data(ROW_ROLE).view.context)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter acts as a click on the cell would; the space bar is the window's."""
        index = self.currentIndex()
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
        elif index.isValid() and VISIT.has_key(event):
            if index.column() == Column.ACTION:
                self.press(index, event)
            else:
                self.activated_region.emit(index.data(ROW_ROLE).view.context)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show a pointing hand over a button."""
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        on_button = index.isValid() and self.find_offer(index) is not None
        self.viewport().setCursor(
            Qt.CursorShape.PointingHandCursor if on_button else Qt.CursorShape.ArrowCursor
        )

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu of the row: the one under the pointer, or the current one when a key wants it."""
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        if not index.isValid():
            return
        corner = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        self.menu_requested.emit(index.data(ROW_ROLE), event.globalPos() if by_mouse else corner)

    def leaveEvent(self, event: QEvent) -> None:
        """Let go of the hovered row."""
        super().leaveEvent(event)
        self.viewport().update()

    def find_offer(self, index: QModelIndex) -> DryRun | None:
        """The best move from a region stands in the last column."""
        offers: tuple[DryRun, ...] = index.data(ROW_ROLE).offers
        return offers[0] if offers and index.column() == Column.ACTION else None

    def find_place(self, index: QModelIndex) -> tuple[str, int]:
        """A cell is about its context."""
        return index.data(ROW_ROLE).view.context, index.column()


#: Trend and cost have room for `>+999%` and `$9,999.99`: a number that is cut looks like another one.
_WIDTHS_PX = {
    Column.PRICE: 64,
    Column.AGE: 76,
    Column.TREND: 66,
    Column.WORKLOADS: 70,
    Column.COST: 73,
    Column.ACTION: 168,
}


def _alignment(column: Column) -> Qt.AlignmentFlag:
    numbers = (Column.PRICE, Column.TREND, Column.COST)
    side = Qt.AlignmentFlag.AlignRight if column in numbers else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _changed_columns(old: RegionRow, new: RegionRow) -> list[Column]:
    """Which cells look different: ages grow every second, and repainting a column is cheaper than the table."""
    if _is_painted_anew(old, new):
        return list(Column)
    return [column for column in Column if old.texts[column] != new.texts[column]]


def _is_painted_anew(old: RegionRow, new: RegionRow) -> bool:
    return (
        old.share != new.share
        or old.freshness != new.freshness
        or old.view.health != new.view.health
        or old.view.armed != new.view.armed
        or [offer.plan_digest for offer in old.offers] != [offer.plan_digest for offer in new.offers]
    )
