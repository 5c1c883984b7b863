"""Facts about finding, building and not having the programs. No Go is run here: a script plays it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.controlplane import programs
from tests.controlplane.compilation import compile_program, read_go_version
from tests.controlplane.errors import BuildFailed, ProgramsMissing
from tests.controlplane.process_groups import is_group_gone
from tests.controlplane.versions import ETCD, KUBERNETES, KUBERNETES_PARTS, KWOK, Recipe

PROJECT_ROOT = Path(__file__).parents[2]
KUBERNETES_NAMES = ("kubernetes", *KUBERNETES_PARTS)

# Plays `go env`, `go list` and `go build -o=FILE`; the environment decides how the build ends, and whether it waits in
# the middle of each until somebody writes into the pipe of its name in FAKE_GO_GATES.
FAKE_GO = """#!/bin/sh
pause() { [ -z "$FAKE_GO_GATES" ] || read -r _ < "$FAKE_GO_GATES/$1"; }
case "$1" in
env) echo "${FAKE_GO_VERSION:-go1.26.8}" ;;
list)
    echo "go: downloading example.test/module v1.0.0"
    pause list
    echo one; echo two ;;
build)
    for argument; do case "$argument" in -o=*) output="${argument#-o=}" ;; esac; done
    echo "half" > "$output"
    echo "$$" > "$output.pid"
    echo "building"
    pause build
    [ -z "$FAKE_GO_FAILS" ] || { echo "proxy unreachable"; exit 1; }
    echo "whole" > "$output" ;;
esac
"""


def ignore(line: str) -> None:
    """A reader of progress who does not care."""


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(FAKE_GO)
    go.chmod(go.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(go.parent), prepend=os.pathsep)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(programs.ASSETS_VARIABLE, raising=False)
    return str(go)


def test_failed_build_leaves_no_executable_and_can_be_repeated(
    fake_go: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = tmp_path / "etcd"
    monkeypatch.setenv("FAKE_GO_FAILS", "1")
    with pytest.raises(BuildFailed, match="proxy unreachable"):
        compile_program(fake_go, ETCD, destination, ignore)
    assert not destination.exists()
    monkeypatch.delenv("FAKE_GO_FAILS")
    compile_program(fake_go, ETCD, destination, ignore)
    assert destination.read_text() == "whole\n"


@pytest.fixture
def gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the pipes at which the fake Go waits: "list" while modules download, "build" before it has linked."""
    folder = tmp_path / "gates"
    folder.mkdir()
    for name in ("list", "build"):
        os.mkfifo(folder / name)
    monkeypatch.setenv("FAKE_GO_GATES", str(folder))
    return folder


BUILDER = "from tests.controlplane.programs import provide_programs; provide_programs('1.36', print)"


@pytest.mark.usefixtures("fake_go")
def test_killed_build_leaves_neither_compilers_nor_an_executable_and_can_be_resumed(
    gates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUILDER], cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as owner:
        assert owner.stderr is not None
        try:
            (gates / "list").write_text("modules are here\n")
            with (gates / "build").open("w"):  # opens when the build waits there
                (pid_file,) = tmp_path.rglob("kubernetes.unfinished.pid")
                group = os.getpgid(int(pid_file.read_text()))
                owner.kill()
                owner.stderr.read()  # ends with the guard, which is the last to go
        finally:
            owner.kill()
    assert is_group_gone(group)
    assert not any(path.is_file() for path in tmp_path.rglob("kube*") if path.name in KUBERNETES_NAMES)
    monkeypatch.delenv("FAKE_GO_GATES")
    resumed = programs.provide_programs("1.36", ignore)
    assert resumed["kube-apiserver"].read_text() == "whole\n"


def test_build_tells_how_far_it_is_while_go_says_nothing(fake_go: str, gates: Path, tmp_path: Path) -> None:
    told: list[str] = []
    closed = {"list": "1 modules downloaded", "build": "1 packages compiled, 2 at most"}

    def report(line: str) -> None:
        told.append(line)
        for name in [name for name, awaited in closed.items() if awaited in line]:
            del closed[name]
            (gates / name).write_text("go on\n")

    compile_program(fake_go, ETCD, tmp_path / "etcd", report, interval_s=0.01)
    assert closed == {}
    assert told[-1].startswith("Built etcd")


