"""Ask files that may lie on a disk that gives no answer: a network mount that is away hangs whoever reads from it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from oracle.foundation.own_thread import in_thread

P = ParamSpec("P")
T = TypeVar("T")


class FilesSilent(Exception):
    """The files give no answer now; what they said before is not known to have changed."""


class FileQuestions:
    """Asks one question at a time: each that hangs keeps a thread. Used from one event loop."""

    def __init__(self) -> None:
        self._asking: asyncio.Task[Any] | None = None

    async def ask(self, patience_s: float, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the blocking function `question` returns.

        Raises: FilesSilent where it takes longer than this, or an earlier one still hangs; what the question raises.
        """
        if self._asking is not None and not self._asking.done():
            raise FilesSilent
        asking: asyncio.Task[T] = asyncio.create_task(in_thread(question, *args, **kwargs))
        self._asking = asking
        asking.add_done_callback(_take_note)
        done, _ = await asyncio.wait({asking}, timeout=patience_s)
        if not done:
            raise FilesSilent
        return asking.result()

    def close(self) -> None:
        """Wait for no answer any more."""
        if self._asking is not None:
            self._asking.cancel()


def _take_note(asked: asyncio.Task[Any]) -> None:
    """Nobody hears what comes too late, an error least of all."""
    if not asked.cancelled():
        asked.exception()
