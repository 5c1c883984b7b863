"""The line at the top: the name, what feeds the window, and the few buttons that everybody looks for."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app import colors
from app.formatting import plain_text
from app.panels.labels import ElidedLabel, make_label, set_color
from app.theme import SMALL_PX, make_font
from controller.clusters.fleet import Health
from controller.contract.snapshots import EngineSnapshot

HEIGHT_PX = 42


class Header(QWidget):
    """The header."""

    palette_requested = Signal()
    settings_requested = Signal()
    shortcuts_requested = Signal()
    side_panel_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT_PX)
        self._state = ElidedLabel()
        self._state.setFont(make_font(SMALL_PX))
        set_color(self._state, colors.MUTED)
        self.side_button = _button("Panel", "Show or hide the side panel (Ctrl+B)")
        self.side_button.setCheckable(True)
        self.side_button.setChecked(True)
        self.side_button.toggled.connect(self.side_panel_toggled)
        search = _button("Search", "Find a region, a move or an action (Ctrl+K)")
        search.clicked.connect(self.palette_requested)
        settings = _button("Settings", "Settings (Ctrl+,)")
        settings.clicked.connect(self.settings_requested)
        shortcuts = _button("Keys", "Keys and mouse (?)")
        shortcuts.clicked.connect(self.shortcuts_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 8, 0)
        layout.setSpacing(4)
        layout.addWidget(make_label("SentinelAura", size_px=15, bold=True))
        layout.addSpacing(16)
        layout.addWidget(self._state, 1)
        for button in (search, settings, shortcuts, self.side_button):
            layout.addWidget(button)

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Say how many contexts answer, who says the prices, and where they are kept."""
        answering = sum(view.health is Health.REACHABLE for view in snapshot.contexts)
        total = len(snapshot.contexts)
        contexts = f"{total} contexts" if answering == total else f"{answering} of {total} contexts answer"
        if not snapshot.is_complete:
            contexts += ", still reading"
        detail = plain_text(snapshot.store.detail, 200)
        store = (
            f"{plain_text(snapshot.store.kind, 20)} store"
            if snapshot.store.is_up
            else detail or "store is down"
        )
        self._state.setText(
            f"{contexts}    ·    prices: {plain_text(snapshot.price_source.text, 100)}    ·    {store}"
        )
        self._state.setToolTip(detail)
        set_color(self._state, colors.MUTED if snapshot.store.is_up else colors.WARNING)


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(text)
    return button
