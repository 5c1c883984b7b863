"""What a person learns of a service that does not answer, and what of its answers is never used."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from oracle.errors import SourceUnavailable
from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode
from oracle.sources.web.client import Question, WebAnswer, WebClient
from oracle.sources.web.tls import load_authorities
from tests.oracle.sources.price_servers import (
    Answer,
    PriceServer,
    Waits,
    hang,
    price_server,
    say,
    say_in_turn,
    tunnel_proxy,
    web_client,
)


def ask(folder: Path, answer: Answer, waits: Waits | None = None, **question: object) -> WebAnswer:
    """Ask a server that answers so at /prices."""

    async def run() -> WebAnswer:
        async with price_server(folder) as server, web_client(server.ca_bundle, waits or Waits()) as client:
            server.answers["/prices"] = answer
            return await client.ask(Question(f"{server.url}/prices", **question))  # type: ignore[arg-type]

    return asyncio.run(run())


def refusal(
    folder: Path, answer: Answer, waits: Waits | None = None, **question: object
) -> SourceUnavailable:
    with pytest.raises(SourceUnavailable) as raised:
        ask(folder, answer, waits, **question)
    return raised.value


def test_an_answer_comes_with_its_mark(tmp_path: Path) -> None:
    assert ask(tmp_path, say("prices", ETag='"7"')) == WebAnswer(b"prices", '"7"', False)


def test_what_has_not_changed_is_known_by_its_mark(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=304 if request.headers.get("If-None-Match") == '"7"' else 200)

    found = ask(tmp_path, answer, headers={"If-None-Match": '"7"'})
    assert found.is_unchanged
    assert not ask(tmp_path, answer).is_unchanged


@pytest.mark.parametrize(
    ("status", "code", "times"),
    [
        (401, OracleCode.WEB_DENIED, 1),
        (403, OracleCode.WEB_DENIED, 1),
        (404, OracleCode.WEB_STATUS_UNEXPECTED, 1),
        (302, OracleCode.WEB_STATUS_UNEXPECTED, 1),
        (204, OracleCode.WEB_STATUS_UNEXPECTED, 1),
        (429, OracleCode.WEB_THROTTLED, 3),
        (500, OracleCode.WEB_BROKEN, 3),
        (503, OracleCode.WEB_THROTTLED, 3),
    ],
)
def test_a_status_says_what_to_do_and_only_what_may_pass_is_asked_again(
    tmp_path: Path, status: int, code: OracleCode, times: int
) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(status=status)

    error = refusal(tmp_path, answer)
    assert error.reason.code is code
    assert asked == ["/prices"] * times
    assert str(error).startswith("localhost ")


def test_no_redirect_is_followed(tmp_path: Path) -> None:
    async def work(server: PriceServer, client: WebClient, waits: Waits) -> None:
        server.answers["/prices"] = say("", 302, Location="/elsewhere")
        server.answers["/elsewhere"] = say("prices of somebody else")
        await expect(client, f"{server.url}/prices", OracleCode.WEB_STATUS_UNEXPECTED)
        assert server.paths() == ["/prices"]

    with_server(tmp_path, work)


def test_a_fault_that_passes_costs_no_answer(tmp_path: Path) -> None:
    answer = say_in_turn(say("", 500), say("", 429, Retry_After="3"), say("prices"))
    waits = Waits()
    assert ask(tmp_path, answer, waits).body == b"prices"
    assert [wait for wait in waits.slept if wait >= 0.5] == [0.5, 4.0]


def test_who_wants_a_long_rest_gets_it(tmp_path: Path) -> None:
    error = refusal(tmp_path, say("", 429, Retry_After="900"))
    assert error.retry_after_s == 900.0


def test_an_answer_that_is_too_long_is_used_in_no_part(tmp_path: Path) -> None:
    error = refusal(tmp_path, say("x" * 1000), max_bytes=999)
    assert error.reason.code is OracleCode.WEB_TOO_LARGE
    assert len(ask(tmp_path, say("x" * 999), max_bytes=999).body) == 999


def test_a_small_packed_answer_cannot_fill_the_memory(tmp_path: Path) -> None:
    packed = say(gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip")
    assert refusal(tmp_path, packed, max_bytes=100_000).reason.code is OracleCode.WEB_TOO_LARGE


def test_silence_has_an_end(tmp_path: Path) -> None:
    error = refusal(tmp_path, hang, total_s=0.05)
    assert error.reason.code is OracleCode.WEB_TIMED_OUT


def test_nobody_is_believed_who_does_not_prove_who_they_are(tmp_path: Path) -> None:
    async def run() -> None:
        async with price_server(tmp_path) as server, web_client(None, Waits()) as client:
            server.answers["/prices"] = say("prices")
            await client.ask(Question(f"{server.url}/prices"))

    with pytest.raises(SourceUnavailable) as raised:
        asyncio.run(run())
    assert raised.value.reason.code is OracleCode.WEB_NOT_BELIEVED


def test_a_reason_never_repeats_the_address_which_may_hold_a_key(tmp_path: Path) -> None:
    for answer in (say("", 403), say("", 500), say("x" * 1000)):
        error = refusal(tmp_path, answer, params=(("key", "s3cret"),), max_bytes=10)
        assert "s3cret" not in str(error)
        assert "s3cret" not in repr(error.__cause__)


def with_server(folder: Path, work: Callable[[PriceServer, WebClient, Waits], Awaitable[None]]) -> None:
    async def run() -> None:
        waits = Waits()
        async with price_server(folder) as server, web_client(server.ca_bundle, waits) as client:
            await work(server, client, waits)

    asyncio.run(run())


async def expect(client: WebClient, url: str, code: OracleCode) -> Reason:
    with pytest.raises(SourceUnavailable) as raised:
        await client.ask(Question(url))
    assert raised.value.reason.code is code
    return raised.value.reason


def test_a_host_that_fails_again_and_again_is_left_alone_for_a_while(tmp_path: Path) -> None:
    async def work(server: PriceServer, client: WebClient, waits: Waits) -> None:
        url = f"{server.url}/prices"
        server.answers["/prices"] = say("", 500)
        for _ in range(2):
            await expect(client, url, OracleCode.WEB_BROKEN if not server.asked else OracleCode.WEB_RESTING)
        before = len(server.asked)
        resting = await expect(client, url, OracleCode.WEB_RESTING)
        assert len(server.asked) == before
        assert "a fault of its own (status 500)" in str(resting), (
            "why it failed is not hidden by that it rests"
        )
        waits.time.pass_time(200.0)
        server.answers["/prices"] = say("prices")
        assert (await client.ask(Question(url))).body == b"prices"

    with_server(tmp_path, work)


def test_who_is_refused_is_told_so_each_time_and_not_left_alone(tmp_path: Path) -> None:
    async def work(server: PriceServer, client: WebClient, waits: Waits) -> None:
        server.answers["/prices"] = say("", 403)
        for _ in range(8):
            await expect(client, f"{server.url}/prices", OracleCode.WEB_DENIED)

    with_server(tmp_path, work)


@pytest.mark.parametrize(("no_proxy", "is_direct"), [((), False), (("localhost",), True)])
def test_who_has_a_proxy_asks_through_it_and_it_learns_the_name_alone(
    tmp_path: Path, no_proxy: tuple[str, ...], is_direct: bool
) -> None:
    async def run() -> None:
        async with price_server(tmp_path) as server, tunnel_proxy() as (proxy, asked):
            server.answers["/prices"] = say("prices")
            settings = {"https_proxy": proxy, "no_proxy": frozenset(no_proxy)}
            async with web_client(server.ca_bundle, Waits(), **settings) as client:
                assert (await client.ask(Question(f"{server.url}/prices"))).body == b"prices"
            assert asked == ([] if is_direct else [server.url.removeprefix("https://")])

    asyncio.run(run())


def test_a_proxy_that_is_not_there_is_named_as_what_does_not_help(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            price_server(tmp_path) as server,
            web_client(server.ca_bundle, Waits(), https_proxy="http://:s3cret@127.0.0.1:1") as client,
        ):
            await client.ask(Question(f"{server.url}/prices"))

    with pytest.raises(SourceUnavailable) as raised:
        asyncio.run(run())
    assert raised.value.reason.code is OracleCode.WEB_PROXY_FAILED
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_bundle_without_an_authority_is_refused_by_name(tmp_path: Path, content: str) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(content)
    bundle.chmod(0o600)
    with pytest.raises(SourceUnavailable, match=r"bundle\.pem"):
        load_authorities(str(bundle))


def test_authorities_that_others_may_write_are_not_believed(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("anything")
    bundle.chmod(0o666)
    with pytest.raises(SourceUnavailable) as raised:
        load_authorities(str(bundle))
    assert raised.value.reason.code is OracleCode.AUTHORITIES_UNUSABLE
