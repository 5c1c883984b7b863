"""A directory that only this user can look into, for the life of one process."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_runtime_path


@contextmanager
def private_directory(purpose: str) -> Iterator[Path]:
    """Yield a new 0700 directory and remove it at the end; those of killed processes are removed at the start."""
    parent = _runtime_path()
    if parent is not None:
        _remove_leftovers(parent, purpose)
    path = Path(tempfile.mkdtemp(prefix=f"{purpose}-{os.getpid()}-", dir=parent))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class OtherDirectory:
    """A directory that another process has made for itself."""

    pid: int
    path: Path


def list_others(purpose: str) -> tuple[OtherDirectory, ...]:
    """Return the directories of this purpose that belong to other processes, dead ones perhaps among them."""
    parent = _runtime_path() or Path(tempfile.gettempdir())
    found = ((path.name.split("-"), path) for path in sorted(parent.glob(f"{purpose}-*")))
    others = (OtherDirectory(int(parts[1]), path) for parts, path in found if parts[1].isdigit())
    return tuple(other for other in others if not is_ours(other.pid))


def is_ours(pid: int) -> bool:
    """Whether this very process is meant."""
    return pid == os.getpid()


def _remove_leftovers(parent: Path, purpose: str) -> None:
    for leftover in parent.glob(f"{purpose}-*"):
        if not _is_running(leftover.name.removeprefix(f"{purpose}-").partition("-")[0]):
            shutil.rmtree(leftover, ignore_errors=True)


def _runtime_path() -> Path | None:
    """The directory for all processes of this user; None where another user has taken its name."""
    # platformdirs warns where there is no session; its fallback is private, too.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = user_runtime_path("sentinelaura", ensure_exists=True)
        path.chmod(0o700)
    except OSError:
        return None
    return path


def _is_running(pid: str) -> bool:
    """Whether the process exists; True where the name is not ours to judge."""
    if not pid.isdigit() or os.name == "nt":  # on Windows signal 0 would end the process that is asked about
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
