"""The sheets of the main window, each made when it is first wanted: none of them is part of the first frame."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.config.window_settings import Settings
from app.model.choices import Choice
from app.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.panels.act_sheet import ActSheet
    from app.panels.arm_sheet import ArmSheet
    from app.panels.keys_sheet import KeysSheet
    from app.panels.leave_sheet import LeaveSheet
    from app.panels.open_sheet import OpenSheet
    from app.panels.palette import Palette
    from app.panels.settings_sheet import SettingsSheet
    from app.panels.way_back_sheet import WayBackSheet


class WindowSheets(QObject):
    """Makes the sheets over the window and opens those that ask nothing; at most one is open."""

    settings_changed = Signal(object)
    """The new `Settings`."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._behind = behind

    @property
    def is_free(self) -> bool:
        """Whether no sheet is open."""
        return self._behind.isEnabled()

    def close_all(self) -> None:
        """Close whatever sheet is open."""
        for sheet in self._window.findChildren(Sheet):
            sheet.close_sheet()

    def open_palette(self, choices: Sequence[Choice]) -> None:
        """Open the command palette."""
        if self.is_free:
            self.palette.show_choices(choices)

    def open_settings(self, settings: Settings, renderer: str) -> None:
        """Open the settings; `renderer` is the driver's name for what draws the globe."""
        if self.is_free:
            self.settings.show_settings(settings, renderer)

    def open_keys(self) -> None:
        """Open the page of keys."""
        if self.is_free:
            self.keys.open(self.keys.done)

    @cached_property
    def palette(self) -> Palette:
        """The command palette."""
        from app.panels.palette import Palette

        return Palette(self._window, self._behind)

    @cached_property
    def settings(self) -> SettingsSheet:
        """The settings."""
        from app.panels.settings_sheet import SettingsSheet

        sheet = SettingsSheet(self._window, self._behind)
        sheet.changed.connect(self.settings_changed)
        return sheet

    @cached_property
    def keys(self) -> KeysSheet:
        """The page of keys."""
        from app.panels.keys_sheet import KeysSheet

        return KeysSheet(self._window, self._behind)

    @cached_property
    def arm(self) -> ArmSheet:
        """The question before a real cluster may be changed."""
        from app.panels.arm_sheet import ArmSheet

        return ArmSheet(self._window, self._behind)

    @cached_property
    def way_back(self) -> WayBackSheet:
        """The question before a workload is brought back."""
        from app.panels.way_back_sheet import WayBackSheet

        return WayBackSheet(self._window, self._behind)

    @cached_property
    def acts(self) -> ActSheet:
        """The question what is to become of a move that waits for a person."""
        from app.panels.act_sheet import ActSheet

        return ActSheet(self._window, self._behind)

    @cached_property
    def close_question(self) -> LeaveSheet:
        """The question before the window closes in the middle of a move of real clusters."""
        from app.panels.leave_sheet import CLOSING, LeaveSheet

        return LeaveSheet(self._window, self._behind, CLOSING)

    @cached_property
    def leave_question(self) -> LeaveSheet:
        """The question before other clusters are watched in the middle of a move of real ones."""
        from app.panels.leave_sheet import OPENING, LeaveSheet

        return LeaveSheet(self._window, self._behind, OPENING)

    @cached_property
    def open_file(self) -> OpenSheet:
        """What a kubeconfig offers."""
        from app.panels.open_sheet import OpenSheet

        return OpenSheet(self._window, self._behind)
