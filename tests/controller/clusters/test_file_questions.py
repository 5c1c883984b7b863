"""Files on a network mount that is away hold up nobody, and keep one thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.clusters import kube_connection
from controller.clusters.file_questions import FileQuestions, FilesSilent
from controller.clusters.kube import KubeClient
from controller.clusters.kube_connection import LOOK_INTERVAL_S, KubeConnection
from controller.clusters.kubeconfig import KubeconfigContext, read_kubeconfig
from controller.clusters.settings import KubeSettings
from controller.errors import AccessDenied
from controller.reasons import Code
from tests.controller.clusters.certificates import make_tls
from tests.controller.clusters.serving import serving, write_kubeconfig
from tests.controller.refusals import refuses

PATH = "/api/v1/nodes"


class Mount:
    """A disk that gives no answer while it is away."""

    def __init__(self) -> None:
        self.is_there = threading.Event()
        self.is_there.set()
        self.asked = 0

    def read(self) -> str:
        self.asked += 1
        self.is_there.wait()
        return "content"


@pytest.fixture
def mount() -> Iterator[Mount]:
    mount = Mount()
    yield mount
    mount.is_there.set()  # no thread outlives its test


async def until_answered(files: FileQuestions) -> None:
    """Wait for what hangs."""
    assert files._asking is not None
    await asyncio.wait({files._asking})


def test_a_second_question_is_not_asked_while_the_first_one_hangs(mount: Mount) -> None:
    async def main() -> None:
        files = FileQuestions()
        assert await files.ask(60, mount.read) == "content"
        mount.is_there.clear()
        for patience_s in (0.0, 60.0):
            with pytest.raises(FilesSilent):
                await files.ask(patience_s, mount.read)
        assert mount.asked == 2
        mount.is_there.set()
        await until_answered(files)
        assert await files.ask(60, mount.read) == "content"

    asyncio.run(main())


def test_a_kubeconfig_on_a_mount_that_is_away_holds_up_no_request(
    tmp_path: Path, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move waits for this request, with its source half-way down."""
    monkeypatch.setattr(kube_connection, "LOOK_PATIENCE_S", 0.05)
    now = [0.0]

    async def main() -> None:
        async with serving(tls=make_tls(tmp_path)) as server:
            assert server.tls is not None

            def reread() -> KubeconfigContext:
                mount.read()
                return read_kubeconfig([path]).contexts["eu"]

            path = write_kubeconfig(tmp_path, server.url, {"token": "t1"}, **server.tls.cluster)
            context = read_kubeconfig([path]).contexts["eu"]
            connection = KubeConnection(context, KubeSettings(), reread=reread, counting=lambda: now[0])
            client = KubeClient(context, connection=connection)
            await client.get(PATH)
            write_kubeconfig(tmp_path, server.url, {"token": "t2"}, **server.tls.cluster)
            mount.is_there.clear()
            for _ in range(3):
                now[0] += LOOK_INTERVAL_S
                await client.get(PATH)
            assert mount.asked == 2, "the first one's thread hangs, and no other one is begun"
            mount.is_there.set()
            await until_answered(connection._files)
            monkeypatch.setattr(kube_connection, "LOOK_PATIENCE_S", 60)
            now[0] += LOOK_INTERVAL_S
            await client.get(PATH)
            await client.close()
            sent = [request.headers["authorization"] for request in server.requests]
            assert sent == ["Bearer t1"] * 4 + ["Bearer t2"]

    asyncio.run(main())


def test_a_key_on_a_mount_that_is_away_is_told_and_not_waited_for(
    tmp_path: Path, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.clusters.kube_configuration._gather_credentials", lambda *_: mount.read())
    mount.is_there.clear()
    path = write_kubeconfig(tmp_path, "https://127.0.0.1:1", {"token": "t"})

    async def main() -> None:
        client = KubeClient(read_kubeconfig([path]).contexts["eu"], KubeSettings(request_timeout_s=0.05))
        with refuses(AccessDenied, Code.CREDENTIAL_FILES_SILENT, context="eu"):
            await client.get(PATH)
        await client.close()

    asyncio.run(main())
