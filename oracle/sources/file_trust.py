"""Who may have written a file that moves clusters: its owner, root, and nobody else, all the way up. POSIX.

As sshd judges its own (StrictModes): a file or a folder that others may write is theirs. Not "others" are root and
the group that a person has for themselves. A sticky folder such as /tmp is nobody's to rename in; a file in it that
others own is refused all the same. What was judged is what is read: the open file, and its folders by their real path.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

ROOT = 0
#: Links on the way to a file, as many as Linux follows.
MAX_LINKS = 40


def find_other_writer(descriptor: int, path: str) -> str | None:
    """Say who else may change the open file `descriptor` of this path, None where nobody may.

    Raises: OSError where a folder cannot be looked at.
    """
    if sys.platform == "win32":
        return None  # its lists of access rights are another world; the user's profile is closed to others
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        return "it is no ordinary file"
    if (fault := _find_fault(facts)) is not None:
        return f"it {fault}"
    for folder in _list_folders(path):
        fault = _find_fault(folder.stat())
        if fault is not None:
            return f"its folder {folder} {fault}"
    return None


def _list_folders(path: str) -> dict[Path, None]:
    """Return every folder in which somebody could put another file in the place of this one: those of links as well."""
    ways, hop = [os.path.realpath(path)], os.path.abspath(path)
    while os.path.islink(hop) and len(ways) <= MAX_LINKS:
        ways.append(hop)
        hop = os.path.join(os.path.dirname(hop), os.readlink(hop))
    ways.append(hop)
    return {folder: None for way in ways for folder in Path(os.path.abspath(way)).parents}


def _find_fault(facts: os.stat_result) -> str | None:
    if facts.st_uid not in (ROOT, os.geteuid()):
        return f"belongs to the user {facts.st_uid}"
    if stat.S_ISDIR(facts.st_mode) and facts.st_mode & stat.S_ISVTX:
        return None
    if facts.st_mode & stat.S_IWOTH:
        return "may be written by everybody"
    if facts.st_mode & stat.S_IWGRP and facts.st_gid not in (ROOT, _own_group()):
        return f"may be written by the group {facts.st_gid}"
    return None


def _own_group() -> int:
    """Return the group that a person has for themselves: named by the same number, as most systems make it, or none."""
    return os.getegid() if os.getegid() == os.geteuid() else ROOT
