"""Tasks that belong together and end together, also where a library swallows a cancellation.

redis-py sometimes loses the one CancelledError that it is given while it reads with a timeout (seen with
8.1.0 at about one end of a program in ten); a TaskGroup then waits for ever. What is ended here is cancelled
until it has ended.
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
