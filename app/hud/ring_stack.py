"""The moves that are about to start, over the globe: each with a ring that closes, where to, what for, and Undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.model import colors
from app.model.start_ring import RING_S, RingWords, StartRing, describe_ring
from app.widgets.labels import ElidedLabel, make_label, set_color
from app.widgets.theme import SMALL_PX, make_font

WIDTH_PX = 480
RING_PX = 40


class RingStack(QWidget):
    """One row for each start that waits, the newest below. What a person wants of it is a signal."""

    undo_requested = Signal(object)
    """The `StartRing` to be taken back."""
    resized = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.hide()

    def show_rings(
        self, rings: Sequence[StartRing], name_of: Callable[[str], str], *, is_still: bool
    ) -> None:
        """Show these starts. name_of: context -> its name; is_still: the rings close by whole seconds."""
        if [row.ring for row in self._rows] != list(rings):
            self._replace(rings, name_of)
        for row in self._rows:
            row.dial.show_left(float(row.ring.seconds) if is_still else row.ring.left_s, row.ring.seconds)

    def _replace(self, rings: Sequence[StartRing], name_of: Callable[[str], str]) -> None:
        kept = {id(row.ring): row for row in self._rows}
        rows = [kept.pop(id(r)) if id(r) in kept else self._make(r, name_of) for r in rings]
        for row in kept.values():
            row.hide()
            row.deleteLater()
        self._rows = rows
        for row in rows:
            self._layout.addWidget(row)
            row.show()
        self.setVisible(bool(rows))
        self.resized.emit()

    def fit(self, width_px: int) -> None:
        """Take the room that there is."""
        self.resize(min(WIDTH_PX, width_px), self._layout.sizeHint().height())

    def _make(self, ring: StartRing, name_of: Callable[[str], str]) -> _Row:
        row = _Row(ring, describe_ring(ring.dry_run, name_of(ring.dry_run.target)), self)
        row.undo.clicked.connect(lambda: self.undo_requested.emit(ring))
        return row


class _Row(QFrame):
    """One start: its ring, its words, and Undo."""

    def __init__(self, ring: StartRing, words: RingWords, parent: QWidget) -> None:
        super().__init__(parent)
        self.ring = ring
        self.setObjectName("ring")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setStyleSheet(
            f"#ring {{ background: {colors.PANEL}; border: 1px solid {colors.ACCENT}; border-radius: 10px; }}"
        )
        self.setAccessibleName(
            f"About to start: {words.text}. Nothing is changed before its ring has closed."
        )
        self.dial = _Dial(self)
        move = ElidedLabel()
        move.setFont(make_font(12, bold=True))
        move.setText(words.move)
        money = ElidedLabel()
        money.setFont(make_font(SMALL_PX))
        set_color(money, colors.MUTED)
        money.setText(f"{words.money} · nothing is changed yet")
        self.undo = QPushButton("Undo")
        self.undo.setAccessibleName(f"Undo: do not start {words.move}")
        text = QVBoxLayout()
        text.setSpacing(1)
        text.addWidget(move)
        text.addWidget(money)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(12)
        layout.addWidget(self.dial)
        layout.addLayout(text, 1)
        layout.addWidget(self.undo)


class _Dial(QWidget):
    """A ring that closes, and the seconds that are left in it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(RING_PX, RING_PX)
        self._seconds = make_label(bold=True)
        self._seconds.setParent(self)
        self._seconds.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._seconds.setGeometry(self.rect())
        self._left_s = RING_S

    def show_left(self, left_s: float, seconds: int) -> None:
        """Show how much is left."""
        if left_s != self._left_s:
            self._left_s = left_s
            self.update()
        self._seconds.setText(str(seconds))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is left of the ring, clockwise from the top."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(3.0, 3.0, -3.0, -3.0)
        painter.setPen(QPen(QColor(colors.LINE), 4.0))
        painter.drawEllipse(box)
        painter.setPen(QPen(QColor(colors.ACCENT), 4.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawArc(box, 90 * 16, -round(360 * 16 * (1.0 - self._left_s / RING_S)))
