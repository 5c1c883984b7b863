"""Quotes in Redis or Valkey, spoken to over redis.asyncio; no redis error leaves this file.

Keys, where `prefix` is that of the settings (in the embedded store there is one for each market):

    {prefix}:message             hash: number -> part of the newest message, signed; gone at its latest deadline
    {prefix}:points:<offering>   list of "time price mode source", bounded, gone a month after the last
    {prefix}:feed-lease          "term holder" of the instance that generates, gone when it stops renewing
    {prefix}:last-lease          the same of the lease that was given last, held or not
    {prefix}:bindings            hash: instance -> the bindings it wants priced, gone an hour after the last
    {prefix}:announcements       channel: each part of each message

Whatever must hold together is one Lua script, so that an instance that has lost the lease writes nothing, and
that a cancelled task leaves nothing half done: transactions and pipelines of redis.asyncio have leaked
replies across cancellations (redis-py#2624, #2665, #4121).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from redis import exceptions as redis_errors
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from oracle.binding import Binding
from oracle.errors import QuoteDecodeError, StoreUnavailable, StoreUrlError, WriteRefused
from oracle.foundation.key_ring import KeyRing
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.status import StoreKind
from oracle.store import codec
from oracle.store.base import FeedBatch, FeedLease, FeedMessage, HistorySample, QuoteStore, StoreFacts
from oracle.store.messages import decode_part, encode_parts

logger = logging.getLogger(__name__)

#: Seconds for a connection or an answer. A local server needs a millisecond; the default retries of
#: redis.asyncio would make a dead one cost four seconds per call.
SOCKET_TIMEOUT_S = 0.5
#: Seconds of silence on a subscription after which the server must answer a ping; catches half-open
#: connections.
SILENCE_S = 2.0
#: How long the history of an offering that nobody prices any more is kept, and the last lease, seconds.
FORGET_HISTORY_S = 30 * 86_400
#: How long the bindings of instances that are all gone are kept, seconds; they are renewed with every refresh.
FORGET_BINDINGS_S = 3600
_PUBLISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local parts, samples = tonumber(ARGV[3]), tonumber(ARGV[4])
local first = 8
if parts > 0 then
  for i = 1, parts do
    redis.call('HSET', KEYS[2], i, ARGV[first + i - 1])
  end
  for _, number in ipairs(redis.call('HKEYS', KEYS[2])) do
    if (tonumber(number) or 0) < 1 or tonumber(number) > parts then redis.call('HDEL', KEYS[2], number) end
  end
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
  for i = 1, parts do
    redis.call('PUBLISH', ARGV[2], ARGV[first + i - 1])
  end
end
for i = 1, samples do
  local key = KEYS[2 + i]
  redis.call('RPUSH', key, ARGV[first + parts + i - 1])
  redis.call('LTRIM', key, -tonumber(ARGV[6]), -1)
  redis.call('EXPIRE', key, ARGV[7])
end
return 1
"""

_ACQUIRE = """
local lease = redis.call('GET', KEYS[1])
if lease and string.match(lease, '^%d+ (.*)$') ~= ARGV[1] then return lease end
if not lease then
  local last = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) ')
  local term = math.max(tonumber(ARGV[3]), 1 + (tonumber(last or 0)))
  lease = string.format('%.0f ', term) .. ARGV[1]
end
redis.call('SET', KEYS[1], lease, 'PX', ARGV[2])
redis.call('SET', KEYS[2], lease, 'EX', ARGV[4])
return lease
"""

