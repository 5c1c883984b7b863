"""Which services are asked follows from what is said of them, and none is asked as somebody whom nobody named."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.errors import SourceUnavailable
from oracle.foundation.clocks import SYSTEM_CLOCKS
from oracle.market import Offering
from oracle.price_settings import (
    SOURCES,
    AwsPriceSettings,
    AzureCredential,
    AzurePriceSettings,
    GcpPriceSettings,
    LivePriceSettings,
    list_askable,
)
from oracle.reasons import OracleCode
from oracle.sources.choosing import ask_services
from oracle.sources.gcp.login import read_api_key
from oracle.sources.services import make_live_market
from tests.oracle.sources.aws.public_services import public_aws

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
PUBLIC = {"AWS spot feed", "AWS Spot Advisor", "AWS price list", "Azure Retail Prices"}
AWS = AwsPriceSettings(profile="prices")
AZURE = AzurePriceSettings(credential=AzureCredential.ENVIRONMENT, subscription=SUBSCRIPTION)
GCP = GcpPriceSettings(project="my-project", api_key_file="/run/secrets/key")


def names(settings: LivePriceSettings) -> set[str]:
    async def main() -> set[str]:
        market = make_live_market(settings, SYSTEM_CLOCKS)
        try:
            return set(market.names)
        finally:
            await market.aclose()

    return asyncio.run(main())


def test_only_public_services_are_asked_where_nobody_is_named() -> None:
    assert names(LivePriceSettings()) == PUBLIC


def test_services_with_an_account_are_asked_once_it_is_named() -> None:
    assert names(LivePriceSettings(aws=AWS, azure=AZURE, gcp=GCP)) == PUBLIC | {
        "AWS spot price history",
        "AWS placement scores",
        "Azure Resource Graph",
        "Azure spot placement",
        "Google Cloud capacity history",
        "Google Cloud capacity advice",
        "Google Cloud billing catalog",
    }


def test_subscription_alone_says_not_as_whom_to_ask() -> None:
    assert names(LivePriceSettings(azure=replace(AZURE, credential=None))) == PUBLIC


def test_named_services_are_asked_and_no_other() -> None:
    settings = LivePriceSettings(sources=frozenset({"azure-resource-graph"}), aws=AWS, azure=AZURE, gcp=GCP)
    assert names(settings) == {"Azure Resource Graph"}


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_service_can_be_made_where_its_account_is_named(source: str) -> None:
    settings = LivePriceSettings(sources=frozenset({source}), aws=AWS, azure=AZURE, gcp=GCP)
    assert len(names(settings)) == 1
    assert list_askable(settings) == SOURCES.keys()


def test_service_without_its_account_cannot_be_named() -> None:
    refusing = [
        promise
        for promise in LivePriceSettings.promises
        if not promise.holds(LivePriceSettings(sources=frozenset({"gcp-capacity-history"})))
    ]
    assert len(refusing) == 1
    assert not [promise for promise in LivePriceSettings.promises if not promise.holds(LivePriceSettings())]


def test_hosts_that_give_tokens_are_told() -> None:
    async def main() -> set[str]:
        market = make_live_market(LivePriceSettings(aws=AWS, azure=AZURE, gcp=GCP), SYSTEM_CLOCKS)
        try:
            return {host for status in market.statuses for host in status.hosts}
        finally:
            await market.aclose()

    assert {"login.microsoftonline.com", "oauth2.googleapis.com"} <= asyncio.run(main())


def test_key_is_the_only_line_of_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("AIzaSy-key_of_39_characters\n")
    file.chmod(0o600)
    assert read_api_key(str(file)) == "AIzaSy-key_of_39_characters"
    file.chmod(0o644)
    with pytest.raises(SourceUnavailable) as refused:
        read_api_key(str(file))
    assert refused.value.reason.code is OracleCode.LOGIN_FAILED


@pytest.mark.parametrize(
    "content", ["", "two words", "one-key-a\none-key-b", "x" * 500, "key\x1b[31mabcdefgh"]
)
def test_file_that_holds_no_key_is_refused_and_not_repeated(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(SourceUnavailable) as refused:
        read_api_key(str(file))
    assert refused.value.reason.code is OracleCode.API_KEY_GARBLED
    assert not content or content not in str(refused.value)


@pytest.mark.parametrize(
    "region", ["../../somebody-else", "evil.example/#", "us-east-1.evil.example", "", "moon-1"]
)
def test_a_region_that_a_label_made_up_stands_in_no_address(tmp_path: Path, region: str) -> None:
    async def run() -> None:
        async with public_aws(tmp_path, {"us-east-1": {"m5.large": "0.03"}}, {"m5.large": "0.1"}) as (
            server,
            live,
        ):
            market = make_live_market(replace(live, sources=frozenset({"aws-price-list"})), SYSTEM_CLOCKS)
            await market.observe([Offering("aws", region, "m5.large")], SYSTEM_CLOCKS.wall())
            await market.wait_for_answers()
            assert server.asked == []
            await market.observe([Offering("aws", "us-east-1", "m5.large")], SYSTEM_CLOCKS.wall())
            await market.wait_for_answers()
            assert server.paths() == ["/offers/us-east-1/index.csv"]
            await market.aclose()

    asyncio.run(run())


def test_offline_there_is_no_service_at_all() -> None:
    market = ask_services(LivePriceSettings(offline=True), SYSTEM_CLOCKS)
    assert [reason.code for reason in market.notices] == [OracleCode.PRICES_OFFLINE]
    assert market.statuses == ()


def test_a_region_that_a_person_misspelt_is_told_and_does_not_mean_all(tmp_path: Path) -> None:
    async def run() -> None:
        async with public_aws(tmp_path, {"us-east-1": {"m5.large": "0.03"}}, {"m5.large": "0.1"}) as (
            server,
            live,
        ):
            market = make_live_market(replace(live, regions=frozenset({"aws/us-east1"})), SYSTEM_CLOCKS)
            await market.observe([Offering("aws", "us-east-1", "m5.large")], SYSTEM_CLOCKS.wall())
            await market.wait_for_answers()
            assert server.asked == []
            [told] = market.notices
            assert (told.code, told["example"]) == (OracleCode.REGION_NOT_ASKED, "aws/us-east-1")
            await market.aclose()

    asyncio.run(run())
