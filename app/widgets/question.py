"""A sheet that asks something: it is answered by a button, and by Esc or a click beside it with no."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.model import colors
from app.widgets.labels import make_label
from app.widgets.sheet import Sheet


class Question(Sheet):
    """Subclasses fill `body`, end it by `add_answers` or a row of their own, and open it with the keyboard on `no`,
    the safe answer.
    """

    answered = Signal(bool)
    """Whether a person agreed; the sheet is closed by then."""

    def __init__(self, window: QWidget, behind: QWidget, title: str, width_px: int) -> None:
        super().__init__(window, behind, title, width_px)
        self.no = QPushButton()
        self.yes = QPushButton()
        self._has_agreed = False
        self.no.clicked.connect(self.close_sheet)
        self.yes.clicked.connect(self._on_yes)
        self.closed.connect(self._on_closed)

    def explain(self, text: str) -> QLabel:
        """Fill the top of `body`: what it is about, to be set for each time, and what agreeing means."""
        about = make_label(bold=True, wrap=True)
        self.body.addWidget(about)
        self.body.addWidget(make_label(text, wrap=True, color=colors.MUTED))
        return about

    def add_answers(self) -> None:
        """Fill the bottom of `body`: the two answers, of which the safe one stands out."""
        self.no.setProperty("primary", True)
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (self.yes, self.no):
            button.setAutoDefault(True)  # Enter presses it, as the space bar does
            row.addWidget(button)
        self.body.addLayout(row)

    def _on_yes(self) -> None:
        self._has_agreed = True
        self.close_sheet()

    def _on_closed(self) -> None:
        has_agreed, self._has_agreed = self._has_agreed, False
        self.answered.emit(has_agreed)
