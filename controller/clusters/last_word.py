"""What is asked at the last moment before a request's bytes leave: its credential is there, its connection stands.

The client library passes nothing of ours on to the request that it makes; so it is kept by the task that sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class LastWord:
    """Kept by whoever sends, asked by whoever writes to the connection."""

    def __init__(self) -> None:
        self._judge: ContextVar[Callable[[], object] | None] = ContextVar("last_word", default=None)

    @contextmanager
    def of(self, judge: Callable[[], object]) -> Iterator[None]:
        """Ask `judge` of every request that this task sends in the block."""
        token = self._judge.set(judge)
        try:
            yield
        finally:
            self._judge.reset(token)

    def ask(self) -> None:
        """Raises: what the judge raises where the request may not leave."""
        judge = self._judge.get()
        if judge is not None:
            judge()


LAST_WORD = LastWord()
