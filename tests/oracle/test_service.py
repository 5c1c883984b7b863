"""The pricing API as another program sees it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from oracle.errors import PortUnavailable
from oracle.foundation.clocks import SYSTEM_CLOCKS, Clocks
from oracle.oracle import Oracle, open_oracle
from oracle.service import HOST, LIMITS, Limits, serve_prices
from oracle.settings import OracleSettings
from tests.oracle.fakes import DUBLIN, VIRGINIA, ScriptedSource, bind

ARN = "arn:aws:eks:us-east-1:123456789012:cluster/blue"

Get = Callable[..., Awaitable[tuple[int, Any]]]


@asynccontextmanager
async def service(
    settings: OracleSettings, clocks: Clocks = SYSTEM_CLOCKS, limits: Limits = LIMITS
) -> AsyncIterator[tuple[Oracle, Get]]:
    """A running service with two contexts priced; `get` returns status and body."""
    source = ScriptedSource({VIRGINIA: Decimal("0.1613"), DUBLIN: Decimal("0.2299")}, Decimal("0.384"))
    async with open_oracle(settings, source) as oracle, serve_prices(oracle, 0, clocks, limits) as url:
        oracle.set_bindings([*bind(ARN), *bind("red", offering=DUBLIN)])
        async with asyncio.timeout(30.0):
            revision = oracle.revision
            while len(oracle.board().quotes) < 2:
                revision = await oracle.wait_for_change(revision)
        async with aiohttp.ClientSession(url) as session:

            async def get(path: str, **options: Any) -> tuple[int, Any]:
                async with session.request(options.pop("method", "GET"), path, **options) as response:
                    return response.status, await response.json()

            yield oracle, get


def talk(
    settings: OracleSettings, conversation: Callable[[Get], Awaitable[None]], skew_s: float = 0.0
) -> None:
    clocks = Clocks(lambda: SYSTEM_CLOCKS.wall() + skew_s, SYSTEM_CLOCKS.counting)

    async def main() -> None:
        async with service(settings, clocks) as (_, get):
            await conversation(get)

    asyncio.run(main())


def test_all_prices_are_listed_with_all_that_is_known(settings: OracleSettings) -> None:
    async def conversation(get: Get) -> None:
        status, body = await get("/v1/prices")
        assert status == 200
        assert [price["context"] for price in body["prices"]] == [ARN, "red"]
        price = body["prices"][1]
        assert price.pop("age_s") >= 0
        assert price.pop("in_force_since") == price["confirmed_at"]
        assert price.pop("deadline") == pytest.approx(price.pop("confirmed_at") + 20.0)
        assert price == {
            "context": "red",
            "provider": "aws",
            "region": "eu-west-1",
            "instance_type": "m5.2xlarge",
            "zone": None,
            "capacity_type": "spot",
            "operating_system": "linux",
            "usd_per_hour": "0.2299",
            "on_demand_usd_per_hour": "0.384",
            "freshness": "fresh",
            "source": "script",
            "mode": "live",
            "recorded_at": None,
            "speed": None,
            "interruption": None,
            "obtainability": None,
            "disputed_by": None,
        }

    talk(settings, conversation)


def test_one_context_is_found_even_if_its_name_holds_slashes(settings: OracleSettings) -> None:
    async def conversation(get: Get) -> None:
        status, body = await get(f"/v1/prices/{ARN}")
        assert status == 200
        assert [price["usd_per_hour"] for price in body["prices"]] == ["0.1613"]

    talk(settings, conversation)


def test_unknown_context_is_not_found(settings: OracleSettings) -> None:
    async def conversation(get: Get) -> None:
        status, body = await get("/v1/prices/green")
        assert status == 404
        assert "no price" in body["error"]

    talk(settings, conversation)


def test_expired_price_is_null(settings: OracleSettings) -> None:
    async def conversation(get: Get) -> None:
        _, body = await get("/v1/prices/red")
        (price,) = body["prices"]
        assert price["freshness"] == "expired"
        assert price["usd_per_hour"] is None

    talk(settings, conversation, skew_s=3600.0)


def test_health_is_good_while_prices_arrive(settings: OracleSettings) -> None:
    async def conversation(get: Get) -> None:
        status, body = await get("/healthz")
        assert status == 200
        assert body["healthy"] is True
        assert body["store"]["kind"] == "embedded"
        assert body["source"] == "script"
        assert body["services"] == []

    talk(settings, conversation)


def test_health_is_bad_while_no_price_holds_whatever_the_store_says(settings: OracleSettings) -> None:
    async def conversation(get: Get) -> None:
        status, body = await get("/healthz")
        assert (status, body["healthy"], body["reason"]["code"]) == (503, False, "no_price_holds")
        assert body["store"]["up"] is True

    talk(settings, conversation, skew_s=3600.0)


def test_health_is_bad_and_says_why_while_the_store_is_away(settings: OracleSettings) -> None:
    async def main() -> None:
        lost = OracleSettings(redis_url="redis://127.0.0.1:1/0")
        async with open_oracle(lost, None) as oracle, serve_prices(oracle, 0) as url:
            while "127.0.0.1:1" not in str(oracle.status.reason):
                await oracle.wait_for_change()
            async with aiohttp.ClientSession(url) as session, session.get("/healthz") as response:
                assert response.status == 503
                assert "127.0.0.1:1" in (await response.json())["reason"]["sentence"]

    asyncio.run(main())


def test_page_of_another_name_cannot_read_it(settings: OracleSettings) -> None:
    async def conversation(get: Get) -> None:
        for name in ("evil.example", "evil.example:80", "127.0.0.1.evil.example"):
            assert (await get("/v1/prices", headers={"Host": name}))[0] == 403
        for name in ("localhost", "localhost:8642", "127.0.0.1:8642"):
            assert (await get("/v1/prices", headers={"Host": name}))[0] == 200

    talk(settings, conversation)


@pytest.mark.parametrize(
    ("method", "path", "expected"), [("POST", "/v1/prices", 405), ("GET", "/nothing", 404)]
)
def test_other_requests_get_a_json_error(
    settings: OracleSettings, method: str, path: str, expected: int
) -> None:
    async def conversation(get: Get) -> None:
        status, body = await get(path, method=method)
        assert status == expected
        assert body["error"]

    talk(settings, conversation)


def test_taken_port_is_told(settings: OracleSettings) -> None:
    async def main() -> None:
        with socket.socket() as taken:
            taken.bind((HOST, 0))
            taken.listen()
            port = taken.getsockname()[1]
            async with service(settings) as (oracle, _):
                with pytest.raises(PortUnavailable, match=f"port {port}.*--port"):
                    async with serve_prices(oracle, port):
                        pytest.fail("two on one port")

    asyncio.run(main())


@asynccontextmanager
async def connection(url: str, sent: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """A program that has connected and sent something."""
    reader, writer = await asyncio.open_connection(HOST, int(url.rpartition(":")[2]))
    try:
        async with asyncio.timeout(30):
            writer.write(sent)
            yield reader
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def read_line(reader: asyncio.StreamReader) -> bytes:
    """The first line of an answer; empty where the other side hangs up."""
    try:
        return await reader.readline()
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: localh"])
def test_who_asks_for_nothing_is_hung_up_on(settings: OracleSettings, sent: bytes) -> None:
    async def main() -> None:
        async with (
            open_oracle(settings, None) as oracle,
            serve_prices(oracle, 0, limits=Limits(0.05)) as url,
            connection(url, sent) as silent,
        ):
            assert await read_line(silent) == b""

    asyncio.run(main())


def test_one_program_too_many_is_hung_up_on_until_another_leaves(settings: OracleSettings) -> None:
    question, answer = b"GET /v1/prices HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200 OK\r\n"

    async def main() -> None:
        limits = Limits(connections=2)
        async with open_oracle(settings, None) as oracle, serve_prices(oracle, 0, limits=limits) as url:
            async with connection(url, question) as first:
                assert await read_line(first) == answer
                async with connection(url, question) as second, connection(url, question) as third:
                    assert [await read_line(second), await read_line(third)] == [answer, b""]
            line = b""
            while line != answer:  # the service learns in its own time that somebody has left
                async with connection(url, question) as fourth:
                    line = await read_line(fourth)

    asyncio.run(main())
