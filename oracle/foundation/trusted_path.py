"""May anybody but us and root change what stands at a path? As sshd's StrictModes asks of its own files.

Every component is looked at from the root down: once a directory is known to be safe, nobody else can exchange what
lies in it, so that nothing can change between this look and the use. Not in the mode bits, and so not judged: the
access lists of Windows.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from oracle.foundation.reason import Reason
from oracle.foundation.trust_reasons import TrustCode

#: Links that are followed on one way; the kernel's own bound.
_MAX_LINKS = 40

#: Groups whose members are administrators or package managers: they could change every program in any case.
_TRUSTED_GROUPS = frozenset({"root", "wheel", "admin"} if sys.platform == "darwin" else {"root", "staff"})


class UntrustedPath(Exception):
    """Somebody else could change it, or it cannot be looked at."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


def resolve_trusted(path: Path) -> Path:
    """Return the file that a path leads to, all links followed.

    Raises: UntrustedPath where others may write it or a directory on the way, or where a link of ours leads into a
    directory that everybody may write; OSError where there is nothing.
    """
    if not hasattr(os, "geteuid"):
        return path.resolve(strict=True)
    return _Walk().follow(Path(os.getcwd()) / path)


def check_status(place: Path, status: os.stat_result) -> None:
    """Judge one file or directory. Raises: UntrustedPath."""
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid not in (os.geteuid(), 0):
        raise UntrustedPath(TrustCode.PATH_FOREIGN.because(path=str(place)))
    if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        return  # In a sticky directory nobody can exchange what belongs to others; whose it is, is asked next.
    if status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and not _is_trusted(status.st_gid)):
        raise UntrustedPath(TrustCode.PATH_WRITABLE.because(path=str(place)))


class _Walk:
    """A way from the root to a file, component by component."""

    def __init__(self) -> None:
        self._links = 0
        self._has_left = False
        #: Directories for everybody that the path itself lies in; a link of ours may not lead into another one.
        self._shared: set[Path] = set()

    def follow(self, path: Path) -> Path:
        place = Path(path.anchor)
        check_status(place, place.lstat())
        waiting = list(reversed(path.parts[1:]))
        while waiting:
            part = waiting.pop()
            found = place.parent if part == os.pardir else place / part
            status = found.lstat()
            if stat.S_ISLNK(status.st_mode):
                target = self._take_link(found, status)
                place = Path(target.anchor) if target.is_absolute() else place
                waiting.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))
            else:
                self._take_real(found, status)
                place = found
        return place

    def _take_link(self, link: Path, status: os.stat_result) -> Path:
        self._links += 1
        if self._links > _MAX_LINKS:
            raise UntrustedPath(TrustCode.LINK_CIRCLE.because(path=str(link)))
        if status.st_uid not in (os.geteuid(), 0):
            raise UntrustedPath(TrustCode.LINK_FOREIGN.because(path=str(link)))
        self._has_left = self._has_left or status.st_uid == os.geteuid()
        return Path(os.readlink(link))

    def _take_real(self, found: Path, status: os.stat_result) -> None:
        check_status(found, status)
        if not (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_IWOTH):
            return
        if self._has_left and found not in self._shared:
            raise UntrustedPath(TrustCode.LINK_SHARED.because(path=str(found)))
        self._shared.add(found)


def _is_trusted(group: int) -> bool:
    """Whether a group's members are nobody but us, root and the package manager."""
    import grp
    import pwd

    if group == 0:
        return True
    try:
        entry, user = grp.getgrgid(group), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    if entry.gr_name in _TRUSTED_GROUPS:
        return True
    return group == user.pw_gid and entry.gr_name == user.pw_name and set(entry.gr_mem) <= {user.pw_name}
