"""The write that a cluster refused last, and whether it would be accepted now: probed by a dry run, without effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from controller.errors import AccessDenied, ObjectNotFound, RequestRefused, VersionConflict

Answer = TypeVar("Answer")


class Probe:
    """Performs the writes of one migration, and remembers the one that was refused.

    Reads that work again say nothing about a write that was refused: without asking, a HOLD would end only to begin
    again at once.
    """

    def __init__(self) -> None:
        self._refused: Callable[[bool], Awaitable[Any]] | None = None

    async def perform(self, write: Callable[[bool], Awaitable[Answer]]) -> Answer:
        """Send a write, which is given whether to be a dry run. Raises: what it raises."""
        try:
            return await write(False)
        except (AccessDenied, RequestRefused):
            self._refused = write
            raise

    async def require_acceptance(self) -> None:
        """Raises: ClusterError while the refused write would be refused again, or cannot be asked for."""
        if self._refused is None:
            return
        try:
            await self._refused(True)
        except (VersionConflict, ObjectNotFound):
            pass  # the object is another one by now: what to write has to be thought over anyway
        self._refused = None

    def forget(self) -> None:
        """What is done next begins anew, with writes of its own."""
        self._refused = None
