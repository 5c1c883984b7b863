"""What a server at a Unix socket says about itself.

Asked without a client, because the server may be starting, frozen or gone, and each of these is an answer.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

#: Seconds for one answer. A live server takes a millisecond, a frozen one is to be replaced.
ANSWER_TIMEOUT_S = 1.0


async def is_answering(socket: Path) -> bool:
    """Whether the server takes commands. While it reads its file it accepts connections and says LOADING."""
    return (await _ask(socket, b"PING")).startswith(b"+PONG")


async def is_keeping_file(socket: Path) -> bool:
    """Whether the server says that it writes what it is given to a file."""
    return b"aof_enabled:1" in await _ask(socket, b"INFO persistence")


async def _ask(socket: Path, command: bytes) -> bytes:
    """Return the whole answer, nothing where none comes in time."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(str(socket))
            try:
                # The server closes the connection after QUIT, so that the answer has an end.
                writer.write(command + b"\r\nQUIT\r\n")
                return await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return b""
