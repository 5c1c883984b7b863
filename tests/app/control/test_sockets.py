"""A process answers its own person and nobody else, and a person who asks is answered in time."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from app.control import asking, peer, serving
from app.control.asking import Instance, ask_all
from app.control.messages import MAX_REQUEST_BYTES, Ask, QueuedState, Request, encode_message
from app.control.serving import MAX_CONVERSATIONS, serve_requests
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import StartMigration
from controller.contract.snapshots import QueuedMove
from controller.engine.instance_requests import InstanceRequests
from controller.reasons import Code


class FakeRequests:
    """Remembers what was asked of it. `refusal`: why it cancels nothing."""

    def __init__(self) -> None:
        self.stops = 0
        self.cancelled: list[str] = []
        self.refusal = None
        self.waiting: tuple[QueuedMove, ...] = ()
        self.taken_out: list[str] = []

    def queue(self) -> tuple[QueuedMove, ...]:
        return self.waiting

    def views(self) -> tuple[object, ...]:
        return ()

    def stop(self) -> None:
        self.stops += 1

    def cancel(self, migration_id: str) -> object:
        self.cancelled.append(migration_id)
        return self.refusal

    def take_out(self, workload: str) -> object:
        self.taken_out.append(workload)
        return self.refusal


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime directory of this test, whose path is short; its own processes count as others."""
    path = Path(tempfile.mkdtemp(prefix="sa-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(path))
    monkeypatch.setattr("app.private_directory.is_ours", lambda pid: False)
    yield path / "sentinelaura"
    shutil.rmtree(path, ignore_errors=True)


def converse(scenario: Callable[[FakeRequests], Awaitable[Any]]) -> tuple[FakeRequests, Any]:
    """Run a scenario beside a process that answers."""

    async def main() -> tuple[FakeRequests, Any]:
        requests = FakeRequests()
        async with serve_requests(cast(InstanceRequests, requests)):
            return requests, await scenario(requests)

    return asyncio.run(main())


def find_directory(runtime: Path) -> Path:
    """The one of the process that answers."""
    [path] = runtime.glob("control-*")
    return path


async def say(runtime: Path, line: bytes) -> bytes:
    """Send bytes to the socket and return all that comes back."""
    reader, writer = await asyncio.open_unix_connection(find_directory(runtime) / "socket")
    try:
        with suppress(ConnectionError):
            writer.write(line)
            await writer.drain()
        with suppress(ConnectionError):
            return await asyncio.wait_for(reader.read(), 10)
        return b""
    finally:
        writer.close()


def test_a_stop_is_done_before_it_is_acknowledged() -> None:
    requests, instances = converse(lambda _: ask_all(Request(Ask.STOP)))
    assert requests.stops == 1
    assert [(one.pid, one.answer.is_done) for one in instances] == [(os.getpid(), True)]


def test_what_waits_is_told_with_every_answer_and_asking_for_it_does_nothing() -> None:
    spent = Code.CONCURRENCY_SPENT.because(moves=1, limit=1)
    start = StartMigration(WorkloadKey("paris", "shop", "web"), "osaka", "digest")

    async def scenario(requests: Any) -> Any:
        requests.waiting = (QueuedMove(start, 0.0, spent),)
        return await ask_all(Request(Ask.TELL))

    requests, [instance] = converse(scenario)
    assert instance.answer.queue == (QueuedState("paris/shop/web", "osaka", str(spent)),)
    assert (requests.stops, requests.cancelled) == (0, [])


def test_a_cancel_that_cannot_be_done_says_why() -> None:
    async def scenario(requests: Any) -> Any:
        requests.refusal = Code.NOT_ARMED.because(contexts=("paris",))
        return await ask_all(Request(Ask.CANCEL, "m1"))

    requests, [instance] = converse(scenario)
    assert requests.cancelled == ["m1"]
    assert (instance.answer.is_done, instance.answer.why.code) == (False, "not_armed")


def test_what_waits_is_let_go_of_by_the_name_of_its_workload() -> None:
    requests, [instance] = converse(lambda _: ask_all(Request(Ask.TAKE_OUT, workload="paris/shop/web")))
    assert (requests.taken_out, requests.cancelled, requests.stops) == (["paris/shop/web"], [], 0)
    assert instance.answer.is_done


@pytest.mark.parametrize(
    "line",
    [
        b"stop\n",
        b'{"ask": "start"}\n',
        b'{"ask": "stop", "context": "paris"}\n',
        b'{"ask": "stop", "migration_id": "' + b"x" * MAX_REQUEST_BYTES + b'"}\n',
    ],
    ids=["no JSON", "what cannot be asked", "more than can be said", "too long"],
)
def test_what_is_no_question_is_neither_done_nor_answered(runtime: Path, line: bytes) -> None:
    requests, answer = converse(lambda _: say(runtime, line))
    assert (requests.stops, answer) == (0, b"")


def test_who_says_nothing_is_hung_up_on(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE_S", 0.05)
    assert converse(lambda _: say(runtime, b"{"))[1] == b""


def test_another_user_is_not_heard(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.getuid()
    monkeypatch.setattr(peer.os, "getuid", lambda: mine + 1)
    requests, answer = converse(lambda _: say(runtime, encode_message(Request(Ask.STOP))))
    assert (requests.stops, answer) == (0, b"")


def test_no_more_talk_at_one_time_than_a_person_has_terminals(runtime: Path) -> None:
    async def scenario(requests: FakeRequests) -> bytes:
        path = find_directory(runtime) / "socket"
        silent = [await asyncio.open_unix_connection(path) for _ in range(MAX_CONVERSATIONS)]
        answer = await say(runtime, encode_message(Request(Ask.STOP)))
        for _, writer in silent:
            writer.close()
        return answer

    assert converse(scenario)[1] == b""


def test_a_directory_that_others_can_open_is_not_asked(runtime: Path) -> None:
    async def scenario(requests: FakeRequests) -> tuple[Instance, ...]:
        find_directory(runtime).chmod(0o755)
        return await ask_all(Request(Ask.STOP))

    requests, instances = converse(scenario)
    assert (requests.stops, instances) == (0, ())


def test_who_listens_and_does_not_answer_is_named_in_time(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE_S", 0.1)

    async def main() -> tuple[Instance, ...]:
        directory = runtime / "control-1-silent"
        directory.mkdir(parents=True, mode=0o700)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(directory / "socket"))
            listening.listen()
            return await ask_all(Request(Ask.STOP))

    assert asyncio.run(main()) == (Instance(1, None),)


def test_a_process_that_has_gone_is_none(runtime: Path) -> None:
    (runtime / "control-1-gone").mkdir(parents=True, mode=0o700)
    assert asyncio.run(ask_all(Request(Ask.STOP))) == ()


def test_where_there_is_no_socket_the_process_runs_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(serving, "has_sockets", lambda: False)
    assert converse(lambda _: asyncio.sleep(0, "runs"))[1] == "runs"
    assert "no socket by which `sentinelaura stop` could reach this process" in caplog.text


def test_a_path_that_is_too_long_for_a_socket_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("x" * 100)))
    assert converse(lambda _: asyncio.sleep(0, "runs"))[1] == "runs"
    assert "`sentinelaura stop` cannot reach this process" in caplog.text
