"""Processes that can be killed, frozen and put to sleep at any await.

Freezing stops the program (SIGSTOP), and its timers go on. Sleep stops the machine: the timers of its event loop stand
still until it wakes, as CLOCK_MONOTONIC does, the clocks that count sleep go on, and every connection is dead
afterwards, without a word. What was sent before still lands.

Killing means: no task of the process is ever resumed, so that no `finally` runs; what it has sent still
lands. Cancelling a task is not that, because cancelling runs clean-up code. Every task that is created inside
a process belongs to it.
"""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import inspect
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from tests.simulation.virtual_loop import VirtualLoop

_current: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)

#: Coroutines that have not ended, the dead among them.
_unended: set[Any] = set()


class Process:
    """One run of the program.

    steps, sleeps: how often any of its tasks was resumed, and how often its machine slept.
    on_sleep: called as the machine falls asleep.
    on_strike: called at `strike_at`, when somebody outside does what the program will not like.
    is_due: asked at each step instead of what was given: whether it happens now.
    """

    def __init__(
        self,
        name: str,
        *,
        kill_at: int | None = None,
        freeze_at: int | None = None,
        freeze_s: float = 0.0,
        sleep_at: int | None = None,
        sleep_s: float = 0.0,
        on_sleep: Callable[[], None] = lambda: None,
        strike_at: int | None = None,
        on_strike: Callable[[], None] = lambda: None,
        is_due: Callable[[int], bool] | None = None,
    ) -> None:
        self.name = name
        self.steps = self.sleeps = 0
        self.is_dead = False
        self.died = asyncio.Event()
        self._on_sleep = on_sleep
        self._frozen_until = 0.0
        self._is_due = is_due
        happenings = (
            (kill_at, self.kill),
            (freeze_at, partial(self.freeze, freeze_s)),
            (sleep_at, partial(self.sleep, sleep_s)),
            (strike_at, on_strike),
        )
        #: What has not happened yet, each with the step at which it will.
        self._awaited = [(at, happen) for at, happen in happenings if at is not None]

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task that belongs to this process, and with it all that it starts."""
        context = contextvars.copy_context()
        context.run(_current.set, self)
        return asyncio.get_running_loop().create_task(coroutine, context=context)

    def kill(self) -> None:
        """Stop for ever, now."""
        self.is_dead = True
        self.died.set()

    @property
    def is_awake(self) -> bool:
        """Whether its tasks are resumed at this moment."""
        return not self.is_dead and self._frozen_until <= asyncio.get_running_loop().time()

    def freeze(self, seconds: float) -> None:
        """Stand still from now on, for so long."""
        self._frozen_until = asyncio.get_running_loop().time() + seconds

    def sleep(self, seconds: float) -> None:
        """Let the machine sleep from now on, for so long."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop), "only there can a clock stand still"
        self.sleeps += 1
        self._frozen_until = loop.time() + seconds
        loop.postpone(lambda context: context.get(_current) is self, seconds)
        self._on_sleep()

    async def outlive(self, task: asyncio.Task[Any]) -> None:
        """From outside: return when a task of this process has ended, or the process has died."""
        dying = asyncio.ensure_future(self.died.wait())
        await asyncio.wait({task, dying}, return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()

    async def step(self) -> bool:
        """Count one resumption, wait while frozen; True when the process is dead."""
        loop = asyncio.get_running_loop()
        self.steps += 1
        for happen in self._take_due():
            happen()
        if self._frozen_until > loop.time() and not self.is_dead:
            await asyncio.sleep(self._frozen_until - loop.time())
        return self.is_dead

    def _take_due(self) -> list[Callable[[], None]]:
        """Return what happens at this step, once only."""
        if self._is_due is not None:
            due = self._awaited if self._awaited and self._is_due(self.steps) else []
        else:
            due = [one for one in self._awaited if self.steps >= one[0]]
        self._awaited = [one for one in self._awaited if one not in due]
        return [happen for _, happen in due]


def name_sender() -> str:
    """Return the name of the process that sends a request at this moment; empty for nobody's."""
    process = _current.get()
    return process.name if process is not None else ""


def open_connection() -> Callable[[], bool]:
    """Open a connection of the current process; what is returned tells whether it still lives."""
    process = _current.get()
    opened = process.sleeps if process is not None else 0
    return lambda: process is None or process.sleeps == opened


def install(loop: asyncio.AbstractEventLoop) -> None:
    """Let the loop give every new task to the process that creates it."""
    loop.set_task_factory(_create_task)


def bury_the_dead() -> None:
    """Keep what never ended from garbage collection, at the end of the interpreter as well: that would close the
    coroutines, and so run the very clean-up that a killed process does not run.
    """
    for coroutine in _unended:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(coroutine))
    _unended.clear()


def _create_task(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], context: Any = None, **options: Any
) -> asyncio.Task[Any]:
    process = (context.get(_current) if context is not None else None) or _current.get()
    if process is None:
        return asyncio.Task(coroutine, loop=loop, context=context, **options)
    task = asyncio.Task(_drive(coroutine, process), loop=loop, context=context, **options)
    task.add_done_callback(lambda _: _discard_unbegun(coroutine))
    return task


def _discard_unbegun(coroutine: Coroutine[Any, Any, Any]) -> None:
    """A task that is cancelled before its first step never begins to drive."""
    if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
        coroutine.close()


async def _drive(coroutine: Coroutine[Any, Any, Any], process: Process) -> Any:
    """Resume a coroutine by hand, as asyncio's Task does, as long as its process lives."""
    _unended.add(coroutine)
    value: Any = None
    error: BaseException | None = None
    while True:
        try:
            is_dead = await process.step()
        except asyncio.CancelledError as cancelled:
            is_dead, error = process.is_dead, cancelled
        if is_dead:
            await asyncio.get_running_loop().create_future()
        try:
            waited_for = coroutine.throw(error) if error is not None else coroutine.send(value)
        except StopIteration as stop:
            _unended.discard(coroutine)
            return stop.value
        except BaseException:
            _unended.discard(coroutine)
            raise
        value = error = None
        try:
            if waited_for is None:
                await asyncio.sleep(0)
            else:
                waited_for._asyncio_future_blocking = False
                value = await waited_for
        except GeneratorExit:
            raise
        except BaseException as raised:
            error = raised
