"""Facts about the guard: whatever ends the owner, its programs and its files end too."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane.guard import ProcessGuard
from tests.controlplane.process_groups import is_group_alive, is_group_gone

OWNER = """
import subprocess, sys
from pathlib import Path
from tests.controlplane.guard import ProcessGuard
guard = ProcessGuard(Path(sys.argv[1]))
sleeper = subprocess.Popen(["sleep", "600"], process_group=guard.group)
print(guard.group, flush=True)
sleeper.wait()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "owned"
    folder.mkdir()
    (folder / "data").write_text("keys")
    return folder


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV], ids=str)
def test_nothing_stays_when_the_owner_is_killed(number: signal.Signals, folder: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stderr is not None
        group = int(owner.stdout.readline())
        assert is_group_alive(group)
        owner.send_signal(number)
        # The guard and its wards hold the other end: end of file means that the last of them is gone.
        owner.stderr.read()
    assert is_group_gone(group)
    assert not folder.exists()


def test_stop_ends_programs_and_removes_the_folder(folder: Path) -> None:
    guard = ProcessGuard(folder)
    with subprocess.Popen(["sleep", "600"], process_group=guard.group) as sleeper:
        guard.stop()
    assert sleeper.returncode == -signal.SIGKILL
    assert not folder.exists()


def test_stop_works_even_if_the_guard_was_killed(folder: Path) -> None:
    guard = ProcessGuard(folder)
    with subprocess.Popen(["sleep", "600"], process_group=guard.group) as sleeper:
        guard._process.kill()
        guard.stop()
    assert sleeper.returncode == -signal.SIGKILL
    assert not folder.exists()
