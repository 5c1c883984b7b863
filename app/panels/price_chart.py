"""The price history of one region as a line, painted by hand.

A charting library would cost more start-up time and memory than the rest of the window; see docs/decisions.
"""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.model import colors
from app.model.chart_scale import ChartScale, fit_scale, split_at_gaps
from app.model.formatting import format_age, format_price
from app.widgets.theme import SMALL_PX, make_font

LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 8.0, 62.0, 8.0, 20.0


class PriceChart(QWidget):
    """A line of (Unix seconds, USD per hour) with the newest price marked; the pointer reads off values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(make_font(SMALL_PX))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(84)
        self._history: tuple[tuple[float, float], ...] = ()
        self._is_current = True
        self._pointer_px: float | None = None

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(360, 130)

    def show_history(self, history: tuple[tuple[float, float], ...], is_current: bool) -> None:
        """Show a history, oldest first, or that there is none. `is_current`: its newest price still holds."""
        if (history, is_current) != (self._history, self._is_current):
            self._history, self._is_current = history, is_current
            self.setAccessibleName(_describe(history, is_current))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint grid, line and labels."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if len(self._history) < 2:
            painter.setPen(QColor(colors.MUTED))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No price history yet")
            return
        area = QRectF(LEFT_PX, TOP_PX, self.width() - LEFT_PX - RIGHT_PX, self.height() - TOP_PX - BOTTOM_PX)
        scale = fit_scale(self._history)
        self._paint_grid(painter, area, scale)
        self._paint_line(painter, area, scale)
        self._paint_reading(painter, area, scale)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read off the value under the pointer."""
        self._pointer_px = event.position().x()
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Show the newest value again."""
        del event
        self._pointer_px = None
        self.update()

    def _paint_grid(self, painter: QPainter, area: QRectF, scale: ChartScale) -> None:
        for price in scale.ticks:
            y_px = _y(area, scale, price)
            painter.setPen(QPen(QColor(colors.LINE), 1.0))
            painter.drawLine(QPointF(area.left(), y_px), QPointF(area.right(), y_px))
            painter.setPen(QColor(colors.MUTED))
            label = QRectF(area.right() + 6.0, y_px - 8.0, RIGHT_PX - 6.0, 16.0)
            painter.drawText(label, Qt.AlignmentFlag.AlignVCenter, _price(price))
        start, end = self._history[0][0], self._history[-1][0]
        below = QRectF(area.left(), area.bottom() + 4.0, area.width(), 16.0)
        painter.setPen(QColor(colors.MUTED))
        painter.drawText(
            below, Qt.AlignmentFlag.AlignLeft, f"{format_age(end - start)} {_before(self._is_current)}"
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, "now" if self._is_current else "last price")

    def _paint_line(self, painter: QPainter, area: QRectF, scale: ChartScale) -> None:
        line, below = QPainterPath(), QPainterPath()
        for piece in split_at_gaps(self._history):
            points = [QPointF(_x(area, self._history, at), _y(area, scale, price)) for at, price in piece]
            _add_piece(line, below, points, area.bottom())
        shade = QLinearGradient(0.0, area.top(), 0.0, area.bottom())
        strong, weak = QColor(colors.ACCENT), QColor(colors.ACCENT)
        strong.setAlpha(70)
        weak.setAlpha(0)
        shade.setColorAt(0.0, strong)
        shade.setColorAt(1.0, weak)
        painter.fillPath(below, shade)
        painter.setPen(QPen(QColor(colors.ACCENT), 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(line)

    def _paint_reading(self, painter: QPainter, area: QRectF, scale: ChartScale) -> None:
        at, price = self._history[-1] if self._pointer_px is None else self._nearest(area, self._pointer_px)
        point = QPointF(_x(area, self._history, at), _y(area, scale, price))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.TEXT))
        painter.drawEllipse(point, 3.0, 3.0)
        if self._pointer_px is not None:
            earlier = format_age(self._history[-1][0] - at)
            text = f"{_price(price)}/h, {earlier} {_before(self._is_current)}"
            width = painter.fontMetrics().horizontalAdvance(text) + 12
            left = min(max(area.left(), point.x() - width / 2.0), area.right() - width)
            box = QRectF(left, area.top(), width, 18.0)
            painter.setBrush(QColor(colors.HOVERED))
            painter.drawRoundedRect(box, 4.0, 4.0)
            painter.setPen(QColor(colors.TEXT))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _nearest(self, area: QRectF, x_px: float) -> tuple[float, float]:
        return min(self._history, key=lambda sample: abs(_x(area, self._history, sample[0]) - x_px))


def _add_piece(line: QPainterPath, below: QPainterPath, points: list[QPointF], bottom_px: float) -> None:
    """Add one unbroken piece to the line and to the shade below it; a lone point gets a dash to be seen."""
    if len(points) == 1:
        points = [points[0] - QPointF(1.0, 0.0), points[0] + QPointF(1.0, 0.0)]
    line.moveTo(points[0])
    below.moveTo(points[0].x(), bottom_px)
    for point in points:
        line.lineTo(point)
        below.lineTo(point)
    below.lineTo(points[-1].x(), bottom_px)


def _x(area: QRectF, history: tuple[tuple[float, float], ...], at: float) -> float:
    start, end = history[0][0], history[-1][0]
    return area.left() + area.width() * (at - start) / max(1e-9, end - start)


def _y(area: QRectF, scale: ChartScale, price: float) -> float:
    return area.bottom() - area.height() * scale.share(price)


def _price(usd_per_hour: float) -> str:
    return format_price(Decimal(f"{usd_per_hour:.5f}")).removesuffix("/h")


def _before(is_current: bool) -> str:
    return "ago" if is_current else "before"


def _describe(history: tuple[tuple[float, float], ...], is_current: bool) -> str:
    if len(history) < 2:
        return "No price history yet"
    prices = [price for _, price in history]
    since = format_age(history[-1][0] - history[0][0])
    newest = f"{'now' if is_current else 'at last'} {_price(prices[-1])}"
    return f"Price over {since}: from {_price(min(prices))} to {_price(max(prices))}, {newest}"
