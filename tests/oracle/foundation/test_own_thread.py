"""Blocking work beside an event loop: its answer, its error, and nobody who waits for ever."""

from __future__ import annotations

import asyncio
import threading

import pytest

from oracle.foundation.own_thread import in_thread


def test_work_on_a_thread_gives_its_answer_or_its_error() -> None:
    assert asyncio.run(in_thread(int, "7")) == 7
    with pytest.raises(ValueError, match="seven"):
        asyncio.run(in_thread(int, "seven"))


def test_work_that_never_ends_holds_up_nobody_who_leaves() -> None:
    begun, forever = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def work() -> None:
        threads.append(threading.current_thread())
        begun.set()
        forever.wait()

    async def main() -> None:
        waiting = asyncio.create_task(in_thread(work))
        await asyncio.to_thread(begun.wait, 5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())  # ends, and what is asked of the thread later finds nobody there
    assert threads[0].daemon
    forever.set()
    threads[0].join(5)
    assert not threads[0].is_alive()
