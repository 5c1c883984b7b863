"""Waits for SIGINT or SIGTERM, for the commands that run until they are stopped."""

from __future__ import annotations

import asyncio
import signal


async def wait_for_stop_signal(task: asyncio.Task[None]) -> None:
    """Return when SIGINT or SIGTERM has come and `task` was cancelled; pass on what `task` itself fails with."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, task.cancel)
        except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt instead
            break
    try:
        await task
    except asyncio.CancelledError:
        return
