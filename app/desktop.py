"""Opens the window, joins it to the engine's process, and ends both together.

Nothing here blocks the GUI thread: the engine starts after the window is on the screen.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.config.window_settings import Settings
from app.config.window_settings_file import default_settings_path, load_settings, save_settings
from app.exit_codes import ExitCode
from app.free_memory import return_free_memory
from app.tracing import is_tracing, trace
from app.widgets.theme import apply_theme
from app.window.engine_host import EngineHost
from app.window.fleets import EngineFleets
from app.window.frame_stalls import watch_stalls
from app.window.garbage import GarbageCollector
from app.window.main_window import MainWindow
from controller.contract.snapshots import make_notice
from controller.reasons import Code
from gl.warm_up import warm_up_frames
from oracle.foundation.reason import Reason

logger = logging.getLogger(__name__)

#: After the first frame: the first prices are drawn by then, for which the graphics driver compiled.
STARTED_MS = 10_000


class Desktop:
    """The window and its engine. GUI thread only."""

    def __init__(self, settings: Settings, options: Sequence[str]) -> None:
        """Build the window; `options` are those that the engine is started with."""
        self._host = EngineHost(options)
        self.window = MainWindow(self._host.send, EngineFleets(self._host), settings)
        self._host.snapshot_arrived.connect(self.window.show_snapshot)
        self._host.lost.connect(self.window.show_engine_lost)

    def start_engine(self) -> None:
        """Start the engine; the window shows its snapshots from then on."""
        self._host.start()

    async def stop_engine(self) -> None:
        """End the engine and wait until everything that it started has ended."""
        await self._host.stop()


def run_desktop(options: Sequence[str], warnings: Sequence[Reason]) -> int:
    """Run the window until the person closes it. Returns the exit code.

    Args:
        options: passed on to the engine.
        warnings: what is unwise in the configuration, to be shown at the start.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    application = QApplication([sys.argv[0]])
    garbage_collector = GarbageCollector(application)
    application.setApplicationName("SentinelAura")
    application.setDesktopFileName("sentinelaura")
    application.setQuitOnLastWindowClosed(False)
    apply_theme(application)
    settings_path = default_settings_path()
    settings, problem = load_settings(settings_path)
    desktop = Desktop(settings, options)
    application.commitDataRequest.connect(lambda session: desktop.window.close_unasked())
    for warning in [*warnings, *filter(None, [problem])]:
        desktop.window.show_notice(make_notice(Code.SETTINGS_DOUBTFUL.because(problem=warning), "problem"))
    _show_first_frame(application, desktop.window)
    _warm_up_later_frames(application, desktop.window)
    garbage_collector.settle()
    QTimer.singleShot(STARTED_MS, return_free_memory)
    desktop.start_engine()
    _run_until_closed(application, desktop)
    _remember(settings_path, desktop.window.settings)
    return ExitCode.OK


def _show_first_frame(application: QApplication, window: MainWindow) -> None:
    """Bring the window to the screen before anything slow is imported or started."""
    window.first_frame_drawn.connect(lambda: trace("first_frame"))
    window.show()
    application.processEvents()


def _warm_up_later_frames(application: QApplication, window: MainWindow) -> None:
    """Have compiled what comes with the prices and with a migration, before the engine competes for the processor."""
    for frame in warm_up_frames():
        if not window.isVisible():  # closed meanwhile, and its context is gone
            return
        window.stage.view.warm_up(frame)
        application.processEvents()


def _run_until_closed(application: QApplication, desktop: Desktop) -> None:
    """Run the interface's coroutines; after the close, wait until all that was started has ended."""
    import qasync  # after the first frame: it takes as long as drawing two

    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(_serve(desktop))


async def _serve(desktop: Desktop) -> None:
    window = desktop.window
    if is_tracing():
        watch_stalls(window)
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    try:
        if window.isVisible():  # it may have been closed before this loop began
            await closed.wait()
    finally:
        window.hide()
        await desktop.stop_engine()


def _remember(path: Path, settings: Settings) -> None:
    try:
        save_settings(path, settings)
    except OSError as error:
        logger.warning("the window's settings were not saved: %s", error)
