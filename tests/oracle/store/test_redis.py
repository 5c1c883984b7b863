"""The store's promises, kept by the real server: it pushes, it forgets at the deadline, one instance generates."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from redis.asyncio import Redis

from oracle.errors import StoreUnavailable, StoreUrlError, WriteRefused
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import Origin, PriceMode, Quote
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.store.base import FeedBatch, FeedLease, FeedMessage, HistorySample, QuoteStore
from oracle.store.clients import MAX_ANSWER_BYTES, make_unix_client
from oracle.store.columns import PART_QUOTES, NameCache
from oracle.store.embedded import EmbeddedHost
from oracle.store.messages import encode_parts
from oracle.store.redis import MAX_TOGETHER
from oracle.store.remote import RemoteHost, redact_url
from tests.oracle.fakes import DUBLIN, NOON, VIRGINIA, bind, make_quote
from tests.oracle.store.servers import make_certificate

ME, OTHER = "here/1/aa", "there/2/bb"
SAID = Origin("prices.csv", PriceMode.LIVE)


@asynccontextmanager
async def open_store(settings: OracleSettings) -> AsyncIterator[QuoteStore]:
    host = EmbeddedHost(settings)
    try:
        store = await host.connect()
        try:
            yield store
        finally:
            await store.aclose()
    finally:
        await host.aclose()


def with_store(settings: OracleSettings, talk: Callable[[QuoteStore], Awaitable[None]]) -> None:
    async def main() -> None:
        async with open_store(settings) as store:
            await talk(store)

    asyncio.run(main())


async def publish(store: QuoteStore, *quotes: Quote, now: float = NOON) -> bool:
    return await say(store, await store.acquire_lease(ME, 60.0, now), *quotes, now=now)


async def say(
    store: QuoteStore, lease: FeedLease, *quotes: Quote, sample: PricePoint | None = None, now: float = NOON
) -> bool:
    """Publish as the holder of a lease, held or not."""
    samples = [] if sample is None else [HistorySample(VIRGINIA, sample)]
    return await store.publish(FeedMessage(lease, 1, now, quotes), samples, now)


def quotes_of(batch: FeedBatch) -> tuple[Quote, ...]:
    return tuple(quote for message in batch.messages for quote in message.quotes)


async def read_quotes(store: QuoteStore) -> tuple[Quote, ...]:
    return quotes_of(await store.read_messages())


async def read_history(store: QuoteStore, offering: Offering = VIRGINIA) -> tuple[PricePoint, ...]:
    (points,) = await store.read_histories([offering])
    return points


def raw_client(settings: OracleSettings) -> Redis:
    """A client beside the store, as another program would be."""
    return make_unix_client(str(find_socket(settings)), 0)


def find_socket(settings: OracleSettings) -> Path:
    (socket,) = Path(settings.runtime_directory or "").glob("*/store.sock")
    return socket


def test_published_quotes_are_read_back(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        quotes = {make_quote("blue"), make_quote("red", DUBLIN, "0.2299")}
        assert await publish(store, *quotes)
        assert set(await read_quotes(store)) == quotes

    with_store(settings, talk)


def test_message_is_gone_at_its_last_deadline_and_each_deadline_is_inside(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        await publish(store, make_quote(life_s=20.0), now=NOON + 5.0)
        client = raw_client(settings)
        assert 14_000 < await client.pttl("{sentinelaura}:message") <= 15_000
        (part,) = await client.hvals("{sentinelaura}:message")
        assert json.loads(part.split(b"\n")[2])["deadline"] == [NOON + 20.0]
        await client.aclose()

    with_store(settings, talk)


def test_expired_quote_is_never_written(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        await publish(store, make_quote(life_s=20.0), now=NOON + 20.0)
        assert await read_quotes(store) == ()

    with_store(settings, talk)


def test_subscriber_first_gets_everything_and_then_learns_by_push(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        await publish(store, make_quote("blue"))
        batches = store.subscribe()
        assert [quote.context for quote in quotes_of(await anext(batches))] == ["blue"]
        waiting = asyncio.ensure_future(anext(batches))
        await publish(store, make_quote("red"), make_quote("green"))
        assert {quote.context for quote in quotes_of(await waiting)} == {"red", "green"}
        await batches.aclose()

    with_store(settings, talk)


def test_silent_subscription_stays_open(settings: OracleSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oracle.store.redis.SILENCE_S", 0.05)

    async def talk(store: QuoteStore) -> None:
        batches = store.subscribe()
        await anext(batches)
        waiting = asyncio.ensure_future(anext(batches))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)  # six pings
        assert not done
        await publish(store, make_quote())
        assert len(quotes_of(await waiting)) == 1
        await batches.aclose()

    with_store(settings, talk)


def test_frozen_server_ends_the_subscription(
    settings: OracleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle.store.clients.SOCKET_TIMEOUT_S", 0.2)
    monkeypatch.setattr("oracle.store.redis.SILENCE_S", 0.05)

    async def talk(store: QuoteStore) -> None:
        client = raw_client(settings)
        server = int((await client.info("server"))["process_id"])
        await client.aclose()
        batches = store.subscribe()
        await anext(batches)
        os.kill(server, signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable, match=r"silent|no answer"):
                await anext(batches)
            with pytest.raises(StoreUnavailable, match="no answer"):
                await read_quotes(store)
        finally:
            os.kill(server, signal.SIGCONT)

    with_store(settings, talk)


def test_one_instance_has_the_lease_until_it_gives_it_back(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        assert await store.read_lease() is None
        mine = await store.acquire_lease(ME, 60.0, NOON)
        assert mine == FeedLease(ME, int(1000 * NOON))
        assert await store.acquire_lease(ME, 60.0, NOON + 4.0) == mine, "renewed, and the same term"
        assert await store.acquire_lease(OTHER, 60.0, NOON) == mine
        await store.release_lease(OTHER)
        assert await store.read_lease() == mine
        await store.release_lease(ME)
        assert await store.read_lease() is None
        assert (await store.read_messages()).last_lease == mine
        theirs = await store.acquire_lease(OTHER, 60.0, NOON - 60.0)
        assert theirs == FeedLease(OTHER, mine.term + 1), "although the clock was set back"
        assert (await store.read_messages()).last_lease == theirs

    with_store(settings, talk)


def test_instance_that_lost_the_lease_writes_nothing(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        lost = await store.acquire_lease(ME, 60.0, NOON)
        await store.release_lease(ME)
        held = await store.acquire_lease(OTHER, 60.0, NOON)
        sample = PricePoint(NOON, Decimal("0.1"), SAID)
        for lease in (lost, replace(held, term=lost.term), replace(lost, term=held.term)):
            assert not await say(store, lease, make_quote(), sample=sample)
        assert await read_quotes(store) == ()
        assert await read_history(store, VIRGINIA) == ()

    with_store(settings, talk)


def test_lease_of_an_instance_that_died_runs_out(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        await store.acquire_lease(OTHER, 0.02, NOON)
        async with asyncio.timeout(5.0):
            while (await store.acquire_lease(ME, 60.0, NOON)).holder != ME:
                pass

    with_store(settings, talk)


def test_market_that_nobody_chooses_again_leaves_nothing_for_ever(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        sample = PricePoint(NOON, Decimal("0.1"), SAID)
        await store.register_bindings(ME, bind("blue"), NOON + 40.0)
        lease = await store.acquire_lease(ME, 60.0, NOON)
        assert await say(store, lease, make_quote(), sample=sample)
        client = raw_client(settings)
        keys = await client.keys("*")
        assert len(keys) == 6
        assert all([await client.ttl(key) >= 0 for key in keys])
        await client.aclose()

    with_store(settings, talk)


def test_history_is_bounded_in_order_and_reaches_back_a_month(settings: OracleSettings) -> None:
    """It is thinned on the server as `PriceHistory` is thinned in the program."""

    async def talk(store: QuoteStore) -> None:
        lease = await store.acquire_lease(ME, 60.0, NOON)
        hours = range(0, 90 * 24, 3)
        for hour in hours:
            at = NOON + 3600.0 * hour
            await say(store, lease, sample=PricePoint(at, Decimal("0.1"), SAID), now=at)
            if hour % 72 == 0:
                client = raw_client(settings)
                (key,) = await client.keys("{sentinelaura}:points:*")
                assert await client.strlen(key) <= 16 * 64
                assert 20 * 86_400 < await client.ttl(key) <= 30 * 86_400
                await client.aclose()
        passed = [(at - point.observed_at) / 3600.0 for point in await read_history(store, VIRGINIA)]
        assert passed[-8:] == list(range(21, -1, -3)), "the last day is whole"
        assert passed == sorted(passed, reverse=True)
        assert 24 * 24 < passed[0] < 36 * 24
        assert max(later - earlier for earlier, later in pairwise(passed[::-1])) <= 7 * 24
        assert await read_history(store, DUBLIN) == ()

    with_store(replace(settings, history_points=64), talk)


@pytest.mark.parametrize(
    "times", [[0.0] * 100, [100.0 - n for n in range(100)], [1e9, *map(float, range(99))]]
)
def test_clock_that_stands_or_runs_back_does_not_hold_the_server_up(
    settings: OracleSettings, times: list[float]
) -> None:
    async def talk(store: QuoteStore) -> None:
        lease = await store.acquire_lease(ME, 60.0, NOON)
        for at in times:
            assert await say(store, lease, sample=PricePoint(NOON + at, Decimal("0.1"), SAID))
        assert 0 < len(await read_history(store, VIRGINIA)) <= 16

    with_store(replace(settings, history_points=16), talk)


def test_histories_of_many_offerings_are_shorter(
    settings: OracleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle.store.redis.HISTORY_BUDGET_BYTES", 10 * 16 * 40)
    offerings = [replace(VIRGINIA, zone=f"zone-{number}") for number in range(10)]

    async def talk(store: QuoteStore) -> None:
        lease = await store.acquire_lease(ME, 60.0, NOON)
        message = FeedMessage(lease, 1, NOON, ())
        for minute in range(100):
            point = PricePoint(NOON + 60.0 * minute, Decimal("0.1"), SAID)
            await store.publish(message, [HistorySample(one, point) for one in offerings], NOON)
        assert {len(await read_history(store, one)) <= 42 for one in offerings} == {True}

    with_store(settings, talk)


def test_points_of_several_sources_in_one_message_are_kept_each_for_itself(settings: OracleSettings) -> None:
    offerings = [replace(VIRGINIA, zone=f"zone-{number}") for number in range(6)]
    origins = [Origin(source, PriceMode.LIVE) for source in ("aws", "azure")] * 3

    async def talk(store: QuoteStore) -> None:
        lease = await store.acquire_lease(ME, 60.0, NOON)
        points = [PricePoint(NOON, Decimal("0.1"), origin) for origin in origins]
        await store.publish(
            FeedMessage(lease, 1, NOON, ()), list(map(HistorySample, offerings, points)), NOON
        )
        assert await store.read_histories(offerings) == tuple((point,) for point in points)

    with_store(settings, talk)


def test_histories_of_two_sources_are_two(settings: OracleSettings) -> None:
    replay = Origin("replay of prices.csv", PriceMode.RECORDED)

    async def talk(store: QuoteStore) -> None:
        lease = await store.acquire_lease(ME, 60.0, NOON)
        for origin, price in ((SAID, "0.1"), (replay, "0.2"), (SAID, "0.3")):
            await say(store, lease, sample=PricePoint(NOON, Decimal(price), origin))
        read = [(point.origin, str(point.usd_per_hour)) for point in await read_history(store, VIRGINIA)]
        assert sorted(read, key=lambda pair: pair[1]) == [(SAID, "0.1"), (replay, "0.2"), (SAID, "0.3")]

    with_store(settings, talk)


MANY = tuple(make_quote("blue", replace(VIRGINIA, zone=f"zone-{n}")) for n in range(5 * PART_QUOTES + 1))


def test_many_quotes_are_pushed_in_parts_and_read_back(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        batches = store.subscribe()
        await anext(batches)
        assert await publish(store, *MANY)
        parts: list[FeedMessage] = []
        while len(parts) < 6:
            parts += (await anext(batches)).messages
        assert [len(part.quotes) for part in parts] == [*[PART_QUOTES] * 5, 1]
        assert tuple(quote for part in parts for quote in part.quotes) == MANY
        assert await read_quotes(store) == MANY
        await publish(store, *MANY[:10])
        assert await read_quotes(store) == MANY[:10], "nothing is left of the longer one"
        await batches.aclose()

    with_store(settings, talk)


def test_what_has_arrived_together_is_read_together_with_one_look_at_the_lease(
    settings: OracleSettings,
) -> None:
    async def talk(store: QuoteStore) -> None:
        batches = store.subscribe()
        await anext(batches)
        lease = await store.acquire_lease(ME, 60.0, NOON)
        for quote in MANY[:10]:
            assert await say(store, lease, quote)
        read = [await anext(batches), await anext(batches)]
        assert [len(batch.messages) for batch in read] == [MAX_TOGETHER, 10 - MAX_TOGETHER]
        assert quotes_of(read[0]) + quotes_of(read[1]) == MANY[:10]
        assert {batch.last_lease for batch in read} == {lease}
        await batches.aclose()

    with_store(settings, talk)


def test_who_loses_the_lease_in_the_middle_of_a_message_writes_no_more(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        lease = await store.acquire_lease(ME, 60.0, NOON)
        client = raw_client(settings)
        batches = store.subscribe()
        await anext(batches)
        saying = asyncio.ensure_future(say(store, lease, *MANY * 20))
        await anext(batches)
        await client.delete("{sentinelaura}:feed-lease")
        assert not await saying
        assert 0 < await client.hlen("{sentinelaura}:message") < 101
        await batches.aclose()
        await client.aclose()

    with_store(settings, talk)


def test_cancelled_message_leaves_no_answer_to_another_command(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        lease = await store.acquire_lease(ME, 60.0, NOON)
        for steps in range(60):
            saying = asyncio.ensure_future(say(store, lease, *MANY))
            for _ in range(steps):
                await asyncio.sleep(0)
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)
            assert await store.read_lease() == lease
        assert await say(store, lease, *MANY)

    with_store(settings, talk)


def test_wishes_of_all_living_instances_are_joined(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        await store.register_bindings(ME, bind("blue"), NOON + 10)
        await store.register_bindings(OTHER, bind("red"), NOON + 20)
        assert await store.read_bindings(NOON) == frozenset(bind("blue", "red"))
        assert await store.read_bindings(NOON + 15) == frozenset(bind("red"))

    with_store(settings, talk)


def test_who_wants_more_than_anybody_may_gets_nothing_and_others_what_they_want(
    settings: OracleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle.store.redis.MAX_QUOTES", 3)

    async def talk(store: QuoteStore) -> None:
        await store.register_bindings(OTHER, bind("a", "b", "c", "d"), NOON + 10)
        await store.register_bindings(ME, bind("blue"), NOON + 10)
        assert await store.read_bindings(NOON) == frozenset(bind("blue"))

    with_store(settings, talk)


def test_poison_in_the_store_is_left_out(settings: OracleSettings, caplog: pytest.LogCaptureFixture) -> None:
    async def talk(store: QuoteStore) -> None:
        await publish(store, make_quote("blue"))
        client = raw_client(settings)
        await client.hset("{sentinelaura}:message", "2", b'{"usd_per_hour": 0}')
        await client.hset("{sentinelaura}:bindings", "x", b"\xff")
        await client.hset("{sentinelaura}:origins", "junk", "1")
        batch = await store.read_messages()
        assert [quote.context for quote in quotes_of(batch)] == ["blue"]
        assert [reason.code for reason in batch.garbled] == [OracleCode.MESSAGE_GARBLED]
        assert await store.read_bindings(NOON) == frozenset()
        assert await read_history(store, VIRGINIA) == ()
        batches = store.subscribe()
        await anext(batches)
        (part,) = encode_parts(batch.messages[0], "sentinelaura", None, NameCache())
        await client.publish("{sentinelaura}:announcements", part.replace(b"0.1613", b"-"))
        batch = await anext(batches)
        assert quotes_of(batch) == ()
        assert [reason.code for reason in batch.garbled] == [OracleCode.QUOTE_FIELD_WRONG]
        await batches.aclose()
        await client.aclose()

    with_store(settings, talk)
    assert "left out" in caplog.text


def test_key_of_a_wrong_type_is_a_refusal_with_the_servers_words(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        client = raw_client(settings)
        await client.set("{sentinelaura}:message", "mine")
        await client.aclose()
        with pytest.raises(WriteRefused, match="WRONGTYPE"):
            await publish(store, make_quote())
        with pytest.raises(StoreUnavailable, match="WRONGTYPE"):
            await read_quotes(store)

    with_store(settings, talk)


#: More than is read at once, of what anybody may write into a store that others use.
FLOOD = b"x" * (MAX_ANSWER_BYTES + 1)


@pytest.mark.parametrize(
    ("write", "is_refused"),
    [
        (("HSET", "{sentinelaura}:message", "1", FLOOD), True),
        (("SET", "{sentinelaura}:feed-lease", FLOOD), False),
        (("SET", "{sentinelaura}:last-lease", FLOOD), False),
        (("HSET", "{sentinelaura}:bindings", "them", FLOOD), False),
        (("HSET", "{sentinelaura}:bindings", FLOOD, "1"), True),
        (("HSET", "{sentinelaura}:origins", FLOOD, "1"), False),
        (("HSET", "{sentinelaura}:origins", *[str(n) for n in range(600)]), False),
        (("HSET", "{sentinelaura}:bindings", *[str(n) for n in range(600)]), False),
    ],
    ids=["message", "lease", "last lease", "wishes", "holder", "origin", "many origins", "many holders"],
)
def test_whoever_may_write_there_fills_no_memory(
    settings: OracleSettings, write: tuple[str | bytes, ...], is_refused: bool
) -> None:
    async def talk(store: QuoteStore) -> None:
        await publish(store, make_quote())
        client = raw_client(settings)
        await client.execute_command(*write)
        tracemalloc.start()
        refused = []
        for read in (
            store.read_messages(),
            store.read_lease(),
            store.read_bindings(NOON),
            store.read_histories([VIRGINIA]),
        ):
            try:
                await read
            except StoreUnavailable as error:
                refused.append(error.why.code)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert refused == [OracleCode.STORE_ANSWER_TOO_LARGE] * is_refused
        assert peak < 2**20
        await client.flushall()
        assert await publish(store, make_quote())
        assert await read_quotes(store) == (make_quote(),)
        await client.aclose()

    with_store(settings, talk)


def test_whoever_may_publish_there_fills_no_memory(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        client = raw_client(settings)
        batches = store.subscribe()
        await anext(batches)
        await client.publish("{sentinelaura}:announcements", FLOOD)
        with pytest.raises(StoreUnavailable) as refused:
            await anext(batches)
        assert refused.value.why.code is OracleCode.STORE_ANSWER_TOO_LARGE
        await client.aclose()

    with_store(settings, talk)


def test_full_memory_keeps_old_prices_readable_and_refuses_new_ones(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        await publish(store, make_quote("blue"))
        client = raw_client(settings)
        await client.config_set("maxmemory", "1")
        await client.aclose()
        with pytest.raises(WriteRefused, match="maxmemory"):
            await publish(store, make_quote("red"))
        assert [quote.context for quote in await read_quotes(store)] == ["blue"]

    with_store(settings, talk)


def test_user_without_permission_is_told_so(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        client = raw_client(settings)
        await client.acl_setuser(
            "reader", enabled=True, passwords=["+pw"], keys=["*"], commands=["+get", "+ping"]
        )
        socket = find_socket(settings)
        host = RemoteHost(f"unix://reader:pw@{socket}", settings)
        theirs = await host.connect()
        with pytest.raises(WriteRefused, match="permission"):
            await theirs.acquire_lease(ME, 1.0, NOON)
        assert await theirs.read_clock() is None, "it need not be allowed; no price rests on it"
        await theirs.aclose()
        wrong = await RemoteHost(f"unix://reader:no@{socket}", settings).connect()
        with pytest.raises(StoreUnavailable, match="user or password"):
            await wrong.read_lease()
        await wrong.aclose()
        await client.aclose()

    with_store(settings, talk)


def test_clock_is_that_of_the_server(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        assert await store.read_clock() == pytest.approx(time.time(), abs=60.0)

    with_store(settings, talk)


def test_closed_idle_connections_are_opened_again(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        await publish(store, make_quote())
        client = raw_client(settings)
        await client.client_kill_filter(_type="normal", skipme=True)
        await client.aclose()
        assert len(await read_quotes(store)) == 1

    with_store(settings, talk)


def test_cancelled_calls_never_give_their_answer_to_another(settings: OracleSettings) -> None:
    """redis-py#2624: a cancelled command once left its reply for the next one on the same connection."""

    async def talk(store: QuoteStore) -> None:
        lease = await store.acquire_lease(ME, 60.0, NOON)
        for _ in range(200):
            task = asyncio.ensure_future(store.read_messages())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert await store.read_lease() == lease

    with_store(settings, talk)


