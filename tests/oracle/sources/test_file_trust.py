"""Who may write a file of live prices."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from oracle.sources.file_trust import find_other_writer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")


def judge(path: Path) -> str | None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return find_other_writer(descriptor, str(path))
    finally:
        os.close(descriptor)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    path = folder / "prices.csv"
    path.touch(mode=0o644)
    return path


def test_file_of_ones_own_is_trusted(file: Path) -> None:
    assert judge(file) is None


@pytest.mark.parametrize("mode", [0o646, 0o666])
def test_file_that_everybody_may_write_is_not(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert judge(file) == "it may be written by everybody"


def test_folder_that_everybody_may_write_is_not(file: Path) -> None:
    file.parent.chmod(0o777)
    assert judge(file) == f"its folder {file.parent} may be written by everybody"
    file.parent.chmod(0o1777)
    assert judge(file) is None, "in a sticky folder nobody replaces what is ours"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_file_of_somebody_else_or_of_a_shared_group_is_not(file: Path) -> None:
    os.chown(file, 12_345, -1)
    assert judge(file) == "it belongs to the user 12345"
    os.chown(file, 0, 12_345)
    file.chmod(0o664)
    assert judge(file) == "it may be written by the group 12345"
    os.chown(file, 0, 0)
    assert judge(file) is None, "the group of root is not others"


def test_link_is_judged_by_where_it_leads(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(file)
    file.parent.chmod(0o777)
    assert judge(link) == f"its folder {file.parent} may be written by everybody"


def test_link_in_a_folder_of_everybody_is_not(file: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "link.csv").symlink_to(file)
    (tmp_path / "outer.csv").symlink_to(shared / "link.csv")
    assert judge(tmp_path / "outer.csv") is None
    shared.chmod(0o777)
    assert judge(tmp_path / "outer.csv") == f"its folder {shared} may be written by everybody"


def test_pipe_is_no_file(tmp_path: Path) -> None:
    pipe = tmp_path / "prices.csv"
    os.mkfifo(pipe)
    assert judge(pipe) == "it is no ordinary file"
