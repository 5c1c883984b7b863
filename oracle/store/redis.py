"""Quotes in Redis or Valkey, spoken to over redis.asyncio; no redis error leaves this file.

Keys, where `prefix` is that of the settings (in the embedded store there is one for each market):

    {prefix}:message                      hash: number -> part of the newest message, signed; gone at its last deadline
    {prefix}:origins                      hash: "mode source" of a history -> when it was last added to, Unix seconds
    {prefix}:points:<origin>:<offering>   16 bytes a point, bounded, gone a month after the last; the origin as a digest
    {prefix}:feed-lease                   "term holder" of the instance that generates, gone when it stops renewing
    {prefix}:last-lease                   the same of the lease that was given last, held or not
    {prefix}:bindings                     hash: instance -> the bindings it wants priced, gone an hour after the last
    {prefix}:announcements                channel: each part of each message

Whatever must hold together is one Lua script, so that an instance that has lost the lease writes nothing, and
that a cancelled task leaves nothing half done. Nothing is read whose size others could choose: each answer has a bound
of its own where the server can be asked for one, and `clients.py` bounds all of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, cast

from redis import exceptions as redis_errors
from redis.asyncio import Redis

from oracle.binding import Binding
from oracle.bounds import MAX_QUOTES
from oracle.errors import QuoteDecodeError, StoreUnavailable, WriteRefused
from oracle.foundation.key_ring import KeyRing
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.store import clients, codec, scripts
from oracle.store.base import FeedBatch, FeedLease, FeedMessage, HistorySample
from oracle.store.clients import close_quietly, explain_error, keep_cancellation
from oracle.store.codec import POINT_BYTES
from oracle.store.columns import PART_QUOTES, NameCache
from oracle.store.commands import KeyWriter, write, write_command, write_script
from oracle.store.messages import decode_part, encode_parts

logger = logging.getLogger(__name__)

#: Seconds of silence on a subscription after which the server must answer a ping; catches half-open
#: connections.
SILENCE_S = 2.0
#: How long the history of an offering that nobody prices any more is kept, and the last lease, seconds.
FORGET_HISTORY_S = 30 * 86_400
#: How long the bindings of instances that are all gone are kept, seconds; they are renewed with every refresh.
FORGET_BINDINGS_S = 3600
#: Origins whose histories are kept, the newest; each is asked for whatever history is read.
MAX_ORIGINS = 8
#: What all histories together may take in the store, bytes of their points: with so many offerings that this is less
#: than each may have, each gets fewer.
HISTORY_BUDGET_BYTES = 96 * 2**20
#: The fewest points that a history has for all that.
LEAST_POINTS = 16
#: Programs whose wishes are read.
MAX_HOLDERS = 256
#: Scripts that are sent before the answer to the first of them is there.
MAX_AHEAD = 4
#: Parts of a message that are read at once.
READ_AT_ONCE = 4
#: Parts that are judged together: a few milliseconds of the loop.
MAX_TOGETHER = 8
MAX_PARTS = -(-MAX_QUOTES // PART_QUOTES)
#: The longest text of a lease: a number, and who holds it.
MAX_LEASE_BYTES = 1024


class RedisStore:
    """A QuoteStore on one server. Call it from the loop that made it."""

    def __init__(
        self,
        make_client: Callable[[int], Redis],
        location: str,
        settings: OracleSettings,
        ring: KeyRing | None,
        *,
        reads_signed_only: bool = False,
        is_found: bool = False,
    ) -> None:
        """Connect lazily. `make_client` takes the retries of one command; `location` is for people.

        ring: signs what is published and says what was signed; None: nothing is.
        reads_signed_only: whether a message that it has not signed is none.
        is_found: whether the server was asked for, so that one that takes no writes is no more the right one.
        """
        self._commands = make_client(1)
        # A subscription that reconnects by itself would silently miss what was announced meanwhile: no
        # retries.
        self._subscriptions = make_client(0)
        self._location = location
        self._prefix = settings.key_prefix
        self._history_points = settings.history_points
        self._ring = ring
        self._reads_signed_only = reads_signed_only
        self._elsewhere = clients.ELSEWHERE + (clients.MOVED if is_found else ())
        self._names, self._keys = NameCache(), KeyWriter(settings.key_prefix)

    async def publish(self, message: FeedMessage, samples: Sequence[HistorySample], now: float) -> bool:
        message = message.leave_out_expired(now)
        with self._translated_writes():
            replies = await self._send_ahead(self._compose_parts(message, samples, now))
        return all(replies)

    def _compose_parts(
        self, message: FeedMessage, samples: Sequence[HistorySample], now: float
    ) -> Iterator[bytes]:
        """Yield the scripts that say a message, part by part, and then those that keep points: prices are awaited."""
        count = -(-len(message.quotes) // PART_QUOTES)
        parts = encode_parts(message, self._prefix, self._ring, self._names)
        life_ms = max(1, int(1000 * max((quote.deadline - now for quote in message.quotes), default=0.0)))
        lease, channel = _format_lease(message.lease), self._key("announcements")
        keys = write((self._key("feed-lease"), self._key("message")))
        for number, part in enumerate(parts, start=1):
            ending = count if number == count else 0
            yield write_script(scripts.SAY, keys, 2, (lease, channel, number, part, life_ms, ending))
        limit = POINT_BYTES * self._count_points(max(len(samples), len(message.quotes)))
        fixed = write((self._key("feed-lease"), self._key("origins")))
        for number, chunk in enumerate(_split_samples(samples), start=1):
            offerings, origin = (
                tuple(sample.offering for sample in chunk),
                codec.encode_origin(chunk[0].point),
            )
            keys = fixed + self._keys.write_histories(number, origin, offerings)
            points = codec.encode_points(sample.point for sample in chunk)
            kept = (lease, origin, int(now), limit, now - FORGET_HISTORY_S, FORGET_HISTORY_S, points)
            yield write_script(scripts.KEEP, keys, 2 + len(offerings), kept)

    def _count_points(self, offerings: int) -> int:
        """Return how many points each of so many histories may have."""
        affordable = HISTORY_BUDGET_BYTES // (POINT_BYTES * max(1, offerings))
        return min(self._history_points, max(LEAST_POINTS, affordable))

    async def _send_ahead(self, commands: Iterable[bytes]) -> list[Any]:
        """Send commands over one connection, several before the first is answered, and return the answers.

        If anything goes wrong, a cancellation among it, the connection is closed: an answer that is still to come could
        be taken for that of another command (redis-py#2624, #2665, #4121).
        """
        pool = self._commands.connection_pool
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]
        replies: list[Any] = []
        sent = 0
        try:
            for command in commands:
                await connection.send_packed_command(command)
                sent += 1
                if sent - len(replies) > MAX_AHEAD:
                    replies.append(await connection.read_response())
            while len(replies) < sent:
                replies.append(await connection.read_response())
        finally:
            if len(replies) < sent or sent == 0:
                await connection.disconnect(nowait=True)
            await pool.release(connection)
        return replies

    async def read_messages(self) -> FeedBatch:
        key = self._key("message")
        count = min(MAX_PARTS, await self._read(self._commands.hlen(key)))
        parts: list[bytes] = []
        for first in range(1, count + 1, READ_AT_ONCE):
            fields = [str(number) for number in range(first, first + READ_AT_ONCE)]
            parts += filter(None, await self._read(self._commands.hmget(key, fields)))
        return await self._to_batch(parts)

    async def subscribe(self) -> AsyncGenerator[FeedBatch]:
        pubsub = self._subscriptions.pubsub(ignore_subscribe_messages=False)
        try:
            await self._read(pubsub.subscribe(self._key("announcements")))
            await self._read_message(pubsub)  # The confirmation: from here on nothing is missed.
            yield await self.read_messages()
            while True:
                parts = await self._read_parts(pubsub)
                if parts:
                    yield await self._to_batch(parts)
        finally:
            await close_quietly(pubsub)

    async def _read_parts(self, pubsub: Any) -> list[bytes]:
        """Return what is announced next, with what has arrived besides: the lease is asked for once for all of them."""
        message: dict[str, Any] | None = await self._read_message(pubsub)
        parts: list[bytes] = []
        while message is not None:
            if message["type"] == "message":
                parts.append(cast(bytes, message["data"]))
            if len(parts) == MAX_TOGETHER:
                break
            with self._translated_errors(), keep_cancellation():
                message = await pubsub.get_message(timeout=0.0)
        return parts

    async def _to_batch(self, parts: Iterable[bytes]) -> FeedBatch:
        messages: list[FeedMessage] = []
        garbled: list[Reason] = []
        for part in parts:
            try:
                message = decode_part(part, self._prefix, self._ring, self._names)
            except QuoteDecodeError as error:
                garbled.append(error.why)
                continue
            if self._reads_signed_only and not message.is_signed:
                garbled.append(OracleCode.MESSAGE_FOREIGN.because())
                continue
            messages.append(message)
        for reason in garbled:
            logger.warning("something in the store at %s is left out: %s", self._location, reason)
        # Asked after the messages came: to its writer the lease was given before it could publish.
        return FeedBatch(tuple(messages), await self._read_lease("last-lease"), tuple(garbled))

    async def read_histories(self, offerings: Sequence[Offering]) -> tuple[tuple[PricePoint, ...], ...]:
        histories: list[list[PricePoint]] = [[] for _ in offerings]
        for name in await self._read_origins():
            with self._skip_garbage():
                origin = codec.decode_origin(name)
                for history, points in zip(histories, await self._read_points(name, offerings), strict=True):
                    history += codec.decode_points(points, origin)
        return tuple(map(tuple, histories))

    async def _read_points(self, origin: bytes, offerings: Sequence[Offering]) -> list[bytes]:
        # Twice the points: a history may have to wait for its turn to be thinned.
        end = 2 * POINT_BYTES * self._history_points - 1
        keys = (self._keys.name_history(origin, offering) for offering in offerings)
        with self._translated_errors(), keep_cancellation():
            return await self._send_ahead(write_command("GETRANGE", key, 0, end) for key in keys)

    async def _read_origins(self) -> list[bytes]:
        """Return who says points of histories here, newest first."""
        key = self._key("origins")
        if await self._read(self._commands.hlen(key)) > MAX_HOLDERS:
            return []
        try:
            said_at = await self._read(self._commands.hgetall(key))
        except StoreUnavailable as error:
            if error.why.code is not OracleCode.STORE_ANSWER_TOO_LARGE:
                raise
            # A chart without a past is no reason to be without prices.
            return []
        return sorted(said_at, key=lambda name: (said_at[name].rjust(16), name), reverse=True)[:MAX_ORIGINS]

    async def acquire_lease(self, holder: str, duration_s: float, now: float) -> FeedLease:
        keys = (self._key("feed-lease"), self._key("last-lease"))
        arguments = (holder, int(1000 * duration_s), int(1000 * now), FORGET_HISTORY_S)
        reply = await self._write(
            self._commands.eval(scripts.ACQUIRE, len(keys), *keys, *map(str, arguments))
        )
        return _parse_lease(cast(bytes, reply))

    async def read_lease(self) -> FeedLease | None:
        return await self._read_lease("feed-lease")

    async def _read_lease(self, name: str) -> FeedLease | None:
        lease = await self._read(self._commands.getrange(self._key(name), 0, MAX_LEASE_BYTES - 1))
        return _parse_lease(lease) if lease else None

    async def release_lease(self, holder: str) -> None:
        await self._write(self._commands.eval(scripts.RELEASE, 1, self._key("feed-lease"), holder))

    async def register_bindings(self, holder: str, bindings: Iterable[Binding], expires_at: float) -> None:
        value = codec.encode_wishes(frozenset(bindings), expires_at)
        await self._write(self._commands.hset(self._key("bindings"), holder, cast(Any, value)))
        # A market that nobody chooses again leaves nothing behind.
        await self._write(self._commands.expire(self._key("bindings"), FORGET_BINDINGS_S))

    async def read_bindings(self, now: float) -> frozenset[Binding]:
        key = self._key("bindings")
        wanted: frozenset[Binding] = frozenset()
        holders = (
            []
            if await self._read(self._commands.hlen(key)) > MAX_HOLDERS
            else await self._read(self._commands.hkeys(key))
        )
        for holder in holders:
            bindings = await self._read_wishes(holder, now)
            if len(wanted) + len(bindings) > MAX_QUOTES:
                logger.warning(
                    "what %r wants priced in the store at %s is too much", holder[:64], self._location
                )
                continue
            # The set of an instance that is alone stays the same object, and so known to whoever looks at it.
            wanted = wanted | bindings if wanted else bindings
            if not bindings:
                await self._write(self._commands.hdel(key, holder))
        return wanted

    async def _read_wishes(self, holder: bytes, now: float) -> frozenset[Binding]:
        """Return what one instance wants priced; nothing of more than any instance may say."""
        key = self._key("bindings")
        if await self._read(self._commands.hstrlen(key, cast(Any, holder))) > codec.MAX_BINDINGS_BYTES:
            return frozenset()
        value = await self._read(self._commands.hget(key, cast(Any, holder)))
        with self._skip_garbage():
            return codec.decode_wishes(value or b"", now)
        return frozenset()

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
        await close_quietly(self._commands)
        await close_quietly(self._subscriptions)

    async def _read(self, call: Awaitable[Any] | Any) -> Any:
        with self._translated_errors(), keep_cancellation():
            async with asyncio.timeout(4 * clients.SOCKET_TIMEOUT_S):
                return await call

    async def _write(self, call: Awaitable[Any] | Any) -> Any:
        """As `_read`, but a server that understood and said no is a refusal and not an outage."""
        with self._translated_writes():
            return await self._read(call)

    async def _read_message(self, pubsub: Any) -> dict[str, Any]:
        with self._translated_errors(), keep_cancellation():
            message = await pubsub.get_message(timeout=SILENCE_S)
            if message is None:
                await pubsub.ping()
                message = await pubsub.get_message(timeout=clients.SOCKET_TIMEOUT_S)
            if message is None:
                silent = OracleCode.STORE_SILENT.because(seconds=SILENCE_S + clients.SOCKET_TIMEOUT_S)
                raise StoreUnavailable(self._location, silent)
            return cast(dict[str, Any], message)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (redis_errors.RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(self._location, explain_error(error)) from error

    @contextmanager
    def _translated_writes(self) -> Iterator[None]:
        try:
            with self._translated_errors(), keep_cancellation():
                yield
        except StoreUnavailable as error:
            cause = error.__cause__
            if isinstance(cause, redis_errors.ResponseError) and not isinstance(cause, self._elsewhere):
                raise WriteRefused(self._location, error.why) from cause
            raise

    @contextmanager
    def _skip_garbage(self) -> Iterator[None]:
        try:
            yield
        except QuoteDecodeError as error:
            logger.warning("something in the store at %s is left out: %s", self._location, error)

    def _key(self, name: str) -> str:
        return self._keys.name(name)


def open_memory_store(url: str, location: str, settings: OracleSettings, ring: KeyRing) -> RedisStore:
    """Return a store on a server of this process, to whose port every user of the machine can connect: what the ring of
    this process has not signed does not count.
    """

    def make_client(retries: int) -> Redis:
        return Redis.from_url(url, **clients.client_options(retries))

    return RedisStore(make_client, location, settings, ring, reads_signed_only=True)


def open_unix_store(socket_path: str, location: str, settings: OracleSettings) -> RedisStore:
    """Return a store on a server of our own at a Unix socket, where nobody else writes and nothing is signed."""

    def make_client(retries: int) -> Redis:
        return clients.make_unix_client(socket_path, retries)

    return RedisStore(make_client, location, settings, ring=None)


def _format_lease(lease: FeedLease) -> str:
    return f"{lease.term} {lease.holder}"


def _parse_lease(data: bytes) -> FeedLease:
    """Return the lease in `data`; what another program wrote is a holder of no term."""
    text = data.decode("utf-8", "replace")
    term, found, holder = text.partition(" ")
    if found and term.isascii() and term.isdigit():
        return FeedLease(holder, int(term))
    return FeedLease(text, 0)


def _split_samples(samples: Sequence[HistorySample]) -> Iterator[Sequence[HistorySample]]:
    """Yield samples of one origin each, as many as a part has quotes."""
    if any(sample.point.origin is not samples[0].point.origin for sample in samples):
        samples = sorted(samples, key=lambda sample: codec.encode_origin(sample.point))
    for _, group in groupby(samples, key=lambda sample: sample.point.origin):
        of_one = tuple(group)
        for start in range(0, len(of_one), PART_QUOTES):
            yield of_one[start : start + PART_QUOTES]
