from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.contract.snapshots import EntryKind, MoveOutcome
from controller.history.ledger import BUSY_PATIENCE_S, Ledger, LedgerProblem, verify_ledger
from controller.history.ledger_file import open_for_append
from oracle.reason import Severity

NOW = 1_790_000_000.0


def build(path: Path, count: int = 3) -> Ledger:
    """A ledger with some entries."""
    ledger = Ledger(path, lambda: NOW)
    for index in range(count):
        ledger.record(EntryKind.MIGRATION, f"entry {index}", contexts=("paris", "osaka"), migration_id="m1")
    return ledger


def test_entries_feed_the_timeline_oldest_first(tmp_path: Path) -> None:
    newest = build(tmp_path / "ledger.jsonl").newest(2)
    assert [(entry.sequence, entry.text) for entry in newest] == [(2, "entry 1"), (3, "entry 2")]
    assert newest[0].contexts == ("paris", "osaka")
    assert build(tmp_path / "other.jsonl").newest(0) == ()


def test_a_restart_finds_the_entries_and_goes_on_counting(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ledger.jsonl"
    build(path)
    again = Ledger(path, lambda: NOW)
    again.record(EntryKind.DECISION, "later", severity=Severity.WARNING)
    assert [entry.sequence for entry in again.newest(10)] == [1, 2, 3, 4]
    assert again.newest(1)[0].severity is Severity.WARNING
    assert verify_ledger(path) is None


def test_facts_go_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path, lambda: NOW).record(EntryKind.MIGRATION, "done", facts={"overlap_usd": "0.05"})
    assert json.loads(path.read_text())["facts"] == {"overlap_usd": "0.05"}


@pytest.mark.parametrize("savings", [Decimal("15.171"), None])
def test_a_restart_finds_what_a_move_cost_and_saves(tmp_path: Path, savings: Decimal | None) -> None:
    path = tmp_path / "ledger.jsonl"
    outcome = MoveOutcome(WorkloadKey("paris", "shop", "checkout"), "osaka", Decimal("2.00"), savings)
    Ledger(path, lambda: NOW).record(EntryKind.MIGRATION, "done", outcome=outcome)
    assert Ledger(path, lambda: NOW).newest(1)[0].outcome == outcome


def test_a_ledger_of_before_there_were_outcomes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    build(path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        del line["outcome"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [entry.outcome for entry in Ledger(path, lambda: NOW).newest(3)] == [None] * 3


@pytest.mark.parametrize(
    ("damage", "line", "reason"),
    [
        (lambda lines: [lines[0], lines[1].replace("entry 1", "entry 9"), lines[2]], 2, "was changed"),
        (lambda lines: [lines[0], lines[2]], 2, "does not follow"),
        (lambda lines: [lines[1], lines[0], lines[2]], 1, "does not follow"),
        (lambda lines: [lines[0], lines[0], *lines[1:]], 2, "does not follow"),
        (lambda lines: [lines[0], "{}\n", lines[1]], 2, "is not an entry"),
        (lambda lines: ["null\n"], 1, "is not an entry"),
    ],
)
def test_a_ledger_that_was_touched_shows_where(tmp_path: Path, damage, line: int, reason: str) -> None:
    path = tmp_path / "ledger.jsonl"
    build(path)
    path.write_text("".join(damage(path.read_text().splitlines(keepends=True))))
    problem = verify_ledger(path)
    assert isinstance(problem, LedgerProblem)
    assert problem.line == line
    assert reason in problem.reason


def test_two_programs_share_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    first, second = Ledger(path, lambda: NOW), Ledger(path, lambda: NOW)
    for ledger in (first, second, first):
        ledger.record(EntryKind.OPERATOR, "armed")
    assert verify_ledger(path) is None
    assert len(path.read_text().splitlines()) == 3


def test_a_full_disk_is_told_and_what_could_not_be_written_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = build(path, 1)

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("controller.history.ledger_file.os.fsync", refuse)
        ledger.record(EntryKind.MIGRATION, "on a full disk")
        assert ledger.trouble is not None
        assert "No space left on device" in ledger.trouble
        assert ledger.newest(1)[0].text == "on a full disk"
        assert len(path.read_text().splitlines()) == 1
    ledger.record(EntryKind.MIGRATION, "with room again")
    assert ledger.trouble is None
    assert verify_ledger(path) is None
    assert len(path.read_text().splitlines()) == 3


@contextmanager
def full_disk(size_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond `size_bytes`: a write takes what fits and refuses the rest."""
    import resource
    import signal

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX can limit the size of a file")
def test_a_disk_that_is_full_in_the_middle_of_a_line_leaves_no_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = build(path, 1)
    before = path.read_bytes()
    with full_disk(len(before) + 40):
        ledger.record(EntryKind.MIGRATION, "on a full disk")
        assert ledger.has_waiting
        assert ledger.trouble is not None
    assert path.read_bytes() == before
    ledger.flush()
    assert not ledger.has_waiting
    assert ledger.trouble is None
    assert verify_ledger(path) is None
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("is_restarted", [True, False])
def test_a_line_torn_by_a_crash_is_cut_off(tmp_path: Path, is_restarted: bool) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = build(path)
    with path.open("ab") as file:
        file.write(path.read_bytes()[:40])
    if is_restarted:
        ledger = Ledger(path, lambda: NOW)
    ledger.record(EntryKind.MIGRATION, "later")
    assert verify_ledger(path) is None
    assert len(path.read_text().splitlines()) == 4


def test_two_windows_that_write_at_once_are_no_trouble_unless_one_hangs(tmp_path: Path) -> None:
    path, now = tmp_path / "ledger.jsonl", [NOW]
    build(path, 1)
    with open_for_append(path):
        ledger = Ledger(path, lambda: now[0])
        assert [entry.text for entry in ledger.newest(5)] == ["entry 0"]
        ledger.record(EntryKind.OPERATOR, "armed")
        assert (ledger.has_waiting, ledger.trouble) == (True, None)
        now[0] += BUSY_PATIENCE_S + 1
        ledger.flush()
        assert ledger.trouble is not None
        assert "another process" in ledger.trouble
    ledger.flush()
    assert (ledger.has_waiting, ledger.trouble) == (False, None)
    assert verify_ledger(path) is None
    assert len(path.read_text().splitlines()) == 2


def test_a_ledger_that_cannot_be_opened_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ledger = Ledger(tmp_path / "file" / "ledger.jsonl", lambda: NOW)
    entry = ledger.record(EntryKind.MIGRATION, "goes on")
    assert ledger.trouble is not None
    assert ledger.newest(5) == (entry,)


def test_half_a_character_from_a_cluster_stops_no_later_entry(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path, lambda: NOW)
    ledger.record(EntryKind.MIGRATION, "\ud800", contexts=("paris\udfff",))
    ledger.record(EntryKind.MIGRATION, "later")
    assert not ledger.has_waiting
    assert [entry.text for entry in Ledger(path, lambda: NOW).newest(5)] == ["\ud800", "later"]
    assert verify_ledger(path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_new_ledger_is_for_its_owner_only(tmp_path: Path) -> None:
    build(tmp_path / "ledger.jsonl")
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
