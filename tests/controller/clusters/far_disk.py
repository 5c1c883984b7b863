"""A disk that gives no answer while it is away, as a network mount does: whoever asks it anything waits."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

#: What Python's own libraries ask a disk by.
_QUESTIONS = ("stat", "lstat", "open", "access", "readlink")


class FarDisk:
    """All that lies in `folder`. `asked_by`: the threads that have asked it for something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_there = threading.Event()
        self.is_there.set()
        self.asked_by: set[threading.Thread] = set()

    def put_in_between(self, question: Callable[..., Any]) -> Callable[..., Any]:
        """The question, which waits where it is for this disk."""

        def ask(path: Any, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(path, int) and os.fspath(path).startswith(str(self.folder)):
                self.asked_by.add(threading.current_thread())
                self.is_there.wait()
            return question(path, *args, **kwargs)

        return ask


@contextmanager
def far_disk(folder: Path) -> Iterator[FarDisk]:
    """Have a folder lie on such a disk; when this ends it answers, so that no thread outlives its test."""
    disk = FarDisk(folder)
    with pytest.MonkeyPatch.context() as patching:
        for name in _QUESTIONS:
            patching.setattr(os, name, disk.put_in_between(getattr(os, name)))
        try:
            yield disk
        finally:
            disk.is_there.set()