_RELEASE = """
local lease = redis.call('GET', KEYS[1])
if lease and string.match(lease, '^%d+ (.*)$') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisStore:
    """A QuoteStore on one server. Call it from the loop that made it."""

    def __init__(
        self,
        make_client: Callable[[int], Redis],
        location: str,
        settings: OracleSettings,
        ring: KeyRing | None,
    ) -> None:
        """Connect lazily. `make_client` takes the retries of one command; `location` is for people.

        ring: signs what is published and says what was signed; None: nothing is.
        """
        self._commands = make_client(1)
        # A subscription that reconnects by itself would silently miss what was announced meanwhile: no
        # retries.
        self._subscriptions = make_client(0)
        self._location = location
        self._prefix = settings.key_prefix
        self._history_points = settings.history_points
        self._ring = ring

    async def publish(self, message: FeedMessage, samples: Sequence[HistorySample], now: float) -> bool:
        alive = tuple(quote for quote in message.quotes if quote.deadline > now)
        parts = encode_parts(replace(message, quotes=alive), self._prefix, self._ring)
        life_s = max((quote.deadline - now for quote in alive), default=0.0)
        keys = [self._key("feed-lease"), self._key("message")]
        keys += [self._history_key(sample.offering) for sample in samples]
        arguments: list[Any] = [_format_lease(message.lease), self._key("announcements")]
        arguments += [len(parts), len(samples), max(1, int(1000 * life_s))]
        arguments += [self._history_points, FORGET_HISTORY_S, *parts]
        arguments += [codec.encode_point(sample.point) for sample in samples]
        return bool(await self._write(self._commands.eval(_PUBLISH, len(keys), *keys, *arguments)))

    async def read_messages(self) -> FeedBatch:
        parts = cast(list[bytes], await self._read(self._commands.hvals(self._key("message"))))
        return await self._to_batch(parts)

    async def subscribe(self) -> AsyncGenerator[FeedBatch]:
        pubsub = self._subscriptions.pubsub(ignore_subscribe_messages=False)
        try:
            await self._read(pubsub.subscribe(self._key("announcements")))
            await self._read_message(pubsub)  # The confirmation: from here on nothing is missed.
            yield await self.read_messages()
            while True:
                message = await self._read_message(pubsub)
                if message["type"] == "message":
                    yield await self._to_batch([cast(bytes, message["data"])])
        finally:
            await _close_quietly(pubsub)

    async def _to_batch(self, parts: Iterable[bytes]) -> FeedBatch:
        messages: list[FeedMessage] = []
        garbled: list[Reason] = []
        for part in parts:
            try:
                message, of_its_quotes = decode_part(part, self._prefix, self._ring)
            except QuoteDecodeError as error:
                garbled.append(error.why)
            else:
                messages.append(message)
                garbled.extend(of_its_quotes)
        for reason in garbled:
            logger.warning("something in the store at %s is left out: %s", self._location, reason)
        # Asked after the messages came: to its writer the lease was given before it could publish.
        return FeedBatch(tuple(messages), await self._read_lease("last-lease"), tuple(garbled))

    async def read_history(self, offering: Offering) -> tuple[PricePoint, ...]:
        lines = await self._read(
            self._commands.lrange(self._history_key(offering), -self._history_points, -1)
        )
        points = []
        for line in lines:
            with self._skip_garbage():
                points.append(codec.decode_point(line))
        return tuple(points)

    async def acquire_lease(self, holder: str, duration_s: float, now: float) -> FeedLease:
        keys = (self._key("feed-lease"), self._key("last-lease"))
        arguments = (holder, int(1000 * duration_s), int(1000 * now), FORGET_HISTORY_S)
        reply = await self._write(self._commands.eval(_ACQUIRE, len(keys), *keys, *map(str, arguments)))
        return _parse_lease(cast(bytes, reply))

    async def read_lease(self) -> FeedLease | None:
        return await self._read_lease("feed-lease")

    async def _read_lease(self, name: str) -> FeedLease | None:
        lease = await self._read(self._commands.get(self._key(name)))
        return None if lease is None else _parse_lease(cast(bytes, lease))

    async def release_lease(self, holder: str) -> None:
        await self._write(self._commands.eval(_RELEASE, 1, self._key("feed-lease"), holder))

    async def register_bindings(self, holder: str, bindings: Iterable[Binding], expires_at: float) -> None:
        value = codec.encode_bindings(bindings, expires_at)
        await self._write(self._commands.hset(self._key("bindings"), holder, cast(Any, value)))
        # A market that nobody chooses again leaves nothing behind.
        await self._write(self._commands.expire(self._key("bindings"), FORGET_BINDINGS_S))

    async def read_bindings(self, now: float) -> frozenset[Binding]:
        key = self._key("bindings")
        wanted: set[Binding] = set()
        registered = cast(dict[bytes, bytes], await self._read(self._commands.hgetall(key)))
        for holder, value in registered.items():
            bindings: frozenset[Binding] = frozenset()
            with self._skip_garbage():
                bindings = codec.decode_bindings(value, now)
            wanted |= bindings
            if not bindings:
                await self._write(self._commands.hdel(key, cast(Any, holder)))
        return frozenset(wanted)

    async def read_clock(self) -> float | None:
        try:
            seconds, microseconds = await self._read(self._commands.time())
        except StoreUnavailable as error:
            # Our user may lack the permission for this one command, which no price needs.
            if isinstance(error.__cause__, redis_errors.ResponseError):
                return None
            raise
        return float(seconds) + float(microseconds) / 1e6

    async def aclose(self) -> None:
        await _close_quietly(self._commands)
        await _close_quietly(self._subscriptions)

    async def _read(self, call: Awaitable[Any] | Any) -> Any:
        with self._translated_errors(), _kept_cancellation():
            async with asyncio.timeout(4 * SOCKET_TIMEOUT_S):
                return await call

    async def _write(self, call: Awaitable[Any] | Any) -> Any:
        """As `_read`, but a server that understood and said no is a refusal and not an outage."""
        try:
            return await self._read(call)
        except StoreUnavailable as error:
            cause = error.__cause__
            if isinstance(cause, redis_errors.ResponseError):
                raise WriteRefused(self._location, error.why) from cause
            raise

    async def _read_message(self, pubsub: Any) -> dict[str, Any]:
        with self._translated_errors(), _kept_cancellation():
            message = await pubsub.get_message(timeout=SILENCE_S)
            if message is None:
                await pubsub.ping()
                message = await pubsub.get_message(timeout=SOCKET_TIMEOUT_S)
            if message is None:
                silent = OracleCode.STORE_SILENT.because(seconds=SILENCE_S + SOCKET_TIMEOUT_S)
                raise StoreUnavailable(self._location, silent)
            return cast(dict[str, Any], message)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (redis_errors.RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(self._location, _explain_error(error)) from error

    @contextmanager
    def _skip_garbage(self) -> Iterator[None]:
        try:
            yield
        except QuoteDecodeError as error:
            logger.warning("something in the store at %s is left out: %s", self._location, error)

    def _key(self, name: str) -> str:
        # The braces keep all keys on one node of a Redis Cluster, as a script needs them.
        return f"{{{self._prefix}}}:{name}"

    def _history_key(self, offering: Offering) -> str:
        return self._key(f"points:{codec.format_offering_key(offering)}")


class RemoteHost:
    """Somebody else's server, by its address."""

    def __init__(self, url: str, settings: OracleSettings, ring: KeyRing | None = None) -> None:
        """`ring` signs what is published there. Raises: StoreUrlError for an address that can never work."""
        self._url = url
        self._settings = settings
        self._ring = ring
        self._location = redact_url(url)
        try:
            self._make_client(0)
        except (ValueError, TypeError, redis_errors.RedisError) as error:
            raise StoreUrlError(self._location, str(error)) from error

    @property
    def facts(self) -> StoreFacts:
        # Whether a remote server writes to disk is its owner's business; it outlives us, which is what
        # matters here.
        return StoreFacts(StoreKind.REMOTE, self._location, is_durable=True, is_shared=True)

    async def connect(self) -> QuoteStore:
        return RedisStore(self._make_client, self._location, self._settings, self._ring)

    async def aclose(self) -> None:
        """Nothing to stop: the server is not ours."""

    def _make_client(self, retries: int) -> Redis:
        # What the address says itself is stronger; the settings let only one of them have a password.
        return Redis.from_url(self._url, password=self._settings.redis_password, **client_options(retries))


