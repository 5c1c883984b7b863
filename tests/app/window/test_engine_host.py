"""One engine at a time, and only that one is heard."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

import app.window.engine_host
from app.engine.pipe import EngineFailure
from app.window.engine_host import EngineHost
from controller.contract.commands import Command, SetArmed
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.app.scripted_engine import ScriptedEngine

WHY = Code.ENGINE_ENDED.because(exit_code=-9)


class Process:
    """An engine's process, as far as its host sees it."""

    def __init__(self, options: Sequence[str], on_message: Callable[[Any], None]) -> None:
        self.options = options
        self.say = on_message
        self.received: list[Command] = []
        self.is_ending = False
        self.has_ended = asyncio.Event()

    def send(self, command: Command) -> None:
        self.received.append(command)

    async def stop(self) -> None:
        self.is_ending = True
        await self.has_ended.wait()


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """The processes that were started."""
    started: list[Process] = []

    def start(options: Sequence[str], on_message: Callable[[Any], None]) -> Process:
        if "impossible" in options:
            raise OSError("Argument list too long")
        started.append(Process(options, on_message))
        return started[-1]

    monkeypatch.setattr(app.window.engine_host, "EngineProcess", start)
    return started


@pytest.fixture
def host(processes: list[Process], flows_run: None) -> EngineHost:
    host = EngineHost(("--seed", "7"))
    host.start()
    return host


def run(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)


def test_next_engine_starts_after_the_one_before_has_ended(
    host: EngineHost, processes: list[Process], qtbot: QtBot
) -> None:
    replacing = run(host.replace(("--seed", "8")))
    qtbot.waitUntil(lambda: processes[0].is_ending)
    assert len(processes) == 1
    processes[0].has_ended.set()
    qtbot.waitUntil(replacing.done)
    assert [process.options for process in processes] == [("--seed", "7"), ("--seed", "8")]


def test_nothing_is_commanded_and_nobody_is_heard_between_two_engines(
    host: EngineHost, processes: list[Process], qtbot: QtBot
) -> None:
    heard: list[Any] = []
    host.snapshot_arrived.connect(heard.append)
    host.lost.connect(heard.append)
    replacing = run(host.replace(()))
    qtbot.waitUntil(lambda: processes[0].is_ending)
    host.send(SetArmed("prod", True))
    processes[0].say(ScriptedEngine().snapshot())
    processes[0].has_ended.set()
    qtbot.waitUntil(replacing.done)
    processes[0].say(EngineFailure(WHY))
    qtbot.wait(20)
    assert heard == []
    assert [process.received for process in processes] == [[], []]
    host.send(SetArmed("prod", True))
    assert processes[1].received == [SetArmed("prod", True)]


def test_engine_that_shall_end_is_neither_heard_nor_commanded_from_the_call_on(
    host: EngineHost, processes: list[Process], qtbot: QtBot
) -> None:
    heard: list[Any] = []
    host.snapshot_arrived.connect(heard.append)
    processes[0].has_ended.set()
    replacing = run(host.replace(()))
    asyncio.get_running_loop().call_soon(processes[0].say, ScriptedEngine().snapshot())
    asyncio.get_running_loop().call_soon(host.send, SetArmed("prod", True))
    qtbot.waitUntil(replacing.done)
    assert processes[0].received == []
    assert heard == [], "it would be taken for the first snapshot of the next engine"


def test_of_two_changes_at_once_the_last_one_counts(
    host: EngineHost, processes: list[Process], qtbot: QtBot
) -> None:
    first = run(host.replace(("impossible",)))
    qtbot.waitUntil(lambda: processes[0].is_ending)
    second = run(host.replace(("--seed", "8")))
    qtbot.wait(20)
    processes[0].has_ended.set()
    with qtbot.assertNotEmitted(host.lost):
        qtbot.waitUntil(lambda: first.done() and second.done())
    assert [process.options for process in processes] == [("--seed", "7"), ("--seed", "8")]


def test_change_of_engines_goes_on_when_the_one_who_waits_is_cancelled(
    host: EngineHost, processes: list[Process], qtbot: QtBot
) -> None:
    replacing = run(host.replace(("--seed", "8")))
    qtbot.waitUntil(lambda: processes[0].is_ending)
    replacing.cancel()
    qtbot.waitUntil(replacing.done)
    processes[0].has_ended.set()
    qtbot.waitUntil(lambda: len(processes) == 2)


def test_end_of_the_window_starts_no_further_engine(
    host: EngineHost, processes: list[Process], qtbot: QtBot
) -> None:
    replacing = run(host.replace(()))
    qtbot.waitUntil(lambda: processes[0].is_ending)
    stopping = run(host.stop())
    qtbot.wait(20)
    assert not stopping.done(), "the engine is still ending"
    processes[0].has_ended.set()
    qtbot.waitUntil(lambda: stopping.done() and replacing.done())
    assert len(processes) == 1


def test_engine_that_cannot_be_started_is_lost(
    host: EngineHost, processes: list[Process], qtbot: QtBot
) -> None:
    processes[0].has_ended.set()
    with qtbot.waitSignal(host.lost, timeout=1000) as caught:
        run(host.replace(("impossible",)))
    assert caught.args == [Code.ENGINE_NOT_STARTED.because(error="Argument list too long")]


def test_options_are_proven_by_a_snapshot(host: EngineHost, processes: list[Process], qtbot: QtBot) -> None:
    assert host.proven_options is None
    processes[0].say(ScriptedEngine().snapshot())
    assert host.proven_options == ("--seed", "7")
    processes[0].has_ended.set()
    replacing = run(host.replace(("--seed", "8")))
    qtbot.waitUntil(replacing.done)
    processes[1].say(EngineFailure(WHY))
    assert host.proven_options == ("--seed", "7")


def test_failure_is_not_overtaken(host: EngineHost, processes: list[Process], qtbot: QtBot) -> None:
    lost: list[Reason] = []
    host.lost.connect(lost.append)

    def say_both() -> None:
        processes[0].say(EngineFailure(WHY))
        processes[0].say(ScriptedEngine().snapshot())

    thread = threading.Thread(target=say_both)  # while the GUI thread is busy
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(lost))
    assert lost == [WHY]
