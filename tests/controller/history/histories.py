"""Histories on a real disk, and the events that go into them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from controller.clusters.fleet import WorkloadKey
from controller.history.chain import Verified, verify_chain
from controller.history.database import open_for_reading
from controller.history.events import (
    AnyEvent,
    ContextArmed,
    MoveEnded,
    MoveFigures,
    MoveStarted,
    PhaseEntered,
    Recorded,
    state_reason,
)
from controller.history.files import HistoryFiles
from controller.history.history import History
from controller.history.keys import load_key
from controller.history.reading import ANCHOR, HEAD, read_entries, read_mark
from controller.history.settings import HistorySettings
from controller.history.store import HistoryStore
from controller.history.writer import HistoryWriter
from controller.reasons import Code
from oracle.foundation.clocks import Clocks

NOW = 1_790_000_000.0
KEY = bytes(range(32))
CHECKOUT = WorkloadKey("paris", "shop", "checkout")
PREDICTED = MoveFigures(
    Decimal("0.30"), Decimal("0.10"), Decimal("0.40"), Decimal("8.64"), egress_gb=Decimal(15)
)
REALISED = MoveFigures(Decimal("0.30"), Decimal("0.20"), Decimal("0.50"), Decimal("7.20"))


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = NOW
    clocks: Clocks = field(init=False)

    def __post_init__(self) -> None:
        self.clocks = Clocks(lambda: self.now, lambda: self.now)


def at(*events: AnyEvent, writer: str = "w") -> list[Recorded]:
    """One event a second."""
    return [Recorded(NOW + second, writer, event) for second, event in enumerate(events)]


def started(migration_id: str = "m1") -> MoveStarted:
    return MoveStarted(migration_id, CHECKOUT, "osaka", 6, "digest", PREDICTED)


def entered(phase: str, migration_id: str = "m1") -> PhaseEntered:
    return PhaseEntered(
        migration_id, CHECKOUT, "osaka", phase, "scaled", state_reason("It goes on"), 1, 2, 3, 4
    )


def ended(phase: str = "DONE", migration_id: str = "m1") -> MoveEnded:
    return MoveEnded(
        migration_id,
        CHECKOUT,
        "osaka",
        phase,
        "soaked",
        state_reason(Code.PHASE_DONE.because(target="osaka")),
        NOW,
        PREDICTED,
        REALISED,
        at_todays_prices=True,
        double_replica_hours=0.5,
    )


def armed(context: str, at: float = NOW, writer: str = "w") -> Recorded:
    return Recorded(at, writer, ContextArmed(context))


def open_store(path: Path, clock: Clock | None = None, **settings: float) -> HistoryStore:
    return HistoryStore(path, KEY, "w", (clock or Clock()).clocks.wall, HistorySettings(**settings))


def fill(path: Path, count: int, clock: Clock | None = None) -> None:
    """Append entries that arm `context 0`, `context 1`, ..."""
    store = open_store(path, clock)
    store.append([armed(f"context {number}") for number in range(count)])
    store.close()


def verify(path: Path, key: bytes = KEY) -> Verified:
    """Follow the whole chain of a file, as `sentinelaura ledger verify` does."""
    connection = open_for_reading(path)
    try:
        return verify_chain(
            key, read_mark(connection, ANCHOR), read_mark(connection, HEAD), read_entries(connection)
        )
    finally:
        connection.close()


def read_contexts(path: Path) -> list[str]:
    """The contexts that the entries of a file arm, oldest first."""
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT json_extract(body, '$.context') FROM events WHERE kind = 'context_armed' ORDER BY sequence"
    ).fetchall()
    connection.close()
    return [row[0] for row in rows]


def tamper(path: Path, *statements: str) -> None:
    """Change a database as somebody with a tool for SQLite would."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


class Installation:
    """The files of one installation, and programs that start and end on them. Nothing in it waits for a time."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.files = HistoryFiles.in_folder(folder)
        self.clock = clock or Clock()
        self._programs = 0

    @contextmanager
    def run(self, *, counts_earlier_moves: bool = True) -> Iterator[History]:
        """A program: what it records is on the disk when the block ends, where the disk takes it."""
        self._programs += 1
        # It tries what the disk refuses again at once, so that no test waits.
        settings = HistorySettings(busy_timeout_s=0.05, retry_s=0.01, look_s=0.01)
        writer = f"program {self._programs}"
        disk = HistoryWriter(self.files, writer, self.clock.clocks, settings)
        history = History(
            self.clock.clocks.wall,
            disk,
            writer=writer,
            counts_earlier_moves=counts_earlier_moves,
            settings=settings,
        )
        disk.start()
        disk.has_opened.wait()
        history.take_in()
        try:
            yield history
        finally:
            history.close()

    def verify(self) -> Verified:
        return verify(self.files.database, load_key(self.files.key))


def wait_for(is_so: Callable[[], object]) -> None:
    """Wait for what another thread or process does."""
    pause = threading.Event()
    while not is_so():
        pause.wait(0.005)


def texts(history: History) -> list[str]:
    history.take_in()
    return [entry.text for entry in history.newest(100)]
