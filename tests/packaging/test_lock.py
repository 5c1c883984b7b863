"""What is read from a lock."""

from __future__ import annotations

from pathlib import Path

import pytest
from lock import LockedPackage, parse_lock

ROOT = Path(__file__).parents[2]
ONE, TWO = "a" * 64, "b" * 64
LOCK = f"""Py_Yaml==6.0.3 ; sys_platform != 'win32' \\
    --hash=sha256:{ONE} \\
    --hash=sha256:{TWO}
    # via
    #   sentinelaura (pyproject.toml)
    #   kubernetes
six==1.17.0 \\
    --hash=sha256:{TWO}
    # via python-dateutil
"""


def test_a_package_is_read_with_where_it_is_installed_its_files_and_who_needs_it() -> None:
    assert parse_lock(LOCK) == (
        LockedPackage("py-yaml", "6.0.3", "sys_platform != 'win32'", (ONE, TWO), ("kubernetes",)),
        LockedPackage("six", "1.17.0", "", (TWO,), ("python-dateutil",)),
    )


def test_a_package_that_is_not_understood_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="2 packages, 1"):
        parse_lock(LOCK.replace(f" \\\n    --hash=sha256:{TWO}\n    # via python", "\n    # via python"))


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda lock: lock.name)
def test_our_locks_are_understood(lock: Path) -> None:
    packages = parse_lock(lock.read_text(encoding="utf-8"))
    assert len(packages) > 20
    assert all(package.hashes for package in packages)
