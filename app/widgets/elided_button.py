"""A button whose words are cut where there is no room, instead of widening the window; the tool tip has them all."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter, QWidget

from app.widgets.menus import without_key
from app.widgets.tips import plain_tip

LEAST_WIDTH_PX = 160
PADDING_PX = 28


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

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits."""
        del event
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room_px = self.width() - PADDING_PX
        option.text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room_px)
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)
