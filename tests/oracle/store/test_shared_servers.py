"""A shared store as people run it, on real servers: TLS, limited users, Sentinels, a cluster, replicas and losses."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from redis.crc import key_slot

from oracle.errors import StoreUnavailable, WriteRefused
from oracle.foundation.clocks import SYSTEM_CLOCKS
from oracle.foundation.reason import Reason
from oracle.key_ring_file import make_ring
from oracle.oracle import Oracle, open_oracle
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.store.remote import RemoteHost
from tests.oracle.fakes import NOON, VIRGINIA, bind, make_quote
from tests.oracle.oracles import make_source, price_of, until
from tests.oracle.store.servers import (
    Server,
    find_bundled_server,
    find_debian_server,
    make_certificate,
    make_sentinel,
    run_cluster,
    run_servers,
    until_true,
)
from tests.oracle.store.test_redis import ME, publish, read_quotes

RING = make_ring()
PAGE = Path(__file__).parents[3] / "docs" / "shared-store.md"
KEY = ("blue", VIRGINIA)


@pytest.fixture(params=["bundled", "debian"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return find_bundled_server() if request.param == "bundled" else find_debian_server(tmp_path)


@pytest.fixture
def quick(settings: OracleSettings) -> OracleSettings:
    """Settings with which a failover is over in a second, and a price that nobody says any more in two."""
    return replace(settings, refresh_s=0.1, lease_s=0.5, quote_life_s=2.0)


@asynccontextmanager
async def run_pair(settings: OracleSettings) -> AsyncIterator[tuple[Oracle, Oracle]]:
    """A publisher and a reader, once the reader has the price."""
    async with (
        open_oracle(settings, make_source(), ring=RING) as publisher,
        open_oracle(settings, None, ring=RING) as reader,
    ):
        reader.set_bindings(bind("blue"))
        await until(reader, lambda: price_of(reader) is not None)
        yield publisher, reader


async def see_news(reader: Oracle) -> None:
    """Wait for a price that is said after now."""
    now = SYSTEM_CLOCKS.wall()
    await until(reader, lambda: reader.board().quotes[KEY].confirmed_at > now)
    assert price_of(reader) == Decimal("0.1613")
    assert KEY not in reader.board().unsigned


def at(server: Server, settings: OracleSettings, user: str = "") -> OracleSettings:
    return replace(settings, redis_url=f"redis://{user}127.0.0.1:{server.port}/0")


def host_of(settings: OracleSettings) -> RemoteHost:
    return RemoteHost(settings.redis_url or "", settings, RING)


def test_tls_with_a_ca_of_ones_own(settings: OracleSettings, tmp_path: Path) -> None:
    program, certificate = find_debian_server(tmp_path), make_certificate(tmp_path)
    elsewhere = make_certificate(tmp_path, "127.0.0.2")

    async def main() -> None:
        lines = (f"tls-cert-file {certificate}", f"tls-key-file {certificate}", "tls-auth-clients no")
        server = Server(program, tmp_path, *lines)
        tls = Server(program, tmp_path)
        server = Server(program, tmp_path, f"tls-port {tls.port}", *lines)
        async with run_servers(server):
            url = f"rediss://127.0.0.1:{tls.port}/0"
            trusting = replace(settings, redis_url=url, redis_ca_file=str(certificate))
            async with run_pair(trusting) as (_, reader):
                await see_news(reader)
            for ca_file in (None, str(elsewhere)):
                store = await host_of(replace(trusting, redis_ca_file=ca_file)).connect()
                with pytest.raises(StoreUnavailable, match="certificate"):
                    await read_quotes(store)
                await store.aclose()

    asyncio.run(main())


def test_certificate_of_another_host_is_refused(settings: OracleSettings, tmp_path: Path) -> None:
    program, certificate = find_debian_server(tmp_path), make_certificate(tmp_path, "127.0.0.2")

    async def main() -> None:
        tls = Server(program, tmp_path)
        lines = (f"tls-cert-file {certificate}", f"tls-key-file {certificate}", "tls-auth-clients no")
        async with run_servers(Server(program, tmp_path, f"tls-port {tls.port}", *lines)):
            url = f"rediss://127.0.0.1:{tls.port}/0"
            store = await host_of(replace(settings, redis_url=url, redis_ca_file=str(certificate))).connect()
            with pytest.raises(StoreUnavailable, match="certificate"):
                await read_quotes(store)
            await store.aclose()

    asyncio.run(main())


def find_granted(user: str) -> list[str]:
    """Return what the documentation tells a person to grant, with a password of the test."""
    (line,) = re.findall(rf"^ACL SETUSER {user} (.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    return ["ACL", "SETUSER", user, *line.replace(">PASSWORD", ">pw").split()]


def test_users_of_the_documentation_can_do_what_they_need_and_nothing_else(
    settings: OracleSettings, tmp_path: Path, program: Path
) -> None:
    async def main() -> None:
        server = Server(program, tmp_path)
        async with run_servers(server), AsyncExitStack() as stack:
            for user in ("prices-publisher", "prices-reader"):
                await server.ask(*find_granted(user))
            publishing = at(server, settings, "prices-publisher:pw@")
            reading = at(server, settings, "prices-reader:pw@")
            publisher = await stack.enter_async_context(open_oracle(publishing, make_source(), ring=RING))
            reader = await stack.enter_async_context(open_oracle(reading, None, ring=RING))
            publisher.set_bindings(bind("blue"))
            reader.set_bindings(bind("blue"))
            await until(
                reader, lambda: price_of(reader) is not None and reader.has_read_history("blue", VIRGINIA)
            )
            await see_news(reader)
            assert (publisher.status.reason, reader.status.reason) == (None, None)
            theirs = await host_of(reading).connect()
            with pytest.raises(WriteRefused, match="permission"):
                await theirs.acquire_lease(ME, 1.0, NOON)
            await theirs.aclose()
            others = await host_of(replace(publishing, key_prefix="other")).connect()
            with pytest.raises(WriteRefused, match="permission"):
                await others.acquire_lease(ME, 1.0, NOON)
            with pytest.raises(StoreUnavailable, match="permission"):
                await anext(others.subscribe())
            await others.aclose()

    asyncio.run(main())


def test_prices_go_on_after_a_failover_by_sentinel(
    quick: OracleSettings, tmp_path: Path, program: Path
) -> None:
    async def main() -> None:
        primary = Server(program, tmp_path)
        replica = Server(
            program, tmp_path, f"replicaof 127.0.0.1 {primary.port}", "repl-diskless-sync-delay 0"
        )
        sentinel = make_sentinel(program, tmp_path, primary)
        async with run_servers(primary, replica):
            await until_true(lambda: has_replica(primary))
            async with run_servers(sentinel):
                await until_true(lambda: knows_replica(sentinel))
                url = f"redis+sentinel://127.0.0.1:1,127.0.0.1:{sentinel.port}/prices"
                async with run_pair(replace(quick, redis_url=url)) as (_, reader):
                    primary.signal(signal.SIGKILL)
                    await until_true(lambda: is_primary(replica))
                    await see_news(reader)
                    assert await replica.ask("EXISTS", "{sentinelaura}:message") == 1

    asyncio.run(main())


async def has_replica(primary: Server) -> bool:
    return bool((await primary.ask("ROLE"))[2])


async def knows_replica(sentinel: Server) -> bool:
    return len(await sentinel.ask("SENTINEL", "REPLICAS", "prices")) == 1


async def is_primary(server: Server) -> bool:
    return bool((await server.ask("ROLE"))[0] == b"master")


def test_primary_that_became_a_replica_is_left(quick: OracleSettings, tmp_path: Path, program: Path) -> None:
    """A failover that a person orders: the old primary lives on and keeps its connections for a while."""

    async def main() -> None:
        primary = Server(program, tmp_path)
        replica = Server(
            program, tmp_path, f"replicaof 127.0.0.1 {primary.port}", "repl-diskless-sync-delay 0"
        )
        sentinel = make_sentinel(program, tmp_path, primary)
        async with run_servers(primary, replica):
            await until_true(lambda: has_replica(primary))
            async with run_servers(sentinel):
                await until_true(lambda: knows_replica(sentinel))
                url = f"redis+sentinel://127.0.0.1:{sentinel.port}/prices"
                store = await host_of(replace(quick, redis_url=url)).connect()
                await store.acquire_lease(ME, 60.0, NOON)
                await primary.ask("REPLICAOF", "127.0.0.1", replica.port)
                with pytest.raises(StoreUnavailable, match="replica"):
                    await store.acquire_lease(ME, 60.0, NOON)
                await store.aclose()

    asyncio.run(main())


def test_name_that_no_sentinel_knows_is_said_so(
    settings: OracleSettings, tmp_path: Path, program: Path
) -> None:
    async def main() -> None:
        primary = Server(program, tmp_path)
        sentinel = make_sentinel(program, tmp_path, primary)
        async with run_servers(primary, sentinel):
            url = f"redis+sentinel://127.0.0.1:{sentinel.port}/other"
            with pytest.raises(StoreUnavailable) as refused:
                await host_of(replace(settings, redis_url=url)).connect()
            assert refused.value.why.code is OracleCode.STORE_PRIMARY_UNKNOWN

    asyncio.run(main())


def test_prices_on_a_cluster_go_on_when_their_node_dies(
    quick: OracleSettings, tmp_path: Path, program: Path
) -> None:
    slot = key_slot(b"{sentinelaura}:message")

    async def main() -> None:
        async with run_cluster(program, tmp_path, slot) as (ours, replica, other):
            url = f"redis+cluster://127.0.0.1:1,127.0.0.1:{other.port}"
            async with run_pair(replace(quick, redis_url=url)) as (_, reader):
                assert await ours.ask("EXISTS", "{sentinelaura}:message") == 1
                wrong = await host_of(at(other, quick)).connect()
                with pytest.raises(StoreUnavailable, match=r"redis\+cluster://"):
                    await publish(wrong, make_quote())
                await wrong.aclose()
                ours.signal(signal.SIGKILL)
                await until_true(lambda: is_primary(replica))
                await see_news(reader)

    asyncio.run(main())


def test_server_that_lost_everything_is_filled_again(
    quick: OracleSettings, tmp_path: Path, program: Path
) -> None:
    async def main() -> None:
        server = Server(program, tmp_path)
        async with run_servers(server), run_pair(at(server, quick)) as (publisher, reader):
            term = (await server.ask("GET", "{sentinelaura}:last-lease")).split()[0]
            server.signal(signal.SIGKILL)
            await server.stop()
            await until(reader, lambda: not reader.status.is_up)
            assert price_of(reader) == Decimal("0.1613"), "what was said holds until its deadline"
            await server.start()
            await see_news(reader)
            assert int((await server.ask("GET", "{sentinelaura}:last-lease")).split()[0]) > int(term)
            await until(publisher, lambda: publisher.status.is_healthy)

    asyncio.run(main())


def test_price_of_a_replica_that_lags_expires_and_is_never_taken_for_fresh(
    quick: OracleSettings, tmp_path: Path, program: Path
) -> None:
    async def main() -> None:
        primary = Server(program, tmp_path)
        replica = Server(
            program, tmp_path, f"replicaof 127.0.0.1 {primary.port}", "repl-diskless-sync-delay 0"
        )
        async with run_servers(primary, replica):
            await until_true(lambda: has_replica(primary))
            async with (
                open_oracle(at(primary, quick), make_source(), ring=RING) as publisher,
                open_oracle(at(replica, quick), None, ring=RING) as reader,
            ):
                publisher.set_bindings(bind("blue"))
                reader.set_bindings(bind("blue"))
                await until(reader, lambda: price_of(reader) is not None)
                await until(reader, lambda: why(reader) is OracleCode.STORE_READ_ONLY)
                primary.signal(signal.SIGSTOP)
                await until_true(lambda: as_soon_as(price_of(reader) is None))
                primary.signal(signal.SIGCONT)
                await see_news(reader)

    asyncio.run(main())


async def as_soon_as(is_true: bool) -> bool:
    return is_true


def why(oracle: Oracle) -> object:
    """Why no new prices arrive."""
    reason = oracle.status.reason
    inner = None if reason is None else dict(reason.parameters).get("why")
    return inner.code if isinstance(inner, Reason) else None


def test_password_is_rotated_while_prices_go_on(quick: OracleSettings, tmp_path: Path, program: Path) -> None:
    file = tmp_path / "password"
    file.write_text("old\n", "utf-8")

    async def main() -> None:
        server = Server(program, tmp_path)
        async with run_servers(server):
            await server.ask("ACL", "SETUSER", "fleet", "on", ">old", "~*", "&*", "+@all")
            settings = replace(at(server, quick, "fleet@"), redis_password_file=str(file))
            async with run_pair(settings) as (_, reader):
                await server.ask("ACL", "SETUSER", "fleet", ">new", "<old")
                await server.ask("CLIENT", "KILL", "USER", "fleet")
                await until(reader, lambda: why(reader) is OracleCode.STORE_LOGIN_REFUSED)
                file.write_text("new\n", "utf-8")
                await see_news(reader)
                file.unlink()
                await server.ask("CLIENT", "KILL", "USER", "fleet")
                await until(reader, lambda: why(reader) is OracleCode.STORE_PASSWORD_MISSING)

    asyncio.run(main())


def test_server_that_evicts_takes_prices_away_and_sets_none(
    quick: OracleSettings, tmp_path: Path, program: Path
) -> None:
    async def main() -> None:
        server = Server(program, tmp_path, "maxmemory-policy allkeys-random")
        async with run_servers(server), run_pair(at(server, quick)) as (publisher, reader):
            await server.ask("CONFIG", "SET", "maxmemory", 1)
            await until(publisher, lambda: why(publisher) is OracleCode.STORE_MEMORY_FULL)
            await until_true(lambda: as_soon_as(price_of(reader) is None))
            await server.ask("CONFIG", "SET", "maxmemory", 0)
            await see_news(reader)

    asyncio.run(main())


def test_a_desktop_and_three_operators_see_one_market(
    quick: OracleSettings, tmp_path: Path, program: Path
) -> None:
    async def main() -> None:
        server = Server(program, tmp_path)
        async with run_servers(server), AsyncExitStack() as stack:
            prices = ("0.15", "0.16", "0.17", "0.18")
            oracles = [
                await stack.enter_async_context(
                    open_oracle(at(server, quick), make_source(price, market_id=price), ring=RING)
                )
                for price in prices
            ]
            for oracle in oracles:
                oracle.set_bindings(bind("blue"))
                await until(oracle, lambda oracle=oracle: price_of(oracle) is not None)  # type: ignore[misc]
            assert len({price_of(oracle) for oracle in oracles}) == 1
            await until_true(lambda: as_soon_as(sum(one.status.is_generating for one in oracles) == 1))
            assert len({one.status.generator for one in oracles}) == 1

    asyncio.run(main())
