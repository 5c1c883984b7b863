"""Ends a group of processes and removes their folder when their owner ends, however it ends.

Two halves in one file. `ProcessGuard` is used by the owner; the other half is the guard process, which the owner
starts as `python guard.py FOLDER` and which waits for the end of file on its standard input. The kernel closes that
pipe when the owner exits, crashes or is killed by SIGKILL, so there is one way of cleaning up, not two.

All programs join one process group, led by a do-nothing child of the guard; killing the group therefore reaches every
program whose owner died in the middle of starting it, and cannot hit a stranger who got a recycled process number.

Rejected: PR_SET_PDEATHSIG (Linux only, and it fires when the starting *thread* ends; clusters start in threads).
Standard library only: the guard process runs isolated.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

STOP_TIMEOUT_S = 20.0
"""SIGKILL and the removal of a folder take milliseconds; a guard that needs longer is stuck."""

REMOVAL_ATTEMPTS = 50
REMOVAL_PAUSE_S = 0.02
"""A second in all: a killed program is gone after microseconds, unless the machine is overloaded."""


class ProcessGuard:
    """Owner's half. Programs started with `process_group=guard.group` do not outlive this process, nor, if it is used
    as a context manager, the block.

    Attributes:
        folder: removed, with all its contents, at the end.
        group: process group for the programs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Its own process group, lest Ctrl-C in a terminal end the guard before its wards.
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
        )
        assert self._process.stdout is not None
        with self._process.stdout as answer:
            self.group = int(answer.readline())

    def __enter__(self) -> ProcessGuard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End every program of the group and remove the folder; harmless when called twice."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._process.wait(STOP_TIMEOUT_S) != 0:  # somebody killed the guard itself
            end_group(self.group)
            remove_folder(self.folder)


def end_group(group: int) -> None:
    """Kill every process of the group, if there is one left."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def remove_folder(folder: Path) -> None:
    """Remove the folder; again, as long as a dying program writes into it."""
    for _ in range(REMOVAL_ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(REMOVAL_PAUSE_S)


def start_leader() -> int:
    """Start the process whose number names the group; it sleeps until it is killed."""
    leader = os.fork()
    if leader == 0:
        os.setpgid(0, 0)
        while True:
            signal.pause()
    try:
        os.setpgid(
            leader, leader
        )  # both sides do it: whoever is first, the group exists before it is announced
    except (PermissionError, ProcessLookupError):
        pass
    return leader


def guard_folder(folder: str) -> None:
    """Announce the group, wait until the owner is gone, then clean up."""
    leader = start_leader()
    print(leader, flush=True)
    sys.stdin.buffer.read()
    end_group(leader)
    os.waitpid(leader, 0)
    remove_folder(Path(folder))


if __name__ == "__main__":
    guard_folder(sys.argv[1])
