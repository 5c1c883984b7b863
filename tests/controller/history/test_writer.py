"""A history on a real disk: whatever the disk does, nothing is lost that can be kept, and nobody waits for it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.history.database import SCHEMA, is_busy
from controller.history.events import CancelNotLed, ContextArmed, HistoryBegun, decode_event
from controller.history.history import History
from controller.history.writer import BUSY_PATIENCE_S, NEWEST_READ
from controller.reasons import Code
from tests.controller.history.histories import (
    CHECKOUT,
    NOW,
    Installation,
    ended,
    entered,
    read_contexts,
    started,
    tamper,
    texts,
    wait_for,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "data")


def arm(history: History, *contexts: str) -> None:
    for context in contexts:
        history.record(ContextArmed(context))


def codes(history: History) -> list[str]:
    return [reason.code for reason in history.reasons]


def test_a_restart_finds_the_timeline_as_it_was(installation: Installation) -> None:
    with installation.run() as history:
        arm(history, "paris")
        history.record(ended())
        before = history.newest(10)
    with installation.run() as history:
        assert history.newest(10) == before
        assert "It cost $0.50 and saves $7.20 a day at today's prices" in before[-1].text
        assert before[-1].outcome is not None
    assert installation.verify().reason is None


def test_a_restart_knows_the_moves_that_were_made(installation: Installation) -> None:
    with installation.run() as history:
        history.record(started())
        history.record(entered("SURGE"))
        history.record(ended("ROLLED_BACK"))
        before = history.past_moves()
    installation.clock.now += 3600
    with installation.run() as history:
        assert history.past_moves() == before
        assert (before[0].workload, before[0].target, before[0].ended_at) == (CHECKOUT, "osaka", NOW)


def test_moves_are_known_although_many_other_things_have_happened_since(
    installation: Installation,
) -> None:
    with installation.run() as history:
        history.record(started())
        history.record(ended())
        arm(history, *map(str, range(2 * NEWEST_READ)))
    with installation.run() as history:
        assert [move.migration_id for move in history.past_moves()] == ["m1"]
        assert len(history.newest(10_000)) == NEWEST_READ


def test_moves_of_a_fleet_that_begins_anew_with_each_program_are_not_counted(
    installation: Installation,
) -> None:
    with installation.run() as history:
        history.record(started())
    with installation.run(counts_earlier_moves=False) as history:
        assert history.past_moves() == ()
        history.record(started("m2"))
        assert [move.migration_id for move in history.past_moves()] == ["m2"]


def test_without_a_disk_everything_is_remembered_for_as_long_as_the_program(tmp_path: Path) -> None:
    history = History(lambda: NOW)
    history.record(started())
    assert len(history.past_moves()) == len(history.newest(5)) == 1
    assert (history.reasons, history.has_waiting) == ((), False)


APPEND = """
import sys
from pathlib import Path
from controller.history.events import ContextArmed
from tests.controller.history.histories import Installation
with Installation(Path(sys.argv[1])).run() as history:
    for number in range(int(sys.argv[3])):
        history.record(ContextArmed(f"{sys.argv[2]} {number}"))
