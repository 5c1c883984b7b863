"""What a program and everything that it started use, read from /proc. Linux only.

RSS counts a page that two processes share twice; PSS divides it among them and is the honest sum.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_KIB = 1024
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """One process at one moment."""

    pid: int
    name: str
    rss_mib: float
    pss_mib: float
    threads: int
    descriptors: int
    cpu_s: float


def read_tree(root: int) -> list[ProcessUse]:
    """Return `root` and all its descendants that live now; processes that end meanwhile are left out."""
    uses = []
    for pid in _descendants(root):
        try:
            uses.append(_read_process(pid))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return uses


def is_running(pid: int) -> bool:
    """Whether the process exists and is more than an entry that nobody has collected."""
    try:
        return _stat_fields(pid)[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parent = int(_stat_fields(int(entry.name))[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(children.get(pid, ()))
    return found


def _stat_fields(pid: int) -> list[str]:
    """The fields of proc_pid_stat(5) after the name: state, parent, ..."""
    return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()


def _read_process(pid: int) -> ProcessUse:
    folder = PROC / str(pid)
    stat = _stat_fields(pid)
    resident_pages = int((folder / "statm").read_text().split()[1])
    return ProcessUse(
        pid=pid,
        name=_short_name((folder / "cmdline").read_bytes()),
        rss_mib=resident_pages * _PAGE_BYTES / _KIB**2,
        pss_mib=_pss_kib((folder / "smaps_rollup").read_text()) / _KIB,
        threads=int(stat[17]),
        descriptors=len(list((folder / "fd").iterdir())),
        cpu_s=(int(stat[11]) + int(stat[12])) / _TICKS_PER_S,
    )


def _pss_kib(rollup: str) -> int:
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def _short_name(command_line: bytes) -> str:
    """Executable and the words after it that are neither options nor long."""
    executable, *rest = command_line.decode(errors="replace").strip("\0").split("\0")
    words = [word for word in rest if not word.startswith("-") and len(word) < 20]
    return " ".join([Path(executable.split(" ")[0]).name, *words[:2]])
