"""The store's promises, kept by the real server: it pushes, it forgets at the deadline, one instance generates."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path

import pytest
from redis.asyncio import Redis

from oracle.errors import StoreUnavailable, StoreUrlError, WriteRefused
from oracle.price_history import PricePoint
from oracle.quotes import Origin, PriceMode, Quote
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.store import codec
from oracle.store.base import FeedBatch, FeedLease, FeedMessage, HistorySample, QuoteStore
from oracle.store.embedded import EmbeddedHost
from oracle.store.messages import encode_parts
from oracle.store.redis import RemoteHost, client_options, redact_url
from tests.oracle.fakes import DUBLIN, NOON, VIRGINIA, bind, make_quote

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


def raw_client(settings: OracleSettings) -> Redis:
    """A client beside the store, as another program would be."""
    return Redis(unix_socket_path=str(find_socket(settings)), **client_options(0))


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
        assert codec.decode_quote(part.split(b"\n")[2]).deadline == NOON + 20.0
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
    monkeypatch.setattr("oracle.store.redis.SOCKET_TIMEOUT_S", 0.2)
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
        assert await store.read_history(VIRGINIA) == ()

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
        assert len(keys) == 5
        assert all([await client.ttl(key) >= 0 for key in keys])
        await client.aclose()

    with_store(settings, talk)


def test_history_is_bounded_and_in_order(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        lease = await store.acquire_lease(ME, 60.0, NOON)
        for second in range(12):
            await say(store, lease, sample=PricePoint(NOON + second, Decimal("0.1"), SAID))
        times = [point.observed_at - NOON for point in await store.read_history(VIRGINIA)]
        assert times == [7.0, 8.0, 9.0, 10.0, 11.0]
        assert await store.read_history(DUBLIN) == ()
        client = raw_client(settings)
        (key,) = await client.keys("{sentinelaura}:points:*")
        assert await client.llen(key) == 5
        assert 0 < await client.ttl(key) <= 30 * 86_400
        await client.aclose()

    with_store(replace(settings, history_points=5), talk)


def test_wishes_of_all_living_instances_are_joined(settings: OracleSettings) -> None:
    async def talk(store: QuoteStore) -> None:
        await store.register_bindings(ME, bind("blue"), NOON + 10)
        await store.register_bindings(OTHER, bind("red"), NOON + 20)
        assert await store.read_bindings(NOON) == frozenset(bind("blue", "red"))
        assert await store.read_bindings(NOON + 15) == frozenset(bind("red"))

    with_store(settings, talk)


def test_poison_in_the_store_is_left_out(settings: OracleSettings, caplog: pytest.LogCaptureFixture) -> None:
    async def talk(store: QuoteStore) -> None:
        await publish(store, make_quote("blue"))
        client = raw_client(settings)
        await client.hset("{sentinelaura}:message", "7", b'{"usd_per_hour": 0}')
        await client.hset("{sentinelaura}:bindings", "x", b"\xff")
        await client.rpush("{sentinelaura}:points:aws|us-east-1|m5.2xlarge|spot", b"junk")
        batch = await store.read_messages()
        assert [quote.context for quote in quotes_of(batch)] == ["blue"]
        assert [reason.code for reason in batch.garbled] == [OracleCode.MESSAGE_GARBLED]
        assert await store.read_bindings(NOON) == frozenset()
        assert await store.read_history(VIRGINIA) == ()
        batches = store.subscribe()
        await anext(batches)
        (part,) = encode_parts(batch.messages[0], "sentinelaura", None)
        first, last = part.split(b"\n")[:2], part.split(b"\n")[2:]
        await client.publish("{sentinelaura}:announcements", b"\n".join([*first, b"junk", *last]))
        batch = await anext(batches)
        assert [quote.context for quote in quotes_of(batch)] == ["blue"]
        assert [reason.code for reason in batch.garbled] == [OracleCode.NOT_A_QUOTE]
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
    options = host._make_client(0).connection_pool.connection_kwargs
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


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file; a bare machine knows no name for itself."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


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
