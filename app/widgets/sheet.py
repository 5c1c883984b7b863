"""A sheet over the window: a question or a form that wants an answer before the rest goes on.

It is a widget in the window and never a dialog with a loop of its own: the program keeps running behind it.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.model import colors
from app.widgets.labels import make_label
from app.widgets.theme import TITLE_PX

#: Between the edge of a panel and what stands in it.
MARGIN_PX = 20


class Sheet(QWidget):
    """A dimmed layer with a panel in its middle. While it is open, what lies behind can't be reached.

    Subclasses fill `body`. Esc and a click beside the panel close it.
    """

    closed = Signal()

    def __init__(self, window: QWidget, behind: QWidget, title: str, width_px: int) -> None:
        super().__init__(window)
        self._window = window
        self._behind = behind
        self._focus_before: QWidget | None = None
        self.panel = QFrame(self)
        self.panel.setObjectName("sheet")
        self.panel.setStyleSheet(
            f"#sheet {{ background: {colors.PANEL}; border: 1px solid {colors.LINE}; border-radius: 10px; }}"
        )
        self.panel.setFixedWidth(width_px)
        self.body = QVBoxLayout(self.panel)
        self.body.setContentsMargins(MARGIN_PX, 16, MARGIN_PX, 16)
        self.body.setSpacing(10)
        if title:
            self.body.addWidget(make_label(title, size_px=TITLE_PX, bold=True))
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        window.installEventFilter(self)
        self.hide()

    def open(self, focus: QWidget) -> None:
        """Open the sheet with the keyboard at `focus`."""
        self._focus_before = self._window.focusWidget()
        self._behind.setEnabled(False)
        self._fit()
        self.show()
        self.raise_()
        focus.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_sheet(self) -> None:
        """Close the sheet and give the keyboard back."""
        if self.isHidden():
            return
        self.hide()
        self._behind.setEnabled(True)
        if self._focus_before is not None:
            self._focus_before.setFocus()
        self._focus_before = None
        self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._fit()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the panel closes."""
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.close_sheet()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what lies behind."""
        shade = QColor(colors.SKY)
        shade.setAlpha(170)
        QPainter(self).fillRect(event.rect(), shade)

    def _fit(self) -> None:
        self.setGeometry(self._window.rect())
        self.panel.adjustSize()
        if (
            self.body.hasHeightForWidth()
        ):  # adjustSize supposes wider lines, and cuts the last ones of a wrapped text
            self.panel.resize(self.panel.width(), self.body.totalHeightForWidth(self.panel.width()))
        left = (self.width() - self.panel.width()) // 2
        self.panel.move(left, max(12, (self.height() - self.panel.height()) // 3))