def test_no_cancellation_is_lost(settings: OracleSettings) -> None:
    """asyncio.wait_for before Python 3.12 can swallow one, and redis.asyncio sends through it."""

    async def read_for_ever(store: QuoteStore) -> None:
        while True:
            await store.read_lease()

    async def talk(store: QuoteStore) -> None:
        for steps in range(40):
            task = asyncio.ensure_future(read_for_ever(store))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task}, timeout=5.0)
            assert task.cancelled(), f"lost after {steps} steps"

    with_store(settings, talk)


@pytest.mark.parametrize("port", [1, 9])
def test_refused_connection_names_the_address_without_the_password(
    settings: OracleSettings, port: int
) -> None:
    async def main() -> None:
        store = await RemoteHost(f"redis://user:secret@127.0.0.1:{port}/0", settings).connect()
        with pytest.raises(StoreUnavailable, match=f"redis://127.0.0.1:{port}/0") as caught:
            await read_quotes(store)
        assert "secret" not in str(caught.value)
        await store.aclose()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("redis://127.0.0.1:1", None),
        ("redis://127.0.0.1:1", "hunter2"),
        ("redis://me@127.0.0.1:1", "hunter2"),
        ("redis://:hunter2@127.0.0.1:1", None),
    ],
)
def test_password_is_that_of_the_settings_or_of_the_address(url: str, password: str | None) -> None:
    host = RemoteHost(url, OracleSettings(redis_url=url, redis_password=password))
    options = host._make_client(host._url, 0).connection_pool.connection_kwargs
    assert options.get("password") == (password or ("hunter2" if "hunter2" in url else None))
    assert options.get("username") == ("me" if "me@" in url else None)


