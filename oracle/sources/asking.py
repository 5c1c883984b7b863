"""Asks one service several questions, of which some may fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from oracle.errors import SourceUnavailable
from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode

K = TypeVar("K")
T = TypeVar("T")

#: Questions that are under way at a time; the pace of the host spreads them.
MAX_AT_ONCE = 4
#: Failures after which nothing more is asked as long as nothing was answered: the service is down, or refuses us. That
#: it does not know one machine (another status) says nothing of the next one.
MAX_FAILURES = 4


async def ask_each(
    keys: Collection[K], ask: Callable[[K], Awaitable[T]]
) -> tuple[tuple[T, ...], tuple[Reason, ...]]:
    """Ask about each of `keys`; return what was answered, and why the rest was not, each reason once.

    No further question leaves after a refusal that names a time (too many questions), or where all have failed so far.

    Raises: SourceUnavailable where nothing was answered at all.
    """
    answers: list[T] = []
    failures: list[SourceUnavailable] = []
    turns = asyncio.Semaphore(MAX_AT_ONCE)

    def is_hopeless() -> bool:
        grave = sum(failure.reason.code is not OracleCode.WEB_STATUS_UNEXPECTED for failure in failures)
        is_down = grave >= MAX_FAILURES and not answers
        return is_down or any(failure.retry_after_s is not None for failure in failures)

    async def ask_one(key: K) -> None:
        async with turns:
            if is_hopeless():
                return
            try:
                answers.append(await ask(key))
            except SourceUnavailable as error:
                failures.append(error)

    async with asyncio.TaskGroup() as group:
        for key in keys:
            group.create_task(ask_one(key))
    if failures and not answers:
        raise failures[0]
    return tuple(answers), tuple(dict.fromkeys(failure.reason for failure in failures))


def note_garbled(host: str, count: int) -> tuple[Reason, ...]:
    """Return what is to be said of `count` items that were left out because they were not as documented."""
    return (OracleCode.WEB_ITEMS_GARBLED.because(host=host, count=count),) if count else ()
