"""Waits of one migration that a cancel or the end of the program cuts short. Belongs to one event loop."""

from __future__ import annotations

import asyncio

from controller.migration.access.timing import Sleep, sleep_unless
from controller.migration.protocol.errors import Interrupted


class Interrupts:
    """Requests to cancel or to stop, observed at every wait.

    No API request is ever abandoned half-way: a cancelled one may still land, so they are observed between API
    requests only.
    """

    def __init__(self, sleep: Sleep) -> None:
        self._sleep = sleep
        self._wake = asyncio.Event()
        self._stop = False
        self._cancel = False
        self._can_cancel = True

    def request_cancel(self) -> None:
        """Ask for a rollback; observed as soon as the phase allows it."""
        self._cancel = True
        self._update()

    def request_stop(self) -> None:
        """Ask to stop where we are, leaving the journal for the next start."""
        self._stop = True
        self._update()

    def allow_cancel(self, allowed: bool) -> None:
        """Set whether the current phase can be cancelled."""
        self._can_cancel = allowed
        self._update()

    @property
    def wants_cancel(self) -> bool:
        """Whether a person has asked for a rollback that has not begun."""
        return self._cancel

    def take_cancel(self) -> None:
        """The request is being fulfilled."""
        self._cancel = False
        self._update()

    def _update(self) -> None:
        if self._stop or (self._cancel and self._can_cancel):
            self._wake.set()
        else:
            self._wake.clear()

    def check(self) -> None:
        """Raises: Interrupted where a request is open."""
        if self._stop:
            raise Interrupted(by_stop=True)
        if self._cancel and self._can_cancel:
            raise Interrupted(by_stop=False)

    async def pause(self, seconds: float, *events: asyncio.Event) -> None:
        """Wait, no longer than until one of the events is set. Raises: Interrupted as soon as a request is open."""
        self.check()
        await sleep_unless(self._sleep, seconds, self._wake, *events)
        self.check()
