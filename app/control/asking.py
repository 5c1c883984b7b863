"""Asks the running processes of this person on this machine, all at once and within a bounded time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from app.control.messages import (
    MAX_ANSWER_BYTES,
    PATIENCE_S,
    Answer,
    Request,
    decode_message,
    encode_message,
)
from app.control.peer import PURPOSE, SOCKET, is_own, is_private
from app.private_directory import OtherDirectory, list_others


@dataclass(frozen=True, slots=True)
class Instance:
    """A running process, and what it answered; None: nothing in time."""

    pid: int
    answer: Answer | None


async def ask_all(request: Request) -> tuple[Instance, ...]:
    """Ask every running process; one that has ended meanwhile is none."""
    asked = (_ask(other, request) for other in list_others(PURPOSE) if is_private(other.path))
    instances = await asyncio.gather(*asked)
    return tuple(instance for instance in instances if instance is not None)


async def _ask(other: OtherDirectory, request: Request) -> Instance | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return Instance(other.pid, await _converse(other, request))
    except (FileNotFoundError, ConnectionRefusedError):
        return None  # nobody listens: it ends just now, or was killed
    except (OSError, ValueError, EOFError, TimeoutError, asyncio.LimitOverrunError):
        return Instance(other.pid, None)


async def _converse(other: OtherDirectory, request: Request) -> Answer:
    """Raises: OSError, ValueError, EOFError, LimitOverrunError for anything but an answer."""
    reader, writer = await asyncio.open_unix_connection(other.path / SOCKET, limit=MAX_ANSWER_BYTES)
    try:
        if not is_own(writer.get_extra_info("socket")):
            raise PermissionError("another user listens there")
        writer.write(encode_message(request))
        return decode_message(await reader.readuntil(b"\n"), Answer)
    finally:
        writer.close()
