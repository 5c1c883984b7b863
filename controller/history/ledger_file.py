"""Lines on the disk: appended whole or not at all, flushed, one process at a time. Knows nothing of what they
say.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class AppendingElsewhere(OSError):
    """Another process is appending at this moment."""


#: How far back the last line is looked for, bytes; an entry is far shorter.
_MAX_LINE_BYTES = 1024 * 1024


@contextmanager
def open_for_append(path: Path) -> Iterator[FileIO]:
    """Open the file for reading and appending while no other process does.

    The lock is on a file beside it and is never waited for: a process that was stopped while holding it must
    not stop us.
    Raises: AppendingElsewhere, OSError.
    """
    with open(path.with_name(path.name + ".lock"), "ab", opener=_open_private) as lock_file:
        try:
            _lock(lock_file)
        except OSError as error:
            raise AppendingElsewhere(error.errno, "another process is appending to it") from error
        # Unbuffered: a buffer would keep what the disk has refused, and write it again behind our back.
        with open(path, "a+b", buffering=0, opener=_open_private) as file:
            yield file


def _open_private(path: str, flags: int) -> int:
    """Open a file that, where it is new, nobody else may read: it tells what runs where, and what it costs."""
    return os.open(path, flags, mode=0o600)


def append_line(file: FileIO, line: bytes) -> None:
    """Append a whole line and see it to the disk; on failure leave the file as it was. Raises: OSError."""
    end = file.seek(0, os.SEEK_END)
    try:
        _write_all(file, line)
        os.fsync(file.fileno())
    except OSError:
        os.ftruncate(file.fileno(), end)
        raise


def _write_all(file: FileIO, line: bytes) -> None:
    """A disk that is nearly full takes a part of a line and refuses only the rest."""
    rest = memoryview(line)
    while rest:
        rest = rest[file.write(rest) :]


def read_last_line(file: FileIO) -> bytes | None:
    """Return the last whole line without its end; None where there is none."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _MAX_LINE_BYTES))
    lines = file.read().splitlines()
    return lines[-1] if lines else None


def cut_torn_line(file: FileIO) -> bool:
    """Remove a last line without an end, which a crash in the middle of a write can leave; True if there
    was one.
    """
    end = file.seek(0, os.SEEK_END)
    start = max(0, end - _MAX_LINE_BYTES)
    file.seek(start)
    tail = file.read()
    if not tail or tail.endswith(b"\n"):
        return False
    file.truncate(start + tail.rfind(b"\n") + 1)
    return True


def read_lines(path: Path) -> Iterator[str]:
    """Yield all lines. Bytes that are no UTF-8 come as replacement characters: their hash then tells."""
    with path.open(encoding="utf-8", errors="replace") as file:
        yield from file