def test_old_go_is_refused_with_the_version_that_is_needed(
    fake_go: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.25.4")
    with pytest.raises(ProgramsMissing, match=r"go1\.25\.4.*Go 1\.26"):
        read_go_version(fake_go)


@pytest.mark.usefixtures("fake_go")
def test_programs_are_built_once_and_reused() -> None:
    lines: list[str] = []
    first = programs.provide_programs("1.36", lines.append)
    assert lines
    lines.clear()
    assert programs.provide_programs("1.36", lines.append) == first
    assert lines == []
    assert set(first) == {*KUBERNETES_PARTS, "etcd", "kwok"}
    assert all(path.is_file() for path in first.values())


@pytest.mark.usefixtures("fake_go")
def test_another_go_version_builds_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = programs.provide_programs("1.36", ignore)
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.27.1")
    after = programs.provide_programs("1.36", ignore)
    assert set(before.values()).isdisjoint(after.values())


@pytest.mark.usefixtures("fake_go")
def test_built_programs_are_used_after_go_was_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    built = programs.provide_programs("1.36", ignore)
    monkeypatch.setattr(programs, "find_go", lambda: None)
    assert programs.provide_programs("1.36", ignore) == built


def test_other_pins_are_another_folder(tmp_path: Path) -> None:
    pins = tmp_path / "go.mod"
    pins.write_text("module a\n")
    pins.with_suffix(".sum").touch()
    recipe = replace(ETCD, folder=tmp_path)
    before = programs.locate_folder(recipe)
    pins.write_text("module a // newer\n")
    assert programs.locate_folder(recipe) != before


def test_assets_folder_is_used_when_the_environment_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(programs.ASSETS_VARIABLE, str(tmp_path))
    for name in (*KUBERNETES_PARTS, "etcd"):
        (tmp_path / name).touch()
    with pytest.raises(ProgramsMissing, match="lacks kwok"):
        programs.provide_programs("1.36", ignore)
    (tmp_path / "kwok").touch()
    assert programs.provide_programs("1.36", ignore)["etcd"] == tmp_path / "etcd"


@pytest.mark.parametrize("recipe", [*KUBERNETES.values()], ids=[*KUBERNETES])
def test_kubernetes_version_is_the_pinned_one(recipe: Recipe) -> None:
    pins = (recipe.folder / recipe.modfile).read_text()
    assert f"k8s.io/kubernetes v{recipe.version}\n" in pins
    # Kubernetes 1.x.y publishes its libraries as 0.x.y; all of them must come from the same release.
    libraries = [line.rpartition(" ")[2] for line in pins.splitlines() if line.startswith("replace k8s.io/")]
    assert set(libraries) == {"v0" + recipe.version.removeprefix("1")}


@pytest.mark.parametrize("recipe", [ETCD, KWOK], ids=["etcd", "kwok"])
def test_other_versions_are_the_pinned_ones(recipe: Recipe) -> None:
    module = recipe.package.partition("/cmd/")[0]
    assert f"require {module} v{recipe.version}\n" in (recipe.folder / recipe.modfile).read_text()


RUN_WITHOUT_GO = """
import sys, pytest
from tests.controlplane import programs
programs.find_go = lambda: None
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("required", "outcome", "exit_status"),
    [("", "1 skipped", pytest.ExitCode.OK), ("1", "1 error", pytest.ExitCode.TESTS_FAILED)],
    ids=["skips by default", "fails when required"],
)
def test_without_go_a_test_says_what_to_install(
    required: str, outcome: str, exit_status: int, tmp_path: Path
) -> None:
    test = tmp_path / "test_one.py"
    test.write_text("def test_one(control_planes):\n    control_planes.lend(1)\n")
    environment = {key: value for key, value in os.environ.items() if key != programs.ASSETS_VARIABLE}
    environment |= {"XDG_CACHE_HOME": str(tmp_path), "SENTINELAURA_REQUIRE_CONTROLPLANE": required}
    options = [
        "-p",
        "tests.controlplane.fixture",
        "-rs",
        f"--rootdir={tmp_path}",
        "-c",
        os.devnull,
        str(test),
    ]
    run = subprocess.run(
        [sys.executable, "-c", RUN_WITHOUT_GO, *options],
        cwd=PROJECT_ROOT,
        env=environment,
        text=True,
        capture_output=True,
    )
    assert outcome in run.stdout
    assert "install Go 1.26 or newer" in run.stdout.replace("\n", " ")
    assert run.returncode == exit_status