@pytest.mark.parametrize("url", ["http://host", "redis//host", "", "redis://host:port"])
def test_address_that_can_never_work_is_refused_at_once(settings: OracleSettings, url: str) -> None:
    with pytest.raises(StoreUrlError, match="use redis://"):
        RemoteHost(url, settings)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:pw@host:6379/0", "redis://host:6379/0"),
        ("rediss://user:pw@host:6380/1?ssl_ca_certs=ca.pem", "rediss://host:6380/1"),
        ("redis://host?password=pw", "redis://host"),
        ("unix://user:pw@/run/store.sock?db=1", "unix:///run/store.sock"),
        ("redis://user:pw@host:port/0", "host:port/0"),
    ],
)
def test_password_is_never_shown(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_remote_store_over_tls(settings: OracleSettings, tmp_path: Path) -> None:
    """The bundled server speaks no TLS, so a small proxy adds it, as stunnel would."""
    certificate = make_certificate(tmp_path)

    async def talk(store: QuoteStore) -> None:
        await publish(store, make_quote())
        socket = find_socket(settings)
        async with tls_proxy(certificate, socket) as port:
            trusted = RemoteHost(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate}", settings)
            remote = await trusted.connect()
            assert len(await read_quotes(remote)) == 1
            await remote.aclose()
            stranger = await RemoteHost(f"rediss://127.0.0.1:{port}/0", settings).connect()
            with pytest.raises(StoreUnavailable, match="certificate"):
                await read_quotes(stranger)
            await stranger.aclose()

    with_store(settings, talk)


@asynccontextmanager
async def tls_proxy(certificate: Path, socket: Path) -> AsyncIterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # the other side hung up, as the stranger does
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(str(socket))
        await asyncio.gather(pump(reader, server_writer), pump(server_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def test_nothing_of_redis_is_imported_with_the_oracle_itself() -> None:
    script = (
        "import sys, oracle.oracle, oracle.sources.choosing;"
        "print([name for name in ('redis', 'aiohttp', 'platformdirs') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
