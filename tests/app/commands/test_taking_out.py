"""`migrations cancel CONTEXT/NAMESPACE/NAME`: a move that waits in a process of this person is let go of."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from app.arguments import build_parser
from app.commands.failures import CommandFailed
from app.commands.migrations import run_migrations
from app.config.configuration import Configuration
from app.control.asking import Instance
from app.control.messages import Answer, Ask, Request
from app.exit_codes import ExitCode
from controller.migration.protocol.request_reasons import RequestCode

WORKLOAD = "arn:aws:eks/paris/shop/web"
DONE, NOT_DONE = Answer(True, ()), Answer(False, ())


def cancel(
    monkeypatch: pytest.MonkeyPatch, answers: dict[int, Answer | None], *options: str
) -> tuple[int, list[Request]]:
    """Run the command beside processes that answer so; returns its exit code and what they were asked."""
    asked: list[Request] = []

    async def ask_all(request: Request) -> tuple[Instance, ...]:
        asked.append(request)
        return tuple(Instance(pid, answer) for pid, answer in answers.items())

    def open_nothing(configuration: Configuration) -> Any:
        raise AssertionError("no cluster is needed")

    monkeypatch.setattr("app.commands.taking_out.ask_all", ask_all)
    arguments = build_parser().parse_args(["migrations", "cancel", WORKLOAD, *options])
    return asyncio.run(run_migrations(arguments, Configuration(), open_nothing)), asked


def test_a_move_that_waits_is_taken_out_without_a_cluster_being_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, asked = cancel(monkeypatch, {17: NOT_DONE, 18: DONE, 19: None})
    assert (code, asked) == (ExitCode.OK, [Request(Ask.TAKE_OUT, workload=WORKLOAD)])
    assert f"{WORKLOAD} is in the queue no more (process 18)" in capsys.readouterr().out


def test_programs_read_who_has_let_go_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cancel(monkeypatch, {18: DONE}, "--json")
    [end] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (end["event"], end["exit_code"], end["reason"]["code"]) == ("end", 0, "left_queue")


@pytest.mark.parametrize(
    ("answers", "code", "reason"),
    [
        ({}, ExitCode.BAD_INPUT, RequestCode.NOT_QUEUED.because(workload=WORKLOAD)),
        ({17: NOT_DONE}, ExitCode.BAD_INPUT, RequestCode.NOT_QUEUED.because(workload=WORKLOAD)),
        ({17: NOT_DONE, 19: None}, ExitCode.INCOMPLETE, RequestCode.NO_ANSWER.because(pid=19)),
    ],
    ids=["nobody runs", "it waits nowhere", "somebody does not answer"],
)
def test_what_was_taken_out_nowhere_is_not_said_to_be(
    monkeypatch: pytest.MonkeyPatch, answers: dict[int, Answer | None], code: ExitCode, reason: Any
) -> None:
    with pytest.raises(CommandFailed) as failed:
        cancel(monkeypatch, answers)
    assert (failed.value.code, failed.value.reason) == (code, reason)
