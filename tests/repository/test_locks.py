"""The locks install what pyproject.toml asks for, hash by hash, and the same in both."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# A requirement of a lock begins its line: name==version, perhaps a marker, then one --hash for each file.
REQUIREMENT = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(file_name: str) -> dict[str, set[str]]:
    """Package name -> locked versions (several where a marker chooses by Python version)."""
    versions: dict[str, set[str]] = {}
    for match in REQUIREMENT.finditer((ROOT / file_name).read_text(encoding="utf-8")):
        assert "--hash=sha256:" in match["rest"], match["name"]
        versions.setdefault(normalized(match["name"]), set()).add(match["version"])
    return versions


def wished(requirements: list[str]) -> dict[str, str | None]:
    """Package name -> the version that an exact pin asks for, or None."""
    wishes = {}
    for requirement in requirements:
        name = re.match(r"[\w.-]+", requirement)
        pin = re.search(r"==([^;\s]+)", requirement)
        assert name is not None
        wishes[normalized(name.group())] = pin.group(1) if pin else None
    return wishes


def test_runtime_lock_has_every_dependency_at_its_pin() -> None:
    lock = locked("requirements.lock")
    for name, version in wished(PROJECT["project"]["dependencies"]).items():
        assert name in lock
        assert version is None or lock[name] == {version}


def test_test_lock_has_every_test_dependency_at_its_pin() -> None:
    lock = locked("requirements-test.lock")
    for name, version in wished(PROJECT["dependency-groups"]["test"]).items():
        assert name in lock
        assert version is None or lock[name] == {version}


@pytest.mark.parametrize("group", ["tools", "mutation"])
def test_lock_of_the_tools_has_every_tool_at_its_pin(group: str) -> None:
    lock = locked(f"requirements-{group}.lock")
    for name, version in wished(PROJECT["dependency-groups"][group]).items():
        assert name in lock
        assert version is None or lock[name] == {version}


def test_tests_run_with_the_versions_that_people_run() -> None:
    runtime, test = locked("requirements.lock"), locked("requirements-test.lock")
    assert {name: test.get(name) for name in runtime} == runtime


def test_mutants_are_judged_with_the_versions_that_the_tests_run_with() -> None:
    test, mutation = locked("requirements-test.lock"), locked("requirements-mutation.lock")
    assert {name: mutation[name] for name in test if name in mutation} == {
        name: test[name] for name in mutation if name in test
    }


def test_locks_name_no_host() -> None:
    for file_name in ROOT.glob("requirements*.lock"):
        assert "://" not in file_name.read_text(encoding="utf-8")
