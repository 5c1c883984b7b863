"""`sentinelaura ledger` tells what happened, and whether anybody has changed it since."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.commands.failures import CommandFailed
from app.exit_codes import ExitCode
from controller.errors import ControllerError
from oracle.foundation.key_ring import Purpose
from oracle.key_ring_file import make_ring, rotate_ring, save_new_ring
from tests.controller.history.histories import CHECKOUT, Installation, started, tamper


def test_entries_are_shown_as_sentences_oldest_first(installation, ledger) -> None:
    code, out, err = ledger("show", "--limit", "2")
    first, last = out.splitlines()
    assert code == ExitCode.OK
    assert f"Moving {CHECKOUT} to osaka (6 replicas)" in first
    assert "It cost $0.50 and saves $7.20 a day" in last
    assert "history.db: what happened to real clusters" in err


def test_programs_get_each_event_with_its_numbers(installation, ledger) -> None:
    _, out, _ = ledger("show", "--json")
    begun, first, last = map(json.loads, out.splitlines())
    assert (begun["kind"], first["kind"], last["kind"]) == ("history_begun", "move_started", "move_ended")
    assert (last["migration_id"], last["contexts"], last["severity"]) == ("m1", ["paris", "osaka"], "info")
    assert json.loads(last["body"])["realised"]["savings_usd_per_day"] == "7.20"


def test_a_whole_history_verifies_and_prints_the_head_that_shows_it_later(installation, ledger) -> None:
    code, out, _ = ledger("verify", "--json")
    verdict = json.loads(out)
    assert code == ExitCode.OK
    assert (verdict["verified"], verdict["entries"], verdict["first"], verdict["reason"]) == (
        True,
        3,
        1,
        None,
    )
    with installation.run() as history:
        history.record(started("m2"))
    assert ledger("verify", "--head", verdict["head"])[0] == ExitCode.OK
    code, out, _ = ledger("verify", "--head", "3:0000000000000000")
    assert code == ExitCode.FAILED
    assert "does not hold the entry that was noted (3:0000000000000000)" in out


def test_a_history_that_was_touched_fails_and_names_the_place(installation, ledger) -> None:
    tamper(installation.files.database, "UPDATE events SET at = at + 1 WHERE sequence = 2")
    code, out, _ = ledger("verify")
    assert code == ExitCode.FAILED
    assert out.startswith(
        "BROKEN: entry 2 was changed, put in or moved after it was written. Before that, 1 event fit"
    )
    code, out, _ = ledger("verify", "--json")
    assert json.loads(out)["reason"]["code"] == "ledger_entry_changed"
    tamper(installation.files.database, "DELETE FROM marks WHERE name = 'head'")
    assert ledger("verify")[0] == ExitCode.FAILED


def test_an_export_holds_everything_that_a_verifier_with_the_key_needs(installation, ledger) -> None:
    code, out, _ = ledger("export")
    anchor, *entries, head = map(json.loads, out.splitlines())
    assert code == ExitCode.OK
    assert anchor["anchor"]["sequence"] == 0
    assert [entry["sequence"] for entry in entries] == [1, 2, 3]
    assert head["head"]["mac"] == entries[-1]["mac"]


@pytest.mark.parametrize("action", ["show", "verify", "export", "at 2h", "savings", "prices"])
def test_where_there_is_no_history_the_command_says_so_and_makes_none(
    action, ledger, tmp_path, monkeypatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(empty))
    with pytest.raises(CommandFailed, match="there is no history") as failed:
        ledger(*action.split())
    assert failed.value.code == ExitCode.FAILED
    assert list(empty.iterdir()) == []


def test_without_its_key_nothing_is_said_to_be_verified(installation, ledger) -> None:
    installation.files.key.unlink()
    with pytest.raises(CommandFailed, match="without which nothing can be verified"):
        ledger("verify")
    assert not installation.files.key.exists()


def test_a_file_that_is_no_history_is_told(ledger, tmp_path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no database " * 100)
    with pytest.raises(ControllerError, match="the file is damaged"):
        ledger("show", "--file", str(other))


def test_what_was_set_aside_can_be_looked_at(installation, ledger) -> None:
    database = installation.files.database
    tamper(database, "UPDATE marks SET signature = x'00' WHERE name = 'head'")
    with installation.run():
        pass
    [kept] = database.parent.glob("history.2*.db")
    _, out, _ = ledger("show", "--file", str(kept))
    assert "Moved to osaka" in out
    assert ledger("verify", "--file", str(kept))[0] == ExitCode.FAILED
    assert ledger("verify")[0] == ExitCode.OK


def test_a_history_that_began_with_a_ring_is_verified_by_all_who_hold_it(
    tmp_path, installation, ledger
) -> None:
    """Also on another machine, where its own key file is another one, or none."""
    ring = make_ring()
    save_new_ring(tmp_path / "sentinelaura" / "key-ring", rotate_ring(ring))
    theirs = Installation(tmp_path / "theirs")
    theirs.files = replace(theirs.files, first_key=ring.keys[0].derive(Purpose.LEDGER))
    with theirs.run() as history:
        history.record(started())
    shipped = str(theirs.files.database)
    assert ledger("verify")[0] == ExitCode.OK, "our own began before there was a ring"
    assert ledger("verify", "--file", shipped)[0] == ExitCode.OK
    installation.files.key.unlink()
    assert ledger("verify", "--file", shipped)[0] == ExitCode.OK
    assert ledger("verify")[0] == ExitCode.FAILED, "without its key it is nobody's"
    tamper(theirs.files.database, "UPDATE events SET at = at + 1 WHERE sequence = 2")
    assert ledger("verify", "--file", shipped)[0] == ExitCode.FAILED
    (tmp_path / "sentinelaura" / "key-ring").unlink()
    with pytest.raises(CommandFailed):
        ledger("verify", "--file", shipped)
