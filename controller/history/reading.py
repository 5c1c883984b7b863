"""Reading a history: its chain, its newest events, its moves. Works on any open connection and writes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from controller.history.chain import Entry, Mark
from controller.history.errors import HistoryDamaged
from controller.history.events import Recorded, decode_event
from controller.reasons import Code

ANCHOR, HEAD = "anchor", "head"
#: No entry has this number: SQLite counts no further.
MAX_SEQUENCE = 2**63 - 1


def read_mark(connection: sqlite3.Connection, name: str) -> Mark:
    """Return the anchor or the head. Raises: HistoryDamaged where it is missing."""
    row = connection.execute("SELECT sequence, mac, signature FROM marks WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise HistoryDamaged(
            Code.HISTORY_DAMAGED.because(problem=Code.HISTORY_MARK_MISSING.because(name=name))
        )
    return Mark(int(row[0]), _to_bytes(row[1]), _to_bytes(row[2]))


def read_entries(connection: sqlite3.Connection, after: int = 0) -> Iterator[Entry]:
    """Yield the entries that follow a sequence, oldest first."""
    rows = connection.execute(
        "SELECT sequence, at, writer, kind, body, mac FROM events WHERE sequence > ? ORDER BY sequence",
        (after,),
    )
    return map(_to_entry, rows)


def read_newest(connection: sqlite3.Connection, limit: int) -> list[Entry]:
    """Return the newest entries, oldest first."""
    rows = connection.execute(
        "SELECT sequence, at, writer, kind, body, mac FROM events ORDER BY sequence DESC LIMIT ?", (limit,)
    ).fetchall()
    return [_to_entry(row) for row in reversed(rows)]


def read_kinds(
    connection: sqlite3.Connection, kinds: Iterable[str], since: float, before: int = MAX_SEQUENCE
) -> list[Recorded]:
    """Return the events of these kinds since a moment (Unix seconds) and before a sequence, as they were written."""
    names = tuple(kinds)
    rows = connection.execute(
        "SELECT sequence, at, writer, kind, body, mac FROM events "
        f"WHERE kind IN ({', '.join('?' * len(names))}) AND at >= ? AND sequence < ? ORDER BY sequence",
        (*names, since, before),
    )
    return [to_recorded(_to_entry(row)) for row in rows]


def to_recorded(entry: Entry) -> Recorded:
    """Return what an entry says."""
    return Recorded(entry.at, entry.writer, decode_event(entry.body, entry.kind))


def _to_entry(row: tuple[object, ...]) -> Entry:
    """SQLite gives back whatever somebody has put into a column; the chain shows that it does not fit."""
    sequence, at, writer, kind, body, mac = row
    moment = float(at) if isinstance(at, (int, float)) else 0.0
    return Entry(int(str(sequence)), moment, str(writer), str(kind), _to_bytes(body), _to_bytes(mac))


def _to_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