"""


def test_programs_that_write_at_once_make_one_chain_with_nothing_lost(installation: Installation) -> None:
    folder = str(installation.files.database.parent)
    programs = [
        subprocess.Popen([sys.executable, "-c", APPEND, folder, name, "200"], cwd=ROOT) for name in "abc"
    ]
    assert [program.wait(60) for program in programs] == [0, 0, 0]
    found = read_contexts(installation.files.database)
    for name in "abc":
        assert [one for one in found if one.startswith(name)] == [f"{name} {number}" for number in range(200)]
    assert installation.verify().reason is None


def test_two_windows_tell_of_each_other(installation: Installation) -> None:
    with installation.run() as first, installation.run() as second:
        first.record(started())
        wait_for(lambda: len(texts(second)) == 1)
        assert texts(second) == texts(first) == ["Moving paris/shop/checkout to osaka (6 replicas)"]
        assert [move.migration_id for move in second.past_moves()] == ["m1"]


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


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="only POSIX has such limits and modes")


@posix_only
def test_a_full_disk_is_told_and_what_it_refused_is_written_later(installation: Installation) -> None:
    with installation.run() as history:
        arm(history, "before")
        wait_for(lambda: not history.has_waiting)
        with full_disk(8192):
            arm(history, *(f"on a full disk {number}" for number in range(300)))
            wait_for(lambda: history.reasons)
            assert codes(history) == [Code.HISTORY_NOT_WRITTEN]
            assert history.reasons[0]["path"] == str(installation.files.database)
            assert texts(history)[-1].startswith("on a full disk 299")
            assert history.has_waiting
        wait_for(lambda: not history.has_waiting)
        assert history.reasons == ()
    expected = ["before", *(f"on a full disk {number}" for number in range(300))]
    assert read_contexts(installation.files.database) == expected
    assert installation.verify().reason is None


@posix_only
def test_a_disk_that_stays_full_ends_the_program_all_the_same_and_leaves_a_whole_history(
    installation: Installation,
) -> None:
    with installation.run() as history:
        arm(history, "before")
    with full_disk(8192), installation.run() as history:
        arm(history, "refused")
        wait_for(lambda: history.reasons)
    assert read_contexts(installation.files.database) == ["before"]
    assert installation.verify().reason is None


def test_where_no_folder_can_be_made_the_history_begins_anew_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Installation(tmp_path / "file" / "data").run() as history:
        arm(history, "paris")
        assert codes(history) == [Code.HISTORY_BEGINS_ANEW]
        assert texts(history) == ["paris armed: writes are allowed"]


@posix_only
@pytest.mark.parametrize("mode", [0o400, 0o600], ids=["files and folder", "folder only"])
def test_a_history_on_a_read_only_disk_is_still_read(mode: int, request: pytest.FixtureRequest) -> None:
    """A pod with a read-only root, over a volume that an earlier one wrote."""
    # Not in pytest's own folder, which no other user may enter.
    place = tempfile.TemporaryDirectory()
    request.addfinalizer(place.cleanup)
    folder = Path(place.name) / "data"
    with Installation(folder).run() as history:
        history.record(started())
        history.record(ended())
    content = (folder / "history.db").read_bytes()
    for file in folder.iterdir():
        file.chmod(mode)
    program = READ
    if os.geteuid() == 0:  # root may write everywhere, so the program becomes a user who may not
        program = READ_AS_NOBODY
        for file in (*folder.iterdir(), folder):
            os.chown(file, NOBODY, NOBODY)
        folder.parent.chmod(0o755)
    folder.chmod(0o555)
    answer = subprocess.run(
        [sys.executable, "-c", program, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    folder.chmod(0o755)
    assert answer.stdout.splitlines() == ["m1 DONE", "history_begins_anew", "2"], answer.stderr
    assert (folder / "history.db").read_bytes() == content


READ = """
import sys
from pathlib import Path
from tests.controller.history.histories import Installation, texts
with Installation(Path(sys.argv[1])).run() as history:
    for move in history.past_moves():
        print(move.migration_id, move.phase)
    print(*(reason.code for reason in history.reasons))
    print(len(texts(history)))
