"""How a migration passes time: its settings, the clocks that it is given, and the one way to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from controller.errors import ClusterError, RequestRefused, VersionConflict
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.clocks import Clocks

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timing:
    """Time, injected. `sleep` waits for seconds; inside a run it is the one that a cancel cuts short."""

    settings: MigrationSettings
    clocks: Clocks
    sleep: Sleep

    def counting(self) -> float:
        """Return seconds that go on while the machine sleeps."""
        return self.clocks.counting()

    def patience(self) -> Patience:
        """Return the patience for one operation with a cluster, beginning now."""
        return Patience(self)


async def sleep_unless(sleep: Sleep, seconds: float, *events: asyncio.Event) -> None:
    """Wait for some seconds, or until one of the events is set, whichever comes first."""
    waits = [
        asyncio.ensure_future(sleep(seconds)),
        *(asyncio.ensure_future(event.wait()) for event in events),
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


class Patience:
    """Lets short failures of a cluster pass, and the conflicts of one write: the next read shows what happened."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._give_up_at = 0.0
        self.renew()

    def renew(self) -> None:
        """Begin anew: there was an answer."""
        self._give_up_at = self._timing.counting() + self._timing.settings.unreachable_patience_s

    async def endure(self, error: ClusterError) -> None:
        """Wait before the next look.

        Raises: the error itself, when it lasts for too long; RequestRefused for a conflict that lasts, because what
        is refused again and again after fresh reads is no race that was lost.
        """
        if self._timing.counting() >= self._give_up_at:
            if isinstance(error, VersionConflict):
                lasting = Code.REQUEST_REFUSED.because(context=error.context, answer=error.reason["answer"])
                raise RequestRefused(lasting, request=error.request, status=error.status) from error
            raise error
        await self._timing.sleep(self._timing.settings.retry_s)
