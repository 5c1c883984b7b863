"""A question that is agreed to by typing a name: neither a key nor a click alone is a yes."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from app.widgets.labels import make_label
from app.widgets.question import Question
from oracle.foundation.untrusted_text import clean_text


class TypedQuestion(Question):
    """Agreed to by a name in its `line`, which `add_answers` puts above the answers."""

    def __init__(self, window: QWidget, behind: QWidget, title: str, width_px: int) -> None:
        super().__init__(window, behind, title, width_px)
        self.line = QLineEdit()
        self._ask: QLabel = make_label(wrap=True)
        self._name = ""
        self.line.textChanged.connect(self.refresh)
        self.line.returnPressed.connect(self._on_return)

    @property
    def is_typed(self) -> bool:
        """Whether the line has the name, letter by letter."""
        return bool(self._name) and self.line.text() == self._name

    @property
    def may_agree(self) -> bool:
        """Whether `yes` may be pressed; subclasses may want more than the name."""
        return self.is_typed

    def expect(self, name: str) -> None:
        """Ask for this name, and forget what was typed for another one."""
        self._name = name
        self._ask.setText(f"Type {clean_text(name, 80)} to confirm:")
        self.line.setAccessibleName(self._ask.text())
        self.line.clear()
        self.refresh()

    def refresh(self) -> None:
        """Let `yes` be pressed or not."""
        self.yes.setEnabled(self.may_agree)

    def add_answers(self) -> None:
        """Fill the bottom of `body`: the line, and the two answers."""
        self.body.addWidget(self._ask)
        self.body.addWidget(self.line)
        super().add_answers()

    def _on_return(self) -> None:
        """Enter in the line agrees where it says the name."""
        if self.yes.isEnabled():
            self.yes.click()
