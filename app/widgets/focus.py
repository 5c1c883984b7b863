"""Where the keyboard rests when the control that had it goes away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def find_rest(lost: QWidget, otherwise: QWidget) -> QWidget:
    """Return what surrounds `lost` and can have the keyboard without starting anything by it; else `otherwise`.

    Only what takes a click as its place is asked, as a card and a sheet do: no button surrounds another one.
    """
    place = lost.parentWidget()
    while place is not None and not place.isWindow():
        if place.isVisible() and place.isEnabled() and place.focusPolicy() != Qt.FocusPolicy.NoFocus:
            return place
        place = place.parentWidget()
    return otherwise
