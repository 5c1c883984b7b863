"""The Spot Advisor's file: bands of interruption as AWS says them, and no other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from oracle.errors import SourceUnavailable
from oracle.reasons import OracleCode
from oracle.signals import Interruption
from oracle.sources.aws.spot_advisor import AwsSpotAdvisor, parse_advice
from tests.oracle.fakes import NOON
from tests.oracle.sources.aws.public_files import DUBLIN_LARGE, HOST, LARGE, RANGES, WINDOWS, write_advice
from tests.oracle.sources.price_servers import Waits, price_server, say, web_client

MONTH_S = 2_592_000.0
RARELY = Interruption(0.0, 0.05, MONTH_S, "<5 % in the last month")
OFTEN = Interruption(0.2, 1.0, MONTH_S, ">20 % in the last month")
ADVICE = write_advice({"us-east-1": {"m5.large": 0}, "eu-west-1": {"m5.large": 4, "m5.xlarge": 1}})


def test_a_band_is_told_as_the_cloud_says_it() -> None:
    found = parse_advice(ADVICE, HOST, {LARGE, DUBLIN_LARGE})
    assert found == {LARGE: RARELY, DUBLIN_LARGE: OFTEN}


def test_what_the_file_does_not_name_is_unknown() -> None:
    assert parse_advice(ADVICE, HOST, {WINDOWS}) == {}


@pytest.mark.parametrize("band", [5, -1, 2.5, "4", None, True])
def test_a_band_that_there_is_not_is_unknown(band: object) -> None:
    assert parse_advice(write_advice({"us-east-1": {"m5.large": band}}), HOST, {LARGE}) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"ranges": []}',
        write_advice({}, ranges=RANGES[:4]),
        write_advice({}, ranges=[{**RANGES[0], "label": "<1%"}, *RANGES[1:]]),
        write_advice({}, ranges=[{**one, "index": 4 - one["index"]} for one in RANGES]),
    ],
)
def test_a_file_with_other_bands_is_used_in_no_part(body: bytes) -> None:
    with pytest.raises(SourceUnavailable) as raised:
        parse_advice(body, HOST, {LARGE})
    assert raised.value.reason.code is OracleCode.WEB_GARBLED


def test_the_advisor_says_no_price(tmp_path: Path) -> None:
    async def run() -> None:
        async with price_server(tmp_path) as server, web_client(server.ca_bundle, Waits()) as client:
            server.answers["/advice.json"] = say(ADVICE)
            answer = await AwsSpotAdvisor(client, f"{server.url}/advice.json").ask(frozenset({LARGE}), NOON)
            assert (dict(answer.prices), dict(answer.interruptions)) == ({}, {LARGE: RARELY})

    asyncio.run(run())
