"""Run one credential plugin to its end, or end it. Beside the event loop: starting a program reads its file.

That file, or the interpreter that its first line names, may lie on a network mount that is away. Whoever starts a
program waits for both, so a plugin has a thread with a loop of its own; where that hangs, nobody else does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence

from controller.clusters.file_questions import FileQuestions
from controller.errors import ContextRefused
from controller.reasons import Code
from oracle.foundation.own_thread import in_thread
from oracle.foundation.untrusted_text import clean_text

#: More than any credential takes; of its complaints as much is read, and the rest is let go.
MAX_HEARD_BYTES = 1024 * 1024

#: Seconds that a killed plugin is waited for; only the kernel can make it take any.
MAX_DYING_S = 5.0


class PluginProcess:
    """One run of a plugin.

    Args:
        context: whose plugin it is, for messages.
        argv: its file, and its arguments.
        timeout_s: how long it may take once it runs.
    """

    def __init__(
        self, context: str, argv: Sequence[str], environment: Mapping[str, str], timeout_s: float
    ) -> None:
        self._named = {"context": context, "plugin": argv[0]}
        self._argv = argv
        self._environment = environment
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._is_given_up = False
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[bytes]] | None = None
        self._over = threading.Event()

    async def run(self, files: FileQuestions) -> bytes:
        """Return what it prints. Whoever is cancelled here leaves no plugin behind.

        Raises: ContextRefused where it fails; FilesSilent where the disk that it lies on does not let it begin.
        """
        try:
            return await files.ask(self._timeout_s + MAX_DYING_S, self._run_here)
        except asyncio.CancelledError:
            self._give_up()
            await in_thread(self._over.wait, MAX_DYING_S)
            raise
        finally:
            self._give_up()

    def _give_up(self) -> None:
        with self._lock:
            self._is_given_up = True
            if self._running is not None:
                loop, task = self._running
                loop.call_soon_threadsafe(task.cancel)

    def _run_here(self) -> bytes:
        """On a thread of its own. Returns nothing of a run that was given up."""
        try:
            return asyncio.run(self._run())
        except asyncio.CancelledError:
            return b""
        finally:
            self._over.set()

    async def _run(self) -> bytes:
        task = asyncio.current_task()
        assert task is not None
        with self._lock:
            if self._is_given_up:
                return b""
            self._running = asyncio.get_running_loop(), task
        try:
            return await self._listen()
        finally:
            with self._lock:
                self._running = None

    async def _listen(self) -> bytes:
        loop = asyncio.get_running_loop()
        pipe = asyncio.subprocess.PIPE
        # vfork stops the thread until the program has begun, and some builds of Python hold their lock meanwhile: every
        # thread waited for a mount that was away. Documented under subprocess, "Disabling use of vfork()".
        subprocess._USE_VFORK = False  # type: ignore[misc]
        try:
            # A session of its own: what it starts in turn ends with it.
            transport, heard = await loop.subprocess_exec(
                lambda: _Heard(loop), *self._argv, env=self._environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=pipe, stderr=pipe, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise ContextRefused(Code.PLUGIN_NOT_STARTED.because(**self._named, error=str(error))) from error
        try:
            await asyncio.wait_for(heard.ended, self._timeout_s)
        except TimeoutError as error:
            seconds = self._timeout_s
            raise ContextRefused(Code.PLUGIN_TIMED_OUT.because(**self._named, seconds=seconds)) from error
        finally:
            status = transport.get_returncode()
            if status is None:
                _kill_all(transport.get_pid())
                await asyncio.wait({heard.exited}, timeout=MAX_DYING_S)
            # Whoever still holds its pipes, a child of it that it has left running, is not waited for.
            transport.close()
        if status is None:
            raise ContextRefused(Code.PLUGIN_ANSWER_UNUSABLE.because(**self._named))
        if status != 0:
            said = clean_text(heard.complaint.decode(errors="replace"))
            raise ContextRefused(Code.PLUGIN_FAILED.because(**self._named, status=status, said=said))
        return bytes(heard.output)


class _Heard(asyncio.SubprocessProtocol):
    """What a plugin says, as far as anybody wants to hear it.

    `ended`: it has ended and nobody holds its pipes, or it says too much. `exited`: it has ended.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ended: asyncio.Future[None] = loop.create_future()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.output, self.complaint = bytearray(), bytearray()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        heard = self.output if fd == 1 else self.complaint
        heard += data[: MAX_HEARD_BYTES - len(heard)]
        if fd == 1 and len(heard) >= MAX_HEARD_BYTES:
            _settle(self.ended)

    def process_exited(self) -> None:
        _settle(self.exited)

    def connection_lost(self, exc: Exception | None) -> None:
        _settle(self.ended)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _kill_all(leader: int) -> None:
    """End a plugin that still runs, and what it has started in its session."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # it has ended just now; what is not ours to end is not waited for either
