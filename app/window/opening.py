"""Where the window opens a kubeconfig: its dialog, its sheets, a file that is dropped, and the change of engines."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDir, QMimeData
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu

from app.model.connecting import make_connecting_snapshot
from app.window.flow_place import FlowPlace, FlowTools
from app.window.flows.open_file import Fleets, open_file
from app.window.move_board import MoveBoard
from controller.contract.snapshots import Notice
from oracle.foundation.reason import Reason

if TYPE_CHECKING:  # neither is part of the first frame
    from app.panels.leave_sheet import LeaveSheet
    from app.panels.open_sheet import OpenSheet

ENGINE_NOTICE = "engine"
FILE_NOTICE = "file"
#: Where most people's kubeconfig lies; the dialog begins there, and nothing in it is opened unasked.
USUAL_FOLDER = Path("~/.kube")


class FileOpening(FlowPlace):
    """Starts the flow of opening a file, and is what it shows itself on. GUI thread only."""

    def __init__(self, tools: FlowTools, window: QMainWindow, fleets: Fleets, board: MoveBoard) -> None:
        super().__init__(tools)
        self._window = window
        self._fleets = fleets
        self._board = board

    def start(self, path: Path | None = None) -> None:
        """Open a file, or let a person choose one; another file takes the place of one that is being opened."""
        if self._sheets.is_free or self._sheets.open_file.isVisible():
            self._parts.notices.drop(FILE_NOTICE)
            self._flows.start(open_file, self._link, self, self._fleets, path)

    def find_dropped(self, data: QMimeData) -> Path | None:
        """Return the one file of this machine that is being dropped; None: it is something else."""
        urls = data.urls()
        if len(urls) != 1 or not urls[0].isLocalFile() or urls[0].host():
            return None
        return Path(urls[0].toLocalFile())

    # What the flow shows itself on: see `app.window.flows.open_file.OpenPlace`

    def make_file_dialog(self) -> QFileDialog:
        """Return a new dialog for one file, hidden ones as well."""
        dialog = QFileDialog(self._window, "Open a kubeconfig")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setFilter(dialog.filter() | QDir.Filter.Hidden)
        folder = USUAL_FOLDER.expanduser()
        dialog.setDirectory(str(folder if folder.is_dir() else Path.home()))
        return dialog

    @property
    def open_sheet(self) -> OpenSheet:
        """What a file offers."""
        return self._sheets.open_file

    @property
    def leave_question(self) -> LeaveSheet:
        """The question before moves under way are left."""
        return self._sheets.leave_question

    def show_connecting(self, contexts: Collection[str]) -> None:
        """Forget what was shown: another engine starts, which watches these contexts.

        No question and no menu about an earlier context may stay: one of the next engine may have its name.
        """
        self._rings.undo_all()
        self._sheets.close_all()
        for menu in self._window.findChildren(QMenu):
            menu.close()
        self._parts.mark(None)
        self._board.close()
        self._parts.notices.drop(ENGINE_NOTICE)
        self._link.restart(make_connecting_snapshot(contexts, self._link.clock()))
        self._parts.restart()

    def show_not_opened(self, reason: Reason) -> None:
        """Say that a file was not opened, for as long as nobody has read it."""
        self._parts.notices.hold(Notice(FILE_NOTICE, reason))
