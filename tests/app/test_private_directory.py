"""Directories of the process: private, its own, and gone with it."""

import os
import subprocess
import sys

import pytest

from app.private_directory import private_directory
from oracle.errors import EmbeddedServerError
from oracle.settings import OracleSettings
from oracle.store.server_directories import make_server_directories


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "sentinelaura"


def test_directory_is_private_and_gone_afterwards():
    with private_directory("engine") as path:
        assert path.stat().st_mode & 0o777 == 0o700
    assert not path.exists()


def test_leftover_of_a_killed_process_is_removed_and_that_of_a_running_one_is_not(runtime):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    leftover, other = runtime / f"engine-{ended.pid}-ended", runtime / f"engine-{os.getppid()}-running"
    for path in (leftover, other):
        path.mkdir(parents=True)
    with private_directory("engine"):
        assert (leftover.exists(), other.exists()) == (False, True)


def test_another_user_who_takes_the_name_of_our_directory_does_not_keep_the_program_from_starting(
    runtime, monkeypatch
):
    def refuse(*_, **__):
        raise PermissionError("runtime directory /tmp/runtime-1000 is owned by uid 1001, not 1000")

    monkeypatch.setattr("app.private_directory.user_runtime_path", refuse)
    with private_directory("engine") as path:
        assert path.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr("platformdirs.user_runtime_path", refuse)
    with pytest.raises(
        EmbeddedServerError
    ):  # which the embedded store takes for a directory of this run alone
        make_server_directories(OracleSettings(data_directory=str(runtime / "data")))


def test_two_of_one_process_do_not_share_theirs():
    with private_directory("engine") as first:
        (first / "socket").touch()
        with private_directory("engine") as second:
            assert second != first
        assert (first / "socket").exists()
