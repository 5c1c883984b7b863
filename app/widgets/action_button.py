"""A button for an action: its word, tool tip, state and check mark follow the action."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton, QWidget


class ActionButton(QToolButton):
    """A button that triggers an action, also from the keyboard."""

    def __init__(self, action: QAction, parent: QWidget | None = None, *, outlined: bool = False) -> None:
        super().__init__(parent)
        self.setDefaultAction(action)
        self.setProperty("outlined", outlined)
        self.setAccessibleName(action.text())
