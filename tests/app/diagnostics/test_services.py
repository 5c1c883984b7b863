"""What `doctor` says of the services that are asked for live prices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.config.configuration import Configuration
from app.diagnostics import services
from app.diagnostics.checks import Check, CheckState
from app.diagnostics.doctor_reasons import DoctorCode
from app.diagnostics.services import check_services
from controller.clusters.fleet import FleetPicture
from oracle.price_settings import LivePriceSettings
from oracle.reasons import OracleCode
from tests.controller.decision.worlds import make_cluster
from tests.oracle.sources.aws.public_services import public_aws
from tests.oracle.sources.price_servers import PriceServer, hang, say

PICTURE = FleetPicture({"tokyo": make_cluster("tokyo")})


def check(
    folder: Path, picture: FleetPicture = PICTURE, spoil: Callable[[PriceServer], None] = lambda server: None
) -> list[Check]:
    async def run() -> list[Check]:
        spot, on_demand = {"ap-northeast-1": {"m5.xlarge": "0.08"}}, {"m5.xlarge": "0.248"}
        async with public_aws(folder, spot, on_demand) as (server, live):
            spoil(server)
            return await check_services(Configuration(kubeconfig="real", live_prices=live), picture)

    return asyncio.run(run())


def test_each_service_says_what_it_knows_and_where_it_was_asked(tmp_path: Path) -> None:
    found = {one.name: one for one in check(tmp_path) if " AWS " in one.name}
    assert set(found) == {
        "live prices AWS spot feed",
        "live prices AWS Spot Advisor",
        "live prices AWS price list",
    }
    assert {one.state for one in found.values()} == {CheckState.OK}
    detail = found["live prices AWS spot feed"].detail
    assert detail.startswith("AWS spot feed: 1 price, answered ")
    assert detail.endswith("(localhost)")


def test_a_service_that_fails_is_a_warning_with_its_reason(tmp_path: Path) -> None:
    def spoil(server: PriceServer) -> None:
        server.answers["/spot.js"] = say("", 403)

    [feed] = [one for one in check(tmp_path, spoil=spoil) if one.state is not CheckState.OK]
    assert feed.reason is not None
    assert (feed.name, feed.reason.code) == ("live prices AWS spot feed", OracleCode.WEB_DENIED)


def test_a_service_that_takes_too_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(server: PriceServer) -> None:
        server.answers = dict.fromkeys(server.answers, hang)

    monkeypatch.setattr(services, "ANSWER_TIMEOUT_S", 0.1)
    found = check(tmp_path, spoil=spoil)
    assert {one.reason.code for one in found if one.reason is not None} == {DoctorCode.SERVICE_SLOW}
    assert "no answer of localhost" in found[0].detail


def test_without_a_cluster_in_its_cloud_a_service_is_not_asked(tmp_path: Path) -> None:
    told, *found = check(tmp_path, FleetPicture({"iowa": make_cluster("iowa")}))
    assert told.reason == OracleCode.CLOUD_NOT_ASKED.because(provider="gcp")
    assert found
    assert all("not asked" in one.detail for one in found)


@pytest.mark.parametrize(
    ("configuration", "codes"),
    [
        (Configuration(), []),
        (Configuration(kubeconfig="real", prices="prices.csv"), []),
        (Configuration(kubeconfig="real", prices="simulated"), []),
        (
            Configuration(kubeconfig="real", live_prices=LivePriceSettings(offline=True)),
            [OracleCode.PRICES_OFFLINE],
        ),
        (
            Configuration(kubeconfig="real", live_prices=LivePriceSettings(ca_bundle="missing.pem")),
            [OracleCode.AUTHORITIES_UNUSABLE],
        ),
    ],
    ids=["demo", "a file", "simulated", "offline", "no authorities"],
)
def test_nobody_is_asked_where_the_engine_would_not(
    configuration: Configuration, codes: list[OracleCode]
) -> None:
    found = asyncio.run(check_services(replace(configuration), PICTURE))
    assert [one.reason.code for one in found if one.reason is not None] == codes
    assert len(found) == len(codes)
