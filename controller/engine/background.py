"""Tasks beside the engine's rounds: what reads clusters, and must keep no other command waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class BackgroundTasks:
    """Owns tasks that end by themselves. Belongs to the engine's loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else; it tells its own errors."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Let go of what is under way."""
        for task in self._tasks:
            task.cancel()
