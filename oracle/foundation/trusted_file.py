"""Read a file that nobody but us and root could have changed, without a gap between the look and the read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from oracle.foundation.reason import Reason
from oracle.foundation.trust_reasons import TrustCode
from oracle.foundation.trusted_path import UntrustedPath, check_status, resolve_trusted


class UntrustedFile(Exception):
    """A file cannot or may not be read; the reason names it and says why."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


def read_trusted(path: Path, max_bytes: int) -> bytes:
    """Return what a file holds. The descriptor that is read is the one that was looked at.

    Raises: UntrustedFile where it is missing, no file, larger than `max_bytes`, or others could change it.
    """
    try:
        with open_trusted(path) as file:
            return _read(path, file.fileno(), max_bytes)
    except OSError as error:
        reason = TrustCode.FILE_UNREADABLE.because(path=str(path), error=error.strerror or str(error))
        raise UntrustedFile(reason) from error


def read_secret(path: Path, max_bytes: int) -> bytes:
    """Return what a file holds that nobody else may read either; as `read_trusted` otherwise.

    A mounted Secret of Kubernetes may be read by everybody in its container, which is ours alone.
    Raises: UntrustedFile.
    """
    try:
        with open_trusted(path) as file:
            _check_readers(path, os.fstat(file.fileno()))
            return _read(path, file.fileno(), max_bytes)
    except OSError as error:
        reason = TrustCode.FILE_UNREADABLE.because(path=str(path), error=error.strerror or str(error))
        raise UntrustedFile(reason) from error


def open_trusted(path: Path) -> BinaryIO:
    """Open a file for reading; what was looked at is what is open.

    Raises: UntrustedFile where it is no file or others could change it; OSError where it cannot be opened.
    """
    try:
        descriptor = _open(resolve_trusted(path))
        try:
            _check(path, descriptor)
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except UntrustedPath as error:
        reason = TrustCode.FILE_NOT_BELIEVED.because(path=str(path), problem=error.reason)
        raise UntrustedFile(reason) from error


def _open(path: Path) -> int:
    # Without O_NONBLOCK a pipe in the file's place would hold us up for ever.
    extra = ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")
    return os.open(path, sum((getattr(os, name, 0) for name in extra), os.O_RDONLY))


def _check(path: Path, descriptor: int) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise UntrustedFile(TrustCode.NO_FILE.because(path=str(path)))
    check_status(path, status)


def _check_readers(path: Path, status: os.stat_result) -> None:
    if not hasattr(os, "geteuid") or not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    if not (_belongs_to_root(status) and _is_laid_out_as_a_secret(path)):
        raise UntrustedFile(TrustCode.FILE_EXPOSED.because(path=str(path)))


def _belongs_to_root(status: os.stat_result) -> bool:
    return status.st_uid == 0


def _is_laid_out_as_a_secret(path: Path) -> bool:
    """Whether kubelet has put the file there: it exchanges all files of a Secret at once, by a link to `..TIME`."""
    return path.resolve().parent.name.startswith("..")


def _read(path: Path, descriptor: int, max_bytes: int) -> bytes:
    content = bytearray()
    while chunk := os.read(descriptor, max_bytes + 1 - len(content)):
        content += chunk
        if len(content) > max_bytes:
            raise UntrustedFile(TrustCode.FILE_TOO_LARGE.because(path=str(path), most=max_bytes))
    return bytes(content)
