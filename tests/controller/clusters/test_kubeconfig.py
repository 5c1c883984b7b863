"""Which contexts a kubeconfig offers, and which files are not believed."""

from __future__ import annotations

import json
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
from controller.clusters.kubeconfig_entries import ExecPlugin
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.errors import KubeconfigError
from controller.reasons import Code
from tests.controller.clusters.certificates import encode
from tests.controller.refusals import find_cause, refuses

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
    ("change", "code"),
    [
        ({"clusters": []}, KubeconfigCode.ENTRY_MISSING),
        ({"users": []}, KubeconfigCode.ENTRY_MISSING),
        ({"clusters": [{"name": "eu", "cluster": {}}]}, KubeconfigCode.NO_SERVER),
        (
            {"clusters": [{"name": "eu", "cluster": {"server": "unix:///x"}}]},
            KubeconfigCode.SERVER_NO_ADDRESS,
        ),
    ],
    ids=["no cluster", "no user", "no server", "no http"],
)
def test_one_broken_context_carries_its_problem_and_spoils_no_other(
    tmp_path: Path, change: dict[str, Any], code: KubeconfigCode
) -> None:
    broken = write(tmp_path / "broken", {**document("eu"), **change})
    good = write(tmp_path / "good", document("us"))
    contexts = read_kubeconfig([broken, good]).contexts
    problem = contexts["eu"].problem
    assert problem is not None
    assert find_cause(problem).code is code
    assert contexts["us"].problem is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [1, 2", KubeconfigCode.INVALID_YAML),
        ("just text", KubeconfigCode.NO_MAPPING),
        ("", KubeconfigCode.NO_CONTEXTS),
        ("a: !!python/object/apply:os.system ['true']", KubeconfigCode.TAG_UNKNOWN),
        ("a: 1\nb: 2\na: 3", KubeconfigCode.KEY_TWICE),
        ("contexts: 5", KubeconfigCode.NO_LIST),
        ("contexts: []", KubeconfigCode.NO_CONTEXTS),
        ("a: b\n\x00", KubeconfigCode.INVALID_YAML),
    ],
    ids=["broken", "text", "empty", "python object", "twice", "no list", "no contexts", "binary"],
)  # fmt: skip
def test_a_broken_file_is_named_with_its_reason(tmp_path: Path, text: str, code: KubeconfigCode) -> None:
    with refuses(KubeconfigError, Code.KUBECONFIG_REFUSED, problem=code) as caught:
        read(tmp_path, text)
    assert caught.value.reason["path"] == str(tmp_path / "config")


def test_a_yaml_error_does_not_quote_a_secret(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError) as caught:
        read(tmp_path, "users: [{token: very-secret: x}]")
    assert "very-secret" not in str(caught.value)


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with refuses(KubeconfigError, Code.KUBECONFIG_REFUSED, problem=KubeconfigCode.FILE_MISSING):
        read_kubeconfig([tmp_path / "nowhere"])


def test_a_directory_is_no_kubeconfig(tmp_path: Path) -> None:
    with refuses(KubeconfigError, Code.KUBECONFIG_REFUSED, problem="is not a file"):
        read_kubeconfig([tmp_path])


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "config", "#" * (MAX_KUBECONFIG_BYTES + 1))
    with refuses(KubeconfigError, Code.KUBECONFIG_REFUSED, problem="larger than"):
        read_kubeconfig([path])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
@pytest.mark.parametrize("mode", [0o602, 0o666])
def test_a_file_that_others_may_write_is_not_believed(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "config", document(), mode)
    with refuses(KubeconfigError, Code.KUBECONFIG_REFUSED, problem="chmod go-w"):
        read_kubeconfig([path])


def test_several_files_are_listed_as_kubectl_lists_them() -> None:
    assert split_kubeconfig_paths(os.pathsep.join(["/a/b", "", "/c"])) == (Path("/a/b"), Path("/c"))
    assert split_kubeconfig_paths("~/x")[0].is_absolute()


