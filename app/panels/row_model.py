"""Rows of a table as Qt wants them. A row that reads the same as before is not announced as changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex

from app.model.held_rows import hold_still

Row = TypeVar("Row")

Index = QModelIndex | QPersistentModelIndex


class RowModel(QAbstractTableModel, Generic[Row]):
    """Subclasses say what stands in a cell.

    identify: what a row is about. find_changed: the columns that look different, in order. fade: a row -> what is left
    of it when what it is about has gone.
    """

    def __init__(
        self,
        columns: int,
        identify: Callable[[Row], Hashable],
        find_changed: Callable[[Row, Row], Sequence[int]],
        fade: Callable[[Row], Row],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()
        self._columns = columns
        self._identify = identify
        self._find_changed = find_changed
        self._fade = fade

    def show_rows(self, rows: Sequence[Row], *, is_held: bool = False) -> None:
        """Replace what is shown; where a person is on the rows, each keeps its place."""
        before, after = self.rows, tuple(rows)
        if is_held:
            after = hold_still(before, after, self._identify, self._fade)
        if [self._identify(row) for row in before] != [self._identify(row) for row in after[: len(before)]]:
            self.beginResetModel()
            self.rows = after
            self.endResetModel()
            return
        if len(after) > len(before):
            self.beginInsertRows(QModelIndex(), len(before), len(after) - 1)
            self.rows = after
            self.endInsertRows()
        self.rows = after
        for index, (old, new) in enumerate(zip(before, after, strict=False)):
            changed = self._find_changed(old, new)
            if changed:
                self.dataChanged.emit(self.index(index, changed[0]), self.index(index, changed[-1]))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """See QAbstractItemModel."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """See QAbstractItemModel."""
        return 0 if parent.isValid() else self._columns
