"""The kubeconfig: private from its first moment, readable by the client that it is for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from controller.clusters.kubeconfig import read_kubeconfig
from controller.simulation.kubeconfig import write_kubeconfig

CONTEXTS = {
    "aws-eu-west-1": "http://127.0.0.1:1/clusters/aws-eu-west-1",
    "gcp-us-central1": "http://127.0.0.1:1/clusters/gcp-us-central1",
}


def test_file_is_private_even_where_a_public_one_stood(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("public")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        write_kubeconfig(path, CONTEXTS)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_each_context_has_its_own_server_and_no_credential(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    write_kubeconfig(path, CONTEXTS)
    contexts = read_kubeconfig([path]).contexts
    assert {name: context.server for name, context in contexts.items()} == CONTEXTS
    assert not any(context.user.has_credential or context.problem for context in contexts.values())


def test_link_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("untouched")
    path = tmp_path / "kubeconfig"
    path.symlink_to(other)
    write_kubeconfig(path, CONTEXTS)
    assert other.read_text() == "untouched"
    assert not path.is_symlink()
