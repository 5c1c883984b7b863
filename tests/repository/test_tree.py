"""Nothing of one machine, of one network or of anybody's secrets is in the tree."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_FILE_BYTES = 5_000_000  # arbitrary: a clone stays quick, and generated bulk is noticed

# The brackets keep these patterns from matching themselves.
FORBIDDEN = {
    "a package registry": r"pyp[i]\.or|pythonhoste[d]\.|npmj[s]\.(co|or)|deb\.debia[n]\.|proxy\.golan[g]\.",
    "a path of one machine": r"/wor[k]/|/roo[t]/|/hom[e]/[a-z]{2}|/User[s]/[a-z]{2}",
    "a private key": r"BEGI[N] (RSA |EC |OPENSSH |)PRIVATE KEY",
    "a cloud credential": r"AKI[A][0-9A-Z]{16}|gh[ps]_[0-9A-Za-z]{36}|xox[bp]-[0-9]|AIz[a][0-9A-Za-z_-]{35}",
}


def committed_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listing.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def texts() -> dict[Path, str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of committed files")
    return {path: path.read_text(encoding="utf-8", errors="ignore") for path in committed_files()}


@pytest.mark.parametrize("pattern", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_tree_names_no(pattern: str, texts: dict[Path, str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, text in texts.items()
        for match in re.finditer(pattern, text)
    ]
    assert found == []


def test_no_file_is_bulk(texts: dict[Path, str]) -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in texts}
    assert {name: size for name, size in sizes.items() if size > MAX_FILE_BYTES} == {}
