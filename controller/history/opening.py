"""Opens the history of an installation for as long as a program runs."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.history.events import EngineStarted, EngineStopped
from controller.history.files import HistoryFiles
from controller.history.history import History
from controller.history.settings import HistorySettings
from controller.history.writer import HistoryWriter
from oracle.foundation.clocks import Clocks

#: How long a start waits for what is on the disk, seconds; the file is read in milliseconds unless the disk hangs. What
#: comes later is taken in when it comes.
OPEN_PATIENCE_S = 3.0


@asynccontextmanager
async def open_history(
    files: HistoryFiles, clocks: Clocks, settings: HistorySettings, *, counts_earlier_moves: bool = True
) -> AsyncIterator[History]:
    """Keep a history, on disk where that is possible. Never raises for a disk."""
    writer = secrets.token_hex(6)
    disk = HistoryWriter(files, writer, clocks, settings)
    history = History(
        clocks.wall, disk, writer=writer, counts_earlier_moves=counts_earlier_moves, settings=settings
    )
    disk.start()
    await asyncio.to_thread(disk.has_opened.wait, OPEN_PATIENCE_S)
    history.take_in()
    history.record(EngineStarted())
    try:
        yield history
    finally:
        history.record(EngineStopped())
        await asyncio.to_thread(history.close)
