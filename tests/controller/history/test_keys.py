"""The key of the chain is made once, for its owner only, and is not used where others may have read it."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from controller.history.errors import HistoryUnusable
from controller.history.keys import KEY_BYTES, load_key, load_or_create_key
from controller.reasons import Code
from tests.controller.refusals import refuses


def test_a_key_is_made_once_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "history.key"
    key = load_or_create_key(path)
    assert len(key) == KEY_BYTES
    assert load_or_create_key(path) == load_key(path) == key
    assert load_or_create_key(tmp_path / "other.key") != key
    assert [file.name for file in path.parent.iterdir()] == ["history.key"]


def test_the_first_key_follows_from_a_ring_and_stays_whatever_becomes_of_the_ring(tmp_path: Path) -> None:
    path, of_ring, of_next_ring = tmp_path / "history.key", bytes(range(32)), bytes(32)
    assert load_or_create_key(path, of_ring) == of_ring
    assert load_or_create_key(path, of_next_ring) == of_ring
    assert load_or_create_key(path) == of_ring


def test_programs_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    keys: list[bytes] = []
    programs = [
        threading.Thread(target=lambda: keys.append(load_or_create_key(tmp_path / "history.key")))
        for _ in range(8)
    ]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert (len(keys), len(set(keys))) == (8, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_touch_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "history.key"
    load_or_create_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(mode)
    with refuses(HistoryUnusable, Code.HISTORY_KEY_EXPOSED, path=path):
        load_or_create_key(path)


@pytest.mark.parametrize("content", ["", "secret", "ab" * 31, "ab" * 33, "zz" * 32, "é" * 32])
def test_a_file_that_is_no_key_is_told_and_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "history.key"
    path.touch(0o600)
    path.write_text(content, encoding="utf-8")
    with refuses(HistoryUnusable, Code.HISTORY_KEY_UNREADABLE, path=path):
        load_or_create_key(path)
    assert path.read_text(encoding="utf-8") == content
