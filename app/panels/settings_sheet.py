"""The settings of the window."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QPushButton, QWidget

from app.config.window_settings import Confirmation, Motion, PresenterChoice, Settings
from app.model import colors
from app.widgets.labels import make_label
from app.widgets.sheet import Sheet

_MOTIONS = {
    Motion.FULL: "Full",
    Motion.REDUCED: "Reduced: no flights, no turning",
}
_PRESENTERS = {
    PresenterChoice.AUTO: "Automatic",
    PresenterChoice.HARDWARE: "Graphics card",
    PresenterChoice.SOFTWARE: "Software",
}


_CONFIRMATIONS = {
    Confirmation.RING: "Start after five seconds, with Undo",
    Confirmation.SECOND_PRESS: "Start at a second press",
}


class SettingsSheet(Sheet):
    """A form; every change takes effect at once, but for what draws the globe, which waits for the next start."""

    changed = Signal(object)
    """The new `Settings`."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "Settings", 460)
        self._settings = Settings()
        self.motion = _combo(_MOTIONS)
        self.confirmation = _combo(_CONFIRMATIONS)
        self.opening_turn = QCheckBox("Turn the globe for the first seconds")
        self.region_names = QCheckBox("Write the name of every region on the globe")
        self.presenter = _combo(_PRESENTERS)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(20)
        form.addRow("Motion", self.motion)
        form.addRow("", self.opening_turn)
        form.addRow("", self.region_names)
        form.addRow("Moves", self.confirmation)
        form.addRow("Drawing", self.presenter)
        self.body.addLayout(form)
        self.renderer = make_label(size_px=11, color=colors.MUTED, wrap=True)
        self.body.addWidget(self.renderer)
        self.done = QPushButton("Close")
        self.done.clicked.connect(self.close_sheet)
        self.body.addWidget(self.done)
        self.motion.activated.connect(self._on_change)
        self.confirmation.activated.connect(self._on_change)
        self.presenter.activated.connect(self._on_change)
        self.opening_turn.clicked.connect(self._on_change)
        self.region_names.clicked.connect(self._on_change)

    def show_settings(self, settings: Settings, renderer: str) -> None:
        """Open the form with these values."""
        self._settings = settings
        self.motion.setCurrentIndex(list(_MOTIONS).index(settings.motion))
        self.confirmation.setCurrentIndex(list(_CONFIRMATIONS).index(settings.confirmation))
        self.presenter.setCurrentIndex(list(_PRESENTERS).index(settings.presenter))
        self.opening_turn.setChecked(settings.opening_turn)
        self.region_names.setChecked(settings.region_names)
        self.renderer.setText(
            f"Drawn by {renderer or 'nothing yet'}. A change takes effect with the next start."
        )
        self.open(self.motion)

    def _on_change(self) -> None:
        self._settings = replace(
            self._settings,
            motion=list(_MOTIONS)[self.motion.currentIndex()],
            confirmation=list(_CONFIRMATIONS)[self.confirmation.currentIndex()],
            presenter=list(_PRESENTERS)[self.presenter.currentIndex()],
            opening_turn=self.opening_turn.isChecked(),
            region_names=self.region_names.isChecked(),
        )
        self.changed.emit(self._settings)


def _combo(
    words: dict[Motion, str] | dict[PresenterChoice, str] | dict[Confirmation, str],
) -> QComboBox:
    combo = QComboBox()
    combo.addItems(list(words.values()))
    return combo
