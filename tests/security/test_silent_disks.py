"""A network drive that is away costs the contexts whose files lie on it, and nobody else anything."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.clusters import exec_programs, opening
from controller.clusters.exec_plugin import run_exec_plugin
from controller.clusters.exec_programs import ExecPrograms
from controller.clusters.file_questions import FileQuestions
from controller.clusters.kube import KubeClient
from controller.clusters.kube_connection import KubeConnection
from controller.clusters.kubeconfig import KubeconfigContext, read_kubeconfig
from controller.clusters.kubeconfig_entries import ExecPlugin
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.clusters.kubeconfig_source import KubeconfigSource
from controller.clusters.opening import open_regions
from controller.clusters.settings import FleetSettings, KubeSettings
from controller.errors import AccessDenied, ContextRefused, KubeconfigError
from controller.reasons import Code
from tests.controller.clusters.certificates import make_tls
from tests.controller.clusters.clients import sending_anywhere
from tests.controller.clusters.far_disk import far_disk
from tests.controller.clusters.serving import serving, write_kubeconfig
from tests.controller.refusals import refuses

V1 = "client.authentication.k8s.io/v1"
ANSWER = '{"status": {"token": "t"}}'
PATH = "/api/v1/nodes"


def write_plugin(folder: Path) -> Path:
    plugin = folder / "login"
    plugin.write_text(f"#!/bin/sh\necho '{ANSWER}'\n")
    plugin.chmod(0o700)
    return plugin


def give_up_soon(settings: KubeSettings) -> KubeSettings:
    """These settings for somebody who waits for no disk."""
    return KubeSettings(
        allowed_exec_plugins=settings.allowed_exec_plugins,
        exec_plugin_servers=settings.exec_plugin_servers,
        request_timeout_s=0.05,
    )


def test_a_plugin_on_a_drive_that_is_away_is_told_and_stops_nobody(tmp_path: Path) -> None:
    """A move of two other clusters has its source half-way down."""
    drive = tmp_path / "drive"
    drive.mkdir()
    plugin = write_plugin(drive)
    settings = sending_anywhere(plugin=plugin)

    async def main() -> None:
        async with serving(tls=make_tls(tmp_path)) as server:
            assert server.tls is not None
            user = {"exec": {"apiVersion": V1, "command": str(plugin), "interactiveMode": "Never"}}
            path = write_kubeconfig(drive, server.url, user, **server.tls.cluster)
            kubeconfig = read_kubeconfig([path])
            context, source = kubeconfig.contexts["eu"], KubeconfigSource(kubeconfig)
            programs = ExecPrograms(settings)
            with far_disk(drive) as disk:
                connections = [
                    KubeConnection(context, chosen, programs, reread=lambda: source.find("eu"))
                    for chosen in (settings, give_up_soon(settings))
                ]
                patient, hasty = (KubeClient(context, connection=one) for one in connections)
                await patient.get(PATH)
                disk.is_there.clear()
                with refuses(AccessDenied, Code.CREDENTIAL_FILES_SILENT, context="eu"):
                    await hasty.get(PATH)
                await patient.get(PATH)
                assert disk.asked_by
                assert threading.main_thread() not in disk.asked_by
            for client in (patient, hasty):
                await client.close()

    asyncio.run(main())


def test_a_context_on_a_drive_that_is_away_is_made_without_asking_it(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    token = drive / "token"
    token.write_text("t")
    context = read_kubeconfig(
        [write_kubeconfig(tmp_path, "https://127.0.0.1:1", {"tokenFile": str(token)})]
    ).contexts["eu"]
    with far_disk(drive) as disk:
        KubeConnection(context, sending_anywhere(token_file=token))
        assert disk.asked_by == set()


def test_of_the_allowed_programs_one_on_a_drive_that_is_away_spoils_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exec_programs, "FIND_PATIENCE_S", 0.5)
    drive = tmp_path / "drive"
    drive.mkdir()
    away, here = write_plugin(drive), write_plugin(tmp_path)
    with far_disk(drive) as disk:
        disk.is_there.clear()
        programs = ExecPrograms(KubeSettings(allowed_exec_plugins=frozenset({str(away), str(here)})))
        found = {one.entry: one for one in programs.found}
        assert (found[str(here)].file, found[str(here)].problem) == (here, None)
        assert found[str(away)].problem == Code.PROGRAM_SILENT.because()
        with refuses(ContextRefused, Code.PROGRAM_NOT_FOUND_YET, program=str(away)):
            programs.permit(ExecPlugin(str(away), V1), "eu", [])


def test_a_kubeconfig_on_a_drive_that_is_away_ends_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the engine would outlive the window that waits for it."""
    monkeypatch.setattr(opening, "OPEN_PATIENCE_S", 0.05)
    path = write_kubeconfig(tmp_path, "https://127.0.0.1:1", {"token": "t"})
    with far_disk(tmp_path) as disk:
        disk.is_there.clear()
        with pytest.raises(KubeconfigError) as refused:
            asyncio.run(open_regions([path], FleetSettings()))
    silent = KubeconfigCode.FILE_SILENT.because(seconds=0.05)
    assert refused.value.reason == Code.KUBECONFIG_REFUSED.because(path=str(path), problem=silent)


@contextmanager
def held_back(file: Path) -> Iterator[None]:
    """The kernel lets nobody open or run the file meanwhile; they wait, as on a mount that is away."""
    import fcntl

    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        yield
    finally:
        os.close(descriptor)
        signal.signal(signal.SIGIO, before)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a test hold a program back")
def test_a_program_whose_start_hangs_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program is read as it starts, and so is the interpreter that its first line names."""
    monkeypatch.setattr("controller.clusters.plugin_process.MAX_DYING_S", 0.1)
    plugin = write_plugin(tmp_path)
    allowed = sending_anywhere(plugin=plugin)
    settings = KubeSettings(
        allowed_exec_plugins=allowed.allowed_exec_plugins,
        exec_plugin_servers=allowed.exec_plugin_servers,
        exec_plugin_timeout_s=0.1,
    )
    context = KubeconfigContext("eu", tmp_path / "config", "https://x")

    async def main() -> None:
        programs, files = ExecPrograms(settings), FileQuestions()
        wanted = ExecPlugin(str(plugin), V1)
        with held_back(plugin), refuses(ContextRefused, Code.CREDENTIAL_FILES_SILENT, context="eu"):
            await run_exec_plugin(context, wanted, settings, programs, files)

    asyncio.run(main())
