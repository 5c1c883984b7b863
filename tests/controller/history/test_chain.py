"""Whoever lacks the key can change nothing that was written without its showing; what cannot show is told as well."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from controller.history.chain import (
    NOTED_DIGITS,
    compute_mac,
    find_head,
    is_anchor,
    is_head,
    sign_anchor,
    sign_head,
)
from controller.history.database import open_for_reading
from controller.history.errors import HistoryDamaged
from controller.history.reading import ANCHOR, HEAD, read_entries, read_mark
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.history.histories import KEY, Clock, armed, fill, open_store, tamper, verify
from tests.controller.refusals import refuses


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Six entries: that the history was begun, and five more."""
    path = tmp_path / "history.db"
    fill(path, 5)
    return path


def reason_of(path: Path) -> Reason | None:
    return verify(path).reason


def test_a_history_that_nobody_touched_verifies(path: Path) -> None:
    assert verify(path).reason is None
    assert verify(path).count == 6


COLUMNS = "(sequence, at, writer, kind, body, mac)"
COPY_OF_SIX = (
    f"INSERT INTO events {COLUMNS} SELECT 7, at, writer, kind, body, mac FROM events WHERE sequence = 6"
)
MAC_OF = "mac = (SELECT mac FROM events WHERE sequence = {})"


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (
            ["UPDATE events SET body = replace(body, 'context 1', 'context 9') WHERE sequence = 3"],
            Code.LEDGER_ENTRY_CHANGED.because(sequence=3),
        ),
        (["UPDATE events SET at = at + 1 WHERE sequence = 3"], Code.LEDGER_ENTRY_CHANGED.because(sequence=3)),
        (
            ["UPDATE events SET kind = 'context_disarmed' WHERE sequence = 3"],
            Code.LEDGER_ENTRY_CHANGED.because(sequence=3),
        ),
        (
            ["UPDATE events SET writer = 'somebody else' WHERE sequence = 3"],
            Code.LEDGER_ENTRY_CHANGED.because(sequence=3),
        ),
        (
            ["DELETE FROM events WHERE sequence = 3"],
            Code.LEDGER_ENTRIES_MISSING.because(sequence=4, expected=3),
        ),
        (
            [
                "DELETE FROM events WHERE sequence = 3",
                "UPDATE events SET sequence = sequence - 1 WHERE sequence > 3",
                "UPDATE marks SET sequence = 5 WHERE name = 'head'",
            ],
            Code.LEDGER_ENTRY_CHANGED.because(sequence=3),
        ),
        (
            [
                "UPDATE events SET sequence = 99 WHERE sequence = 6",
                "UPDATE events SET sequence = 6 WHERE sequence = 5",
                "UPDATE events SET sequence = 5 WHERE sequence = 99",
            ],
            Code.LEDGER_ENTRY_CHANGED.because(sequence=5),
        ),
        ([COPY_OF_SIX], Code.LEDGER_ENTRY_CHANGED.because(sequence=7)),
        (
            ["DELETE FROM events WHERE sequence < 3"],
            Code.LEDGER_ENTRIES_MISSING.because(sequence=3, expected=1),
        ),
        (
            [
                f"UPDATE marks SET sequence = 2, {MAC_OF.format(2)} WHERE name = 'anchor'",
                "DELETE FROM events WHERE sequence < 3",
            ],
            Code.LEDGER_ANCHOR_FORGED.because(sequence=3),
        ),
        (["DELETE FROM events WHERE sequence > 4"], Code.LEDGER_NEWEST_MISSING.because(last=4, expected=6)),
        (
            [
                "DELETE FROM events WHERE sequence > 4",
                f"UPDATE marks SET sequence = 4, {MAC_OF.format(4)} WHERE name = 'head'",
            ],
            Code.LEDGER_HEAD_FORGED.because(),
        ),
        (
            ["UPDATE marks SET signature = zeroblob(32) WHERE name = 'head'"],
            Code.LEDGER_HEAD_FORGED.because(),
        ),
        (["DELETE FROM events"], Code.LEDGER_NEWEST_MISSING.because(last=0, expected=6)),
    ],
    ids=[
        *("words changed", "moment changed", "kind changed", "writer changed"),
        *("removed", "removed and renumbered", "reordered", "put in"),
        *("oldest removed", "oldest removed and the anchor moved", "newest removed"),
        *("newest removed and the head moved", "head unsigned", "all removed"),
    ],
)
def test_what_was_touched_shows_where(path: Path, statements: list[str], reason: Reason) -> None:
    tamper(path, *statements)
    assert reason_of(path) == reason


