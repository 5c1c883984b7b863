"""A file that is rewritten while we run: what counts now, and what stays as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controller.clusters.kubeconfig import read_kubeconfig
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.clusters.kubeconfig_source import KubeconfigSource
from tests.controller.clusters.serving import write_kubeconfig


def write(folder: Path, token: str) -> Path:
    """Anew, as tools replace a file."""
    folder.mkdir(exist_ok=True)
    (folder / "kubeconfig").unlink(missing_ok=True)
    return write_kubeconfig(folder, "https://x", {"token": token})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path, "old")


def test_what_a_new_login_wrote_counts(path: Path) -> None:
    source = KubeconfigSource(read_kubeconfig([path]))
    assert source.find("eu").user.token == "old"
    before = source.refresh()
    write(path.parent, "new")
    assert source.find("eu").user.token == "new"
    assert source.refresh() == before + 1


@pytest.mark.parametrize("text", ["contexts: [", "", None], ids=["half written", "emptied", "gone"])
def test_a_file_that_is_being_written_changes_nothing_yet(path: Path, text: str | None) -> None:
    source = KubeconfigSource(read_kubeconfig([path]))
    path.unlink()
    if text is not None:
        path.write_text(text)
    assert source.find("eu").user.token == "old"
    write(path.parent, "new")
    assert source.find("eu").user.token == "new"


def test_one_file_of_a_list_that_is_being_written_keeps_its_contexts(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", "a"), write(tmp_path / "b", "b")
    second.write_text(second.read_text().replace("eu", "us"))
    source = KubeconfigSource(read_kubeconfig([first, second]))
    write(tmp_path / "a", "new")
    second.write_text("[")
    assert source.find("eu").user.token == "new"
    assert source.find("us").user.token == "b"
    second.unlink()
    assert source.find("us").user.token == "b"


def test_a_context_that_was_taken_out_is_used_no_more(path: Path) -> None:
    source = KubeconfigSource(read_kubeconfig([path]))
    text = path.read_text().replace("eu", "us")
    path.write_text(text)
    os.utime(path, ns=(1, 1))
    assert source.find("eu").problem == KubeconfigCode.CONTEXT_GONE.because()
    assert not source.find("eu").user.has_credential
