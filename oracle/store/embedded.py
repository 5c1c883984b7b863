"""The store that needs no set-up: a server of our own on a Unix socket, started, shared, restarted and
stopped here.

Who may start it is settled by a lock on the data directory, which the server itself keeps holding: a second
window finds it locked and shares the running server; if the first window closes, the lock becomes free and
the second starts its own on the same file. Two servers never write one file, however the programs die.

Ways down, each said in the facts: durable file; without a file (the server cannot write it); in a temporary
directory (nothing can be written in ours); in memory of this process.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from oracle.errors import EmbeddedServerError, StoreUnavailable
from oracle.foundation.reason import Reason
from oracle.key_ring_file import make_ring
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.status import StoreKind
from oracle.store.base import QuoteStore, StoreFacts
from oracle.store.memory_server import MemoryServer
from oracle.store.redis import open_memory_store, open_unix_store
from oracle.store.server_binary import find_server_binaries
from oracle.store.server_directories import (
    ServerDirectories,
    lock_directories,
    make_server_directories,
    make_temporary_directories,
)
from oracle.store.server_process import ServerProcess, start_server
from oracle.store.server_questions import is_keeping_file

logger = logging.getLogger(__name__)


class EmbeddedHost:
    """Keeps one server going for the programs of one user. Owned by one task."""

    def __init__(self, settings: OracleSettings) -> None:
        self._settings = settings
        self._lock_descriptor: int | None = None
        self._process: ServerProcess | None = None
        self._memory_server: MemoryServer | None = None
        #: Of this run alone: signs what lies in the memory server.
        self._ring = make_ring()
        self._directories: ServerDirectories | None = None
        self._is_temporary = False
        self._notices: list[Reason] = []
        self._facts = StoreFacts(StoreKind.EMBEDDED, "embedded store, not started yet", False, False)

    @property
    def facts(self) -> StoreFacts:
        return self._facts

    async def connect(self) -> QuoteStore:
        binaries = list(find_server_binaries())
        if not binaries:
            return await self._connect_to_memory()
        directories = self._claim_directories()
        if self._lock_descriptor is None:
            return await self._share(directories)
        if self._process is None or not await self._process.is_answering():
            await self._start(binaries, directories, self._lock_descriptor)
        return open_unix_store(str(directories.socket), self._facts.location, self._settings)

    async def aclose(self) -> None:
        if self._process is not None:
            await self._process.stop()
        if self._memory_server is not None:
            self._memory_server.stop()
        if self._lock_descriptor is not None:
            os.close(self._lock_descriptor)
            self._lock_descriptor = None
        if self._is_temporary and self._directories is not None:
            shutil.rmtree(self._directories.data, ignore_errors=True)

    def _claim_directories(self) -> ServerDirectories:
        """Return the directories to use; the lock is ours afterwards unless another program has it."""
        try:
            if self._directories is None:
                self._directories = make_server_directories(self._settings)
            if self._lock_descriptor is None:
                self._lock_descriptor = lock_directories(self._directories)
        except EmbeddedServerError as error:
            if self._is_temporary:
                raise
            self._directories = make_temporary_directories()
            self._is_temporary = True
            self._notices.append(OracleCode.STORE_FORGETS.because(why=error.why))
            self._lock_descriptor = lock_directories(self._directories)
        return self._directories

    async def _start(
        self, binaries: Sequence[Path], directories: ServerDirectories, lock_descriptor: int
    ) -> None:
        # Durable twice: the first attempt may have set a damaged file aside.
        attempts = [(binary, is_durable) for binary in binaries for is_durable in (True, True, False)]
        for number, (binary, is_durable) in enumerate(attempts, start=1):
            if self._process is not None:
                await self._process.stop()
            try:
                self._process = start_server(binary, directories, lock_descriptor, is_durable)
                await self._process.wait_until_ready()
            except EmbeddedServerError as error:
                if number == len(attempts):
                    raise
                self._notices.append(_make_room(error, directories))
            else:
                self._note_start(binary, directories, is_durable and not self._is_temporary)
                return

    def _note_start(self, binary: Path, directories: ServerDirectories, is_durable: bool) -> None:
        with contextlib.suppress(OSError):
            directories.address.write_text(str(directories.socket), "utf-8")
        location = f"embedded {binary.name} at {directories.socket}"
        notices = tuple(dict.fromkeys(self._notices))
        self._facts = StoreFacts(StoreKind.EMBEDDED, location, is_durable, is_shared=False, notices=notices)
        logger.info("price store: %s", location)

    async def _share(self, directories: ServerDirectories) -> QuoteStore:
        socket = directories.read_address()
        if socket is None:
            raise StoreUnavailable(str(directories.data), OracleCode.STORE_STARTED_ELSEWHERE.because())
        location = f"embedded store at {socket}"
        notice = OracleCode.STORE_SHARED.because()
        # The other window may have had to start it without a file; only the server knows.
        is_durable = await is_keeping_file(socket)
        self._facts = StoreFacts(StoreKind.EMBEDDED, location, is_durable, is_shared=True, notices=(notice,))
        return open_unix_store(str(socket), location, self._settings)

    async def _connect_to_memory(self) -> QuoteStore:
        if self._memory_server is None:
            self._memory_server = MemoryServer()
        notice = OracleCode.STORE_IN_MEMORY.because()
        location = f"memory of this program at {self._memory_server.url}"
        self._facts = StoreFacts(
            StoreKind.EMBEDDED, location, is_durable=False, is_shared=False, notices=(notice,)
        )
        return open_memory_store(self._memory_server.url, location, self._settings, self._ring)


def _make_room(error: EmbeddedServerError, directories: ServerDirectories) -> Reason:
    """Set aside a file that the server cannot read, so that the next attempt succeeds; return what was done."""
    failure = OracleCode.STORE_STARTED_BADLY.because(why=error.why)
    if error.why.code is not OracleCode.SERVER_ENDED:
        return failure
    if (
        "append only file" not in str(error.why["log"]).lower()
        or not directories.append_only_directory.exists()
    ):
        return failure
    number = 1
    while (aside := directories.data / f"appendonlydir.damaged-{number}").exists():
        number += 1
    try:
        directories.append_only_directory.rename(aside)
    except OSError:
        # The last attempt needs no file.
        return failure
    return OracleCode.STORE_SET_ASIDE.because(aside=str(aside))
