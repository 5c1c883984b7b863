"""What the cells of tables and lists have in common: their background, a button in them, text that fits."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from app.model import colors
from app.widgets.theme import SMALL_PX, make_font

PADDING_PX = 6
_OUTSIDE_PX, _INSIDE_PX = 3.5, 8
#: Between the words of a button and the edge of its cell.
BUTTON_MARGIN_PX = 12
#: How round the ends of a button of two lines are.
OFFER_RADIUS_PX = 10.0

#: Of each line of a button: what stands to the left, and is cut where there is no room, and what stands to the right.
OfferLines = tuple[tuple[str, str], tuple[str, str]]


def paint_background(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """Paint what lies behind a cell: selected and hovered rows are lighter."""
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(option.rect, QColor(colors.HOVERED))
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(option.rect, QColor(colors.RAISED))
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.fillRect(
            QRect(option.rect.left(), option.rect.bottom() - 1, option.rect.width(), 2), QColor(colors.ACCENT)
        )


def paint_offer(painter: QPainter, cell: QRect, lines: OfferLines, *, hovered: bool, focused: bool) -> None:
    """Paint a button that starts a move into a cell, as on the globe; of its money nothing is ever cut."""
    box = QRectF(cell).adjusted(_OUTSIDE_PX, _OUTSIDE_PX, -_OUTSIDE_PX, -_OUTSIDE_PX)
    fill = QColor(colors.ACCENT)
    painter.setBrush(fill.lighter(112) if hovered else fill)
    painter.setPen(QPen(QColor(colors.TEXT if focused else colors.ACCENT), 2.0 if focused else 1.0))
    painter.drawRoundedRect(box, OFFER_RADIUS_PX, OFFER_RADIUS_PX)
    painter.setPen(QColor(colors.ON_ACCENT))
    first, second = _halve(box.toRect().adjusted(_INSIDE_PX, 2, -_INSIDE_PX, -2))
    _paint_line(painter, first, *lines[0], is_bold=True)
    _paint_line(painter, second, *lines[1], is_bold=False)


def paint_two_lines(painter: QPainter, area: QRect, lines: tuple[str, str], flags: int) -> None:
    """Paint two lines into a cell; where the second is empty, the first stands in the middle."""
    halves = _halve(area.adjusted(0, 4, 0, -4)) if lines[1] else (area, area)
    for line, half in zip(lines, halves, strict=True):
        painter.drawText(half, flags, elide(painter, line, half))


def elide(painter: QPainter, text: str, area: QRect) -> str:
    """Return what of `text` fits into `area`."""
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())


def _halve(area: QRect) -> tuple[QRect, QRect]:
    """Return the upper and the lower half."""
    upper = QRect(area.left(), area.top(), area.width(), area.height() // 2)
    return upper, QRect(area.left(), upper.bottom() + 1, area.width(), area.height() - upper.height())


def _paint_line(painter: QPainter, area: QRect, left: str, right: str, *, is_bold: bool) -> None:
    painter.setFont(make_font(SMALL_PX, bold=is_bold))
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | middle), right)
    taken = painter.fontMetrics().horizontalAdvance(right) + 8 if right else 0
    rest = area.adjusted(0, 0, -taken, 0)
    painter.drawText(rest, int(Qt.AlignmentFlag.AlignLeft | middle), elide(painter, left, rest))
