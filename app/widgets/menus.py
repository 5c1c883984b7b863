"""A menu of choices, for a row of a table or wherever else there are several."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from app.model.choices import Choice


def open_menu(parent: QWidget, name: str, choices: Sequence[Choice], position: QPoint) -> None:
    """Open a menu at a global position; `name` is for screen readers. It is gone once it was closed."""
    menu = QMenu(parent)
    menu.setAccessibleName(name)
    menu.aboutToHide.connect(menu.deleteLater)
    for choice in choices:
        # What stands behind the tab has a column of its own.
        action = menu.addAction(without_key(f"{choice.text}\t{choice.hint}"))
        action.setEnabled(choice.is_enabled)
        action.triggered.connect(_ignoring_the_state(choice.run))
    menu.popup(position)


def without_key(text: str) -> str:
    """Return a text for a button or a menu: an ampersand in it, which a name may have, makes no key of a letter."""
    return text.replace("&", "&&")


def _ignoring_the_state(run: Callable[[], object]) -> Callable[[bool], None]:
    def on_triggered(checked: bool) -> None:
        run()

    return on_triggered
