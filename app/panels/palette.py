"""The command palette: everything that the program can do, found by typing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.model import colors
from app.model.choices import Choice, find_choices
from app.widgets.cells import elide, paint_background
from app.widgets.sheet import Sheet
from app.widgets.theme import SMALL_PX, make_font
from oracle.foundation.untrusted_text import clean_text

#: More choices than this nobody reads: typing is quicker.
MAX_SHOWN = 60
HINT_ROLE = Qt.ItemDataRole.UserRole


class _ChoiceDelegate(QStyledItemDelegate):
    """Paints a choice and, to the right, its hint."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """One line each."""
        return QSize(100, 28)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one choice."""
        painter.save()
        paint_background(painter, option)
        area = option.rect.adjusted(8, 0, -8, 0)
        hint = index.data(HINT_ROLE)
        painter.setFont(make_font(SMALL_PX))
        painter.setPen(QColor(colors.MUTED))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, hint)
        rest = area.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(hint) - 12, 0)
        painter.setFont(option.font)
        painter.setPen(QColor(colors.TEXT))
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, elide(painter, index.data(), rest))
        painter.restore()


class Palette(Sheet):
    """A line to type into and the choices that answer to it."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "", 560)
        self.setAccessibleName("Command palette")
        self._choices: Sequence[Choice] = ()
        self._found: list[Choice] = []
        self.line = QLineEdit()
        self.line.setPlaceholderText("Fly to a region, migrate a workload, change a setting…")
        self.line.setAccessibleName("Type to find an action")
        self.list = QListWidget()
        self.list.setFixedHeight(336)
        self.list.setItemDelegate(_ChoiceDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("Actions")
        self.body.addWidget(self.line)
        self.body.addWidget(self.list)
        self.line.textChanged.connect(self._refresh)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(lambda _: self._run())

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Open the palette with these choices."""
        self._choices = [choice for choice in choices if choice.is_enabled]
        self.line.clear()
        self._refresh()
        self.open(self.line)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys and Enter reach the list while the line keeps the keyboard."""
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
        return super().eventFilter(watched, event)

    def _refresh(self) -> None:
        self._found = find_choices(self._choices, self.line.text())[:MAX_SHOWN]
        self.list.clear()
        for choice in self._found:
            item = QListWidgetItem(clean_text(choice.text, 120))
            item.setData(HINT_ROLE, clean_text(choice.hint, 120))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, clean_text(f"{choice.text}, {choice.hint}", 240))
            self.list.addItem(item)
        first_is_harmless = bool(self._found) and not self._found[0].is_grave
        self.list.setCurrentRow(0 if first_is_harmless else -1)

    def _step(self, step: int) -> None:
        """Choose the next or the previous one; where none is chosen, the first or the last."""
        row, rows = self.list.currentRow(), max(1, self.list.count())
        self.list.setCurrentRow((row + step) % rows if row >= 0 else min(0, step) % rows)

    def _run(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._found):
            choice = self._found[row]
            self.close_sheet()
            choice.run()
