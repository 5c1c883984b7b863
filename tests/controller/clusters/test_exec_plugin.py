"""Credential plugins run as client-go runs them, and never for ever."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from controller.clusters.exec_plugin import ExecCredential, run_exec_plugin
from controller.clusters.exec_programs import MAX_RUNNING, ExecPrograms
from controller.clusters.file_questions import FileQuestions
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.kubeconfig_entries import ClusterEntry, ExecPlugin, Pem
from controller.clusters.settings import KubeSettings
from controller.errors import ContextRefused
from controller.reasons import Code
from tests.controller.clusters.clients import sending_anywhere
from tests.controller.refusals import refuses

V1 = "client.authentication.k8s.io/v1"
TOKEN = {"status": {"token": "t", "expirationTimestamp": "2026-01-01T00:00:00Z"}}
PRINT_TOKEN = f"print({json.dumps(TOKEN)!r})"
#: Prints as its token what the expression makes of what the plugin was told.
PRINT_INFO = (
    "import json, os; info = json.loads(os.environ['KUBERNETES_EXEC_INFO']); spec = info['spec'];"
    "print(json.dumps({{'status': {{'token': json.dumps({})}}}}))"
)


def make_plugin(code: str, **more: Any) -> ExecPlugin:
    """A plugin that is a Python program."""
    return ExecPlugin(**{"command": sys.executable, "api_version": V1, "arguments": ("-c", code), **more})


def run(plugin: ExecPlugin, cluster: ClusterEntry | None = None, **settings: Any) -> ExecCredential:
    allowed = {
        "allowed_exec_plugins": frozenset({sys.executable}),
        "exec_plugin_servers": {sys.executable: frozenset({"*"})},
        "exec_plugin_timeout_s": 20.0,
    }
    chosen = KubeSettings(**{**allowed, **settings})
    context = KubeconfigContext("eu", Path("/home/u/config"), "https://x", cluster or ClusterEntry())
    return asyncio.run(run_exec_plugin(context, plugin, chosen, ExecPrograms(chosen), FileQuestions()))


def test_a_token_with_its_expiry() -> None:
    credential = run(make_plugin(PRINT_TOKEN))
    assert credential.token == "t"
    assert credential.expires_at == 1767225600.0
    assert "t'" not in repr(credential)


def test_a_refusal_shows_no_argument() -> None:
    plugin = make_plugin("", command="kubectl-oidc_login", arguments=("--oidc-client-secret=S3CRET",))
    with refuses(ContextRefused, Code.PROGRAM_NOT_ALLOWED, program="kubectl-oidc_login") as refused:
        run(plugin)
    assert "S3CRET" not in str(refused.value)


def test_a_star_allows_all() -> None:
    assert run(make_plugin(PRINT_TOKEN), allowed_exec_plugins=frozenset({"*"})).token == "t"


def test_a_plugin_learns_the_cluster_only_where_it_asks_for_it() -> None:
    code = PRINT_INFO.format("spec.get('cluster')")
    assert run(make_plugin(code)).token == "null"
    assert json.loads(run(make_plugin(code, wants_cluster=True)).token or "") == {"server": "https://x"}


def test_a_plugin_that_asks_learns_the_whole_cluster_with_what_the_file_has_for_it(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"authority")
    cluster = ClusterEntry(
        authority=Pem(file=tmp_path / "ca.pem"),
        tls_server_name="kube.example",
        proxy_url="http://proxy:3128",
        disables_compression=True,
        plugin_config={"shootRef": {"name": "one"}},
    )
    told = run(make_plugin(PRINT_INFO.format("info"), wants_cluster=True), cluster).token
    assert json.loads(told or "") == {
        "apiVersion": V1,
        "kind": "ExecCredential",
        "spec": {
            "interactive": False,
            "cluster": {
                "server": "https://x",
                "certificate-authority-data": base64.b64encode(b"authority").decode(),
                "tls-server-name": "kube.example",
                "proxy-url": "http://proxy:3128",
                "disable-compression": True,
                "config": {"shootRef": {"name": "one"}},
            },
        },
    }


def test_a_variable_that_is_allowed_reaches_the_plugin() -> None:
    code = "import json, os; print(json.dumps({'status': {'token': os.environ['PROFILE']}}))"
    plugin = make_plugin(code, environment={"PROFILE": "p"})
    assert run(plugin, exec_plugin_env={sys.executable: frozenset({"PROFILE"})}).token == "p"


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import sys; sys.exit('no session\\x1b[31m')", Code.PLUGIN_FAILED),
        ("print('hello')", Code.PLUGIN_ANSWER_UNUSABLE),
        ("print('[]')", Code.PLUGIN_ANSWER_UNUSABLE),
        ("print('{\"status\": {}}')", Code.PLUGIN_ANSWER_UNUSABLE),
        ("print('{\"status\": {\"token\": 7}}')", Code.PLUGIN_ANSWER_UNUSABLE),
        ("print('{\"status\": {\"token\": \"t\", \"clientKeyData\": \"k\"}}')", Code.PLUGIN_ANSWER_UNUSABLE),
        ("print('{\"apiVersion\": \"v9\", \"status\": {\"token\": \"t\"}}')", Code.PLUGIN_VERSION_OTHER),
        ("print('[' * 100_000)", Code.PLUGIN_ANSWER_UNUSABLE),
        ("import sys; sys.stderr.write('x' * 200_000); sys.exit(3)", Code.PLUGIN_FAILED),
    ],
    ids=[
        "fails", "no json", "no object", "empty", "number", "half", "version", "deep", "floods stderr",
    ],
)  # fmt: skip
def test_a_plugin_that_gives_no_credential_is_named_with_what_is_wrong(program: str, code: Code) -> None:
    with pytest.raises(ContextRefused) as refused:
        run(make_plugin(program))
    assert refused.value.reason.code is code
    assert refused.value.reason["plugin"] == sys.executable


def test_what_a_failing_plugin_said_is_told_without_its_escapes() -> None:
    with refuses(ContextRefused, Code.PLUGIN_FAILED, status=1, said="no session [31m"):
        run(make_plugin("import sys; sys.exit('no session\\x1b[31m')"))


def test_a_plugin_that_hangs_is_ended() -> None:
    with pytest.raises(ContextRefused) as refused:
        run(make_plugin("import time; time.sleep(3600)"), exec_plugin_timeout_s=0.0)
    assert refused.value.reason.code is Code.PLUGIN_TIMED_OUT


def test_a_kubeconfig_of_many_contexts_does_not_start_as_many_programs_at_once(tmp_path: Path) -> None:
    settings = sending_anywhere(plugin=Path(sys.executable))
    context = KubeconfigContext("eu", Path("/home/u/config"), "https://x")

    async def main() -> None:
        programs = ExecPrograms(settings)
        for _ in range(MAX_RUNNING):
            await programs.turn.acquire()
        proof = tmp_path / "ran"
        plugin = make_plugin(f"open({str(proof)!r}, 'w'); {PRINT_TOKEN}")
        waiting = asyncio.create_task(run_exec_plugin(context, plugin, settings, programs, FileQuestions()))
        # A program that does not wait for its turn runs now, as the one before it would have.
        await run_exec_plugin(
            context, make_plugin(PRINT_TOKEN), settings, ExecPrograms(settings), FileQuestions()
        )
        assert not proof.exists()
        programs.turn.release()
        assert (await waiting).token == "t"

    asyncio.run(main())


#: Starts a program that holds the plugin's pipes, and says who that is in a file.
START_CHILD = (
    "import subprocess, sys, pathlib;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "pathlib.Path({!r}).write_text(str(child.pid));"
)


def is_running(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc").exists(), reason="no /proc to look into")
@pytest.mark.parametrize("goes_on", [True, False], ids=["that runs on", "that has ended"])
def test_a_plugin_whose_child_holds_its_pipes_holds_up_no_request_for_ever(
    tmp_path: Path, goes_on: bool
) -> None:
    """Whoever waits for its credential may be about to give a workload its replicas back."""
    code = START_CHILD.format(str(tmp_path / "child")) + ("import time; time.sleep(60)" if goes_on else "")
    began = time.monotonic()
    with refuses(ContextRefused, Code.PLUGIN_TIMED_OUT):
        run(make_plugin(code), exec_plugin_timeout_s=2.0)
    assert time.monotonic() - began < 20
    child = int((tmp_path / "child").read_text())
    if goes_on:
        while is_running(child):
            assert time.monotonic() - began < 20
    elif is_running(child):
        os.kill(child, signal.SIGKILL)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipe that has a name")
def test_a_plugin_that_nobody_waits_for_any_more_is_ended(tmp_path: Path) -> None:
    """The program ends, or its context is another's from now on."""
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    code = f"import os, time; open({str(begun)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    settings = sending_anywhere(plugin=Path(sys.executable))
    context = KubeconfigContext("eu", Path("/home/u/config"), "https://x")

    async def main() -> int:
        programs, files = ExecPrograms(settings), FileQuestions()
        running = asyncio.create_task(run_exec_plugin(context, make_plugin(code), settings, programs, files))
        process = int(await asyncio.to_thread(begun.read_text))
        running.cancel()
        await asyncio.wait({running})
        assert running.cancelled()
        return process

    assert not is_running(asyncio.run(main()))


def test_a_plugin_that_never_stops_talking_fills_no_memory() -> None:
    with refuses(ContextRefused, Code.PLUGIN_ANSWER_UNUSABLE):
        run(make_plugin("import os\nwhile True: os.write(1, b'x' * 65536)"))


def test_a_plugin_may_complain_at_length_and_still_give_a_credential() -> None:
    assert run(make_plugin("import os; os.write(2, b'x' * 3000000);" + PRINT_TOKEN)).token == "t"
