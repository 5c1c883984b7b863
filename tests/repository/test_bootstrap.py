"""The set-up on a fresh machine: what it installs, what it leaves alone, and what it says where it cannot go on."""

from __future__ import annotations

import ast
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import bootstrap
from tests.proofs import __main__ as proofs

ROOT = Path(bootstrap.ROOT)


class Commands:
    """Stands in for the outside: notes every command and answers with the exit codes that the test wants."""

    def __init__(self, failing: str = "") -> None:
        self.lines: list[str] = []
        self.failing = failing

    def call(self, command: Sequence[str]) -> int:
        line = " ".join(command)
        self.lines.append(line)
        return 1 if self.failing and self.failing in line else 0

    def run(self, command: Sequence[str], **_options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, self.call(command), stdout=str(ROOT / "nowhere"))

    def ran(self, words: str) -> bool:
        return any(words in line for line in self.lines)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    fake = Commands()
    monkeypatch.setattr(subprocess, "call", fake.call)
    monkeypatch.setattr(subprocess, "run", fake.run)
    return fake


@pytest.fixture
def fresh_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout on a machine with all system packages. Returns its .venv."""
    venv = tmp_path / ".venv"
    venv.mkdir()
    monkeypatch.setattr(bootstrap, "VENV", str(venv))
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", sys.executable)
    monkeypatch.setattr(bootstrap, "missing_system_packages", lambda purpose: [])
    monkeypatch.setattr(bootstrap, "_make_source_importable", lambda: None)
    return venv


def test_fresh_machine_gets_an_environment_and_the_locked_packages(
    fresh_machine: Path, commands: Commands
) -> None:
    bootstrap.make_ready("run")
    assert commands.ran("-m venv --clear")
    assert commands.ran("--require-hashes --no-deps --only-binary :all: -r")


def test_second_start_runs_no_command(fresh_machine: Path, commands: Commands) -> None:
    bootstrap.make_ready("run")
    commands.lines.clear()
    bootstrap.make_ready("run")
    assert commands.lines == []


def test_packages_of_the_tests_are_enough_to_run(fresh_machine: Path, commands: Commands) -> None:
    bootstrap.make_ready("test")
    commands.lines.clear()
    bootstrap.make_ready("run")
    assert commands.lines == []


def test_changed_lock_is_installed_into_the_same_environment(fresh_machine: Path, commands: Commands) -> None:
    bootstrap.make_ready("run")
    (fresh_machine / "installed-for-run").write_text("another lock")
    commands.lines.clear()
    bootstrap.make_ready("run")
    assert commands.ran("pip")
    assert not commands.ran("venv --clear")


def test_interrupted_installation_begins_anew(fresh_machine: Path, commands: Commands) -> None:
    commands.failing = "pip --disable"
    with pytest.raises(bootstrap.SetupError, match="run the same command again"):
        bootstrap.make_ready("run")
    commands.failing = ""
    commands.lines.clear()
    bootstrap.make_ready("run")
    assert commands.ran("venv --clear")


def test_missing_library_asks_for_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "LIBRARY_PACKAGES", {"libsurely-not-there.so.9": "libsurely9"})
    assert "libsurely9" in bootstrap.missing_system_packages("run")


def test_apt_command_is_shown_before_it_runs(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bootstrap.install_system_packages(["xvfb"])
    assert "+ sudo env DEBIAN_FRONTEND=noninteractive apt-get" in capsys.readouterr().out
    assert commands.ran("install -y -q --no-install-recommends xvfb")


@pytest.mark.parametrize(
    ("there", "says"),
    [
        pytest.param((), "There is no apt here", id="no apt"),
        pytest.param(("apt-get",), "as root, run  apt-get install libegl1 xvfb", id="no sudo"),
    ],
)
def test_where_nothing_can_be_installed_the_packages_are_named(
    there: tuple[str, ...], says: str, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name if name in there else None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(bootstrap.SetupError, match="libegl1 xvfb") as refusal:
        bootstrap.install_system_packages(["libegl1", "xvfb"])
    assert says in str(refusal.value)
    assert commands.lines == []


def test_old_python_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], commands: Commands
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert bootstrap.main(["run"]) == 1
    assert "needs Python 3.11 or newer; this is 3.9.2" in capsys.readouterr().out
    assert commands.lines == []


def test_old_python_can_read_that_message() -> None:
    ast.parse((ROOT / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("arguments", [[], ["fly"], ["setup", "everything"]], ids=str)
def test_unknown_action_shows_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(arguments) == 2
    assert "usage: python3 bootstrap.py run" in capsys.readouterr().err


def test_proofs_run_unseen_with_the_packages_of_the_tests(
    fresh_machine: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run_unseen", lambda command: unseen.append(command) or 0)
    assert bootstrap.main(["prove", "campaign", "--seeds", "3"]) == 0
    assert unseen == [[sys.executable, "-m", "tests.proofs", "campaign", "--seeds", "3"]]
    assert commands.ran("requirements-test.lock")


def test_what_runs_unseen_has_sets_in_the_same_order_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "random")
    says_seed = "import os, sys; sys.exit(7 if os.environ['PYTHONHASHSEED'] == '0' else 1)"
    assert bootstrap._run_unseen([sys.executable, "-c", says_seed]) == 7


class Runs:
    """Stands in for pytest: notes each run and ends with the exit codes that the test wants."""

    def __init__(self, *codes: int) -> None:
        self._codes = list(codes)
        self.arguments: list[list[str]] = []

    def run(self, command: list[str]) -> int:
        assert command[:3] == [bootstrap.VENV_PYTHON, "-m", "pytest"]
        self.arguments.append(command[3:])
        return self._codes.pop(0)


def test_what_is_asked_for_runs_at_once_as_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(5)
    monkeypatch.setattr(bootstrap, "_run_unseen", runs.run)
    assert bootstrap.run_tests(["tests/gl", "-q"]) == 5
    assert runs.arguments == [["tests/gl", "-q"]]


def test_no_test_is_left_out_or_run_twice_where_all_of_them_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(0, 0)
    monkeypatch.setattr(bootstrap, "_run_unseen", runs.run)
    assert bootstrap.run_tests([]) == 0
    beside, alone = runs.arguments
    assert [one for one in beside if one.startswith("tests")] == list(bootstrap.SIDE_BY_SIDE)
    assert alone == [f"--ignore={folder}" for folder in bootstrap.SIDE_BY_SIDE]


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        pytest.param((0, 0), 0, id="both hold"),
        pytest.param((1, 0), 1, id="those side by side fail"),
        pytest.param((0, 1), 1, id="those alone fail"),
        pytest.param((4, 1), 4, id="the first reason is told"),
    ],
)
def test_both_runs_are_made_and_either_can_fail_them(
    codes: tuple[int, int], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(*codes)
    monkeypatch.setattr(bootstrap, "_run_unseen", runs.run)
    assert bootstrap.run_tests([]) == code
    assert len(runs.arguments) == 2


def test_interrupted_run_is_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(pytest.ExitCode.INTERRUPTED)
    monkeypatch.setattr(bootstrap, "_run_unseen", runs.run)
    assert bootstrap.run_tests([]) == pytest.ExitCode.INTERRUPTED
    assert len(runs.arguments) == 1


#: Fixtures of what one process at a time may have: a window with the focus, a real control plane.
SHARED_WITH_NOBODY = {"qtbot", "qapp", "interface_loop", "flows_run", "control_planes"}


@pytest.mark.parametrize("folder", bootstrap.SIDE_BY_SIDE)
def test_tests_that_run_side_by_side_have_no_window_and_no_control_plane(folder: str) -> None:
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for file in files:
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        assert SHARED_WITH_NOBODY.isdisjoint(node.arg for node in nodes if isinstance(node, ast.arg)), file


@pytest.mark.parametrize("part", ["campaign", "mutants", "mutation"])
def test_usage_names_each_part_that_can_be_proved(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert part in bootstrap.USAGE
    with pytest.raises(SystemExit) as ended:
        proofs.main([part, "--help"])
    assert ended.value.code == 0
    assert part in capsys.readouterr().out


def test_unknown_part_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        proofs.main(["everything"])
    assert ended.value.code == 2
    assert "campaign" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="the virtual screen exists on Linux only")
def test_virtual_screen_ends_when_its_owner_is_killed() -> None:
    program = (
        "import bootstrap, pathlib, os, signal\n"
        "with bootstrap.virtual_screen('64x64x24'):\n"
        "    me = os.getpid()\n"
        "    print(pathlib.Path(f'/proc/{me}/task/{me}/children').read_text(), flush=True)\n"
        "    signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        (screen,) = map(int, owner.stdout.readline().split())
        handle = os.pidfd_open(screen)
        owner.send_signal(signal.SIGKILL)
        ended, _, _ = select.select([handle], [], [], 20.0)
        os.close(handle)
    assert ended
