"""Labels that show foreign text as it is: never rich text, elided instead of widening the window."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.model import colors
from app.model.tone import Tone
from app.widgets.theme import FONT_PX, make_font
from app.widgets.tips import plain_tip

#: Letters after which a long name may be broken.
BREAK_LENGTH = 8

TONE_COLORS = {
    Tone.PLAIN: colors.TEXT,
    Tone.GOOD: colors.GOOD,
    Tone.BAD: colors.BAD,
    Tone.WARNING: colors.WARNING,
}


def make_label(
    text: str = "",
    *,
    size_px: int = FONT_PX,
    bold: bool = False,
    color: str = colors.TEXT,
    wrap: bool = False,
) -> QLabel:
    """Return a label for plain text."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(make_font(size_px, bold))
    label.setWordWrap(wrap)
    set_color(label, color)
    return label


def breakable(name: str) -> str:
    """Return a name that a wrapped label breaks where it has to: one without a space would run out of the label."""
    joiner = "\N{ZERO WIDTH SPACE}"
    return joiner.join(name[start : start + BREAK_LENGTH] for start in range(0, len(name), BREAK_LENGTH))


def set_color(label: QLabel, color: str) -> None:
    """Give a label another colour, at no cost where it has it already."""
    palette = label.palette()
    if palette.color(label.foregroundRole()) != QColor(color):
        palette.setColor(label.foregroundRole(), QColor(color))
        label.setPalette(palette)


def set_tone(label: QLabel, text: str, tone: Tone) -> None:
    """Set a label's words and how they are meant."""
    label.setText(text)
    set_color(label, TONE_COLORS[tone])


class ElidedLabel(QLabel):
    """A label on one line that ends in an ellipsis where it does not fit, with the whole text as its tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def minimumSizeHint(self) -> QSize:
        """As narrow as need be."""
        return QSize(20, super().minimumSizeHint().height())

    def setText(self, text: str) -> None:
        """Set the text and the tool tip."""
        if text != self.text():
            super().setText(text)
            self.setToolTip(plain_tip(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits."""
        del event
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self.alignment()), text)
