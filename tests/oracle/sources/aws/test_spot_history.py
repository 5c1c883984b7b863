"""Spot prices of AWS by zone: which record holds, how pages end, and as whom AWS is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from moto import mock_aws

from oracle.errors import SourceUnavailable
from oracle.foundation.clocks import SYSTEM_CLOCKS
from oracle.market import CapacityType, Offering, OperatingSystem
from oracle.price_history import PricePoint
from oracle.price_settings import AwsPriceSettings, LivePriceSettings
from oracle.reasons import OracleCode
from oracle.sources.aws.api import Ec2Api
from oracle.sources.aws.credentials import make_session
from oracle.sources.aws.spot_history import AwsSpotHistory
from oracle.sources.aws.spot_records import collect_series, find_past, find_prices
from oracle.sources.live import LiveAnswer
from tests.oracle.sources.aws.ec2_server import (
    answer_with,
    ec2_server,
    name_credentials,
    refuse_with,
    write_history,
    write_record,
)
from tests.oracle.sources.live_fakes import claim
from tests.oracle.sources.price_servers import Answer, PriceServer, Waits, say, tunnel_proxy

NOON = datetime(2026, 7, 25, 12, tzinfo=UTC).timestamp()
AT_TEN = datetime(2026, 7, 25, 10, tzinfo=UTC)
ZONE_A = Offering("aws", "us-east-1", "m5.large", CapacityType.SPOT, "us-east-1a")
ZONE_B = replace(ZONE_A, zone="us-east-1b")
BY_ID = replace(ZONE_A, zone="use1-az1")
WANTED = frozenset({ZONE_A, ZONE_B})


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name_credentials(monkeypatch, tmp_path)


def record(
    zone: str = "us-east-1a", price: object = "0.0357", hour: int = 10, **changes: object
) -> dict[str, object]:
    return {
        "AvailabilityZone": zone,
        "AvailabilityZoneId": "use1-az1" if zone == "us-east-1a" else "use1-az2",
        "InstanceType": "m5.large",
        "ProductDescription": "Linux/UNIX",
        "SpotPrice": price,
        "Timestamp": AT_TEN.replace(hour=hour),
        **changes,
    }


def prices_of(*records: object, wanted: frozenset[Offering] = WANTED) -> dict[Offering, object]:
    series, garbled = collect_series("us-east-1", records, wanted)
    assert garbled == 0
    return dict(find_prices(series, NOON))


def test_the_newest_price_of_a_zone_holds_in_whatever_order_they_come() -> None:
    records = [record(price="0.03", hour=9), record(price="0.04", hour=11), record(price="0.02", hour=7)]
    for order in (records, records[::-1], records[1:] + records[:1]):
        assert prices_of(*order) == {ZONE_A: claim("0.04", NOON - 3600)}


def test_zones_have_prices_of_their_own_by_name_and_by_identifier() -> None:
    found = prices_of(record(), record("us-east-1b", "0.05"), wanted=WANTED | {BY_ID})
    begun = AT_TEN.timestamp()
    assert found == {
        ZONE_A: claim("0.0357", begun),
        BY_ID: claim("0.0357", begun),
        ZONE_B: claim("0.05", begun),
    }


def test_a_price_of_the_future_does_not_hold_yet() -> None:
    assert prices_of(record(), record(price="0.9", hour=13)) == {ZONE_A: claim("0.0357", AT_TEN.timestamp())}


def test_two_prices_of_one_moment_are_none_and_the_same_twice_is_one() -> None:
    assert prices_of(record(), record(price="0.07")) == {}
    assert prices_of(record(), record(), record(ProductDescription="Linux/UNIX (Amazon VPC)")) == {
        ZONE_A: claim("0.0357", AT_TEN.timestamp())
    }


def test_windows_and_linux_do_not_overwrite_each_other() -> None:
    windows = replace(ZONE_A, system=OperatingSystem.WINDOWS)
    found = prices_of(
        record(), record(price="0.12", ProductDescription="Windows"), wanted=frozenset({ZONE_A, windows})
    )
    assert found[ZONE_A] == claim("0.0357", AT_TEN.timestamp())
    assert found[windows] == claim("0.12", AT_TEN.timestamp())


NO_PRICES = (0.0357, "free", "-1", "NaN", "1" + "0" * 5000 + "e99999999999999999999")


@pytest.mark.parametrize("price", NO_PRICES, ids=lambda price: str(price)[:10])
def test_a_newest_record_without_a_price_ends_the_one_before_it(price: object) -> None:
    """The last value is not what holds after it; of the past it stays known."""
    series, count = collect_series("us-east-1", [record(), record(price=price, hour=11)], WANTED)
    assert (count, find_prices(series, NOON)) == (1, {})
    assert find_past(series, NOON) == {ZONE_A: (PricePoint(AT_TEN.timestamp(), Decimal("0.0357")),)}


@pytest.mark.parametrize(
    "garbled",
    [
        {},
        None,
        "record",
        *(record("us-east-1b", price) for price in NO_PRICES),
        record(Timestamp="2026-07-25T10:00:00Z"),
        record(ProductDescription="Red Hat Enterprise Linux"),
    ],
    ids=lambda one: str(one)[-60:],
)
def test_a_record_that_is_none_is_counted_and_the_others_hold(garbled: object) -> None:
    series, count = collect_series("us-east-1", [garbled, record()], WANTED)
    assert count == 1
    assert find_prices(series, NOON) == {ZONE_A: claim("0.0357", AT_TEN.timestamp())}


def test_the_past_is_told_oldest_first_and_ends_now() -> None:
    records = [record(price="0.04", hour=11), record(price="0.03", hour=9), record(price="0.9", hour=13)]
    [points] = find_past(collect_series("us-east-1", records, WANTED)[0], NOON).values()
    assert [(point.observed_at - NOON, point.usd_per_hour) for point in points] == [
        (-10_800.0, Decimal("0.03")),
        (-3600.0, Decimal("0.04")),
    ]


def ask(
    folder: Path,
    answer: Answer,
    offerings: frozenset[Offering] = WANTED,
    look: Callable[[PriceServer], Awaitable[None]] | None = None,
    aws: AwsPriceSettings | None = None,
) -> LiveAnswer:
    async def run() -> LiveAnswer:
        async with ec2_server(folder, Waits(), aws) as (server, api):
            server.answers["/us-east-1/"] = answer
            try:
                return await AwsSpotHistory(api, 600.0, 1800.0).ask(offerings, NOON)
            finally:
                if look is not None:
                    await look(server)

    return asyncio.run(run())


def refusal(folder: Path, answer: Answer, aws: AwsPriceSettings | None = None) -> SourceUnavailable:
    with pytest.raises(SourceUnavailable) as raised:
        ask(folder, answer, aws=aws)
    return raised.value


def test_prices_come_by_pages_some_of_them_empty(tmp_path: Path) -> None:
    pages = {
        "": write_history([write_record()], "one"),
        "one": write_history([], "two"),
        "two": write_history([write_record("us-east-1b", "0.05", zone_id="use1-az2")]),
    }
    found = ask(tmp_path, answer_with(lambda fields: pages[fields.get("NextToken", "")]))
    begun = AT_TEN.timestamp()
    assert dict(found.prices) == {ZONE_A: claim("0.0357", begun), ZONE_B: claim("0.05", begun)}
    assert (found.confirmed_at, found.life_s) == (NOON, 1800.0)
    assert set(found.past) == {ZONE_A, ZONE_B}


def test_a_page_that_comes_back_is_used_in_no_part(tmp_path: Path) -> None:
    error = refusal(tmp_path, answer_with(lambda fields: write_history([write_record()], "again")))
    assert error.reason.code is OracleCode.WEB_PAGE_REPEATED


def test_the_last_day_of_the_wanted_types_is_asked_for_and_signed_by_the_credentials(tmp_path: Path) -> None:
    asked: list[dict[str, str]] = []

    def note(fields: dict[str, str]) -> str:
        asked.append(fields)
        return write_history([])

    async def look(server: PriceServer) -> None:
        [request] = server.asked
        assert "Credential=AKIDNOBODY/" in request.headers["Authorization"]

    ask(tmp_path, answer_with(note), look=look)
    [fields] = asked
    assert (fields["Action"], fields["Filter.1.Value.1"]) == ("DescribeSpotPriceHistory", "m5.large")
    assert fields["StartTime"].startswith("2026-07-24T11:30")
    assert not any(name.startswith("InstanceType.") for name in fields)


def test_nobody_is_asked_about_machines_without_a_zone_or_on_demand(tmp_path: Path) -> None:
    async def look(server: PriceServer) -> None:
        assert server.asked == []

    found = ask(tmp_path, say(""), frozenset({replace(ZONE_A, zone=""), ZONE_A.on_demand}), look)
    assert dict(found.prices) == {}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refuse_with("UnauthorizedOperation", 403), OracleCode.AWS_DENIED),
        (refuse_with("AuthFailure", 401), OracleCode.AWS_DENIED),
        (refuse_with("RequestExpired", 400), OracleCode.AWS_DENIED),
        (refuse_with("InvalidParameterValue", 400), OracleCode.AWS_REFUSED),
        (say("<html>", content_type="text/html"), OracleCode.WEB_GARBLED),
        (say("", 404), OracleCode.WEB_GARBLED),
    ],
    ids=["may not", "unknown", "expired", "wrong question", "HTML", "not there"],
)
def test_a_refusal_says_what_to_do(tmp_path: Path, answer: Answer, code: OracleCode) -> None:
    error = refusal(tmp_path, answer)
    assert error.reason.code is code
    assert "secret-of-nobody" not in repr(error)


def test_without_named_credentials_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = x\n"
    )
    error = refusal(tmp_path, say(""))
    assert error.reason.code is OracleCode.AWS_CREDENTIALS_UNUSABLE
    assert "the environment" in str(error)


def test_a_profile_is_used_only_where_it_is_named_and_nothing_else_then(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(
        "[prices]\naws_access_key_id = AKIDPRICES\naws_secret_access_key = x\n"
    )
    seen: list[str] = []

    async def look(server: PriceServer) -> None:
        seen.extend(request.headers["Authorization"] for request in server.asked)

    ask(
        tmp_path,
        answer_with(lambda fields: write_history([])),
        look=look,
        aws=AwsPriceSettings(profile="prices"),
    )
    assert ["Credential=AKIDPRICES/" in one for one in seen] == [True]
    missing = refusal(tmp_path, say(""), AwsPriceSettings(profile="others"))
    assert "the profile others" in str(missing)


def test_the_machine_that_it_runs_on_lends_no_credentials(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile prices]\nregion = us-east-1\n")
    for settings in (AwsPriceSettings(use_environment=True), AwsPriceSettings(profile="prices")):
        session = make_session(settings, None)
        methods = {one.METHOD for one in session._session.get_component("credential_provider").providers}
        assert not methods & {"iam-role", "container-role"}
    assert session.get_credentials() is None


def test_a_proxy_or_an_endpoint_of_the_environment_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:1")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    found = ask(tmp_path, answer_with(lambda fields: write_history([write_record()])))
    assert set(found.prices) == {ZONE_A}


def test_who_has_a_proxy_asks_aws_through_it_too(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            tunnel_proxy() as (proxy, asked),
            ec2_server(tmp_path, Waits(), https_proxy=proxy) as (server, api),
        ):
            server.answers["/us-east-1/"] = answer_with(lambda fields: write_history([write_record()]))
            answer = await AwsSpotHistory(api, 600.0, 1800.0).ask(WANTED, NOON)
            assert set(answer.prices) == {ZONE_A}
            assert asked == [server.url.removeprefix("https://")]

    asyncio.run(run())


def test_the_shape_is_that_of_aws_as_moto_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> LiveAnswer:
        api = Ec2Api(LivePriceSettings(aws=AwsPriceSettings(use_environment=True)), SYSTEM_CLOCKS)
        try:
            return await AwsSpotHistory(api, 600.0, 1800.0).ask(WANTED, SYSTEM_CLOCKS.wall())
        finally:
            await api.aclose()

    with mock_aws():
        answer = asyncio.run(run())
    assert answer.problems == ()