@pytest.mark.parametrize("mark", ["anchor", "head"])
def test_a_mark_that_was_removed_shows(path: Path, mark: str) -> None:
    tamper(path, f"DELETE FROM marks WHERE name = '{mark}'")
    with refuses(HistoryDamaged, Code.HISTORY_DAMAGED, problem=mark):
        verify(path)


def test_another_key_verifies_nothing(path: Path) -> None:
    assert verify(path, b"x" * 32).reason == Code.LEDGER_ANCHOR_FORGED.because(sequence=1)


def test_an_entry_that_was_made_without_the_key_does_not_fit(path: Path) -> None:
    connection = open_for_reading(path)
    anchor, [first, *_] = read_mark(connection, ANCHOR), read_entries(connection)
    connection.close()
    said = (anchor.mac, first.sequence, first.at, first.writer, first.kind, first.body)
    assert compute_mac(KEY, *said) == first.mac
    assert compute_mac(b"x" * 32, *said) != first.mac


def test_a_signed_end_is_signed_for_its_place_and_purpose() -> None:
    anchor, head = sign_anchor(KEY, 3, b"mac"), sign_head(KEY, 3, b"mac")
    assert is_anchor(KEY, anchor)
    assert is_head(KEY, head)
    assert not is_anchor(KEY, replace(anchor, sequence=2))
    assert not is_head(KEY, replace(head, mac=b"other"))
    assert not is_anchor(KEY, head)
    assert not is_head(KEY, anchor)


def test_an_entry_of_another_history_with_the_same_key_does_not_fit(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    fill(other, 5)
    tamper(
        path,
        f"ATTACH DATABASE '{other}' AS other",
        "DELETE FROM events WHERE sequence = 6",
        "INSERT INTO events SELECT * FROM other.events WHERE sequence = 6",
    )
    assert reason_of(path) == Code.LEDGER_ENTRY_CHANGED.because(sequence=6)


def test_pruning_leaves_a_signed_anchor_in_place_of_what_it_removed(path: Path) -> None:
    clock = Clock()
    clock.now += 500 * 86400.0
    store = open_store(path, clock)
    store.append([armed("late", clock.now)])
    store.prune()
    store.close()
    found = verify(path)
    assert (found.reason, found.count) == (None, 1)
    tamper(path, "DELETE FROM events")
    assert reason_of(path) == Code.LEDGER_NEWEST_MISSING.because(last=6, expected=7)


def test_an_older_copy_of_the_whole_file_shows_only_against_a_head_that_was_noted(path: Path) -> None:
    """What a chain inside a file cannot show, said honestly."""
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    fill(path, 1)
    connection = open_for_reading(path)
    noted = read_mark(connection, HEAD).noted
    connection.close()
    assert len(noted.partition(":")[2]) == NOTED_DIGITS
    shutil.copy(copy, path)
    assert reason_of(path) is None
    connection = open_for_reading(path)
    anchor, older = read_mark(connection, ANCHOR), read_mark(connection, HEAD).noted
    assert find_head(read_entries(connection), anchor, noted) == Code.LEDGER_HEAD_UNKNOWN.because(head=noted)
    assert find_head(read_entries(connection), anchor, older) is None
    connection.close()
