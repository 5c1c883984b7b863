"""Which contexts a kubeconfig offers, and which files are not believed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.clusters.kubeconfig import (
    MAX_KUBECONFIG_BYTES,
    Kubeconfig,
    read_kubeconfig,
    split_kubeconfig_paths,
)
from controller.errors import KubeconfigError

SERVER = "https://api.example:6443"


def document(name: str = "eu", **cluster: Any) -> dict[str, Any]:
    return {
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "shop"}}],
        "clusters": [{"name": name, "cluster": {"server": SERVER, **cluster}}],
        "users": [{"name": name, "user": {"token": "secret"}}],
    }


def write(path: Path, content: dict[str, Any] | str, mode: int = 0o600) -> Path:
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    path.chmod(mode)
    return path


def read(tmp_path: Path, content: dict[str, Any] | str) -> Kubeconfig:
    return read_kubeconfig([write(tmp_path / "config", content)])


def test_a_context_with_its_cluster_and_user(tmp_path: Path) -> None:
    context = read(tmp_path, document()).contexts["eu"]
    assert context.server == SERVER
    assert context.user.token == "secret"
    assert context.namespace == "shop"
    assert context.problem is None


def test_a_context_does_not_show_its_secrets(tmp_path: Path) -> None:
    assert "secret" not in repr(read(tmp_path, document()))


def test_files_are_merged_and_the_first_definition_wins(tmp_path: Path) -> None:
    first = write(tmp_path / "a", document("eu"))
    second = write(tmp_path / "b", {**document("eu"), **document("us", server="https://us.example")})
    merged = read_kubeconfig([first, tmp_path / "missing", second])
    assert list(merged.contexts) == ["eu", "us"]
    assert merged.paths == (first, second)
    assert merged.contexts["us"].server == "https://us.example"


def test_file_names_are_relative_to_their_own_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    path = write(tmp_path / "keys" / "config", document(**{"certificate-authority": "ca.pem"}))
    authority = read_kubeconfig([path]).contexts["eu"].cluster.authority
    assert authority is not None
    assert authority.file == tmp_path / "keys" / "ca.pem"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"clusters": []}, "names the cluster 'eu', which is not in the file"),
        ({"users": []}, "names the user 'eu', which is not in the file"),
        ({"clusters": [{"name": "eu", "cluster": {}}]}, "no server address"),
        (
            {"clusters": [{"name": "eu", "cluster": {"server": "unix:///x"}}]},
            "is no http:// or https:// address",
        ),
    ],
    ids=["no cluster", "no user", "no server", "no http"],
)
def test_one_broken_context_carries_its_problem_and_spoils_no_other(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    broken = write(tmp_path / "broken", {**document("eu"), **change})
    good = write(tmp_path / "good", document("us"))
    contexts = read_kubeconfig([broken, good]).contexts
    assert problem in (contexts["eu"].problem or "")
    assert contexts["us"].problem is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [1, 2", "line 2: it is not valid YAML"),
        ("just text", "no mapping at its top"),
        ("", "holds no contexts"),
        ("a: !!python/object/apply:os.system ['true']", "line 1: it has a tag"),
        ("a: 1\nb: 2\na: 3", "line 3: a stands twice"),
        ("contexts: 5", "contexts is not a list"),
        ("contexts: []", "holds no contexts"),
        ("a: b\n\x00", "line 2: it is not valid YAML"),
    ],
    ids=["broken", "text", "empty", "python object", "twice", "no list", "no contexts", "binary"],
)  # fmt: skip
def test_a_broken_file_is_named_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(KubeconfigError, match=reason) as caught:
        read(tmp_path, text)
    assert caught.value.path == str(tmp_path / "config")


def test_a_yaml_error_does_not_quote_a_secret(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError) as caught:
        read(tmp_path, "users: [{token: very-secret: x}]")
    assert "very-secret" not in str(caught.value)


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="name one with --kubeconfig"):
        read_kubeconfig([tmp_path / "nowhere"])


def test_a_directory_is_no_kubeconfig(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="is not a file"):
        read_kubeconfig([tmp_path])


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "config", "#" * (MAX_KUBECONFIG_BYTES + 1))
    with pytest.raises(KubeconfigError, match="larger than"):
        read_kubeconfig([path])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
@pytest.mark.parametrize("mode", [0o602, 0o666])
def test_a_file_that_others_may_write_is_not_believed(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "config", document(), mode)
    with pytest.raises(KubeconfigError, match="chmod go-w"):
        read_kubeconfig([path])


def test_several_files_are_listed_as_kubectl_lists_them() -> None:
    assert split_kubeconfig_paths(os.pathsep.join(["/a/b", "", "/c"])) == (Path("/a/b"), Path("/c"))
    assert split_kubeconfig_paths("~/x")[0].is_absolute()
