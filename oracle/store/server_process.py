"""One running server of our own: start it under the watchdog, wait until it answers, stop it.

Knows the server's command line and its life, not what is stored in it. POSIX only.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from oracle.errors import EmbeddedServerError
from oracle.reasons import OracleCode
from oracle.store import server_questions, server_watchdog
from oracle.store.server_directories import ServerDirectories

#: Seconds until a server that has not answered counts as failed. It takes 0.1 s; a slow disk and a long file
#: take more.
START_TIMEOUT_S = 15.0
#: Seconds between two questions whether it answers yet.
PROBE_INTERVAL_S = 0.01
#: Seconds for stopping: the watchdog's own patience and a second for the watchdog.
STOP_TIMEOUT_S = server_watchdog.GRACE_S + 1.0
#: A store holds a few hundred kilobytes, of 100,000 offerings some 200 MiB; this protects the machine.
MAX_MEMORY = "384mb"


class ServerProcess:
    """A server and its watchdog. Owned by one task."""

    def __init__(self, watchdog: subprocess.Popen[bytes], directories: ServerDirectories) -> None:
        self._watchdog = watchdog
        self._directories = directories

    async def is_answering(self) -> bool:
        """Whether the server takes commands."""
        return await server_questions.is_answering(self._directories.socket)

    async def wait_until_ready(self) -> None:
        """Return when it answers. Raises: EmbeddedServerError if it ends or stays silent; it is then stopped."""
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not await self.is_answering():
                    if self._watchdog.poll() is not None:
                        await self.stop()
                        raise EmbeddedServerError(OracleCode.SERVER_ENDED.because(log=self.read_log_tail()))
                    await asyncio.sleep(PROBE_INTERVAL_S)
        except TimeoutError as error:
            await self.stop()
            raise EmbeddedServerError(OracleCode.SERVER_SILENT.because(seconds=START_TIMEOUT_S)) from error

    async def stop(self) -> None:
        """End server and watchdog and wait for both. The order goes out before anything is awaited."""
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.close()
        try:
            await asyncio.to_thread(self._watchdog.wait, STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._watchdog.kill()
            await asyncio.to_thread(self._watchdog.wait)

    def read_log_tail(self) -> str:
        """Return the last words of the server, for an error message."""
        try:
            lines = self._directories.log.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            return "nothing was logged"
        return " / ".join(lines[-3:])[-400:] or "nothing was logged"


def start_server(
    binary: Path, directories: ServerDirectories, lock_descriptor: int, is_durable: bool
) -> ServerProcess:
    """Start a server that ends with this program; it holds the lock until it has ended.

    Raises: EmbeddedServerError where socket, log or watchdog cannot be made. What the server itself stumbles
    over is reported by `wait_until_ready`.
    """
    environment = {**os.environ, "SENTINELAURA_STORE_LOCK": str(lock_descriptor)}
    try:
        directories.socket.unlink(missing_ok=True)
        with directories.log.open("wb") as log:
            watchdog = subprocess.Popen(
                [*_watchdog_command(), *_server_command(binary, directories, is_durable)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                pass_fds=(lock_descriptor,),
                # A Ctrl-C in the terminal is for the program; it stops the server when it has said goodbye to
                # it.
                start_new_session=True,
            )
    except OSError as error:
        raise EmbeddedServerError(
            OracleCode.SERVER_NOT_RUN.because(
                what=str(error.filename or "a new process"), error=error.strerror
            )
        ) from error
    return ServerProcess(watchdog, directories)


def _watchdog_command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, server_watchdog.WATCHDOG_FLAG]
    return [sys.executable, "-I", "-S", str(Path(server_watchdog.__file__))]


def _server_command(binary: Path, directories: ServerDirectories, is_durable: bool) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(directories.socket),
        "unixsocketperm": "700",
        "dir": str(directories.data),
        "appendonly": "yes" if is_durable else "no",
        "appendfsync": "everysec",
        "auto-aof-rewrite-min-size": "8mb",
        "save": "",
        "maxmemory": MAX_MEMORY,
        # Old prices must not be pushed out in silence; a full store says so.
        "maxmemory-policy": "noeviction",
        "databases": "1",
        "loglevel": "notice",
        "daemonize": "no",
    }
    return [str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))]
