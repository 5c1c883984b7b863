"""How `migrate` tells what it does: the last line of JSON always says how it ended."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from app.commands.failures import CommandFailed
from app.commands.migration_report import MigrationReport
from app.exit_codes import ExitCode
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.contract.snapshots import MigrationStage
from controller.errors import KubeconfigError
from controller.reasons import Code
from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason, encode_reason
from oracle.reasons import OracleCode
from tests.app.scripted_engine import ScriptedEngine, tell

COOLDOWN = Code.COOLDOWN.because(ago=60, rest=7200)
NO_FILE = Code.KUBECONFIG_REFUSED.because(path="kubeconfig", problem=KubeconfigCode.FILE_MISSING.because())


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (CommandFailed(ExitCode.REFUSED, "not moved: prod-eu not armed (read-only)"), 3, "not armed"),
        (CommandFailed(ExitCode.ROLLED_BACK, "the target ran out of room"), 5, "out of room"),
        (
            PriceFileError("prices.csv", 2, OracleCode.CELL_EMPTY.because(column="usd_per_hour")),
            2,
            "prices.csv, line 2",
        ),
        (
            KubeconfigError(NO_FILE),
            2,
            "no such file",
        ),
        (asyncio.CancelledError(), 130, "taken up by the next armed start"),
        (KeyboardInterrupt(), 130, "taken up by the next armed start"),
        (ZeroDivisionError("division by zero"), 1, "ZeroDivisionError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_last_line_says_by_what_and_with_which_code_it_ended(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, reason: str
) -> None:
    MigrationReport(as_json=True).show_failure(error)
    end = json.loads(capsys.readouterr().out)
    assert (end["event"], end["exit_code"]) == ("end", code)
    assert reason in end["detail"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CommandFailed(ExitCode.INCOMPLETE, COOLDOWN), COOLDOWN),
        (CommandFailed(ExitCode.REFUSED, f"not moved: {COOLDOWN}", reason=COOLDOWN), COOLDOWN),
        (KubeconfigError(NO_FILE), NO_FILE),
        (KeyboardInterrupt(), Code.COMMAND_INTERRUPTED.because()),
        (ZeroDivisionError("x"), Code.UNEXPECTED_ERROR.because(error="ZeroDivisionError('x')")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_programs_read_in_the_last_line_by_which_reason_it_ended(
    capsys: pytest.CaptureFixture[str], error: BaseException, reason: Reason
) -> None:
    MigrationReport(as_json=True).show_failure(error)
    assert json.loads(capsys.readouterr().out)["reason"] == encode_reason(reason)


def test_what_is_wrong_in_a_line_of_prices_has_a_code_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = OracleCode.PRICE_NOT_A_NUMBER.because(column="usd_per_hour", found="cheap")
    MigrationReport(as_json=True).show_failure(PriceFileError("prices.csv", 2, wrong))
    reason = json.loads(capsys.readouterr().out)["reason"]
    assert reason["code"] == "price_line_refused"
    assert reason["parameters"] == {"file": "prices.csv", "line": 2, "why": encode_reason(wrong)}


def test_end_without_a_code_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    MigrationReport(as_json=True).show_failure(OSError("no space left"))
    assert json.loads(capsys.readouterr().out)["reason"] is None


def test_what_is_missing_is_listed_in_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    error = CommandFailed(ExitCode.INCOMPLETE, "no full picture", ("eu has not answered yet",))
    MigrationReport(as_json=True).show_failure(error)
    assert json.loads(capsys.readouterr().out)["details"] == ["eu has not answered yet"]


def test_person_reads_the_end_on_standard_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    MigrationReport(as_json=False).show_failure(CommandFailed(ExitCode.REFUSED, "not moved"))
    assert capsys.readouterr().out == ""


def test_step_is_told_once_although_its_cost_grows(
    engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    report, view = MigrationReport(as_json=True), engine.start_best()
    report.show_progress(view, 1.0)
    report.show_progress(replace(view, cost_usd=None), 2.0)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_no_escape_sequence_of_a_cluster_reaches_the_terminal(
    engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    view = replace(engine.start_best(), detail=tell("pod \x1b[2Jx\x07\nsecond line"))
    MigrationReport(as_json=False).show_progress(view, 1.0)
    [line] = capsys.readouterr().out.splitlines()
    assert line.endswith("pod [2Jx second line")
    assert line.isprintable()


def test_who_stops_it_half_way_reads_where_the_workload_stands_and_how_to_go_on_or_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = replace(ScriptedEngine().start_best(), phase="VERIFY", source_desired=4, target_desired=3)
    report = MigrationReport(as_json=False)
    report.show_progress(view, 1.0)
    report.show_failure(asyncio.CancelledError())
    said = capsys.readouterr().err
    assert f"{view.workload.context} is asked for 4 and {view.target} for 3 replicas" in said
    assert f"sentinelaura migrate {view.workload} --to {view.target} --arm" in said
    assert f"sentinelaura migrations cancel {view.migration_id} --arm" in said


def test_who_stops_it_on_the_way_back_reads_no_command_that_would_go_on_with_the_move(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = ScriptedEngine().start_best()
    back = replace(view, phase="ROLLBACK", stage=MigrationStage.ROLLING_BACK, source_desired=4)
    report = MigrationReport(as_json=False)
    report.show_progress(back, 1.0)
    report.show_failure(KeyboardInterrupt())
    said = capsys.readouterr().err
    assert f"on its way back to {view.workload.context}" in said
    assert f"{view.workload.context} is asked for 4" in said
    assert f"sentinelaura migrations cancel {view.migration_id} --arm" in said
    assert "sentinelaura migrate " not in said


@pytest.mark.parametrize("change", [{"phase": "PREFLIGHT"}, {"stage": MigrationStage.DONE}])
def test_who_stops_it_before_the_first_write_or_after_the_end_has_nothing_to_go_on_with(
    capsys: pytest.CaptureFixture[str], change: dict[str, Any]
) -> None:
    report = MigrationReport(as_json=True)
    report.show_progress(replace(ScriptedEngine().start_best(), **change), 1.0)
    report.show_failure(KeyboardInterrupt())
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert end["reason"]["code"] == Code.COMMAND_INTERRUPTED.value
