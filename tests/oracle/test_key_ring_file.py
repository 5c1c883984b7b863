"""The key ring on the disk: for its owner only, written whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from oracle import key_ring_file
from oracle.errors import KeyRingError
from oracle.foundation import trusted_file
from oracle.foundation.key_ring import KeyRing, format_ring
from oracle.key_ring_file import RingFile, load_ring, make_ring, replace_ring, rotate_ring, save_new_ring
from oracle.reasons import OracleCode

on_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


def refuse(path: Path, code: OracleCode) -> KeyRingError:
    with pytest.raises(KeyRingError) as refused:
        load_ring(path)
    assert refused.value.reason.code is code
    return refused.value


def test_a_new_ring_is_read_back_and_no_other_takes_its_place(tmp_path: Path) -> None:
    path, ring = tmp_path / "deep" / "key-ring", make_ring()
    save_new_ring(path, ring)
    assert load_ring(path) == ring
    with pytest.raises(KeyRingError) as refused:
        save_new_ring(path, make_ring())
    assert refused.value.reason.code is OracleCode.KEY_RING_EXISTS
    assert load_ring(path) == ring
    replace_ring(path, rotate_ring(ring))
    assert load_ring(path).keys[1] == ring.keys[0]
    assert [file.name for file in path.parent.iterdir()] == ["key-ring"]


@on_posix
def test_a_ring_is_written_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "key-ring"
    save_new_ring(path, make_ring())
    assert path.stat().st_mode & 0o777 == 0o600
    replace_ring(path, make_ring())
    assert path.stat().st_mode & 0o777 == 0o600


@on_posix
def test_an_installation_makes_its_ring_with_the_first_need_of_one(tmp_path: Path) -> None:
    """To look for it makes none, and a second process takes the one that the first has made."""
    path = tmp_path / "deep" / "key-ring"
    one, other = RingFile(path, may_make=True), RingFile(path, may_make=True)
    assert one.find() is None
    assert not path.parent.exists()
    ring = one.require()
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_ring(path) == ring == one.find() == other.find() == other.require()


def test_two_processes_that_make_a_ring_at_once_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, first = tmp_path / "key-ring", make_ring()

    def make_late() -> KeyRing:
        save_new_ring(path, first)
        return make_ring()

    monkeypatch.setattr("oracle.key_ring_file.make_ring", make_late)
    assert RingFile(path, may_make=True).require() == first


def test_a_rotation_counts_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "key-ring"
    running = RingFile(path, may_make=True)
    first = running.require()
    for _ in range(2):
        replace_ring(path, rotate_ring(load_ring(path)))
        assert running.find() == running.require() == load_ring(path) != first


@on_posix
def test_a_ring_on_a_drive_that_is_away_counts_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network home hangs in the middle of a move, whose journal is signed with it."""
    path = tmp_path / "key-ring"
    save_new_ring(path, make_ring())
    running = RingFile(path, may_make=True)
    known = running.find()
    is_there, looks = threading.Event(), 0

    def hang(place: Path) -> None:
        nonlocal looks
        looks += 1
        is_there.wait()

    monkeypatch.setattr(key_ring_file, "_stamp", hang)
    monkeypatch.setattr(key_ring_file, "LOOK_PATIENCE_S", 0.05)
    try:
        assert [running.find(), running.find()] == [known, known]
        assert looks == 1
    finally:
        is_there.set()


def test_a_ring_that_cannot_be_used_or_is_of_another_installation_takes_the_place_of_none(
    tmp_path: Path,
) -> None:
    """Moves that are under way were signed with the ring that is known."""
    path = tmp_path / "key-ring"
    running = RingFile(path, may_make=True)
    known = running.require()
    replace_ring(path, make_ring())
    assert running.find() == known
    replace_ring(path, rotate_ring(known))
    path.chmod(0o644)
    assert running.find() == known
    path.unlink()
    assert running.find() == known
    replace_ring(path, rotate_ring(known))
    assert running.find() == load_ring(path)


def test_no_ring_is_made_where_a_person_has_named_one(tmp_path: Path) -> None:
    """A Secret that is not mounted is no reason to sign with a key that nobody else has."""
    named = RingFile(tmp_path / "mounted", may_make=False)
    for ask in (named.find, named.require):
        with pytest.raises(KeyRingError) as refused:
            ask()
        assert refused.value.reason.code is OracleCode.KEY_RING_MISSING


@on_posix
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o610, 0o602])
def test_a_ring_that_others_may_touch_signs_nothing(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key-ring"
    save_new_ring(path, make_ring())
    path.chmod(mode)
    assert str(path) in str(refuse(path, OracleCode.KEY_RING_UNUSABLE))


@on_posix
def test_a_mounted_secret_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As kubelet lays it out: the file of root behind two links, readable in the whole container."""
    ring, mount = make_ring(), tmp_path / "secret"
    version = mount / "..2026_11_30"
    version.mkdir(parents=True)
    (version / "key-ring").write_text(format_ring(ring))
    (version / "key-ring").chmod(0o644)
    (mount / "..data").symlink_to(version.name)
    (mount / "key-ring").symlink_to("..data/key-ring")
    monkeypatch.setattr(trusted_file, "_belongs_to_root", lambda status: True)
    assert load_ring(mount / "key-ring") == ring
    (mount / "plain").write_text(format_ring(ring))
    (mount / "plain").chmod(0o644)
    refuse(mount / "plain", OracleCode.KEY_RING_UNUSABLE)
    monkeypatch.setattr(trusted_file, "_belongs_to_root", lambda status: False)
    refuse(mount / "key-ring", OracleCode.KEY_RING_UNUSABLE)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", OracleCode.KEY_RING_GARBLED),
        (b"key abc 0123456789abcdef", OracleCode.KEY_RING_LINE_GARBLED),
        (b"\xff" * 40, OracleCode.KEY_RING_GARBLED),
        (b"#" * 5000, OracleCode.KEY_RING_UNUSABLE),
    ],
)
def test_what_is_no_ring_is_refused_without_a_word_of_it(
    tmp_path: Path, content: bytes, code: OracleCode
) -> None:
    path = tmp_path / "key-ring"
    path.touch(0o600)
    path.write_bytes(content)
    error = refuse(path, code)
    assert "0123456789" not in str(error)
    assert error.__context__ is None or code is OracleCode.KEY_RING_UNUSABLE


def test_a_ring_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    assert "sentinelaura keys new" in str(refuse(tmp_path / "none", OracleCode.KEY_RING_MISSING))


def test_a_ring_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Its folder is a file: not even root makes anything in that."""
    (tmp_path / "folder").write_text("")
    with pytest.raises(KeyRingError) as refused:
        save_new_ring(tmp_path / "folder" / "key-ring", make_ring())
    assert refused.value.reason.code is OracleCode.KEY_RING_NOT_WRITTEN
