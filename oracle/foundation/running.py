"""Tasks that belong together and end together, whatever their cancellation meets on its way.

A TaskGroup would not do: a cancelled one whose tasks end with an error raises that error in the place of its
own cancellation, and one whose task lost its CancelledError (asyncio.wait_for before Python 3.12 can swallow
it) waits for ever. What is ended here is cancelled until it has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

#: Seconds after which a task that is still there is cancelled again; a regular end takes far less. Whoever
#: ends a task that itself ends others must be more patient than that one is.
RETRY_S = 0.1
OUTER_RETRY_S = 2.0


async def run_until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Run all at once; when one ends, end the others and pass its error on."""
    tasks = {asyncio.create_task(work) for work in works}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_tasks(tasks)
    for task in done:
        task.result()


async def end_tasks(tasks: set[asyncio.Task[None]], retry_s: float = RETRY_S) -> None:
    """Cancel until all have ended; what they ended with is not raised."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=retry_s)
    await asyncio.gather(*tasks, return_exceptions=True)
