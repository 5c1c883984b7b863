"""A kubeconfig over time: read again when its files change, because a new login rewrites them while we run.

What cannot be read stays as it was: whoever writes a file may be in the middle of it. What has gone from a file that
can be read is refused. Which contexts there are is settled at the start; what each says is not.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from controller.clusters.kubeconfig import Kubeconfig, KubeconfigContext, read_kubeconfig
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.errors import KubeconfigError

_log = logging.getLogger(__name__)

#: What tells one state of a file from another; None: it is not there.
FileStamp = tuple[int, int, int] | None


class KubeconfigSource:
    """The files of a kubeconfig as they are now. Its methods block on them, and may be called from any thread."""

    def __init__(self, kubeconfig: Kubeconfig) -> None:
        self._current = kubeconfig
        self._stamps = stamp_files(kubeconfig.paths)
        self._reading = threading.Lock()
        #: How often the files were read again.
        self._revision = 0

    @property
    def has_files(self) -> bool:
        """Whether there is anything that could change."""
        return bool(self._current.paths)

    def refresh(self) -> int:
        """Read the files again where they have changed; returns a number that differs after each time."""
        with self._reading:
            stamps = stamp_files(self._current.paths)
            if stamps != self._stamps:
                self._stamps = stamps
                self._current = self._read_again(self._current)
                self._revision += 1
            return self._revision

    def find(self, name: str) -> KubeconfigContext:
        """Return a context as its file says it now. Raises: KeyError for one that was not there at the start."""
        self.refresh()
        return self._current.contexts[name]

    def _read_again(self, before: Kubeconfig) -> Kubeconfig:
        try:
            fresh = read_kubeconfig(before.paths)
        except KubeconfigError as error:
            _log.warning("the kubeconfig has changed and is not taken over: %s", error)
            return before
        contexts = {
            name: fresh.contexts.get(name) or _without(old, fresh) for name, old in before.contexts.items()
        }
        return Kubeconfig(before.paths, contexts, fresh.notes, fresh.unread)


def _without(old: KubeconfigContext, fresh: Kubeconfig) -> KubeconfigContext:
    if old.path in fresh.unread or not os.path.lexists(old.path):
        return old
    return KubeconfigContext(old.name, old.path, server="", problem=KubeconfigCode.CONTEXT_GONE.because())


def stamp_files(paths: Iterable[Path]) -> tuple[FileStamp, ...]:
    """What tells the state of files from any other; links are followed."""
    return tuple(_stamp(path) for path in paths)


def _stamp(path: Path) -> FileStamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
