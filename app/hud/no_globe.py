"""What stands where the globe would, on a machine without OpenGL: why, what to do, and that nothing else is lost."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.model import colors
from app.widgets.theme import TITLE_PX, make_font
from gl.frame import Frame


class NoGlobe(QWidget):
    """The presenter of last resort: shows a message and draws no frame."""

    failed = Signal(str)
    frame_painted = Signal()

    def __init__(self, reason: str, parent: QWidget) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.setSpacing(10)
        title = _label("The globe cannot be drawn on this machine", self)
        title.setFont(make_font(TITLE_PX, bold=True))
        why = _label(reason, self)
        why.setStyleSheet(f"color: {colors.MUTED};")
        rest = _label("Everything works from the table: prices, dry runs and migrations.", self)
        for label in (title, why, rest):
            layout.addWidget(label)
        self.setAccessibleName(f"{title.text()}. {reason}")

    @property
    def renderer(self) -> str:
        """What draws: nothing."""
        return "none"

    def show_frame(self, frame: Frame) -> None:
        """Draw nothing: there is nothing to draw on."""

    def warm_up(self, frame: Frame) -> None:
        """Prepare nothing."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Report that the message is on the screen."""
        super().paintEvent(event)
        self.frame_painted.emit()

    def release(self) -> None:
        """Nothing is held."""


def _label(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setFixedWidth(420)
    return label