"""
NOBODY = 65534
READ_AS_NOBODY = READ.replace("with Installation", f"import os\nos.setuid({NOBODY})\nwith Installation")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"this is no database" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes()[:8192] + b"\xff" * 60_000),
        lambda path: tamper(path, "DROP TABLE events"),
        lambda path: tamper(path, "UPDATE marks SET signature = x'00' WHERE name = 'head'"),
        lambda path: tamper(path, "UPDATE marks SET signature = x'00' WHERE name = 'anchor'"),
        lambda path: tamper(path, "DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)"),
        lambda path: path.with_name("history.key").write_text("ab" * 32),
    ],
    ids=[
        *("another kind of file", "torn in the middle of a page", "pages of rubbish", "a table less"),
        *("a forged head", "a forged anchor", "the newest entry removed", "another key"),
    ],
)
def test_what_is_broken_is_set_aside_with_a_notice_and_never_deleted(
    installation: Installation, damage
) -> None:
    path = installation.files.database
    with installation.run() as history:
        arm(history, *map(str, range(50)))
    damage(path)
    content = path.read_bytes()
    with installation.run() as history:
        arm(history, "afterwards")
        wait_for(lambda: not history.has_waiting)
        [notice] = history.reasons
        assert notice.code == Code.HISTORY_SET_ASIDE
        assert any(str(notice) in text for text in texts(history))
    [kept] = path.parent.glob("history.2*.db")
    assert notice["name"] == kept.name
    assert kept.read_bytes() == content
    assert read_contexts(path) == ["afterwards"]
    assert installation.verify().reason is None
    with installation.run() as history:
        assert history.reasons == ()
        assert texts(history)[0] == str(notice), "the history itself says from now on that it was begun anew"


def test_a_history_that_is_broken_while_it_is_open_is_set_aside_and_the_program_goes_on(
    installation: Installation,
) -> None:
    with installation.run() as history:
        arm(history, "before")
        wait_for(lambda: not history.has_waiting)
        tamper(installation.files.database, "DELETE FROM events WHERE kind = 'context_armed'")
        arm(history, "afterwards")
        wait_for(lambda: codes(history) == [Code.HISTORY_SET_ASIDE] and not history.has_waiting)
    assert read_contexts(installation.files.database) == ["afterwards"]
    assert installation.verify().reason is None


def test_a_history_that_breaks_again_at_once_is_set_aside_once(installation: Installation) -> None:
    """Nothing would be left but files."""
    path = installation.files.database
    with installation.run() as history:
        for _ in range(2):
            arm(history, "before")
            wait_for(lambda: not history.has_waiting)
            tamper(path, "DELETE FROM events WHERE kind = 'context_armed'")
            wait_for(lambda: Code.HISTORY_SET_ASIDE in codes(history))
        arm(history, "afterwards")
        wait_for(lambda: len(codes(history)) == 2 or len(list(path.parent.glob("history.2*.db"))) > 1)
        assert codes(history) == [Code.HISTORY_BEGINS_ANEW, Code.HISTORY_SET_ASIDE]
    assert len(list(path.parent.glob("history.2*.db"))) == 1


def test_an_older_copy_that_is_put_in_place_of_a_running_programs_history_is_noticed(
    installation: Installation,
) -> None:
    path = installation.files.database
    with installation.run() as history:
        arm(history, "before")
        wait_for(lambda: not history.has_waiting)
        connection = sqlite3.connect(path, isolation_level=None)
        older = connection.execute("SELECT * FROM marks WHERE name = 'head'").fetchone()
        connection.close()
        arm(history, "later")
        wait_for(lambda: not history.has_waiting)
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("DELETE FROM events WHERE sequence > ?", (older[1],))
        connection.execute("REPLACE INTO marks VALUES (?, ?, ?, ?)", older)
        connection.close()
        wait_for(lambda: codes(history) == [Code.HISTORY_SET_ASIDE])
        missing = Code.LEDGER_NEWEST_MISSING.because(last=older[1], expected=older[1] + 1)
        assert history.reasons[0]["why"] == str(missing)


def test_a_history_whose_file_was_deleted_goes_on_in_a_new_one(installation: Installation) -> None:
    with installation.run() as history:
        arm(history, "before")
        wait_for(lambda: not history.has_waiting)
        for file in installation.files.database.parent.glob("history.db*"):
            file.unlink()
        arm(history, "afterwards")
        wait_for(lambda: not history.has_waiting)
    assert read_contexts(installation.files.database) == ["afterwards"]


def test_a_history_of_a_newer_version_is_left_alone(installation: Installation) -> None:
    path = installation.files.database
    with installation.run() as history:
        arm(history, "before")
    tamper(path, "PRAGMA user_version = 99")
    content = path.read_bytes()
    with installation.run() as history:
        arm(history, "afterwards")
        assert codes(history) == [Code.HISTORY_BEGINS_ANEW]
        newer = Code.HISTORY_NEWER.because(found=99, known=len(SCHEMA))
        assert history.reasons[0]["error"] == str(newer)
    assert path.read_bytes() == content


def test_an_event_of_a_newer_version_is_passed_over_and_the_rest_is_read(installation: Installation) -> None:
    with installation.run() as history:
        arm(history, "before")
    connection = sqlite3.connect(installation.files.database)
    [(body,)] = connection.execute("SELECT body FROM events WHERE kind = 'context_armed'").fetchall()
    connection.close()
    assert isinstance(decode_event(body), ContextArmed)
    assert not isinstance(decode_event(body.replace(b"armed", b"warmed")), ContextArmed)


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Error]:
    """Each time that the thread found another process writing."""
    found: list[sqlite3.Error] = []

    def note(error: sqlite3.Error) -> bool:
        found.append(error)
        return is_busy(error)

    monkeypatch.setattr("controller.history.writer.is_busy", note)
    return found


def hold(installation: Installation) -> sqlite3.Connection:
    """Write to the file as another process does that was stopped in the middle."""
    other = sqlite3.connect(installation.files.database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_another_process_that_holds_the_file_makes_nobody_wait_and_is_told_if_it_lasts(
    installation: Installation, refusals: list[sqlite3.Error]
) -> None:
    with installation.run() as history:
        wait_for(lambda: not history.has_waiting)
        other = hold(installation)
        arm(history, "paris")
        assert texts(history) == ["paris armed: writes are allowed"]
        wait_for(lambda: len(refusals) > 1)
        assert (history.has_waiting, history.reasons) == (True, ())

        def is_told() -> bool:
            installation.clock.now += BUSY_PATIENCE_S
            return codes(history) == [Code.HISTORY_BUSY]

        wait_for(is_told)
        other.close()
        wait_for(lambda: not history.has_waiting)
        assert history.reasons == ()
    assert read_contexts(installation.files.database) == ["paris"]


def test_a_program_that_ends_while_another_writes_waits_for_its_turn(
    installation: Installation, refusals: list[sqlite3.Error]
) -> None:
    with installation.run():
        pass
    other = hold(installation)
    let_go = threading.Thread(
        target=lambda: (wait_for(lambda: len(refusals) > 4), other.close()), daemon=True
    )
    let_go.start()
    with installation.run() as history:
        arm(history, "paris")
    let_go.join()
    assert read_contexts(installation.files.database) == ["paris"]


KILLED = (
    APPEND
    + """
    while history.has_waiting:
        pass
    print("written", flush=True)
    sys.stdin.read()
