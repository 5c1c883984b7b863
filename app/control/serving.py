"""A running process answers others of its person: on a socket in a directory of its own that only this user can open.

Nothing is polled: the loop wakes when somebody connects. What is asked is done before the answer is written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from app.control.messages import (
    MAX_REQUEST_BYTES,
    PATIENCE_S,
    Answer,
    Ask,
    Request,
    decode_message,
    describe_move,
    describe_queued,
    encode_message,
)
from app.control.peer import PURPOSE, SOCKET, has_sockets, is_own
from app.private_directory import private_directory
from controller.engine.instance_requests import InstanceRequests
from controller.history.events import state_reason

#: Conversations at one time; more than a person has terminals.
MAX_CONVERSATIONS = 8

logger = logging.getLogger(__name__)


@asynccontextmanager
async def serve_requests(requests: InstanceRequests) -> AsyncIterator[None]:
    """Answer for as long as the block lasts. Where there can be no socket the process runs without, and logs it."""
    if not has_sockets():
        logger.warning("this system has no socket by which `sentinelaura stop` could reach this process")
        yield
        return
    with private_directory(PURPOSE) as directory:
        conversations = _Conversations(requests)
        try:
            server = await asyncio.start_unix_server(
                conversations.hold, directory / SOCKET, limit=MAX_REQUEST_BYTES
            )
        except OSError as error:  # a path that is too long, above all
            logger.warning("`sentinelaura stop` cannot reach this process: %s", error)
            yield
            return
        try:
            yield
        finally:
            server.close()
            await conversations.end()


class _Conversations:
    """One for each process that connects; one that is not ours, or says nothing in time, is hung up on."""

    def __init__(self, requests: InstanceRequests) -> None:
        self._requests = requests
        self._running: set[asyncio.Task[None]] = set()

    async def end(self) -> None:
        """Hang up on whoever is still there."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one question and answer it."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._running.add(task)
        try:
            if len(self._running) <= MAX_CONVERSATIONS and is_own(writer.get_extra_info("socket")):
                async with asyncio.timeout(PATIENCE_S):
                    await self._answer(reader, writer)
        except (OSError, ValueError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
            logger.info("somebody asked what is no question: %r", error)
        finally:
            writer.close()
            self._running.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = decode_message(await reader.readuntil(b"\n"), Request)
        why = None
        if request.ask is Ask.STOP:
            self._requests.stop()
        elif request.ask is Ask.CANCEL:
            why = self._requests.cancel(request.migration_id)
        elif request.ask is Ask.TAKE_OUT:
            why = self._requests.take_out(request.workload)
        moves = tuple(describe_move(view) for view in self._requests.views())
        queue = tuple(describe_queued(queued) for queued in self._requests.queue())
        stated = None if why is None else state_reason(why)
        writer.write(encode_message(Answer(why is None, moves, stated, queue=queue)))
        await writer.drain()
