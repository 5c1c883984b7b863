"""The SQLite file: opened for its owner only, its schema with versions, SQLite's errors told apart.

Write-ahead logging, so that a reader never waits for the writer; `synchronous=FULL`, because an entry that was taken is
promised to outlive a power cut. Both cost milliseconds, on a thread that nobody waits for.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from controller.history.errors import HistoryDamaged, HistoryUnusable
from controller.reasons import Code

#: Says to tools such as `file` whose database this is; arbitrary.
APPLICATION_ID = 0x53414C48

#: What each version of the schema adds to the one before; `user_version` counts those that were applied. A step is
#: never changed once it was released.
SCHEMA: tuple[str, ...] = (
    """
    CREATE TABLE marks (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL, mac BLOB NOT NULL, signature BLOB NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE events (
        sequence INTEGER PRIMARY KEY, at REAL NOT NULL, writer TEXT NOT NULL, kind TEXT NOT NULL,
        body BLOB NOT NULL, mac BLOB NOT NULL);
    CREATE INDEX events_by_kind ON events (kind, sequence);
    CREATE TABLE taken_over (file TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE price_series (
        id INTEGER PRIMARY KEY, provider TEXT NOT NULL, region TEXT NOT NULL, instance_type TEXT NOT NULL,
        capacity_type TEXT NOT NULL, source TEXT NOT NULL, mode TEXT NOT NULL,
        UNIQUE (provider, region, instance_type, capacity_type, source, mode));
    CREATE TABLE price_points (
        series INTEGER NOT NULL, at INTEGER NOT NULL, microdollars INTEGER NOT NULL, PRIMARY KEY (series, at))
        WITHOUT ROWID;
    CREATE TABLE price_days (id INTEGER PRIMARY KEY, points BLOB NOT NULL);
    """,
    """
    CREATE TABLE price_contexts (context TEXT NOT NULL, series INTEGER NOT NULL, PRIMARY KEY (context, series))
        WITHOUT ROWID;
    """,
    """
    CREATE TABLE zoned_series (
        id INTEGER PRIMARY KEY, provider TEXT NOT NULL, region TEXT NOT NULL, instance_type TEXT NOT NULL,
        capacity_type TEXT NOT NULL, system TEXT NOT NULL, zone TEXT NOT NULL, source TEXT NOT NULL, mode TEXT NOT NULL,
        UNIQUE (provider, region, instance_type, capacity_type, system, zone, source, mode));
    INSERT INTO zoned_series SELECT id, provider, region, instance_type, capacity_type, 'linux', '', source, mode
        FROM price_series;
    DROP TABLE price_series;
    ALTER TABLE zoned_series RENAME TO price_series;
    """,
)

#: SQLite's primary result codes for a file that no longer is what we wrote: broken pages, another kind of file, and a
#: statement that finds no such table or column.
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def open_for_writing(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """Open the database, made or brought up to date as needed. Raises: sqlite3.Error, OSError, HistoryUnusable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # SQLite gives its log and index the mode of the database, which tells what runs where and what it costs.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        with telling_damage():
            _require_ours(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _bring_up_to_date(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a database that exists without ever writing to it. Raises: sqlite3.Error, OSError, HistoryUnusable.

    In a folder that cannot be written SQLite may find no place for the log's index; then the file is read as it lies
    there, which is all of it where every program that wrote it has ended.
    """
    path.stat()  # SQLite's own error does not say that there is no such file
    try:
        return _open_uri(path, "mode=ro")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in _BUSY:
            raise
        return _open_uri(path, "immutable=1")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all or nothing, while no other process writes. Raises: sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # after some errors SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """See one state of the database, whatever other processes write meanwhile. Raises: sqlite3.Error."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def telling_damage() -> Iterator[None]:
    """Turn SQLite's errors about a broken file into ours. Raises: HistoryDamaged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _DAMAGED:
            raise HistoryDamaged(Code.HISTORY_DAMAGED.because(problem=str(error))) from error
        raise


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process is writing at this moment."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _BUSY


def measure_used_bytes(connection: sqlite3.Connection) -> int:
    """Return the bytes in use; pages that pruning has freed are used again before the file grows."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _open_uri(path: Path, how: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?{how}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        with telling_damage():
            _require_ours(connection)
            connection.execute("SELECT count(*) FROM marks").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _require_ours(connection: sqlite3.Connection) -> None:
    """Raises: HistoryDamaged for another program's database, HistoryUnusable for a newer format of ours."""
    version = _read_pragma(connection, "user_version")
    is_new = version == 0 and not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not is_new and _read_pragma(connection, "application_id") != APPLICATION_ID:
        raise HistoryDamaged(Code.HISTORY_DAMAGED.because(problem=Code.HISTORY_FOREIGN.because()))
    if version > len(SCHEMA):
        raise HistoryUnusable(Code.HISTORY_NEWER.because(found=version, known=len(SCHEMA)))


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    if _read_pragma(connection, "user_version") == len(SCHEMA):
        return
    with transaction(connection):
        version = _read_pragma(connection, "user_version")  # another process may have been faster
        for step in SCHEMA[version:]:
            for statement in filter(str.strip, step.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(SCHEMA)}")


def _read_pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
