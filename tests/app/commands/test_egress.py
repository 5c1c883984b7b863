"""`egress` names way, tier and source of both directions, and asks no cluster that it need not ask."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.arguments import build_parser
from app.commands import egress as egress_command
from app.commands.egress import run_egress
from app.commands.failures import CommandFailed
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.clusters.settings import ContextOverride, FleetSettings
from controller.decision.egress_settings import EgressPrice, EgressSettings, ProviderEgress
from controller.errors import KubeconfigError
from controller.reasons import Code
from tests.controller.clusters.serving import serving, write_kubeconfig
from tests.controller.decision.worlds import make_cluster, make_picture


def show(
    capsys: pytest.CaptureFixture[str], source: str, target: str, *options: str, **configuration: Any
) -> str:
    arguments = build_parser().parse_args(["egress", source, target, *options])
    assert asyncio.run(run_egress(arguments, Configuration(**configuration))) == 0
    return capsys.readouterr().out


def read(
    capsys: pytest.CaptureFixture[str], source: str, target: str, *options: str, **said: Any
) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(show(capsys, source, target, *options, "--json", **said))
    return document


def test_both_ways_are_shown_with_tier_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    shown = show(capsys, "aws/us-east-1", "gcp/us-central1", "--gb", "107.3741824")
    there, back = shown.split("\nand back:\n")
    assert there.splitlines()[0] == "aws/us-east-1 -> gcp/us-central1, over the internet"
    assert "$9.00  107 GB at $0.09/GiB, 100 to 10,240 GiB a month" in there
    assert "AWS Price List" in there
    assert "(2025-11, published)" in there
    assert "$12.00  107 GB at $0.12/GiB, 1 to 1,024 GiB a month" in back


def test_a_program_is_told_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    document = read(capsys, "azure/westeurope", "azure/northeurope", "--gb", "50")
    assert document["from"] == {
        "name": "azure/westeurope",
        "provider": "azure",
        "region": "westeurope",
    }
    assert document["gb"] == 50
    assert (document["there"]["way"], document["there"]["usd"]) == ("between_regions", 1.0)
    assert document["there"]["month_so_far_gb"] is None, "its price has no tiers"
    assert document["there"]["charges"][0]["usd_per_unit"] == 0.02


def test_what_a_person_says_of_the_month_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    way = ("azure/westeurope", "aws/eu-west-1", "--gb", "50")
    said = EgressSettings({"azure": ProviderEgress(month_so_far_gb=Decimal(60))})
    shown = show(capsys, *way, egress=said)
    assert "40 GB free, up to 100 GB a month" in shown
    assert "$0.87  10 GB at $0.087/GB" in shown
    assert "after 60 GB this month, as egress.providers.azure.month_so_far_gb says" in shown
    assert "counts as used up: egress.providers.azure.month_so_far_gb is not set" in show(capsys, *way)


def test_what_a_person_says_of_a_month_that_is_over_is_named_and_not_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = EgressSettings({"azure": ProviderEgress(month_so_far_gb=Decimal(60), month="2020-02")})
    shown = show(capsys, "azure/westeurope", "aws/eu-west-1", "--gb", "50", egress=said)
    assert "$4.35  50 GB at $0.087/GB" in shown
    assert "egress.providers.azure.month_so_far_gb is of 2020-02" in shown


def test_a_price_of_ones_own_is_shown_without_what_could_steer_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    price = EgressPrice(source="aws/*", tiers=("0.05",), note="mine \x1b[2J", as_of="2026\nVerdict: pays")
    shown = show(capsys, "aws/us-east-1", "gcp/us-central1", egress=EgressSettings(prices={"mine": price}))
    assert "mine [2J (2026 Verdict: pays, own)" in shown


def test_a_way_without_a_price_is_unknown_and_ends_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = Namespace(source="hetzner/fsn1", target="aws/us-east-1", gb=Decimal(1), json=True)
    with pytest.raises(CommandFailed) as failed:
        asyncio.run(run_egress(arguments, Configuration()))
    assert failed.value.code is ExitCode.INCOMPLETE
    assert failed.value.reason == Code.EGRESS_UNKNOWN.because(source="hetzner/fsn1", target="aws/us-east-1")
    document = json.loads(capsys.readouterr().out)
    assert document["there"] == {"way": None, "usd": None, "month_so_far_gb": None, "charges": []}
    assert document["back"]["usd"] > 0


@pytest.mark.parametrize("text", ["-1", "1e3", "NaN", "", "9999999999", "1.0000000001", "٣"])
def test_what_is_no_volume_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["egress", "aws/a", "aws/b", f"--gb={text}"])
    assert "is not a volume" in capsys.readouterr().err


# -- contexts ---------------------------------------------------------------------------------------------------------


def test_a_context_whose_region_the_configuration_says_is_not_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        async with serving() as server:
            kubeconfig = str(write_kubeconfig(tmp_path, server.url, {}))
            overrides = {"eu": ContextOverride(provider="aws", region="eu-west-1")}
            settings = FleetSettings(overrides=overrides)
            arguments = Namespace(source="eu", target="aws/us-east-1", gb=Decimal(1), json=False)
            await run_egress(arguments, Configuration(kubeconfig=kubeconfig, clusters=settings))
            assert server.requests == []

    asyncio.run(main())
    assert "eu (aws/eu-west-1) -> aws/us-east-1, between regions" in capsys.readouterr().out


def test_a_context_that_is_called_like_a_place_is_a_context(tmp_path: Path) -> None:
    """It would be asked where it is; here, nobody answers."""
    path = write_kubeconfig(tmp_path, "https://127.0.0.1:1", {})
    document = yaml.safe_load(path.read_text())
    document["contexts"][0]["name"] = "aws/us-east-1"
    path.write_text(yaml.safe_dump(document))
    configuration = Configuration(kubeconfig=str(path))
    assert egress_command._find_said("aws/us-east-1", configuration) is None
    assert egress_command._find_said("aws/us-east-1", Configuration()) is not None


def test_a_context_that_there_is_not_is_bad_input(tmp_path: Path) -> None:
    arguments = Namespace(source="nowhere", target="aws/us-east-1", gb=Decimal(1), json=False)
    kubeconfig = str(write_kubeconfig(tmp_path, "https://127.0.0.1:1", {}))
    with pytest.raises(KubeconfigError, match="nowhere"):
        asyncio.run(run_egress(arguments, Configuration(kubeconfig=kubeconfig)))


class FakeFleet:
    """Clusters whose nodes are read one by one, as if somebody waited."""

    def __init__(self, *pictures: Any, aliases: dict[str, str] | None = None) -> None:
        self._pictures = list(pictures)
        self.aliases = aliases or {}

    def picture(self) -> Any:
        return self._pictures[0]

    async def wait_for_change(self) -> None:
        if len(self._pictures) == 1:
            await asyncio.Event().wait()
        self._pictures.pop(0)


def ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fleet: FakeFleet
) -> tuple[str, list[Any]]:
    asked = []

    @asynccontextmanager
    async def open_fleet(configuration: Configuration) -> Any:
        asked.append(configuration.clusters.contexts)
        yield fleet

    monkeypatch.setattr(egress_command, "open_fleet", open_fleet)
    return show(capsys, "tokyo", "aws/us-east-1"), asked


def test_nodes_say_where_a_context_is_and_no_other_is_contacted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unread = make_picture(make_cluster("tokyo", provider=None, region=None))
    shown, asked = ask(monkeypatch, capsys, FakeFleet(unread, make_picture(make_cluster("tokyo"))))
    assert "tokyo (aws/ap-northeast-1) -> aws/us-east-1, between regions" in shown
    assert asked == [frozenset({"tokyo"})]


def test_a_context_that_stands_for_the_same_cluster_is_where_that_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = FakeFleet(make_picture(make_cluster("iowa")), aliases={"tokyo": "iowa"})
    assert "tokyo (gcp/us-central1)" in ask(monkeypatch, capsys, fleet)[0]


def test_a_context_whose_nodes_never_say_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(egress_command, "PICTURE_TIMEOUT_S", 0.0)
    with pytest.raises(CommandFailed) as failed:
        ask(monkeypatch, capsys, FakeFleet(make_picture(make_cluster("tokyo", provider=None))))
    assert failed.value.code is ExitCode.INCOMPLETE
    assert failed.value.reason == Code.PLACE_UNKNOWN.because(contexts=("tokyo",))
