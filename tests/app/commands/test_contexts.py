"""`contexts` says what a kubeconfig would have us do, and does nothing of it."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.commands.contexts import run_contexts
from app.commands.nodes_report import nodes_to_json, nodes_to_lines
from app.config.configuration import Configuration
from controller.clusters.arming import ArmingTerms
from controller.clusters.discovery import parse_node
from controller.clusters.fleet import Cluster, Health
from controller.clusters.settings import FleetSettings
from controller.simulation.simulated_fleet import SimulatedFleet
from tests.controller.clusters.clients import sending_anywhere
from tests.controller.clusters.objects import make_node
from tests.controller.clusters.serving import serving, write_kubeconfig
from tests.controller.clusters.test_region_manager import small_plan

V1 = "client.authentication.k8s.io/v1"


def write(tmp_path: Path, server: str = "https://127.0.0.1:1") -> tuple[str, Path]:
    """A context with a token (eu), one with a plugin that leaves a proof (plugin) and a refused one (old)."""
    proof = tmp_path / "ran"
    path = write_kubeconfig(tmp_path, server, {"token": "S3CRET", "as": "viewer"})
    document = yaml.safe_load(path.read_text())
    exec_ = {"command": sys.executable, "apiVersion": V1, "args": ["-c", f"open({str(proof)!r}, 'w')"]}
    for name, user in (("plugin", {"exec": exec_}), ("old", {"auth-provider": {"name": "gcp"}})):
        document["users"].append({"name": name, "user": user})
        document["contexts"].append({"name": name, "context": {"cluster": "eu", "user": name}})
    path.write_text(yaml.safe_dump(document))
    return str(path), proof


def show(capsys: pytest.CaptureFixture[str], is_json: bool, **configuration: Any) -> str:
    assert (
        asyncio.run(run_contexts(Namespace(json=is_json, nodes=False), Configuration(**configuration))) == 0
    )
    return capsys.readouterr().out


def test_each_context_says_who_we_would_be_and_why_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig, _ = write(tmp_path)
    rows = json.loads(show(capsys, True, kubeconfig=kubeconfig))["contexts"]
    assert [(row["context"], row["state"], row["credential"]) for row in rows] == [
        ("eu", "used", "token, as viewer"),
        ("plugin", "refused", f"plugin {sys.executable}"),
        ("old", "refused", "none"),
    ]
    reasons = [row["reason"] for row in rows]
    assert [reason and reason["code"] for reason in reasons] == [
        None,
        "program_not_allowed",
        "context_refused",
    ]
    assert reasons[1]["parameters"]["program"] == sys.executable
    assert "auth-provider gcp" in reasons[2]["sentence"]


def test_an_allowed_plugin_is_shown_as_the_file_that_would_run_and_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig, proof = write(tmp_path)
    allowed = sending_anywhere(plugin=Path(sys.executable))
    shown = show(capsys, False, kubeconfig=kubeconfig, clusters=FleetSettings(kube=allowed))
    assert f"plugin {sys.executable} ({sys.executable})" in shown
    assert not proof.exists()


def test_no_secret_is_shown_and_no_server_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        async with serving() as server:
            kubeconfig, _ = write(tmp_path, server.url.replace("http:", "https:"))
            await run_contexts(Namespace(json=False, nodes=False), Configuration(kubeconfig=kubeconfig))
            assert server.requests == []

    asyncio.run(main())
    assert "S3CRET" not in capsys.readouterr().out


def test_a_context_that_is_not_chosen_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kubeconfig, _ = write(tmp_path)
    shown = show(capsys, False, kubeconfig=kubeconfig, clusters=FleetSettings(contexts=frozenset({"eu"})))
    assert [line[:9].strip() for line in shown.splitlines()] == ["used", "left out", "left out"]


def test_what_the_configuration_arms_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kubeconfig, _ = write(tmp_path)
    terms = ArmingTerms(cluster_uid="uid-eu", namespaces=frozenset({"shop"}), moves_per_day=5)
    settings = FleetSettings(armed={"eu": terms})
    rows = json.loads(show(capsys, True, kubeconfig=kubeconfig, clusters=settings))["contexts"]
    assert [row["armed"] for row in rows] == [
        {"cluster_uid": "uid-eu", "namespaces": ["shop"], "moves_per_day": 5, "replicas_at_once": None},
        None,
        None,
    ]
    shown = show(capsys, False, kubeconfig=kubeconfig, clusters=settings)
    assert shown.count("armed by the configuration") == 1
    assert "armed by the configuration: cluster uid-eu, shop, 5 moves a day" in shown


async def show_nodes(directory: Path, is_json: bool) -> None:
    """Ask two simulated clusters, whose time stands still."""
    async with SimulatedFleet.start(small_plan(), 7, directory, time_scale=0.0) as fleet:
        asked = Namespace(json=is_json, nodes=True)
        await run_contexts(asked, Configuration(kubeconfig=str(fleet.kubeconfig)))


def test_the_nodes_of_each_context_say_what_they_are_and_who_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(show_nodes(tmp_path, is_json=True))
    tokyo, virginia = (row["cluster"] for row in json.loads(capsys.readouterr().out)["contexts"])
    assert (tokyo["health"], tokyo["unknown"]) == ("reachable", None)
    assert (virginia["provider"], virginia["region"]) == ("aws", "us-east-1")
    (group,) = virginia["nodes"]
    assert group["provider"] == {"value": "aws", "by": "providerID"}
    assert group["region"] == {"value": "us-east-1", "by": "topology.kubernetes.io/region"}
    assert group["capacity_type"]["value"] == "spot"
    assert (group["operating_system"], group["kind"], group["missing"]) == ("linux", "machine", [])
    assert sum(zone["nodes"] for zone in group["zones"]) == group["nodes"] == group["ready"]
    assert {zone["zone"][:-1] for zone in group["zones"]} == {"us-east-1"}


def test_the_nodes_are_told_to_people_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(show_nodes(tmp_path, is_json=False))
    shown = capsys.readouterr().out
    assert "capacity_type: spot, by " in shown
    assert "region: us-east-1, by topology.kubernetes.io/region" in shown


def test_what_nobody_says_of_a_node_is_named() -> None:
    body = make_node(**{"eks.amazonaws.com/capacityType": "", "kubernetes.io/hostname": "x"})
    nodes = (parse_node(body), parse_node(make_node("spot")))
    cluster = Cluster("eu", Health.REACHABLE, nodes=nodes, is_complete=True)
    shown = "\n".join(nodes_to_lines(cluster))
    assert "not known, so without a price: capacity_type" in shown
    assert [row["missing"] for row in nodes_to_json(cluster)["nodes"]].count(["capacity_type"]) == 1


def test_a_label_cannot_write_to_the_terminal() -> None:
    node = parse_node(make_node(**{"node.kubernetes.io/instance-type": "m5\x1b[2J"}))
    shown = "\n".join(nodes_to_lines(Cluster("eu", Health.REACHABLE, nodes=(node,), is_complete=True)))
    assert "\x1b" not in shown
