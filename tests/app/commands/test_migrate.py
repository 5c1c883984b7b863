"""`migrate` beside an engine: what a person reads while their move waits for its turn, and when they stop it there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.commands.failures import CommandFailed
from app.commands.migrate import AskedMove, run_move
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.contract.commands import Command, StartMigration, TakeOutOfQueue
from controller.contract.snapshots import EngineSnapshot
from controller.reasons import Code
from oracle.foundation.reason import encode_reason
from tests.app.scripted_engine import ScriptedEngine

SPENT = Code.CONCURRENCY_SPENT.because(moves=1, limit=1)
BEHIND = Code.QUEUED_BEHIND.because(moves=1)


class LocalEngine:
    """The scripted engine as commands have it: in their own process. `follow`: what happens before each snapshot."""

    aliases: Mapping[str, str] = {}

    def __init__(self, script: ScriptedEngine, follow: Callable[[], None]) -> None:
        self._script = script
        self._follow = follow
        self.submit: Callable[[Command], None] = script.send

    def has_searched(self, context: str) -> bool:
        return True

    async def next_snapshot(self, after: int) -> EngineSnapshot:
        self._follow()
        if self._script.snapshot().migrations:
            self._script.advance(1.0)  # prices stand still until then: the plan stays what it was
        return self._script.snapshot()

    async def wait_until(
        self, is_enough: Callable[[EngineSnapshot], bool], timeout_s: float
    ) -> EngineSnapshot:
        for _ in range(round(timeout_s)):
            if is_enough(snapshot := await self.next_snapshot(0)):
                break
        return snapshot


def run_queued(
    monkeypatch: pytest.MonkeyPatch, follow: Callable[[ScriptedEngine], None], as_json: bool
) -> Any:
    """Run `migrate` while another move runs; returns its exit code, or raises what it raises."""
    script = ScriptedEngine()
    script.waits_for = SPENT
    best = script.snapshot().opportunities[0]

    @asynccontextmanager
    async def open_engine(configuration: Configuration) -> AsyncIterator[LocalEngine]:
        yield LocalEngine(script, lambda: follow(script) if script.queue else None)

    monkeypatch.setattr("app.commands.migrate.open_engine", open_engine)
    return asyncio.run(run_move(AskedMove(best.workload, best.target, False, as_json), Configuration()))


def give_turn(script: ScriptedEngine) -> None:
    script.begin_queued()


def take_out(script: ScriptedEngine) -> None:
    [start] = [command for command in script.commands if isinstance(command, StartMigration)]
    script.send(TakeOutOfQueue(start.workload, start.target))


class Later:
    """Does something at the third look: a person has read by then that the move waits."""

    def __init__(self, act: Callable[[ScriptedEngine], None]) -> None:
        self._act = act
        self._looks = 0

    def __call__(self, script: ScriptedEngine) -> None:
        self._looks += 1
        if self._looks == 3:
            self._act(script)


def interrupt(script: ScriptedEngine) -> None:
    raise KeyboardInterrupt


def test_who_waits_for_another_move_reads_that_and_for_what(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_queued(monkeypatch, Later(give_turn), as_json=False) == ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    [said] = [n for n, line in enumerate(lines) if line.startswith("QUEUED")]
    assert str(SPENT) in lines[said], "once, however long it waits"
    assert said < len(lines) - 1, "and then its progress"


def test_programs_read_what_it_waits_for_as_a_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_queued(monkeypatch, Later(give_turn), as_json=True)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [queued] = [event for event in events if event["event"] == "queued"]
    assert (queued["reason"], queued["detail"]) == (encode_reason(SPENT), str(SPENT))
    assert [event["event"] for event in events][:2] == ["dry_run", "queued"]


def test_who_is_taken_out_meanwhile_is_not_moved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandFailed) as failed:
        run_queued(monkeypatch, Later(take_out), as_json=False)
    assert (failed.value.code, failed.value.reason) == (
        ExitCode.REFUSED,
        Code.TAKEN_OUT_OF_QUEUE.because(),
    )


def test_who_stops_it_in_the_queue_reads_that_nothing_has_begun_or_will(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_queued(monkeypatch, Later(interrupt), as_json=True)
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (end["event"], end["exit_code"]) == ("end", ExitCode.INTERRUPTED)
    assert end["reason"] == encode_reason(Code.INTERRUPTED_IN_QUEUE.because())
