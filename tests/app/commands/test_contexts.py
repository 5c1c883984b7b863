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
from app.config.configuration import Configuration
from controller.clusters.settings import FleetSettings, KubeSettings
from tests.controller.clusters.serving import serving, write_kubeconfig

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
    assert asyncio.run(run_contexts(Namespace(json=is_json), Configuration(**configuration))) == 0
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
    allowed = frozenset({sys.executable})
    shown = show(
        capsys,
        False,
        kubeconfig=kubeconfig,
        clusters=FleetSettings(kube=KubeSettings(allowed_exec_plugins=allowed)),
    )
    assert f"plugin {sys.executable} ({sys.executable})" in shown
    assert not proof.exists()


def test_no_secret_is_shown_and_no_server_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        async with serving() as server:
            kubeconfig, _ = write(tmp_path, server.url.replace("http:", "https:"))
            await run_contexts(Namespace(json=False), Configuration(kubeconfig=kubeconfig))
            assert server.requests == []

    asyncio.run(main())
    assert "S3CRET" not in capsys.readouterr().out


def test_a_context_that_is_not_chosen_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kubeconfig, _ = write(tmp_path)
    shown = show(capsys, False, kubeconfig=kubeconfig, clusters=FleetSettings(contexts=frozenset({"eu"})))
    assert [line[:9].strip() for line in shown.splitlines()] == ["used", "left out", "left out"]