def test_names_beside_a_linked_kubeconfig_count_from_the_link(tmp_path: Path) -> None:
    (tmp_path / "kube").mkdir()
    write(tmp_path / "dotfiles", document(**{"certificate-authority": "ca.pem"}))
    (tmp_path / "kube" / "config").symlink_to("../dotfiles")
    authority = read_kubeconfig([tmp_path / "kube" / "config"]).contexts["eu"].cluster.authority
    assert authority is not None
    assert authority.file == tmp_path / "kube" / "ca.pem"


def test_two_hundred_contexts_with_certificates_are_read(tmp_path: Path) -> None:
    data = encode(b"A" * 1500)
    names = [f"c{number}" for number in range(200)]
    user = {"client-certificate-data": data, "client-key-data": encode(b"B" * 1700)}
    cluster = {"server": SERVER, "certificate-authority-data": data}
    path = tmp_path / "config"
    content = {
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "clusters": [{"name": name, "cluster": cluster} for name in names],
        "users": [{"name": name, "user": user} for name in names],
    }
    path.write_text(json.dumps(content))
    assert path.stat().st_size > 1_100_000
    contexts = read_kubeconfig([path]).contexts
    assert [context.problem for context in contexts.values()] == [None] * 200


def test_yaml_aliases_and_merges_that_people_write_are_read(tmp_path: Path) -> None:
    text = """
    x-common: &common {insecure-skip-tls-verify: &no false, server: https://x}
    clusters:
    - {name: a, cluster: {<<: *common, tls-server-name: a}}
    - {name: b, cluster: {server: https://y, insecure-skip-tls-verify: *no}}
    contexts:
    - {name: a, context: {cluster: a}}
    - {name: b, context: {cluster: b}}
    """
    kubeconfig = read(tmp_path, text)
    assert [(c.server, c.cluster.tls_server_name, c.problem) for c in kubeconfig.contexts.values()] == [
        ("https://x", "a", None),
        ("https://y", None, None),
    ]
    path = str(tmp_path / "config")
    assert kubeconfig.notes == (KubeconfigCode.FIELD_PASSED_OVER.because(path=path, name="x-common"),)


def test_a_plugin_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    content = document(
        extensions=[
            {"name": "other", "extension": {"a": 1}},
            {"name": "client.authentication.k8s.io/exec", "extension": {"shootRef": {"n": 1}}},
        ]
    )
    content["users"][0]["user"] = {
        "exec": {
            "command": "./bin/login",
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "args": ["get-token"],
            "env": [{"name": "A", "value": "1"}, {"name": "B"}],
            "installHint": "get it",
            "interactiveMode": "IfAvailable",
            "provideClusterInfo": True,
        }
    }
    context = read(tmp_path, content).contexts["eu"]
    assert context.problem is None
    assert context.exec_plugin == ExecPlugin(
        command=str(tmp_path / "bin" / "login"),
        api_version="client.authentication.k8s.io/v1beta1",
        arguments=("get-token",),
        environment={"A": "1", "B": ""},
        install_hint="get it",
        wants_cluster=True,
    )
    assert context.cluster.plugin_config == {"shootRef": {"n": 1}}


@pytest.mark.parametrize(
    ("server", "resolved"),
    [
        ("https://x:6443/", "https://x:6443"),
        ("https://[::1]:6443/k8s/clusters/c", "https://[::1]:6443/k8s/clusters/c"),
        ("x:6443", "http://x:6443"),
        ("10.0.0.1:6443", "http://10.0.0.1:6443"),
    ],
)
def test_a_server_is_understood_as_by_kubectl(tmp_path: Path, server: str, resolved: str) -> None:
    content = document(server=server)
    content["users"][0]["user"] = None
    assert read(tmp_path, content).contexts["eu"].server == resolved


@pytest.mark.parametrize(
    "server",
    ["ftp://x", "https://", "https://x:99999", "https://x:y", "https://u:p@x", "https://x/?a=b", "https://x#f"],
)  # fmt: skip
def test_a_server_that_no_api_server_has_is_refused_without_its_password(tmp_path: Path, server: str) -> None:
    problem = read(tmp_path, document(server=server)).contexts["eu"].problem
    assert problem is not None
    assert "u:p" not in str(problem)
