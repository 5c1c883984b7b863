"""Whose socket it is, and who is at its other end."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Protocol

#: The name of a socket inside its directory.
SOCKET = "socket"
#: What its directory is for, as `private_directory` names it.
PURPOSE = "control"

#: As the kernel answers SO_PEERCRED: process, user, group.
_CREDENTIALS = struct.Struct("3i")


class Connected(Protocol):
    """A socket, as asyncio shows it too."""

    def getsockopt(self, level: int, option: int, length: int) -> bytes:
        """See socket.socket."""


def has_sockets() -> bool:
    """Whether this system has sockets that only one user can reach."""
    return hasattr(asyncio, "start_unix_server") and hasattr(os, "getuid")


def is_private(directory: Path) -> bool:
    """Whether a directory is ours and nobody else can look into it."""
    try:
        found = directory.lstat()
    except OSError:
        return False
    is_closed = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return is_closed and found.st_uid == os.getuid()


def is_own(connected: Connected) -> bool:
    """Whether the process at the other end runs as our own user. Where the kernel does not say who it is, only the
    directory keeps others out.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    answer = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(answer)
    return bool(user == os.getuid())
