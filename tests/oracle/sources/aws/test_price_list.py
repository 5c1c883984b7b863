"""On-demand prices from a list of hundreds of megabytes: which rows count, and that they are asked for once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from oracle.errors import SourceUnavailable
from oracle.market import Offering
from oracle.reasons import OracleCode
from oracle.sources.aws.offer_rows import OfferRows
from oracle.sources.aws.price_list import AwsPriceList
from tests.oracle.fakes import NOON
from tests.oracle.sources.aws.public_files import (
    DUBLIN_LARGE,
    HOST,
    LARGE,
    LARGE_ON_DEMAND,
    OFFER_COLUMNS,
    WINDOWS,
    write_offers,
)
from tests.oracle.sources.live_fakes import claim
from tests.oracle.sources.price_servers import PriceServer, Waits, price_server, say, web_client

SINCE = datetime(2026, 9, 1, tzinfo=UTC).timestamp()
WANTED = frozenset({LARGE_ON_DEMAND, WINDOWS.on_demand})


def read(body: bytes, piece: int = 1 << 16) -> OfferRows:
    async def take() -> OfferRows:
        rows = OfferRows(HOST, LARGE.region, WANTED)
        for start in range(0, len(body), piece):
            await rows.take(body[start : start + piece])
        return rows

    return asyncio.run(take())


@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_a_row_is_a_price_however_the_list_is_cut(piece: int) -> None:
    body = write_offers({}, {"Operating System": "Windows", "PricePerUnit": "0.188"})
    assert read(body, piece).prices == {
        LARGE_ON_DEMAND: claim("0.096", SINCE),
        WINDOWS.on_demand: claim("0.188", SINCE),
    }


@pytest.mark.parametrize(
    "change",
    [
        {"TermType": "Reserved"},
        {"Unit": "Quantity"},
        {"Currency": "CNY"},
        {"Tenancy": "Dedicated"},
        {"Tenancy": "Host"},
        {"Pre Installed S/W": "SQL Std"},
        {"CapacityStatus": "UnusedCapacityReservation"},
        {"License Model": "Bring your own license"},
        {"Operating System": "SUSE"},
        {"Instance Type": "m5.xlarge"},
        {"PricePerUnit": "0.0000000000"},
        {"PricePerUnit": "-1"},
        {"PricePerUnit": "NaN"},
        {"PricePerUnit": "cheap"},
        {"PricePerUnit": ""},
    ],
    ids=lambda change: "=".join(*change.items()),
)
def test_what_is_not_the_plain_machine_by_the_hour_is_no_price(change: dict[str, str]) -> None:
    assert read(write_offers(change)).prices == {}


def test_the_list_of_another_region_is_none_of_this_one() -> None:
    columns = (*OFFER_COLUMNS, "Region Code")
    assert read(write_offers({"Region Code": "sa-east-1"}, columns=columns)).prices == {}
    assert set(read(write_offers({"Region Code": "us-east-1"}, columns=columns)).prices) == {LARGE_ON_DEMAND}


def test_two_prices_of_one_machine_are_none() -> None:
    assert read(write_offers({}, {"PricePerUnit": "0.048"})).prices == {}
    assert read(write_offers({}, {"PricePerUnit": "0.0960"})).prices == {
        LARGE_ON_DEMAND: claim("0.096", SINCE)
    }


def test_a_day_that_cannot_be_read_makes_no_price_unknown() -> None:
    assert read(write_offers({"EffectiveDate": "soon"})).prices == {LARGE_ON_DEMAND: claim("0.096")}


@pytest.mark.parametrize(
    "body",
    [
        write_offers({}, columns=tuple(name for name in OFFER_COLUMNS if name != "Tenancy")),
        b"<p>\n" * 50,
        b"x" * 100_000,
    ],
    ids=["no tenancy", "HTML", "one endless line"],
)
def test_what_is_no_list_is_used_in_no_part(body: bytes) -> None:
    with pytest.raises(SourceUnavailable) as raised:
        read(body)
    assert raised.value.reason.code is OracleCode.WEB_GARBLED


def with_list(folder: Path, work: Callable[[PriceServer, AwsPriceList], Awaitable[None]]) -> None:
    async def run() -> None:
        async with price_server(folder) as server, web_client(server.ca_bundle, Waits()) as client:
            await work(server, AwsPriceList(client, f"{server.url}/offers/"))

    asyncio.run(run())


async def marked(request: web.Request) -> web.StreamResponse:
    """A list that says whether it has changed."""
    if request.headers.get("If-None-Match") == '"1"':
        return web.Response(status=304)
    return web.Response(body=write_offers({}), headers={"ETag": '"1"'})


def test_a_list_that_has_not_changed_is_not_sent_again_and_confirms_its_prices(tmp_path: Path) -> None:
    async def work(server: PriceServer, prices: AwsPriceList) -> None:
        server.answers["/offers/us-east-1/index.csv"] = marked
        first = await prices.ask(frozenset({LARGE}), NOON)
        again = await prices.ask(frozenset({replace(LARGE, zone="us-east-1a")}), NOON + 21_600)
        assert dict(first.prices) == dict(again.prices) == {LARGE_ON_DEMAND: claim("0.096", SINCE)}
        assert again.confirmed_at == NOON + 21_600
        assert [request.headers.get("If-None-Match") for request in server.asked] == [None, '"1"']

    with_list(tmp_path, work)


def test_a_machine_that_is_newly_wanted_is_looked_for_in_the_whole_list(tmp_path: Path) -> None:
    async def work(server: PriceServer, prices: AwsPriceList) -> None:
        server.answers["/offers/us-east-1/index.csv"] = marked
        other = Offering("aws", "us-east-1", "c5.large")
        assert dict((await prices.ask(frozenset({other}), NOON)).prices) == {}
        assert set((await prices.ask(frozenset({other, LARGE}), NOON)).prices) == {LARGE_ON_DEMAND}

    with_list(tmp_path, work)


def test_one_region_without_a_list_takes_nothing_from_the_others(tmp_path: Path) -> None:
    async def work(server: PriceServer, prices: AwsPriceList) -> None:
        server.answers["/offers/us-east-1/index.csv"] = say(write_offers({}))
        answer = await prices.ask(frozenset({LARGE, DUBLIN_LARGE}), NOON)
        assert set(answer.prices) == {LARGE_ON_DEMAND}
        assert [problem.code for problem in answer.problems] == [OracleCode.WEB_STATUS_UNEXPECTED]
        with pytest.raises(SourceUnavailable):
            await prices.ask(frozenset({DUBLIN_LARGE}), NOON)

    with_list(tmp_path, work)


def test_an_empty_list_is_no_list(tmp_path: Path) -> None:
    async def work(server: PriceServer, prices: AwsPriceList) -> None:
        server.answers["/offers/us-east-1/index.csv"] = say("")
        with pytest.raises(SourceUnavailable):
            await prices.ask(frozenset({LARGE}), NOON)

    with_list(tmp_path, work)


@pytest.mark.parametrize("name", ["../../v1.0", "us-east-1/../eu-west-1", "us-east-1?x=", "us-east-1#"])
def test_a_region_whose_name_could_lead_elsewhere_is_not_asked_about(tmp_path: Path, name: str) -> None:
    async def work(server: PriceServer, prices: AwsPriceList) -> None:
        server.answers["/offers/us-east-1/index.csv"] = say(write_offers({}))
        answer = await prices.ask(frozenset({LARGE, replace(LARGE, region=name)}), NOON)
        assert set(answer.prices) == {LARGE_ON_DEMAND}
        assert [problem.code for problem in answer.problems] == [OracleCode.NAMES_UNASKABLE]
        assert len(server.asked) == 1

    with_list(tmp_path, work)
