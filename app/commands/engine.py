"""The mode that the window starts for itself: snapshots on standard output, commands on standard input.

It ends when standard input ends, however the window went.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import sys
import threading
from argparse import Namespace
from typing import Any, BinaryIO

from app.composition import open_engine
from app.config.configuration import Configuration
from app.engine.loop_lag import watch_lag
from app.engine.pipe import EngineFailure, SnapshotSender, read_message, write_message
from app.exit_codes import ExitCode
from app.free_memory import return_free_memory
from app.tracing import is_tracing_lag, trace
from controller.engine.engine import Engine
from controller.errors import ControllerError
from controller.reasons import Code
from oracle.errors import OracleError
from oracle.foundation.reason import Reason

logger = logging.getLogger(__name__)

#: A quarter of a core is left to us on one that somebody else could use wholly.
NICENESS = 5


async def serve_window(arguments: Namespace, configuration: Configuration) -> int:
    """Serve the window until it is gone."""
    _give_way_to_the_window()
    output = _take_standard_output()
    writer = _NewestWriter(output)
    try:
        async with open_engine(configuration) as engine:
            await _serve(engine, writer)
    except Exception as error:  # the edge of the process: whatever it is, the window shows it
        logger.exception("the engine ends")
        writer.finish(EngineFailure(find_reason(error)))
        return ExitCode.FAILED
    writer.finish(None)
    return ExitCode.OK


def _give_way_to_the_window() -> None:
    """Let a frame go before us where the processor is short, as in our own first second. We need 1 % of a core."""
    if sys.platform != "win32":
        os.nice(NICENESS)


def find_reason(error: Exception) -> Reason:
    """Return why the engine ends. Our own errors have a reason or a sentence; of others the kind says most."""
    if isinstance(error, ControllerError):
        return error.reason
    if isinstance(error, OracleError):
        return Code.ENGINE_LOST.because(why=error.reason)
    return Code.ENGINE_STOPPED.because(error=repr(error))


def _take_standard_output() -> BinaryIO:
    """Keep the pipe for messages alone: whatever prints from here on goes to standard error."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return pipe


async def _serve(engine: Engine, writer: _NewestWriter) -> None:
    window_gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(
        target=_read_commands, args=(loop, engine, window_gone), name="command-reader", daemon=True
    ).start()
    publishing = asyncio.create_task(_publish(engine, writer))
    closing = asyncio.create_task(window_gone.wait())
    tasks = {publishing, closing}
    if is_tracing_lag():
        tasks.add(asyncio.create_task(watch_lag()))
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    for task in done:
        task.result()


async def _publish(engine: Engine, writer: _NewestWriter) -> None:
    sequence = 0
    was_complete = False
    while True:
        snapshot = await engine.next_snapshot(sequence)
        sequence = snapshot.sequence
        writer.write(snapshot)
        if snapshot.is_complete and not was_complete:
            was_complete = True
            gc.freeze()  # the imports are here to stay; looking through them costs the loop 40 ms each time
            return_free_memory()
            trace("backends_ready")


def _read_commands(loop: asyncio.AbstractEventLoop, engine: Engine, window_gone: asyncio.Event) -> None:
    """Pass commands to the engine's loop until the window is gone. Runs on a thread: a pipe has no portable event."""
    try:
        while True:
            loop.call_soon_threadsafe(engine.submit, read_message(sys.stdin.buffer))
    except EOFError:
        pass  # the window is gone
    finally:
        with contextlib.suppress(RuntimeError):  # our own loop has ended first
            loop.call_soon_threadsafe(window_gone.set)


class _NewestWriter:
    """Writes on a thread of its own, the newest message only, so that a busy window never holds up the engine."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._sender = SnapshotSender()
        self._condition = threading.Condition()
        self._waiting: Any = None
        self._is_finished = False
        self._thread = threading.Thread(target=self._run, name="snapshot-writer", daemon=True)
        self._thread.start()

    def write(self, message: Any) -> None:
        """Replace what waits to be written."""
        with self._condition:
            self._waiting = message
            self._condition.notify()

    def finish(self, last: Any) -> None:
        """Write `last`, if there is one, and wait until it is out."""
        with self._condition:
            self._waiting = last if last is not None else self._waiting
            self._is_finished = True
            self._condition.notify()
        self._thread.join(2.0)

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._waiting is not None or self._is_finished)
                message, self._waiting = self._waiting, None
                if message is None:
                    return
            try:
                write_message(self._stream, self._sender.encode(message))
            except OSError:
                return
