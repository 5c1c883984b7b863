"""Read a file that nobody but us and root could have changed, without a gap between the look and the read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from controller.clusters.trusted_path import UntrustedPath, check_status, resolve_trusted


class UntrustedFile(Exception):
    """A file cannot or may not be read; the message names it and says why."""


def read_trusted(path: Path, max_bytes: int) -> bytes:
    """Return what a file holds. The descriptor that is read is the one that was looked at.

    Raises: UntrustedFile where it is missing, no file, larger than `max_bytes`, or others could change it.
    """
    try:
        descriptor = _open(resolve_trusted(path))
        try:
            return _read(path, descriptor, max_bytes)
        finally:
            os.close(descriptor)
    except UntrustedPath as error:
        raise UntrustedFile(f"{path} is not believed: {error}") from error
    except OSError as error:
        raise UntrustedFile(f"{path} cannot be read: {error.strerror or error}") from error


def _open(path: Path) -> int:
    # Without O_NONBLOCK a pipe in the file's place would hold us up for ever.
    extra = ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")
    return os.open(path, sum((getattr(os, name, 0) for name in extra), os.O_RDONLY))


def _read(path: Path, descriptor: int, max_bytes: int) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise UntrustedFile(f"{path} is not a file")
    check_status(path, status)
    content = bytearray()
    while chunk := os.read(descriptor, max_bytes + 1 - len(content)):
        content += chunk
        if len(content) > max_bytes:
            raise UntrustedFile(f"{path} is larger than {max_bytes} bytes")
    return bytes(content)