"""
)


def kill_in_the_middle(installation: Installation) -> Path:
    """Let a program write fifty events and kill it; returns the log, in which they still lie."""
    folder = str(installation.files.database.parent)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, folder, "a", "50"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "written\n"
        running.kill()
    return installation.files.database.with_name("history.db-wal")


def test_a_program_that_is_killed_leaves_all_that_it_wrote(installation: Installation) -> None:
    assert kill_in_the_middle(installation).stat().st_size > 0
    with installation.run() as history:
        assert len(texts(history)) == 50
        assert history.reasons == ()
    assert installation.verify().reason is None


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_log_that_a_power_cut_tore_leaves_whole_transactions(
    installation: Installation, share: float
) -> None:
    log = kill_in_the_middle(installation)
    os.truncate(log, int(log.stat().st_size * share))
    with installation.run() as history:
        assert len(texts(history)) <= 50
        assert history.reasons == ()
        arm(history, "afterwards")
    assert read_contexts(installation.files.database)[-1] == "afterwards"
    assert installation.verify().reason is None


def test_the_end_of_a_move_that_nobody_led_here_is_a_line_and_no_move(installation: Installation) -> None:
    with installation.run() as history:
        history.record(CancelNotLed("m1", CHECKOUT, "osaka"))
        assert "not led by this window" in texts(history)[0]
        assert history.past_moves() == ()


def test_a_new_history_says_so_without_a_line_in_the_timeline(installation: Installation) -> None:
    with installation.run() as history:
        assert texts(history) == []
    connection = sqlite3.connect(installation.files.database)
    [(body,)] = connection.execute("SELECT body FROM events").fetchall()
    connection.close()
    assert decode_event(body) == HistoryBegun()


@posix_only
def test_every_file_of_a_history_is_for_its_owner_only(installation: Installation) -> None:
    with installation.run() as history:
        arm(history, "paris")
        wait_for(lambda: not history.has_waiting)
        files = {
            file.name: file.stat().st_mode & 0o777 for file in installation.files.database.parent.iterdir()
        }
    assert set(files) == {"history.db", "history.db-wal", "history.db-shm", "history.key"}
    assert set(files.values()) == {0o600}
