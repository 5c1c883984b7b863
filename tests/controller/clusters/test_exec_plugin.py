"""Credential plugins run only where they are allowed, and never for ever."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from controller.clusters.exec_plugin import ExecCredential, run_exec_plugin
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.settings import KubeSettings
from controller.errors import KubeconfigError

TOKEN = {"status": {"token": "t", "expirationTimestamp": "2026-01-01T00:00:00Z"}}


def make_context(code: str, **plugin: Any) -> KubeconfigContext:
    """A context whose plugin is a Python program."""
    command = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", code],
    }
    return KubeconfigContext(
        "eu", Path("/home/u/config"), {"server": "https://x"}, {"exec": {**command, **plugin}}
    )


def run(context: KubeconfigContext, **settings: Any) -> ExecCredential:
    allowed = {"allowed_exec_plugins": frozenset({sys.executable}), "exec_plugin_timeout_s": 20.0}
    return asyncio.run(run_exec_plugin(context, KubeSettings(**{**allowed, **settings})))


def test_a_token_with_its_expiry() -> None:
    credential = run(make_context(f"print({json.dumps(TOKEN)!r})"))
    assert credential.token == "t"
    assert credential.expires_at == 1767225600.0
    assert "t'" not in repr(credential)


def test_nothing_runs_without_permission(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    context = make_context(f"open({str(trace)!r}, 'w')")
    with pytest.raises(
        KubeconfigError, match=r"wants to run a program for its credentials.*allowed exec plugins"
    ):
        run(context, allowed_exec_plugins=frozenset({"aws"}))
    assert not trace.exists()


def test_a_refusal_shows_no_argument(tmp_path: Path) -> None:
    context = make_context("", command="kubectl-oidc_login", args=["--oidc-client-secret=S3CRET"])
    with pytest.raises(KubeconfigError, match="kubectl-oidc_login") as refused:
        run(context)
    assert "S3CRET" not in str(refused.value)


def put_program(directory: Path) -> Path:
    """A kubeconfig with a program beside it."""
    directory.mkdir()
    program = directory / "auth.sh"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(TOKEN)}'\n")
    program.chmod(0o755)
    return directory / "config"


@pytest.mark.skipif(sys.platform == "win32", reason="runs a shell script")
def test_a_path_allows_one_file_and_not_its_namesake_beside_another_kubeconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, foreign = (put_program(tmp_path / name) for name in ("own", "foreign"))
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./auth.sh"}
    contexts = [KubeconfigContext("eu", path, {}, {"exec": plugin}) for path in (own, foreign)]
    monkeypatch.chdir(own.parent)
    for entry in ("./auth.sh", str(own.parent / "auth.sh")):
        allowed = frozenset({entry})
        assert run(contexts[0], allowed_exec_plugins=allowed).token == "t"
        with pytest.raises(KubeconfigError, match="if you trust it"):
            run(contexts[1], allowed_exec_plugins=allowed)


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "PYTHONPATH", "DYLD_INSERT_LIBRARIES", "NODE_OPTIONS", "PATH"]
)
def test_a_kubeconfig_makes_no_allowed_program_run_other_code(tmp_path: Path, name: str) -> None:
    trace = tmp_path / "ran"
    context = make_context(f"open({str(trace)!r}, 'w')", env=[{"name": name, "value": "/tmp/evil"}])
    with pytest.raises(KubeconfigError, match=f"sets {name} for its credential plugin"):
        run(context)
    assert not trace.exists()


def test_a_star_allows_all() -> None:
    assert (
        run(make_context(f"print({json.dumps(TOKEN)!r})"), allowed_exec_plugins=frozenset({"*"})).token == "t"
    )


def test_a_plugin_learns_the_cluster_only_where_it_asks_for_it() -> None:
    code = (
        "import json, os; spec = json.loads(os.environ['KUBERNETES_EXEC_INFO'])['spec'];"
        "print(json.dumps({'status': {'token': spec.get('cluster', {}).get('server', 'untold')}}))"
    )
    assert run(make_context(code, provideClusterInfo=True)).token == "https://x"
    assert run(make_context(code)).token == "untold"


def test_variables_of_the_kubeconfig_reach_the_plugin() -> None:
    code = "import json, os; print(json.dumps({'status': {'token': os.environ['PROFILE']}}))"
    assert run(make_context(code, env=[{"name": "PROFILE", "value": "p"}])).token == "p"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('no session\\x1b[31m')", "failed with 1: no session"),
        ("print('hello')", "printed no ExecCredential"),
        ("print('[]')", "printed no ExecCredential"),
        ("print('{\"status\": {}}')", "no token and no certificate"),
        ("import sys; sys.stderr.write('x' * 200_000); sys.exit(3)", "failed with 3"),
    ],
    ids=["fails", "no json", "no object", "empty", "floods stderr"],
)
def test_a_failing_plugin_is_named_with_its_reason(code: str, reason: str) -> None:
    with pytest.raises(KubeconfigError, match=reason):
        run(make_context(code))


def test_a_plugin_that_hangs_is_ended() -> None:
    with pytest.raises(KubeconfigError, match="no answer within 0 s"):
        run(make_context("import time; time.sleep(3600)"), exec_plugin_timeout_s=0.0)


def test_a_missing_plugin_shows_its_install_hint() -> None:
    context = make_context("", command="/nowhere/aws", installHint="get it from your cloud")
    with pytest.raises(KubeconfigError, match="not installed; get it from your cloud"):
        run(context, allowed_exec_plugins=frozenset({"*"}))
