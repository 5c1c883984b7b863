"""What all our clients of Redis have in common: how long they wait, how much they read, and what its errors mean."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import exceptions as redis_errors
from redis._parsers import _AsyncRESP2Parser
from redis.asyncio import ConnectionPool, Redis, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError
from redis.backoff import NoBackoff

from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode

logger = logging.getLogger(__name__)

#: Seconds for a connection or an answer. A local server needs a millisecond; the default retries of
#: redis.asyncio would make a dead one cost four seconds per call.
SOCKET_TIMEOUT_S = 0.5
#: What one answer, or one message that is pushed, may have. Whoever may write to a store that others use could put half
#: a gigabyte into any key, or onto the channel.
MAX_ANSWER_BYTES = 16 * 2**20

#: Another server takes our writes, or will: who was found by asking is asked for anew.
MOVED = (redis_errors.ReadOnlyError,)
#: The same, said by a cluster, whose nodes know.
ELSEWHERE = (
    redis_errors.AskError,
    redis_errors.ClusterDownError,
    redis_errors.MasterDownError,
    redis_errors.TryAgainError,
)


class AnswerTooLarge(redis_errors.ConnectionError):
    """More than we read; what follows on this connection cannot be told from its rest."""


class PasswordMissing(redis_errors.ConnectionError):
    """The file of the password cannot be read, or holds none; `args` has its path."""


class BoundedParser(_AsyncRESP2Parser):
    """Reads answers, as long as they are not too large."""

    _left = MAX_ANSWER_BYTES

    async def read_response(self, disable_decoding: bool = False) -> Any:
        self._left = MAX_ANSWER_BYTES
        return await super().read_response(disable_decoding=disable_decoding)

    async def _read(self, length: int) -> bytes:
        self._take(length)
        return await super()._read(length)

    async def _readline(self) -> bytes:
        try:
            line = await super()._readline()
        except ValueError as error:
            # Of asyncio: a line has an end within 64 kB.
            raise AnswerTooLarge from error
        self._take(len(line) + 2)
        return line

    def _take(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise AnswerTooLarge


def client_options(retries: int) -> dict[str, Any]:
    """Return what our clients have in common. RESP2: 8.1.0 closes idle RESP3 connections (redis-py#4252)."""
    return {
        "protocol": 2,
        "parser_class": BoundedParser,
        "retry": Retry(NoBackoff(), retries),
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": SOCKET_TIMEOUT_S,
        "decode_responses": False,
    }


def make_unix_client(socket: str, retries: int) -> Redis:
    """Return a client of the server at a Unix socket."""
    options = client_options(retries)
    return Redis.from_pool(
        ConnectionPool(connection_class=UnixDomainSocketConnection, path=socket, **options)
    )


#: What an answer means, by the class that redis.asyncio gives it.
_MEANINGS: tuple[tuple[type[Exception], OracleCode], ...] = (
    (redis_errors.AuthenticationError, OracleCode.STORE_LOGIN_REFUSED),
    (redis_errors.NoPermissionError, OracleCode.STORE_PERMISSION_MISSING),
    (redis_errors.OutOfMemoryError, OracleCode.STORE_MEMORY_FULL),
    (redis_errors.ReadOnlyError, OracleCode.STORE_READ_ONLY),
    (redis_errors.BusyLoadingError, OracleCode.STORE_LOADING),
    (MasterNotFoundError, OracleCode.STORE_PRIMARY_UNKNOWN),
    (redis_errors.AskError, OracleCode.STORE_IS_CLUSTER),
    (redis_errors.ClusterDownError, OracleCode.STORE_CLUSTER_DOWN),
)


def explain_error(error: BaseException) -> Reason:
    """Return what an error of redis.asyncio, or of the network, means to a person."""
    # What goes wrong while it connects is wrapped once more.
    if isinstance(error, redis_errors.ConnectionError) and isinstance(
        error.__cause__, redis_errors.RedisError
    ):
        return explain_error(error.__cause__)
    if isinstance(error, redis_errors.TimeoutError | TimeoutError):
        return OracleCode.STORE_NO_ANSWER.because(seconds=SOCKET_TIMEOUT_S)
    if isinstance(error, AnswerTooLarge):
        return OracleCode.STORE_ANSWER_TOO_LARGE.because(limit=MAX_ANSWER_BYTES // 2**20)
    if isinstance(error, PasswordMissing):
        return OracleCode.STORE_PASSWORD_MISSING.because(path=str(error))
    message = str(error) or type(error).__name__
    if "MISCONF" in message:
        return OracleCode.STORE_DISK_FULL.because(answer=message)
    for kind, code in _MEANINGS:
        if isinstance(error, kind):
            return code.because(answer=message)
    return OracleCode.STORE_ANSWERED.because(answer=message)


@contextmanager
def keep_cancellation() -> Iterator[None]:
    """Raise the CancelledError of a cancellation that got lost inside the block.

    redis.asyncio sends through asyncio.wait_for, which before Python 3.12 gives the result of what it waited
    for instead of the cancellation when both come together: on a fast server at every other cancelled
    command.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    yield
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError


async def close_quietly(connection: Any) -> None:
    """Close a client or a subscription, whatever it says to that."""
    try:
        await connection.aclose()
    except (redis_errors.RedisError, OSError, TimeoutError) as error:
        logger.debug("closing a connection: %s", error)
