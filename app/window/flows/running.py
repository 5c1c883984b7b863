"""How flows run and wait: coroutines on the event loop of the interface.

A flow waits for signals and never runs a loop of its own. It is cancelled by closing what it shows and by a new one of
its kind, and cleans up in `finally` or a context manager: nothing half-shown stays behind.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from PySide6.QtCore import SignalInstance

if TYPE_CHECKING:  # no sheet is part of the first frame
    from app.widgets.question import Question

P = ParamSpec("P")
T = TypeVar("T")
_Flow = Callable[..., Coroutine[Any, Any, None]]


class Flows:
    """Runs flows; of each kind at most one, whose place a new one takes. Inside a running event loop only."""

    def __init__(self) -> None:
        #: The function of a flow -> its tasks: the newest one, and those that it has yet to cancel.
        self._tasks: dict[_Flow, set[asyncio.Task[None]]] = {}

    def start(self, flow: Callable[P, Coroutine[Any, Any, None]], *args: P.args, **kwargs: P.kwargs) -> None:
        """Start a flow. One of its kind is cancelled when the new one has shown itself, so that nothing flickers."""

        older = tuple(self._tasks.setdefault(flow, set()))

        async def replace() -> None:
            for other in older:
                other.cancel()  # it ends in a later turn of the loop
            await flow(*args, **kwargs)

        task = asyncio.get_running_loop().create_task(replace())
        self._tasks[flow].add(task)
        task.add_done_callback(lambda ended: self._on_end(flow, ended))

    def is_running(self, flow: _Flow) -> bool:
        """Return whether a flow of this kind runs."""
        return bool(self._tasks.get(flow))

    def cancel(self, flow: _Flow) -> None:
        """Cancel the flow of this kind, if one runs."""
        for task in self._tasks.get(flow, ()):
            task.cancel()

    def cancel_all(self) -> None:
        """Cancel every flow."""
        for flow in self._tasks:
            self.cancel(flow)

    def _on_end(self, flow: _Flow, task: asyncio.Task[None]) -> None:
        self._tasks[flow].discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:  # a fault of ours, reported as one in any slot is
            sys.excepthook(type(error), error, error.__traceback__)


class Inbox(Generic[T]):
    """What a person did, in order, and whether there are news: nothing is missed while a flow does something else."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[T | None] = asyncio.Queue()

    def put(self, press: T) -> None:
        """Add what a person did."""
        self._waiting.put_nowait(press)

    def note_news(self) -> None:
        """Note that something may look different; what waits anyway is followed by a look at everything."""
        if self._waiting.empty():
            self._waiting.put_nowait(None)

    async def next(self) -> T | None:
        """Return what a person did next; None where there are only news."""
        return await self._waiting.get()


@contextmanager
def listening(
    presses: SignalInstance, make_press: Callable[..., T], news: SignalInstance
) -> Iterator[Inbox[T]]:
    """Collect what two signals report for as long as the block lasts.

    Args:
        presses: emitted when a person does something. make_press: its arguments -> what `Inbox.next` returns.
    """
    inbox: Inbox[T] = Inbox()

    def on_press(*args: object) -> None:
        inbox.put(make_press(*args))

    presses.connect(on_press)
    news.connect(inbox.note_news)
    try:
        yield inbox
    finally:
        presses.disconnect(on_press)
        news.disconnect(inbox.note_news)


async def wait_for_answer(
    question: Question, news: SignalInstance, follow: Callable[[], object] = lambda: None
) -> bool:
    """Return whether a person agrees to an open question, which may follow the news. It is closed in any case."""
    try:
        with listening(question.answered, bool, news) as inbox:
            while (agreed := await inbox.next()) is None:
                follow()
        return agreed
    finally:
        question.close_sheet()


async def until(holds: Callable[[], bool], news: SignalInstance) -> None:
    """Wait until something holds, looking whenever there are news."""
    inbox: Inbox[None] = Inbox()
    news.connect(inbox.note_news)
    try:
        while not holds():
            await inbox.next()
    finally:
        news.disconnect(inbox.note_news)
