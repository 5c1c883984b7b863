"""An event loop whose clock jumps to the next timer instead of waiting: hours pass in milliseconds,
deterministically.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class _JumpingSelector:
    """Never waits: the time that a select would have waited is added to the loop's clock."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits and nothing is scheduled: a deadlock")
        self.now += max(0.0, timeout)
        return self._real.select(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual; everything else is asyncio's own."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)  # type: ignore[arg-type]

    def time(self) -> float:
        return self._jumping.now

    def postpone(self, belongs: Callable[[contextvars.Context], bool], seconds: float) -> None:
        """Let the timers that were set in such contexts fire later: their clock stands still for so long."""
        for handle in self._scheduled:  # type: ignore[attr-defined]
            if belongs(handle._context):
                handle._when += seconds
        heapq.heapify(self._scheduled)  # type: ignore[attr-defined]


def fail_run(error: Exception) -> None:
    """End the run with an error of the simulation itself, which the program under test is not to swallow."""

    def fail() -> None:
        raise error

    asyncio.get_running_loop().call_soon(fail)


def run_virtual(main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end in virtual time; what it left running is dropped without being resumed.

    An error in a callback of the loop ends the run: there, clusters and judges live.
    """
    loop = VirtualLoop()
    failures: list[Exception] = []

    def on_trouble(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # Tasks of killed processes are dropped while they wait; that is what killing means here.
        if "was destroyed" in context["message"]:
            return
        failure = context.get("exception")
        if isinstance(failure, Exception) and "handle" in context:
            failures.append(failure)
            task.cancel()
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(on_trouble)
    asyncio.set_event_loop(loop)
    try:
        task = loop.create_task(main)
        return loop.run_until_complete(task)
    except asyncio.CancelledError:
        raise failures[0] if failures else RuntimeError("the simulation was cancelled") from None
    finally:
        asyncio.set_event_loop(None)
        loop.close()
