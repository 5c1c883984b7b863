"""`sentinelaura ledger` tells what happened, and whether anybody has changed it since."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from app.commands.failures import CommandFailed
from app.commands.ledger import run_ledger
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.errors import ControllerError
from tests.controller.history.histories import CHECKOUT, Installation, ended, started, tamper

DEFAULTS = {"action": "show", "file": None, "limit": 50, "head": None, "json": False}


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """A history of real clusters with a move, where the command looks for it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    installation = Installation(tmp_path / "sentinelaura")
    with installation.run() as history:
        history.record(started())
        history.record(ended())
    return installation


def run(capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, str, str]:
    code = asyncio.run(run_ledger(Namespace(**{**DEFAULTS, **options}), Configuration(kubeconfig="some")))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_entries_are_shown_as_sentences_oldest_first(installation, capsys) -> None:
    code, out, err = run(capsys, limit=2)
    first, last = out.splitlines()
    assert code == ExitCode.OK
    assert f"Moving {CHECKOUT} to osaka (6 replicas)" in first
    assert "It cost $0.50 and saves $7.20 a day" in last
    assert "history.db: what happened to real clusters" in err


def test_programs_get_each_event_with_its_numbers(installation, capsys) -> None:
    _, out, _ = run(capsys, json=True)
    begun, first, last = map(json.loads, out.splitlines())
    assert (begun["kind"], first["kind"], last["kind"]) == ("history_begun", "move_started", "move_ended")
    assert (last["migration_id"], last["contexts"], last["severity"]) == ("m1", ["paris", "osaka"], "info")
    assert json.loads(last["body"])["realised"]["savings_usd_per_day"] == "7.20"


def test_a_whole_history_verifies_and_prints_the_head_that_shows_it_later(installation, capsys) -> None:
    code, out, _ = run(capsys, action="verify", json=True)
    verdict = json.loads(out)
    assert code == ExitCode.OK
    assert (verdict["verified"], verdict["entries"], verdict["first"], verdict["problem"]) == (
        True,
        3,
        1,
        None,
    )
    with installation.run() as history:
        history.record(started("m2"))
    assert run(capsys, action="verify", head=verdict["head"])[0] == ExitCode.OK
    code, out, _ = run(capsys, action="verify", head="3:0000000000000000")
    assert code == ExitCode.FAILED
    assert "does not hold the entry that was noted (3:0000000000000000)" in out


def test_a_history_that_was_touched_fails_and_names_the_place(installation, capsys) -> None:
    tamper(installation.files.database, "UPDATE events SET at = at + 1 WHERE sequence = 2")
    code, out, _ = run(capsys, action="verify")
    assert code == ExitCode.FAILED
    assert out.startswith(
        "BROKEN: entry 2 was changed, put in or moved after it was written. Before that, 1 event fit"
    )
    code, out, _ = run(capsys, action="verify", json=True)
    assert json.loads(out)["problem"]["code"] == "ledger_entry_changed"
    tamper(installation.files.database, "DELETE FROM marks WHERE name = 'head'")
    assert run(capsys, action="verify")[0] == ExitCode.FAILED


def test_an_export_holds_everything_that_a_verifier_with_the_key_needs(installation, capsys) -> None:
    code, out, _ = run(capsys, action="export")
    anchor, *entries, head = map(json.loads, out.splitlines())
    assert code == ExitCode.OK
    assert anchor["anchor"]["sequence"] == 0
    assert [entry["sequence"] for entry in entries] == [1, 2, 3]
    assert head["head"]["mac"] == entries[-1]["mac"]


@pytest.mark.parametrize("action", ["show", "verify", "export"])
def test_where_there_is_no_history_the_command_says_so_and_makes_none(
    action, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(CommandFailed, match="there is no history") as failed:
        run(capsys, action=action)
    assert failed.value.code == ExitCode.FAILED
    assert list(tmp_path.iterdir()) == []


def test_without_its_key_nothing_is_said_to_be_verified(installation, capsys) -> None:
    installation.files.key.unlink()
    with pytest.raises(CommandFailed, match="without which nothing can be verified"):
        run(capsys, action="verify")
    assert not installation.files.key.exists()


def test_a_file_that_is_no_history_is_told(installation, tmp_path, capsys) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no database " * 100)
    with pytest.raises(ControllerError, match="the file is damaged"):
        run(capsys, file=str(other))


def test_what_was_set_aside_can_be_looked_at(installation, capsys) -> None:
    database = installation.files.database
    tamper(database, "UPDATE marks SET signature = x'00' WHERE name = 'head'")
    with installation.run():
        pass
    [kept] = database.parent.glob("history.2*.db")
    _, out, _ = run(capsys, file=str(kept))
    assert "Moved to osaka" in out
    assert run(capsys, action="verify", file=str(kept))[0] == ExitCode.FAILED
    assert run(capsys, action="verify")[0] == ExitCode.OK
