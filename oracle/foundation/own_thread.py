"""Blocking work on a thread of its own, beside an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do blocking work on a thread that the end of the program does not wait for.

    A file may lie on a disk that never answers; an executor's thread would then keep the program from ending, and a few
    of them all others from their work.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(settle_with: Callable[[Any], None], value: Any) -> None:
        if not done.done():  # nobody waits any more
            settle_with(value)

    def run() -> None:
        try:
            outcome: tuple[Callable[[Any], None], Any] = (done.set_result, work(*args, **kwargs))
        except Exception as error:
            outcome = (done.set_exception, error)
        try:
            loop.call_soon_threadsafe(settle, *outcome)
        except RuntimeError:
            pass  # the loop has ended first

    threading.Thread(target=run, name="own-work", daemon=True).start()
    return await done
