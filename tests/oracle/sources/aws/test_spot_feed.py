"""The public spot feed: which of it is a price, and what makes the whole unusable."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.errors import SourceUnavailable
from oracle.market import CapacityType
from oracle.reasons import OracleCode
from oracle.sources.aws.spot_feed import AwsSpotFeed, parse_feed
from tests.oracle.fakes import NOON
from tests.oracle.sources.aws.public_files import DUBLIN_LARGE, HOST, LARGE, WINDOWS, feed_size, write_feed
from tests.oracle.sources.live_fakes import claim
from tests.oracle.sources.price_servers import Waits, price_server, say, web_client

FEED = write_feed(
    {
        "us-east": [feed_size("m5.large", "0.0357", "0.1277"), feed_size("m5.xlarge", "0.0649")],
        "eu-west-1": [feed_size("m5.large", "0.0401")],
    }
)


def test_linux_and_windows_are_told_apart_and_old_names_of_regions_are_known() -> None:
    prices, problems = parse_feed(FEED, HOST, {LARGE, WINDOWS, DUBLIN_LARGE})
    assert prices == {LARGE: claim("0.0357"), WINDOWS: claim("0.1277"), DUBLIN_LARGE: claim("0.0401")}
    assert problems == ()


def test_an_answer_of_spaces_is_refused_at_once() -> None:
    """Tried in all ways it would take hours, in which no engine decides or answers anything."""
    with pytest.raises(SourceUnavailable):
        parse_feed(b"callback({})" + b" " * 1_000_000 + b"x", HOST, {LARGE})


def test_only_what_is_wanted_is_kept() -> None:
    assert set(parse_feed(FEED, HOST, {DUBLIN_LARGE})[0]) == {DUBLIN_LARGE}


@pytest.mark.parametrize("text", ["N/A*", "", "-0.1", "NaN", "Infinity", "1e9x", "0x10", "1" * 40])
def test_what_is_no_price_is_unknown(text: str) -> None:
    body = write_feed({"us-east-1": [feed_size("m5.large", text)]})
    assert parse_feed(body, HOST, {LARGE}) == ({}, ())


def test_a_garbled_machine_is_left_out_and_counted_and_the_others_hold() -> None:
    body = write_feed(
        {
            "us-east-1": [
                {"size": 7},
                {"size": "m5.large", "valueColumns": None},
                feed_size("m5.large", "0.03"),
            ]
        }
    )
    prices, [problem] = parse_feed(body, HOST, {LARGE})
    assert prices == {LARGE: claim("0.03")}
    assert (problem.code, problem["count"]) == (OracleCode.WEB_ITEMS_GARBLED, 2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>503 Service Unavailable</body></html>",
        b"callback(",
        b"callback([]);",
        b"callback({});",
        b"callback({}); fetch('https://evil.example')",
        FEED.replace(b"callback", b"eval"),
        FEED.removeprefix(b"callback(").removesuffix(b");"),
        FEED.replace(b'"rate": "perhr"', b'"rate": "permonth"'),
        write_feed({"us-east-1": [feed_size("m5.large", "0.03")]}, currency="CNY"),
        FEED[:200],
        b"callback(" + b"[" * 100_000 + b");",
        b"callback({" + b'"a":{' * 100_000 + b"});",
    ],
)
def test_what_is_not_the_documented_feed_is_used_in_no_part(body: bytes) -> None:
    with pytest.raises(SourceUnavailable) as raised:
        parse_feed(body, HOST, {LARGE})
    assert raised.value.reason.code is OracleCode.WEB_GARBLED


def test_the_feed_counts_from_the_moment_at_which_it_was_asked_and_knows_no_zones(tmp_path: Path) -> None:
    async def run() -> None:
        async with price_server(tmp_path) as server, web_client(server.ca_bundle, Waits()) as client:
            server.answers["/spot.js"] = say(FEED)
            feed = AwsSpotFeed(client, f"{server.url}/spot.js", 600.0, 1800.0)
            on_demand = replace(LARGE, capacity_type=CapacityType.ON_DEMAND)
            answer = await feed.ask(frozenset({replace(LARGE, zone="us-east-1a"), on_demand}), NOON)
            assert dict(answer.prices) == {LARGE: claim("0.0357")}
            assert (answer.confirmed_at, answer.life_s) == (NOON, 1800.0)
            assert answer.prices[LARGE].usd_per_hour == Decimal("0.0357")
            assert feed.service.hosts == ("localhost",)

    asyncio.run(run())