def open_unix_store(socket_path: str, location: str, settings: OracleSettings) -> RedisStore:
    """Return a store on a server of our own at a Unix socket, where nobody else writes and nothing is signed."""

    def make_client(retries: int) -> Redis:
        return Redis(unix_socket_path=socket_path, **client_options(retries))

    return RedisStore(make_client, location, settings, ring=None)


def client_options(retries: int) -> dict[str, Any]:
    """Return what our clients have in common. RESP2: 8.1.0 closes idle RESP3 connections (redis-py#4252)."""
    return {
        "protocol": 2,
        "retry": Retry(NoBackoff(), retries),
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": SOCKET_TIMEOUT_S,
        "decode_responses": False,
    }


def redact_url(url: str) -> str:
    """Return the address without user, password and options, fit for logs and windows."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.rpartition("@")[2].partition("?")[0]
    if "@" not in parts.netloc and not parts.hostname:
        return url.partition("?")[0]
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _format_lease(lease: FeedLease) -> str:
    return f"{lease.term} {lease.holder}"


def _parse_lease(data: bytes) -> FeedLease:
    """Return the lease in `data`; what another program wrote is a holder of no term."""
    text = data.decode("utf-8", "replace")
    term, found, holder = text.partition(" ")
    if found and term.isascii() and term.isdigit():
        return FeedLease(holder, int(term))
    return FeedLease(text, 0)


#: What an answer means, by the class that redis.asyncio gives it.
_MEANINGS: tuple[tuple[type[Exception], OracleCode], ...] = (
    (redis_errors.AuthenticationError, OracleCode.STORE_LOGIN_REFUSED),
    (redis_errors.NoPermissionError, OracleCode.STORE_PERMISSION_MISSING),
    (redis_errors.OutOfMemoryError, OracleCode.STORE_MEMORY_FULL),
    (redis_errors.ReadOnlyError, OracleCode.STORE_READ_ONLY),
    (redis_errors.BusyLoadingError, OracleCode.STORE_LOADING),
)


def _explain_error(error: BaseException) -> Reason:
    # What goes wrong while it connects is wrapped once more.
    if isinstance(error, redis_errors.ConnectionError) and isinstance(
        error.__cause__, redis_errors.RedisError
    ):
        return _explain_error(error.__cause__)
    if isinstance(error, redis_errors.TimeoutError | TimeoutError):
        return OracleCode.STORE_NO_ANSWER.because(seconds=SOCKET_TIMEOUT_S)
    message = str(error) or type(error).__name__
    if "MISCONF" in message:
        return OracleCode.STORE_DISK_FULL.because(answer=message)
    for kind, code in _MEANINGS:
        if isinstance(error, kind):
            return code.because(answer=message)
    return OracleCode.STORE_ANSWERED.because(answer=message)


@contextmanager
def _kept_cancellation() -> Iterator[None]:
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


async def _close_quietly(connection: Any) -> None:
    try:
        await connection.aclose()
    except (redis_errors.RedisError, OSError, TimeoutError) as error:
        logger.debug("closing a connection: %s", error)
