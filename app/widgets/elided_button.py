"""A button whose words are cut where there is no room, instead of widening the window; the tool tip has them all."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter, QWidget

from app.widgets.menus import without_key
from app.widgets.tips import plain_tip

LEAST_WIDTH_PX = 160


class ElidedButton(QPushButton):
    """Its text begins with what must be read: the end is what is cut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        """Set the words, for the tool tip and for screen readers too."""
        if without_key(text) != self.text():
            super().setText(without_key(text))
            self.setToolTip(plain_tip(text))
            self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:
        """As narrow as need be."""
        return QSize(LEAST_WIDTH_PX, super().minimumSizeHint().height())

    def shown_text(self) -> str:
        """Return its words as far as there is room for them."""
        metrics = self.fontMetrics()
        # In whole pixels, as the size hint counts them: one too few cuts a letter off.
        words_px = metrics.size(Qt.TextFlag.TextSingleLine, self.text()).width()
        around_px = self.sizeHint().width() - words_px
        return metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - around_px)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits."""
        del event
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = self.shown_text()
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)
