"""Whom a path has to be safe from: everybody but us, root and the package manager."""

from __future__ import annotations

import grp
import os
import pwd
import sys
from pathlib import Path

import pytest

from oracle.foundation import trusted_path
from oracle.foundation.trusted_file import UntrustedFile, read_trusted
from oracle.foundation.trusted_path import UntrustedPath, check_status, resolve_trusted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")


def put(path: Path, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("content")
    path.chmod(mode)
    return path


def status_of(mode: int, uid: int | None = None, gid: int = 0) -> os.stat_result:
    return os.stat_result((mode, 1, 1, 1, os.geteuid() if uid is None else uid, gid, 0, 0, 0, 0))


def test_a_file_of_our_own_is_believed_also_below_a_sticky_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    assert resolve_trusted(put(tmp_path / "file")) == tmp_path / "file"
    assert read_trusted(tmp_path / "file", 100) == b"content"


@pytest.mark.parametrize("mode", [0o602, 0o622, 0o666])
def test_a_file_that_everybody_may_write_is_not(tmp_path: Path, mode: int) -> None:
    file = put(tmp_path / "file", mode)
    with pytest.raises(UntrustedPath, match=f"others may write {file}; run: chmod go-w {file}"):
        resolve_trusted(file)


def test_any_directory_on_the_way_that_everybody_may_write_is_enough(tmp_path: Path) -> None:
    file = put(tmp_path / "open" / "inner" / "file")
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(UntrustedPath, match=r"others may write .*/open"):
        resolve_trusted(file)


def test_what_belongs_to_another_user_is_not_believed() -> None:
    with pytest.raises(UntrustedPath, match="belongs to another user"):
        check_status(Path("/x"), status_of(0o100600, uid=os.geteuid() + 1))
    with pytest.raises(UntrustedPath, match="belongs to another user"):
        check_status(Path("/x"), status_of(0o41777, uid=os.geteuid() + 1))
    check_status(Path("/x"), status_of(0o100600, uid=0))


def test_the_groups_of_root_and_of_the_package_manager_are_not_others() -> None:
    check_status(Path("/x"), status_of(0o100664, gid=0))
    trusted = next(iter(trusted_path._TRUSTED_GROUPS - {"root"}))
    check_status(Path("/x"), status_of(0o40775, gid=grp.getgrnam(trusted).gr_gid))


def test_a_group_is_ours_alone_only_where_it_has_our_name_and_no_other_member(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: pwd.struct_passwd(("me", "", 7, 700, "", "", "")))
    groups = {
        700: grp.struct_group(("me", "", 700, ["me"])),
        701: grp.struct_group(("team", "", 701, ["me"])),
    }
    monkeypatch.setattr(grp, "getgrgid", lambda gid: groups[gid])
    check_status(Path("/x"), status_of(0o100660, gid=700))
    for gid in (701, 702):
        with pytest.raises(UntrustedPath, match="others may write"):
            check_status(Path("/x"), status_of(0o100660, gid=gid))
    groups[700] = grp.struct_group(("me", "", 700, ["me", "you"]))
    with pytest.raises(UntrustedPath, match="others may write"):
        check_status(Path("/x"), status_of(0o100660, gid=700))


def test_a_link_of_ours_is_followed_with_all_that_lies_on_its_way(tmp_path: Path) -> None:
    file = put(tmp_path / "dotfiles" / "config")
    (tmp_path / "kube").mkdir()
    (tmp_path / "kube" / "config").symlink_to("../dotfiles/config")
    assert resolve_trusted(tmp_path / "kube" / "config") == file
    (tmp_path / "dotfiles").chmod(0o777)
    with pytest.raises(UntrustedPath, match="dotfiles"):
        resolve_trusted(tmp_path / "kube" / "config")


def test_a_link_into_a_shared_temporary_directory_is_not_followed(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    put(shared / "config")
    shared.chmod(0o1777)
    (tmp_path / "config").symlink_to(shared / "config")
    with pytest.raises(UntrustedPath, match=r"a link into .*/tmp, which everybody may write"):
        resolve_trusted(tmp_path / "config")


def test_a_mounted_secret_whose_links_stay_in_its_own_directory_is_believed(tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    put(mount / "..2026" / "token")
    (mount / "..data").symlink_to("..2026")
    (mount / "token").symlink_to("..data/token")
    mount.chmod(0o1777)
    assert read_trusted(mount / "token", 100) == b"content"


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UntrustedPath, match="circle"):
        resolve_trusted(tmp_path / "a")


def test_what_is_no_file_is_not_read_and_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UntrustedFile, match="is not a file"):
            read_trusted(path, 100)


def test_a_file_is_read_to_its_bound_only(tmp_path: Path) -> None:
    file = put(tmp_path / "file")
    assert read_trusted(file, len("content")) == b"content"
    with pytest.raises(UntrustedFile, match="larger than 6 bytes"):
        read_trusted(file, 6)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UntrustedFile, match="nowhere cannot be read: No such file"):
        read_trusted(tmp_path / "nowhere", 100)


def test_what_is_read_is_what_was_looked_at_also_where_a_link_takes_the_files_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path / "file")
    other = put(tmp_path / "other", 0o666)

    def exchange(path: Path) -> Path:
        found = resolve_trusted(path)
        found.unlink()
        found.symlink_to(other)
        return found

    monkeypatch.setattr("oracle.foundation.trusted_file.resolve_trusted", exchange)
    with pytest.raises(UntrustedFile, match="cannot be read"):
        read_trusted(file, 100)


def test_a_file_that_was_exchanged_between_look_and_read_is_judged_by_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path / "file", 0o666)
    monkeypatch.setattr("oracle.foundation.trusted_file.resolve_trusted", lambda path: path)
    with pytest.raises(UntrustedFile, match="others may write"):
        read_trusted(file, 100)


def test_a_link_may_lead_through_the_shared_directory_that_it_lies_in_itself(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    file = put(shared / "mine" / "file")
    shared.chmod(0o1777)
    (shared / "mine" / "link").symlink_to(file)  # by its whole path, from the root on
    assert resolve_trusted(shared / "mine" / "link") == file


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives links away")
def test_a_link_that_belongs_to_another_user_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "file")
    (tmp_path / "link").symlink_to("file")
    os.lchown(tmp_path / "link", 12_345, -1)
    with pytest.raises(UntrustedPath, match=r"the link .* belongs to another user"):
        resolve_trusted(tmp_path / "link")


def test_what_is_read_is_what_was_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody puts another file in its place between the look at the way and the opening."""
    file = put(tmp_path / "file")

    def exchange(path: Path) -> Path:
        found = resolve_trusted(path)
        put(file, 0o666)
        return found

    monkeypatch.setattr("oracle.foundation.trusted_file.resolve_trusted", exchange)
    with pytest.raises(UntrustedFile, match="others may write"):
        read_trusted(file, 100)
