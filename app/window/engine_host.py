"""Holds the engine's process: starts it, passes on what it says, and puts another one in its place.

Nothing here blocks the GUI thread: messages arrive from a reader thread, and the newest one waits for the next turn of
the event loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.engine.pipe import EngineFailure
from app.engine.process import EngineProcess
from controller.contract.commands import Command
from controller.reasons import Code


class EngineHost(QObject):
    """The one engine that runs. GUI thread only, but for the arrival of messages."""

    snapshot_arrived = Signal(object)
    lost = Signal(object)
    """The reason why the engine is gone, or could not start."""
    _message_arrived = Signal()

    def __init__(self, options: Sequence[str]) -> None:
        """Run nothing yet; `options` are those of the first engine."""
        super().__init__()
        #: Those of the engine that runs.
        self.options = tuple(options)
        #: Those of the last engine that has reported anything; None: none has.
        self.proven_options: tuple[str, ...] | None = None
        self._engine: EngineProcess | None = None
        #: The options of the engine that shall run; None: none shall any more.
        self._wanted: tuple[str, ...] | None = self.options
        self._replacing = asyncio.Lock()
        self._replacement: asyncio.Task[None] | None = None
        self._lock = threading.Lock()
        #: Which engine is heard; what an earlier one still says is passed over.
        self._number = 0
        self._newest: Any = None
        self._message_arrived.connect(self._deliver)

    def start(self) -> None:
        """Start the engine; `lost` says when it cannot be."""
        try:
            self._engine = EngineProcess(self.options, partial(self._post, self._number))
        except (OSError, ValueError) as error:  # no memory, no processes, a name that no program can be given
            self._post(self._number, EngineFailure(Code.ENGINE_NOT_STARTED.because(error=str(error))))

    def send(self, command: Command) -> None:
        """Pass a command to the engine; while none runs, or another is wanted, nothing can be commanded."""
        if self._engine is not None and self._wanted is self.options:
            self._engine.send(command)

    async def replace(self, options: Sequence[str]) -> None:
        """End the engine in order, and start another with these options. Goes on to its end when cancelled.

        From this call on nothing more is heard of the engine that ends.
        """
        self._wanted = wanted = tuple(options)
        self._turn_away()
        self._replacement = asyncio.get_running_loop().create_task(self._replace(wanted))
        await asyncio.shield(self._replacement)

    async def stop(self) -> None:
        """End the engine for good and wait until everything that it started has ended."""
        self._wanted = None
        self._turn_away()
        async with self._replacing:
            await self._end()

    async def _replace(self, options: tuple[str, ...]) -> None:
        async with self._replacing:
            await self._end()  # first: both would write one history
            if self._wanted is options:
                self.options = options
                self.start()

    async def _end(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.stop()

    def _turn_away(self) -> None:
        """Hear no more of the engine that runs; what has come of it and waits is dropped."""
        with self._lock:
            self._number += 1
            self._newest = None

    def _post(self, number: int, message: Any) -> None:
        """Keep the newest message for the GUI thread; a failure is never overtaken. Called on the reader thread."""
        with self._lock:
            if number != self._number:
                return
            is_first = self._newest is None
            if not isinstance(self._newest, EngineFailure):
                self._newest = message
        if is_first:
            self._message_arrived.emit()

    def _deliver(self) -> None:
        with self._lock:
            message, self._newest = self._newest, None
        if isinstance(message, EngineFailure):
            self.lost.emit(message.reason)
        elif message is not None:
            self.proven_options = self.options
            self.snapshot_arrived.emit(message)
