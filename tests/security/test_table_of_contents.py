"""The page that maps each promise to its tests names tests that there are, and every test of this folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", (HERE / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_promise_names_a_test_that_is_there(file: str, test: str) -> None:
    path = (HERE if "/" not in file else HERE.parent) / file
    assert re.search(rf"def {test}\(", path.read_text(encoding="utf-8"))


def test_every_file_of_this_folder_is_in_the_table() -> None:
    files = {path.name for path in HERE.glob("test_*.py")} - {Path(__file__).name}
    assert files == {file for file, _ in NAMED if "/" not in file}
