"""The engine beside the window, in a process of its own: snapshots in, commands out.

A process and not a thread: the imports of the backends and the JSON of fifteen clusters would take the
interpreter's lock from the drawing (docs/decisions/engine-process.md). The engine ends when its standard input
ends, so that it never outlives the window, also when the window is killed.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from app.engine.child_interpreter import child_command, trusted_search_path
from app.engine.pipe import EngineFailure, SnapshotReceiver, read_message, write_message
from controller.contract.commands import Command
from controller.reasons import Code

#: How long the engine may take to stop its servers before it is killed, seconds; the store flushes its log in it.
_STOP_TIMEOUT_S = 8.0


class EngineProcess:
    """Starts and ends the engine.

    `on_message` is called from a thread of its own with each snapshot or `EngineFailure`.
    """

    def __init__(self, options: Sequence[str], on_message: Callable[[Any], None]) -> None:
        self._on_message = on_message
        self._is_stopping = False
        self._process = subprocess.Popen(
            engine_command(options), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._write_lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="engine-reader", daemon=True)
        self._reader.start()

    def send(self, command: Command) -> None:
        """Pass a command to the engine; silently dropped when the engine is gone, which `on_message` has reported."""
        stream = cast(BinaryIO, self._process.stdin)
        try:
            with self._write_lock:
                write_message(stream, command)
        except (OSError, ValueError):
            return

    async def stop(self) -> None:
        """End the engine and wait until everything that it started has ended."""
        self._is_stopping = True
        try:
            cast(BinaryIO, self._process.stdin).close()
        except OSError:
            pass  # it was gone already; waiting below is all that is left
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._wait)

    def _wait(self) -> None:
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(1.0)
        cast(BinaryIO, self._process.stdout).close()

    def _read(self) -> None:
        stream = cast(BinaryIO, self._process.stdout)
        failure: EngineFailure | None = None
        receiver = SnapshotReceiver()
        while True:
            try:
                message = receiver.decode(read_message(stream))
            except (EOFError, OSError):
                break
            # What is not a message came from something that is not our engine any more, and may raise anything.
            except Exception as error:
                failure = EngineFailure(Code.ENGINE_UNREADABLE.because(error=repr(error)))
                self._on_message(failure)
                break
            failure = message if isinstance(message, EngineFailure) else failure
            self._on_message(message)
        if not self._is_stopping and failure is None:
            code = self._process.wait()
            self._on_message(EngineFailure(Code.ENGINE_ENDED.because(exit_code=code)))


def engine_command(options: Sequence[str]) -> list[str]:
    """The command line that starts the engine with the window's own options, from any working directory."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "engine", *options]
    root = str(Path(__file__).resolve().parents[2])
    path = trusted_search_path(sys.path, root, os.getcwd())
    return child_command(sys.executable, path, ["engine", *options])
