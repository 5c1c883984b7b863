"""What the cells of tables and lists have in common: their background, a button in them, text that fits."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from app.model import colors
from app.widgets.theme import SMALL_PX, make_font

PADDING_PX = 6


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


def paint_pill(painter: QPainter, cell: QRect, text: str, *, hovered: bool, focused: bool) -> None:
    """Paint a button into a cell, as on the globe."""
    box = QRectF(cell).adjusted(3.5, 3.5, -3.5, -3.5)
    fill = QColor(colors.ACCENT)
    painter.setBrush(fill.lighter(112) if hovered else fill)
    painter.setPen(QPen(QColor(colors.TEXT if focused else colors.ACCENT), 2.0 if focused else 1.0))
    painter.drawRoundedRect(box, box.height() / 2.0, box.height() / 2.0)
    painter.setPen(QColor(colors.ON_ACCENT))
    painter.setFont(make_font(SMALL_PX, bold=True))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def elide(painter: QPainter, text: str, area: QRect) -> str:
    """Return what of `text` fits into `area`."""
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
