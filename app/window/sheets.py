"""The sheets of the main window, each made when it is first wanted: none of them is part of the first frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.widgets.sheet import Sheet
from app.window.window_actions import make_entries
from controller.contract.snapshots import MigrationView

if TYPE_CHECKING:
    from app.panels.arm_sheet import ArmSheet
    from app.panels.close_sheet import CloseSheet
    from app.panels.palette import Palette
    from app.panels.settings_sheet import SettingsSheet
    from app.panels.shortcuts_sheet import ShortcutsSheet
    from app.window.main_window import MainWindow


class WindowSheets(QObject):
    """Opens sheets over the window; at most one is open."""

    arm_confirmed = Signal(tuple)
    close_confirmed = Signal()

    def __init__(self, window: MainWindow, behind: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._behind = behind

    def open_palette(self) -> None:
        """Open the command palette."""
        if self._is_free:
            self.palette.show_entries(make_entries(self._window))

    def open_settings(self) -> None:
        """Open the settings."""
        if self._is_free:
            self.settings.show_settings(self._window.settings, self._window.stage.renderer)

    def open_shortcuts(self) -> None:
        """Open the list of keys."""
        if self._is_free:
            self.shortcuts.open(self.shortcuts.done)

    def ask_to_arm(self, contexts: tuple[str, ...]) -> None:
        """Ask whether these contexts may be changed."""
        if self._is_free:
            self.arm.ask(contexts)

    def ask_to_close(self, migrations: Sequence[MigrationView], names: Mapping[str, str]) -> None:
        """Ask whether to close in the middle of these moves; whatever sheet is open gives way."""
        for sheet in self._window.findChildren(Sheet):
            sheet.close_sheet()
        self.close_question.ask(migrations, names)

    def show_moves(self, migrations: Sequence[MigrationView], names: Mapping[str, str]) -> None:
        """Let an open question follow its moves."""
        if "close_question" in vars(self) and self.close_question.isVisible():
            self.close_question.show_moves(migrations, names)

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
        sheet.changed.connect(self._window.change_settings)
        return sheet

    @cached_property
    def shortcuts(self) -> ShortcutsSheet:
        """The list of keys."""
        from app.panels.shortcuts_sheet import ShortcutsSheet

        return ShortcutsSheet(self._window, self._behind)

    @cached_property
    def arm(self) -> ArmSheet:
        """The question before a real cluster may be changed."""
        from app.panels.arm_sheet import ArmSheet

        sheet = ArmSheet(self._window, self._behind)
        sheet.confirmed.connect(self.arm_confirmed)
        return sheet

    @cached_property
    def close_question(self) -> CloseSheet:
        """The question before a move of real clusters is left."""
        from app.panels.close_sheet import CloseSheet

        sheet = CloseSheet(self._window, self._behind)
        sheet.confirmed.connect(self.close_confirmed)
        return sheet

    @property
    def _is_free(self) -> bool:
        return self._behind.isEnabled()
