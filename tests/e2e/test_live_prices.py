"""A newcomer with a kubeconfig of AWS and nothing else: a real API server, and the price services on this machine."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from oracle.price_settings import LivePriceSettings
from tests.controlplane.pool import ControlPlanePool
from tests.e2e.conftest import Home
from tests.oracle.sources.aws.ec2_server import answer_with, name_credentials, write_history, write_record
from tests.oracle.sources.aws.public_services import public_aws

SPOT, ON_DEMAND = "0.0712", "0.192"


def write_configuration(path: Path, live: LivePriceSettings, more: str = "") -> str:
    """All that a person would not write: where the services are, which are on the network otherwise."""
    aws = live.aws
    path.write_text(
        f'[prices]\nca_bundle = "{live.ca_bundle}"\n[prices.aws]\nspot_feed_url = "{aws.spot_feed_url}"\n'
        f'spot_advisor_url = "{aws.spot_advisor_url}"\nprice_list_url = "{aws.price_list_url}"\n{more}'
    )
    path.chmod(0o600)
    return str(path)


class Newcomer:
    """One cluster in Ireland, and what AWS says of its machines."""

    def __init__(self, control_planes: ControlPlanePool, home: Home, folder: Path) -> None:
        [self.cluster] = control_planes.lend(1)
        self.place = self.cluster.place
        self.kubeconfig = str(control_planes.write_kubeconfig((self.cluster,)))
        self.home, self.folder = home, folder

    def run(self, *command: str, zones: dict[str, str] | None = None) -> dict[str, Any]:
        """Run a command that prints JSON; `zones` are known to the API of EC2, which is asked where there are any."""

        async def scenario() -> str:
            machine, region = self.place.machine.instance_type, self.place.region
            spot, on_demand = {region: {machine: SPOT}}, {machine: ON_DEMAND}
            async with public_aws(self.folder, spot, on_demand) as (server, live):
                more = ""
                if zones is not None:
                    records = [write_record(zone, price, machine=machine) for zone, price in zones.items()]
                    server.answers[f"/{region}/"] = answer_with(lambda fields: write_history(records))
                    more = f'use_environment = true\nec2_url = "{server.url}/REGION/"\n'
                configuration = write_configuration(self.folder / "config.toml", live, more)
                options = ("--config", configuration, "--kubeconfig", self.kubeconfig)
                answer = await asyncio.to_thread(self.home.run, *command, *options)
                assert answer.stdout, answer.stderr
                return answer.stdout

        found: dict[str, Any] = json.loads(asyncio.run(scenario()))
        return found


@pytest.fixture
def newcomer(
    control_planes: ControlPlanePool, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Newcomer:
    monkeypatch.delenv("SENTINELAURA_PRICES_FROM")
    return Newcomer(control_planes, home, tmp_path)


@pytest.mark.timeout(180)
def test_a_kubeconfig_of_aws_is_enough_for_live_prices(newcomer: Newcomer) -> None:
    plan = newcomer.run("plan", "--json")
    assert plan["complete"] is True
    assert (plan["prices"]["origin"], plan["prices"]["source"]) == (
        "live",
        "AWS price list and AWS spot feed",
    )
    assert {service["state"] for service in plan["prices"]["services"]} <= {"answering", "awaited", "idle"}
    told = [notice["reason"] for notice in plan["notices"] if notice["reason"]["code"] == "services_asked"]
    assert [reason["parameters"]["hosts"] for reason in told] == [["localhost"]]


@pytest.mark.timeout(180)
def test_zones_have_prices_of_their_own_where_a_person_names_an_account(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_credentials(monkeypatch, newcomer.folder)
    prices = dict.fromkeys(newcomer.place.zones, "0.0654")
    plan = newcomer.run("plan", "--json", zones=prices)
    assert plan["prices"]["source"] == "AWS price list and AWS spot price history"


@pytest.mark.timeout(180)
def test_doctor_says_of_each_service_whether_it_answers(newcomer: Newcomer) -> None:
    checks = {check["name"]: check for check in newcomer.run("doctor", "--json")["checks"]}
    services = {name: check["state"] for name, check in checks.items() if name.startswith("live prices AWS")}
    assert services == dict.fromkeys(
        ("live prices AWS spot feed", "live prices AWS Spot Advisor", "live prices AWS price list"), "ok"
    )
    assert "localhost" in checks["live prices AWS spot feed"]["detail"]
