"""The contexts of a kubeconfig to tick: who each would have us be, and why some of them can't be chosen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.model import colors
from app.model.kubeconfig_rows import ContextRow
from app.widgets.cells import elide, paint_background
from app.widgets.theme import SMALL_PX, make_font
from app.widgets.tips import plain_tip
from oracle.foundation.untrusted_text import clean_text

LINES_ROLE = Qt.ItemDataRole.UserRole
HOST_ROLE = Qt.ItemDataRole.UserRole + 1
#: The context's name as the file has it; what is shown is cleaned.
NAME_ROLE = Qt.ItemDataRole.UserRole + 2
PADDING_PX = 8
BOX_PX = 14
TEXT_LEFT_PX = PADDING_PX + BOX_PX + 10
NAME_HEIGHT_PX = 20
SCROLL_BAR_PX = 8
#: So many items are laid out before the window goes on: a tenth of a second's work at most.
BATCH = 25
#: What the host may take of the line, from its right end.
HOST_SHARE = 0.5

_Index = QModelIndex | QPersistentModelIndex
_Line = tuple[str, str]


def list_lines(row: ContextRow) -> list[_Line]:
    """Return what stands below a context's name: (text, colour)."""
    lines = [(f"Refused: {clean_text(row.reason, 400)}", colors.WARNING)] if row.reason is not None else []
    if row.server:
        lines.append((f"Credential: {clean_text(row.credential, 200)}", colors.MUTED))
    warnings = (str(warning) for warning in row.warnings)
    return [*lines, *((f"{warning[:1].upper()}{warning[1:]}", colors.WARNING) for warning in warnings)]


