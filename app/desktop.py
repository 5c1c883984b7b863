"""Opens the window, joins it to the engine's process, and ends both together.

Nothing here blocks the GUI thread: the engine starts after the window is on the screen, and its snapshots arrive
from a reader thread, of which the newest one waits for the next turn of the event loop.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

import qasync
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from app.configuration import Configuration
from app.engine_pipe import EngineFailure
from app.engine_process import EngineProcess
from app.exit_codes import ExitCode
from app.frame_stalls import watch_stalls
from app.settings_file import default_settings_path, load_settings, save_settings
from app.theme import apply_theme
from app.tracing import is_tracing, trace
from app.window import MainWindow
from controller.commands import Command
from controller.snapshots import Severity


class _Mailbox(QObject):
    """Carries messages from the reader thread to the GUI thread; of several, the newest is delivered."""

    _posted = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self._lock = threading.Lock()
        self._waiting: Any = None
        self._posted.connect(self._deliver)

    def post(self, message: Any) -> None:
        """Called on the reader thread."""
        with self._lock:
            is_first = self._waiting is None
            if not isinstance(self._waiting, EngineFailure):
                self._waiting = message
        if is_first:
            self._posted.emit()

    def _deliver(self) -> None:
        with self._lock:
            message, self._waiting = self._waiting, None
        if isinstance(message, EngineFailure):
            self._window.show_engine_lost(message.reason)
        elif message is not None:
            self._window.show_snapshot(message)


class _EngineLink:
    """The window's way to the engine, which starts a moment after the window."""

    def __init__(self) -> None:
        self.process: EngineProcess | None = None

    def send(self, command: Command) -> None:
        """Pass a command on; before the engine runs there is nothing on the screen that could be commanded."""
        if self.process is not None:
            self.process.send(command)


def run_desktop(configuration: Configuration, options: Sequence[str]) -> int:
    """Run the window until the person closes it. `options` are passed on to the engine. Returns the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    application = QApplication([sys.argv[0]])
    application.setApplicationName("SentinelAura")
    application.setDesktopFileName("sentinelaura")
    application.setQuitOnLastWindowClosed(False)
    apply_theme(application)
    settings_path = default_settings_path()
    settings, trouble = load_settings(settings_path)
    link = _EngineLink()
    window = MainWindow(link.send, settings)
    if trouble is not None:
        window.show_message(trouble, Severity.WARNING)
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(_run_until_closed(window, link, options))
    save_settings(settings_path, window.settings)
    return ExitCode.OK


async def _run_until_closed(window: MainWindow, link: _EngineLink, options: Sequence[str]) -> None:
    """Show the window, then start the engine; after the close, wait until all that was started has ended."""
    mailbox = _Mailbox(window)
    drawn, closed = asyncio.Event(), asyncio.Event()
    window.first_frame_drawn.connect(drawn.set)
    window.closed.connect(closed.set)
    window.show()
    await drawn.wait()
    trace("first_frame")
    stalls = watch_stalls(window) if is_tracing() else None
    link.process = EngineProcess(options, mailbox.post)
    try:
        await closed.wait()
    finally:
        if stalls is not None:
            stalls.report()
        window.hide()
        await link.process.stop()
