"""Makes docs/pictures, one of them the README's, from the real program: `python -m docs.screenshots`.

Runs the demo with a fixed seed in directories of its own on a virtual screen, moves one workload as a click on
`Migrate` does, and takes pictures on the way. They differ from run to run only by the time of day and by the prices'
minute.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from bootstrap import virtual_screen

if TYPE_CHECKING:
    from app.desktop import Desktop
    from app.window.main_window import MainWindow
    from controller.contract.snapshots import MigrationView

PICTURES = Path(__file__).parent / "pictures"
SIZE_PX = (1440, 900)
#: The longest wait for any step, milliseconds.
PATIENCE_MS = 180_000
STEP_MS = 50


def main() -> int:
    """Take all pictures."""
    with tempfile.TemporaryDirectory(prefix="sa-") as home, virtual_screen("1600x1000x24") as screen:
        os.environ.update(screen)
        for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            os.environ[name] = home
        take_pictures()
    return 0


def take_pictures() -> None:
    """Walk through the demo as a person would."""
    # Imported here: the display has to be known before Qt is loaded.
    import qasync
    from PySide6.QtWidgets import QApplication

    from app.config.window_settings import Settings
    from app.desktop import Desktop
    from app.widgets.theme import apply_theme

    application = QApplication(["sentinelaura"])
    application.setQuitOnLastWindowClosed(False)  # the engine is still to be ended
    apply_theme(application)
    desktop = Desktop(Settings(opening_turn=False), ("--seed", "7"))
    desktop.window.resize(*SIZE_PX)
    desktop.window.show()
    desktop.start_engine()
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(_visit(desktop))


async def _visit(desktop: Desktop) -> None:
    try:
        await _walk(desktop.window)
    finally:
        desktop.window.close()
        await desktop.stop_engine()


async def _walk(window: MainWindow) -> None:
    from controller.contract.snapshots import MigrationStage

    await _wait(lambda: window.snapshot is not None and window.snapshot.is_complete)
    await _pause(20_000)  # the chart wants some prices
    assert window.snapshot is not None
    move = window.snapshot.opportunities[0]
    window.select(move.workload.context)
    window.stage.pilot.fly_to(move.workload.context)
    await _pause(3_000)
    _save(window, "globe")
    window.migrate(move)
    await _wait(lambda: any(view.wave >= 2 for view in _migrations(window)))
    await _pause(1_500)
    _save(window, "migration")
    await _wait(lambda: any(view.stage is MigrationStage.DONE for view in _migrations(window)))
    await _pause(1_000)
    _save(window, "moved")


def _migrations(window: MainWindow) -> tuple[MigrationView, ...]:
    return window.snapshot.migrations if window.snapshot is not None else ()


async def _wait(is_reached: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_MS // STEP_MS):
        if is_reached():
            return
        await _pause(STEP_MS)
    raise TimeoutError("the demo did not get to the next picture")


async def _pause(milliseconds: int) -> None:
    await asyncio.sleep(milliseconds / 1000.0)


def _save(window: MainWindow, name: str) -> None:
    from PySide6.QtCore import QBuffer

    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / f"{name}.jpg"
    raw = QBuffer()
    if not (raw.open(QBuffer.OpenModeFlag.ReadWrite) and window.grab().save(raw, "PNG")):
        raise OSError(f"{path.name} cannot be taken")
    # Qt's own JPEG halves the resolution of colour, which thin letters do not survive.
    with Image.open(BytesIO(raw.data().data())) as picture:
        picture.convert("RGB").save(path, quality=90, subsampling=0, optimize=True)
    print(path.name)


if __name__ == "__main__":
    sys.exit(main())
