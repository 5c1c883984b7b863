"""The command `ledger` on a history of its own."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from app.arguments import build_parser
from app.commands.ledger import run_ledger
from app.config.configuration import Configuration
from tests.controller.history.histories import Installation, ended, started

Ledger = Callable[..., tuple[int, str, str]]


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """A history of real clusters with a move, where the command looks for it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    installation = Installation(tmp_path / "sentinelaura")
    with installation.run() as history:
        history.record(started())
        history.record(ended())
    return installation


@pytest.fixture
def ledger(capsys: pytest.CaptureFixture[str], installation: Installation) -> Ledger:
    """Run the command line at the moment of the installation's clock; returns exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        namespace: Namespace = build_parser().parse_args(["ledger", *arguments])
        configuration = Configuration(kubeconfig="some")
        code = asyncio.run(run_ledger(namespace, configuration, installation.clock.clocks))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