class ContextDelegate(QStyledItemDelegate):
    """Paints the box, the name, the server's host, and below them as many lines as there is to say."""

    def __init__(self, width_px: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._text_width_px = width_px - TEXT_LEFT_PX - PADDING_PX

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """As high as its lines."""
        lines = (_lay_out(text, self._text_width_px) for text, _ in index.data(LINES_ROLE))
        height = sum(laid.boundingRect().height() for laid in lines)
        return QSize(self._text_width_px, 2 * PADDING_PX + NAME_HEIGHT_PX + math.ceil(height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one context."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_background(painter, option)
        area = option.rect.adjusted(TEXT_LEFT_PX, PADDING_PX, -PADDING_PX, -PADDING_PX)
        can_be_ticked = bool(index.flags() & Qt.ItemFlag.ItemIsUserCheckable)
        is_ticked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked.value
        _paint_box(painter, option.rect, can_be_ticked=can_be_ticked, is_ticked=is_ticked)
        self._paint_head(painter, area, index, colors.TEXT if can_be_ticked else colors.GREY)
        top = float(area.top() + NAME_HEIGHT_PX)
        for text, color in index.data(LINES_ROLE):
            laid = _lay_out(text, self._text_width_px)
            painter.setPen(QColor(color))
            laid.draw(painter, QPointF(area.left(), top))
            top += laid.boundingRect().height()
        painter.restore()

    def _paint_head(self, painter: QPainter, area: QRect, index: _Index, color: str) -> None:
        line = QRect(area.left(), area.top(), area.width(), NAME_HEIGHT_PX)
        name, host = index.data(Qt.ItemDataRole.DisplayRole), index.data(HOST_ROLE)
        painter.setFont(make_font(SMALL_PX))
        right = line.adjusted(round(line.width() * (1 - HOST_SHARE)), 0, 0, 0)
        host = elide(painter, host, right)
        painter.setPen(QColor(colors.MUTED))
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, host)
        left = line.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(host) - 12, 0)
        painter.setFont(make_font(bold=True))
        painter.setPen(QColor(color))
        painter.drawText(left, Qt.AlignmentFlag.AlignVCenter, elide(painter, name, left))


class ContextList(QListWidget):
    """Items that can be ticked by a click and by Space; those that are refused can be read."""

    ticked = Signal()
    """Other contexts are ticked."""

    def __init__(self, width_px: int) -> None:
        super().__init__()
        self.setFixedWidth(width_px)
        self.setItemDelegate(ContextDelegate(width_px - SCROLL_BAR_PX, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(BATCH)
        self.setMouseTracking(True)
        self.setAccessibleName("Contexts of the file")
        self.itemClicked.connect(self._toggle)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The contexts that are ticked, in the order of the file."""
        return tuple(item.data(NAME_ROLE) for item in self._ticked_items())

    @property
    def choosable(self) -> int:
        """How many contexts can be ticked."""
        return sum(_can_be_ticked(item) for item in self._items())

    def content_height_px(self, most_px: int) -> int:
        """Return the height of all items, or `most_px` where that is less."""
        height = 0
        for row in range(self.count()):
            height += self.sizeHintForRow(row)
            if height >= most_px:  # a thousand texts take a second to break into lines
                return most_px
        return height

    def show_rows(self, rows: Sequence[ContextRow], chosen: Iterable[str]) -> None:
        """Show these contexts, with the chosen ones ticked."""
        self.clear()
        ticked = frozenset(chosen)
        for row in rows:
            self.addItem(_make_item(row, is_ticked=row.name in ticked))
        self.setCurrentRow(0)

    def tick_all(self, ticked: bool) -> None:
        """Tick all that can be, or none."""
        state = Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        for item in self._items():
            if _can_be_ticked(item):
                item.setCheckState(state)
        self.ticked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks the current one."""
        if event.key() == Qt.Key.Key_Space and self.currentItem() is not None:
            self._toggle(self.currentItem())
            return
        super().keyPressEvent(event)

    def _toggle(self, item: QListWidgetItem) -> None:
        if _can_be_ticked(item):
            is_ticked = item.checkState() is Qt.CheckState.Checked
            item.setCheckState(Qt.CheckState.Unchecked if is_ticked else Qt.CheckState.Checked)
            self.ticked.emit()

    def _items(self) -> Iterator[QListWidgetItem]:
        return (self.item(row) for row in range(self.count()))

    def _ticked_items(self) -> Iterator[QListWidgetItem]:
        return (
            item
            for item in self._items()
            if _can_be_ticked(item) and item.checkState() is Qt.CheckState.Checked
        )


def _make_item(row: ContextRow, *, is_ticked: bool) -> QListWidgetItem:
    item = QListWidgetItem(clean_text(row.name, 120))
    lines = list_lines(row)
    host = clean_text(row.host, 120)
    said = "\n".join(filter(None, (host, *(text for text, _ in lines))))
    item.setData(HOST_ROLE, host)
    item.setData(LINES_ROLE, lines)
    item.setData(NAME_ROLE, row.name)
    item.setToolTip(plain_tip(said))
    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.text()}, {said}")
    flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
    if row.reason is not None:
        item.setFlags(flags)
    else:
        item.setFlags(flags | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
    return item


def _lay_out(text: str, width_px: int) -> QTextLayout:
    """Break a text into lines between words, and long words wherever it must be: paths and addresses have no blanks."""
    laid = QTextLayout(text, make_font(SMALL_PX))
    wrapping = QTextOption()
    wrapping.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    laid.setTextOption(wrapping)
    laid.beginLayout()
    top = 0.0
    while (line := laid.createLine()).isValid():
        line.setLineWidth(width_px)
        line.setPosition(QPointF(0.0, top))
        top += line.height()
    laid.endLayout()
    return laid


def _can_be_ticked(item: QListWidgetItem) -> bool:
    return bool(item.flags() & Qt.ItemFlag.ItemIsUserCheckable)


def _paint_box(painter: QPainter, row: QRect, *, can_be_ticked: bool, is_ticked: bool) -> None:
    """Paint a box as the theme has it, with a tick; a cross where the context is refused."""
    top = row.top() + PADDING_PX + (NAME_HEIGHT_PX - BOX_PX) // 2
    box = QRectF(row.left() + PADDING_PX + 0.5, top + 0.5, BOX_PX - 1, BOX_PX - 1)
    if not can_be_ticked:
        painter.setPen(QPen(QColor(colors.WARNING), 1.5))
        inner = box.adjusted(3, 3, -3, -3)
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())
        return
    painter.setPen(QColor(colors.ACCENT if is_ticked else colors.MUTED))
    painter.setBrush(QColor(colors.ACCENT if is_ticked else colors.RAISED))
    painter.drawRoundedRect(box, 4, 4)
    if is_ticked:
        painter.setPen(QPen(QColor(colors.ON_ACCENT), 1.8))
        x, y = box.left(), box.top()
        painter.drawPolyline(
            [QPointF(x + 3.0, y + 6.8), QPointF(x + 5.6, y + 9.4), QPointF(x + 10.2, y + 3.8)]
        )
