"""The small fixed things over the globe: what the colours mean, and the badge for the demo."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.model import colors
from app.model.formatting import format_price
from app.model.price_scale import PriceScale
from app.widgets.theme import SMALL_PX, make_font
from controller.contract.snapshots import PriceOrigin, PriceSourceView
from gl.palette import RAMP, UNKNOWN

BAR_WIDTH_PX = 120.0
BAR_HEIGHT_PX = 6.0
WIDTH_PX = 256
HEIGHT_PX = 56
#: How much of the globe shows through behind the words, of 255.
VEIL_ALPHA = 190


class Legend(QWidget):
    """A bar from cheap to dear with the prices at its ends, and the grey of unknown prices."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFont(make_font(SMALL_PX))
        self.setFixedSize(self.sizeHint())
        self._ends = ("", "")

    def sizeHint(self) -> QSize:
        """Fixed: the prices at the ends have always the same number of digits."""
        return QSize(WIDTH_PX, HEIGHT_PX)

    def show_scale(self, scale: PriceScale | None) -> None:
        """Write the prices at the ends of the scale."""
        ends = ("", "")
        if scale is not None:
            ends = (_end(scale.low_usd_per_hour), _end(scale.high_usd_per_hour))
        if ends != self._ends:
            self._ends = ends
            self.setAccessibleName(f"Colours from cheap, {ends[0]}, to dear, {ends[1]}; grey: price unknown")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and its words."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(colors.SKY)
        veil.setAlpha(VEIL_ALPHA)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(veil)
        painter.drawRoundedRect(QRectF(self.rect()), 6.0, 6.0)
        painter.translate(8.0, 6.0)
        gradient = QLinearGradient(QPointF(1.0, 0.0), QPointF(BAR_WIDTH_PX, 0.0))
        for index, stop in enumerate(RAMP):
            gradient.setColorAt(index / (len(RAMP) - 1), QColor.fromRgbF(*map(float, stop)))
        painter.setBrush(gradient)
        painter.drawRoundedRect(QRectF(1.0, 18.0, BAR_WIDTH_PX, BAR_HEIGHT_PX), 3.0, 3.0)
        painter.setBrush(QColor.fromRgbF(*map(float, UNKNOWN)))
        painter.drawEllipse(QPointF(BAR_WIDTH_PX + 22.0, 21.0), 4.0, 4.0)
        painter.setPen(QColor(colors.MUTED))
        width, height = BAR_WIDTH_PX, 44.0
        low, high = self._ends
        painter.drawText(QRectF(1.0, 0.0, width, 15.0), Qt.AlignmentFlag.AlignLeft, "cheap")
        painter.drawText(QRectF(1.0, 0.0, width, 15.0), Qt.AlignmentFlag.AlignRight, "dear")
        painter.drawText(QRectF(1.0, 27.0, width, height - 27.0), Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(QRectF(1.0, 27.0, width + 6.0, height - 27.0), Qt.AlignmentFlag.AlignRight, high)
        painter.drawText(
            QRectF(width + 32.0, 13.0, 110.0, 16.0), Qt.AlignmentFlag.AlignVCenter, "price unknown"
        )


#: What is not real, or not of today, where the clusters are simulated.
DEMO_TEXTS = {
    PriceOrigin.UNKNOWN: "DEMO  ·  simulated clusters",
    PriceOrigin.LIVE: "DEMO  ·  simulated clusters, live prices",
    PriceOrigin.SIMULATED: "DEMO  ·  simulated prices and clusters",
    PriceOrigin.RECORDED: "DEMO  ·  simulated clusters, recorded prices",
    PriceOrigin.MIXED: "DEMO  ·  simulated clusters, mixed prices",
}


#: The same where the clusters are real.
_PLAN_TEXTS = {
    PriceOrigin.SIMULATED: "PLAN ONLY  ·  simulated prices",
    PriceOrigin.RECORDED: "PLAN ONLY  ·  recorded prices",
    PriceOrigin.MIXED: "PLAN ONLY  ·  some prices are not live",
}


def badge_text(prices: PriceSourceView, *, demo: bool) -> str | None:
    """Return what the badge over the globe says, of a recording its day; None where clusters and prices are real."""
    text = DEMO_TEXTS[prices.origin] if demo else _PLAN_TEXTS.get(prices.origin)
    return text if text is None or prices.playback is None else f"{text} of {prices.playback.date}"


class Badge(QLabel):
    """A quiet pill with a few words; `DEMO` is one."""

    def __init__(self, color: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(make_font(SMALL_PX, bold=True))
        self.setStyleSheet(
            f"color: {color}; background: {colors.RAISED}; border: 1px solid {color}; border-radius: 8px;"
            "padding: 2px 9px;"
        )

    def show_text(self, text: str) -> None:
        """Show other words, as wide as they are."""
        if text != self.text():
            self.setText(text)
            self.setMinimumWidth(round(QFontMetricsF(self.font()).horizontalAdvance(text)) + 20)
            self.resize(self.sizeHint())


def _end(usd_per_hour: float) -> str:
    return format_price(Decimal(f"{usd_per_hour:.4f}"))
