"""Where the embedded server keeps its file and its socket, and that nobody else can get at them.

Makes and locks directories; knows no server.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from oracle.errors import EmbeddedServerError
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings

if sys.platform != "win32":
    import fcntl

APPLICATION = "sentinelaura"
#: A socket's path must fit into sockaddr_un with its closing zero: 108 bytes on Linux, 104 on macOS.
MAX_SOCKET_PATH_BYTES = 103


@dataclass(frozen=True, slots=True)
class ServerDirectories:
    """`data` outlives the program; `socket` is a path in a directory of the user's own, mode 0700."""

    data: Path
    socket: Path

    @property
    def lock(self) -> Path:
        """Locked while a server may be writing below `data`."""
        return self.data / "store.lock"

    @property
    def address(self) -> Path:
        """Says where the socket of the running server is, for a second window."""
        return self.data / "store.address"

    @property
    def log(self) -> Path:
        """What the server said since it was started last."""
        return self.data / "store.log"

    def read_address(self) -> Path | None:
        """Return the socket of the server that another program runs, None while it has not said."""
        try:
            socket = self.address.read_text("utf-8", "replace").strip()
        except OSError:
            return None
        return Path(socket) if socket else None

    @property
    def append_only_directory(self) -> Path:
        """The server's durable file, in the several parts that it keeps."""
        return self.data / "appendonlydir"


def make_server_directories(settings: OracleSettings) -> ServerDirectories:
    """Create what is missing.

    Raises: EmbeddedServerError where a directory cannot be made or is not only ours.
    """
    data = platformdirs.user_data_path(APPLICATION) / "store"
    if settings.data_directory is not None:
        data = Path(settings.data_directory)
    _make_private(data)
    return ServerDirectories(data, _choose_socket(settings, data))


def make_temporary_directories() -> ServerDirectories:
    """Create directories for one run; nobody else looks for a server there. Raises: EmbeddedServerError."""
    try:
        data = Path(tempfile.mkdtemp(prefix=f"{APPLICATION}-"))
    except OSError as error:
        raise EmbeddedServerError(
            OracleCode.TEMPORARY_DIRECTORY_MISSING.because(error=error.strerror)
        ) from error
    return ServerDirectories(data, data / "store.sock")


def lock_directories(directories: ServerDirectories) -> int | None:
    """Take the lock on the data directory and return its descriptor; None where another program has it.

    Raises: EmbeddedServerError where nothing can be written there: a read-only disk, files of another user.
    """
    descriptor: int | None = None
    try:
        descriptor = os.open(directories.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A server that cannot write its log does not start, so that nobody would read why.
        directories.log.open("ab").close()
    except OSError as error:
        if descriptor is not None:
            os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return None
        raise EmbeddedServerError(
            OracleCode.STORE_FILE_NOT_WRITABLE.because(
                path=str(error.filename or directories.lock), error=error.strerror
            )
        ) from error
    return descriptor


def _choose_socket(settings: OracleSettings, data: Path) -> Path:
    # Two data directories of one user are two stores: their sockets must differ.
    name = hashlib.sha256(os.fsencode(data.absolute())).hexdigest()[:12]
    given = settings.runtime_directory
    runtime = _find_runtime_directory() if given is None else Path(given)
    socket = runtime / name / "store.sock"
    if len(os.fsencode(socket)) > MAX_SOCKET_PATH_BYTES:
        socket = Path(tempfile.gettempdir()) / f"{APPLICATION}-{os.getuid()}" / name / "store.sock"
    _make_private(socket.parent.parent)
    _make_private(socket.parent)
    return socket


def _find_runtime_directory() -> Path:
    """Raises: EmbeddedServerError where another user has taken its name."""
    try:
        with warnings.catch_warnings():
            # It warns where no login session made a runtime directory, as in containers; its fallback is
            # private too.
            warnings.simplefilter("ignore")
            return platformdirs.user_runtime_path(APPLICATION)
    except OSError as error:
        raise EmbeddedServerError(
            OracleCode.STORE_DIRECTORY_NOT_MADE.because(path=tempfile.gettempdir(), error=str(error))
        ) from error


def _make_private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = directory.lstat()
        if stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid() and state.st_mode & 0o077:
            directory.chmod(0o700)
    except OSError as error:
        raise EmbeddedServerError(
            OracleCode.STORE_DIRECTORY_NOT_MADE.because(path=str(directory), error=error.strerror)
        ) from error
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
        raise EmbeddedServerError(OracleCode.STORE_DIRECTORY_FOREIGN.because(path=str(directory)))
