"""How the cells of the tables are painted: a mark for the provider, a dot for the price, a pill for the action."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.model import colors
from app.model.names import provider_mark
from app.model.region_rows import Column, RegionRow
from app.widgets.cells import PADDING_PX, elide, paint_background, paint_offer, paint_two_lines
from app.widgets.theme import SMALL_PX, make_font
from gl.palette import ramp_colors
from oracle.foundation.untrusted_text import clean_text
from oracle.quotes import Freshness

ROW_HEIGHT_PX = 38
MARK_WIDTH_PX = 36
#: A context's name that is cut to less than this is of no use.
LEAST_DETAIL_PX = 70

_Index = QModelIndex | QPersistentModelIndex


class RegionDelegate(QStyledItemDelegate):
    """Paints the cells of the region table from whole rows."""

    def __init__(self, row_role: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._row_role = row_role
        self._small = make_font(SMALL_PX)
        self._mark = make_font(9, bold=True)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Rows have a fixed height; widths belong to the header."""
        return QSize(40, ROW_HEIGHT_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one cell."""
        row: RegionRow = index.data(self._row_role)
        column = Column(index.column())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_background(painter, option)
        area = option.rect.adjusted(PADDING_PX, 0, -PADDING_PX, 0)
        if column is Column.REGION:
            self._paint_region(painter, area, row, option)
        elif column is Column.ACTION:
            self._paint_action(painter, option, row)
        else:
            painter.setPen(_cell_color(row, column))
            painter.setFont(self._small if column is Column.AGE else option.font)
            age, _, source = row.texts[column].partition(", ")
            paint_two_lines(painter, area, (age, source), int(index.data(Qt.ItemDataRole.TextAlignmentRole)))
        painter.restore()

    def _paint_region(
        self, painter: QPainter, area: QRect, row: RegionRow, option: QStyleOptionViewItem
    ) -> None:
        name = area.adjusted(0, 4, 0, -area.height() // 2)
        detail = area.adjusted(MARK_WIDTH_PX + 6, area.height() // 2, 0, -4)
        painter.setFont(option.font)
        painter.setPen(QColor(colors.TEXT if row.is_reachable else colors.GREY))
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, elide(painter, row.texts[Column.REGION], name))
        mark = QRect(area.left(), detail.top(), area.width(), detail.height())
        _paint_mark(painter, mark, provider_mark(row.view.provider), self._mark)
        if detail.width() > LEAST_DETAIL_PX:
            painter.setFont(self._small)
            painter.setPen(QColor(colors.MUTED if row.is_reachable else colors.GREY))
            text = clean_text(row.view.context, 80) if row.is_reachable else row.view.health.value
            painter.drawText(detail, Qt.AlignmentFlag.AlignVCenter, elide(painter, text, detail))

    def _paint_action(self, painter: QPainter, option: QStyleOptionViewItem, row: RegionRow) -> None:
        if row.words is not None:
            hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
            focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
            words = row.words
            lines = (words.workload, ""), (f"→ {words.target}", words.saving.removesuffix("/day"))
            paint_offer(painter, option.rect, lines, hovered=hovered, focused=focused)


def _paint_mark(painter: QPainter, area: QRect, mark: str, font: QFont) -> None:
    box = QRectF(area.left(), area.center().y() - 7.0, MARK_WIDTH_PX, 15.0)
    painter.setPen(QPen(QColor(colors.LINE), 1.0))
    painter.setBrush(QColor(colors.RAISED))
    painter.drawRoundedRect(box, 4.0, 4.0)
    painter.setFont(font)
    painter.setPen(QColor(colors.MUTED))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark)


def _cell_color(row: RegionRow, column: Column) -> QColor:
    if not row.is_reachable or (column in (Column.PRICE, Column.AGE) and row.freshness is Freshness.EXPIRED):
        return QColor(colors.GREY)
    if column is Column.PRICE and row.share is not None:
        return price_color(row.share)
    if column is Column.AGE:
        return QColor(colors.WARNING if row.freshness is Freshness.AGEING else colors.MUTED)
    return QColor(colors.TEXT)


def price_color(share: float) -> QColor:
    """Return the colour of a price on the globe, a little lighter where small text needs it."""
    red, green, blue = (float(part) for part in ramp_colors([share])[0])
    return QColor.fromRgbF(red, green, blue).lighter(115)
