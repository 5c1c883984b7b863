"""Which file an allowed name stands for, and which variables of a kubeconfig it gets."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.config.layers import resolve_configuration
from controller.clusters.exec_presets import PRESETS
from controller.clusters.exec_programs import ExecPrograms, consent_line
from controller.clusters.kubeconfig_entries import ExecPlugin
from controller.clusters.settings import KubeSettings
from controller.errors import ContextRefused
from controller.reasons import Code
from tests.controller.refusals import refuses

#: Where the vendor of the plugin runs its clusters.
EKS = ("https://1a2b.gr7.eu-west-1.eks.amazonaws.com",)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="runs shell scripts and asks for mode bits")


def put_program(folder: Path, name: str = "aws") -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def make_plugin(command: str = "aws", **more: Any) -> ExecPlugin:
    login = ("eks", "get-token", "--cluster-name", "prod") if Path(command).name == "aws" else ()
    version = "client.authentication.k8s.io/v1"
    return ExecPlugin(**{"command": command, "api_version": version, "arguments": login, **more})


def find(monkeypatch: pytest.MonkeyPatch, path: str, **settings: Any) -> ExecPrograms:
    monkeypatch.setenv("PATH", path)
    return ExecPrograms(KubeSettings(**{"allowed_exec_plugins": frozenset({"aws"}), **settings}))


def test_an_allowed_name_is_the_file_that_the_path_had_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, later = put_program(tmp_path / "bin"), put_program(tmp_path / "later")
    programs = find(monkeypatch, str(program.parent))
    monkeypatch.setenv("PATH", str(later.parent))
    assert programs.permit(make_plugin(), "eu", EKS) == program
    assert [(one.entry, one.file, one.problem) for one in programs.found] == [("aws", program, None)]


def test_a_relative_folder_in_the_path_gives_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_program(tmp_path)
    monkeypatch.chdir(tmp_path)
    with refuses(ContextRefused, Code.PROGRAM_MISSING, program="aws"):
        find(monkeypatch, f".{os.pathsep}").permit(make_plugin(), "eu", EKS)


def test_a_path_allows_one_file_and_not_its_namesake_beside_another_kubeconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, foreign = put_program(tmp_path / "own"), put_program(tmp_path / "foreign")
    programs = find(monkeypatch, "", allowed_exec_plugins=frozenset({str(own)}))
    assert programs.permit(make_plugin(str(own)), "eu", EKS) == own
    with refuses(ContextRefused, Code.PROGRAM_NOT_ALLOWED, program=str(foreign)):
        programs.permit(make_plugin(str(foreign)), "eu", EKS)


def test_a_missing_plugin_shows_its_install_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    with refuses(ContextRefused, Code.PROGRAM_MISSING_WITH_HINT, hint="get it from your cloud"):
        find(monkeypatch, "/nowhere").permit(make_plugin(install_hint="get it from your cloud"), "eu", EKS)


def test_the_line_that_a_refusal_asks_for_is_the_line_that_allows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = put_program(tmp_path / "my bin")
    command, wanted = str(program), {"AWS_PROFILE": "prod", "X": "1"}
    plugin = make_plugin(command, environment=wanted)
    programs = find(monkeypatch, "", allowed_exec_plugins=frozenset({command}))
    with refuses(ContextRefused, Code.PROGRAM_VARIABLES_NOT_ALLOWED, variables="AWS_PROFILE, X") as refused:
        programs.permit(plugin, "eu", EKS)
    line = refused.value.reason["line"]
    configuration = resolve_configuration(f"allowed_exec_plugins = ['{command}']\n{line}", "file", {}, {})
    assert ExecPrograms(configuration.clusters.kube).permit(plugin, "eu", EKS) == program


def test_a_plugin_of_a_vendor_logs_in_at_the_vendors_clusters_and_nowhere_else_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = put_program(tmp_path / "bin")
    programs = find(monkeypatch, str(program.parent))
    with refuses(ContextRefused, Code.PROGRAM_SERVERS_NOT_ALLOWED, servers="https://evil.example") as refused:
        programs.permit(make_plugin(), "eu", (*EKS, "https://evil.example/eks.amazonaws.com"))
    line = str(refused.value.reason["line"])
    assert tomllib.loads(line) == {"exec_plugin_servers": {"aws": ["https://evil.example"]}}


def test_the_line_that_allows_a_server_keeps_those_that_were_allowed_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = put_program(tmp_path / "bin", "my-login")
    named = {"my-login": frozenset({"https://one.example"})}
    allowed = {"allowed_exec_plugins": frozenset({"my-login"}), "exec_plugin_servers": named}
    programs = find(monkeypatch, str(program.parent), **allowed)
    plugin = make_plugin("my-login")
    assert programs.permit(plugin, "eu", ["https://one.example"]) == program
    with refuses(ContextRefused, Code.PROGRAM_SERVERS_NOT_ALLOWED) as refused:
        programs.permit(plugin, "us", ["https://two.example:6443"])
    line = str(refused.value.reason["line"])
    assert tomllib.loads(line)["exec_plugin_servers"]["my-login"] == [
        "https://one.example",
        "https://two.example:6443",
    ]


def test_whoever_allows_a_plugin_is_asked_for_its_server_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with refuses(ContextRefused, Code.PROGRAM_NOT_ALLOWED) as refused:
        find(monkeypatch, "").permit(make_plugin("my-login"), "eu", ["https://one.example"])
    assert 'exec_plugin_servers.my-login = ["https://one.example"]' in str(refused.value)


def test_the_line_keeps_what_was_allowed_before() -> None:
    line = consent_line("my.plugin", {"B"}, {"A"})
    assert tomllib.loads(line) == {"exec_plugin_env": {"my.plugin": ["A", "B"]}}


@pytest.mark.parametrize("plugin", ["aws", "gke-gcloud-auth-plugin", "kubelogin"])
def test_the_usual_variables_of_a_known_plugin_are_offered_at_once(plugin: str) -> None:
    usual = sorted(PRESETS[plugin].variables)
    assert tomllib.loads(consent_line(plugin, usual[:1])) == {"exec_plugin_env": {plugin: usual}}


def test_an_unusual_variable_is_offered_alone() -> None:
    assert tomllib.loads(consent_line("aws", {"AWS_CONFIG_FILE"})) == {
        "exec_plugin_env": {"aws": ["AWS_CONFIG_FILE"]}
    }


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "LC_ALL", "https_proxy", "LD_PRELOAD", "PYTHONPATH", "NODE_OPTIONS"]
)
def test_where_we_are_and_what_runs_comes_from_our_own_process_whatever_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    program = put_program(tmp_path / "bin")
    programs = find(monkeypatch, str(program.parent), exec_plugin_env={"aws": frozenset({name})})
    with refuses(ContextRefused, Code.PROGRAM_VARIABLES_OURS, variables=name):
        programs.permit(make_plugin(environment={name: "/tmp/evil"}), "eu", EKS)


def test_what_a_refusal_shows_of_a_command_is_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ContextRefused) as refused:
        find(monkeypatch, "").permit(make_plugin("a\u202eb"), "eu", EKS)
    assert "\u202e" not in str(refused.value)


def test_an_allowed_tool_that_can_do_more_only_logs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = put_program(tmp_path / "bin")
    programs = find(monkeypatch, str(program.parent))
    evil = ("configure", "set", "credential_process", "S3CRET")
    with refuses(ContextRefused, Code.PROGRAM_DOES_MORE) as refused:
        programs.permit(make_plugin(arguments=evil), "eu", EKS)
    assert "S3CRET" not in str(refused.value)
    by_path = ExecPrograms(KubeSettings(allowed_exec_plugins=frozenset({str(program)})))
    (tmp_path / "link").symlink_to(program)
    for command in (program, tmp_path / "link"):
        with refuses(ContextRefused, Code.PROGRAM_DOES_MORE):
            by_path.permit(make_plugin(str(command), arguments=evil), "eu", EKS)
