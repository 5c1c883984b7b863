"""A folder from the internet, opened in a terminal, in which a person then starts the program."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path

import pytest

import bootstrap
from app.engine_process import EngineProcess, engine_command
from controller.contract.snapshots import EngineSnapshot

DECOY = "import pathlib; pathlib.Path({marker!r}).touch(); raise SystemExit('a decoy was run')\n"
PACKAGES = ("app", "oracle", "controller", "gl", "resources", "encodings", "asyncio")
MODULES = (
    "numpy",
    "sitecustomize",
    "usercustomize",
    "signal",
    "subprocess",
    "venv",
    "pip",
    "ctypes",
    "redis",
)


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder full of decoys; the file returned appears as soon as one of them is run."""
    marker, folder = tmp_path / "a-decoy-was-run", tmp_path / "downloaded"
    folder.mkdir()
    for name in PACKAGES:
        (folder / name).mkdir()
        for module in ("__init__", "__main__"):
            (folder / name / f"{module}.py").write_text(DECOY.format(marker=str(marker)))
    for name in MODULES:
        (folder / f"{name}.py").write_text(DECOY.format(marker=str(marker)))
    monkeypatch.chdir(folder)
    return marker


def start_whole_engine() -> object:
    """Start the demo's engine, its store and its fleet; return the first message that shows all of it, or a failure."""
    is_up, messages = threading.Event(), []

    def receive(message: object) -> None:
        messages.append(message)
        if not isinstance(message, EngineSnapshot) or (message.store.is_up and message.is_complete):
            is_up.set()

    engine = EngineProcess((), receive)
    is_up.wait(60)
    asyncio.run(engine.stop())
    return messages[-1] if messages else None


@pytest.mark.parametrize("python_path", [None, ".", os.pathsep], ids=["unset", "a dot", "an empty entry"])
def test_a_person_loses_no_credentials_to_the_folder_they_stand_in(
    marker: Path, own_places: None, monkeypatch: pytest.MonkeyPatch, python_path: str | None
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    if python_path is not None:
        monkeypatch.setenv("PYTHONPATH", python_path)
        monkeypatch.syspath_prepend(os.getcwd())  # as Python itself would have read it at its start
    last = start_whole_engine()
    assert not marker.exists()
    assert isinstance(last, EngineSnapshot)
    assert last.store.is_up


def test_the_engine_searches_nothing_that_is_relative_or_where_a_person_stands(
    marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", ["", ".", "lib", os.getcwd(), *sys.path])
    command = " ".join(engine_command(()))
    assert "-I" in command.split()
    assert f"sys.path[:] = ['{bootstrap.ROOT}'," in command
    assert not any(place in command for place in ("'',", "'.'", "'lib'", repr(os.getcwd())))


def test_a_frozen_program_starts_itself_and_no_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bootloader ignores PYTHONPATH and the working directory (pyinstaller.org, "Runtime information")."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert engine_command(("--seed", "3")) == [sys.executable, "engine", "--seed", "3"]


def test_the_set_up_installs_with_nothing_of_the_folder_it_is_called_from(
    marker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = tmp_path / "venv"
    monkeypatch.setattr(bootstrap, "VENV", str(venv))
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", sys.executable)
    monkeypatch.setattr(bootstrap, "LOCKS", {"run": str(tmp_path / "empty.lock")})
    (tmp_path / "empty.lock").touch()
    bootstrap._make_venv(is_usable=True)
    bootstrap.install_locked_packages("run")
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", str(venv / "bin" / "python"))
    bootstrap._make_venv(is_usable=False)
    bootstrap._make_source_importable()
    assert not marker.exists()
    assert bootstrap.ROOT in next(venv.rglob("sentinelaura.pth")).read_text("utf-8")
