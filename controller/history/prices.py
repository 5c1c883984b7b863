"""Price history in the database: the newest two days as rows, each older day of an offering as one packed row.

Days are written in order, so that SQLite fills its pages; a year of 200 offerings with a point every quarter of an hour
takes at most 50 MiB (`tests/controller/history/test_prices.py` measures bytes for each point).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import groupby

from controller.history.price_points import DAY_S, PriceSample, Series, pack_points, to_usd, unpack_points
from oracle.market import from_row, to_row
from oracle.quotes import PriceMode

#: Offerings with their sources that one database may tell apart; a day's row is numbered by day and series.
MAX_SERIES = 1 << 20
_COLUMNS = "provider, region, instance_type, capacity_type, system, zone, source, mode"
#: The same of a file that was written before there were zones, and is only read.
_COLUMNS_BEFORE_ZONES = "provider, region, instance_type, capacity_type, 'linux', '', source, mode"
_FIRST_WITH_ZONES = 3


def add_samples(connection: sqlite3.Connection, samples: Iterable[PriceSample], step_s: float) -> None:
    """Keep the samples that are at least `step_s` newer than the point before: other processes sample, too."""
    for sample in samples:
        series = _find_or_add_series(connection, sample.series)
        connection.executemany(
            "INSERT OR IGNORE INTO price_contexts VALUES (?, ?)",
            ((context, series) for context in sample.contexts),
        )
        newest = connection.execute(
            "SELECT max(at) FROM price_points WHERE series = ?", (series,)
        ).fetchone()[0]
        if newest is None or sample.at - newest >= step_s or sample.at < newest - step_s:
            connection.execute(
                "INSERT OR IGNORE INTO price_points VALUES (?, ?, ?)",
                (series, sample.at, sample.microdollars),
            )


def pack_days(connection: sqlite3.Connection, before: float) -> None:
    """Pack the points of whole days (UTC) that ended before this moment (Unix seconds)."""
    midnight = int(before) // DAY_S * DAY_S
    rows = connection.execute(
        "SELECT at / ?, series, at % ?, microdollars FROM price_points WHERE at < ? ORDER BY 1, 2, 3",
        (DAY_S, DAY_S, midnight),
    ).fetchall()
    for (day, series), points in groupby(rows, key=lambda row: (row[0], row[1])):
        row_id = day * MAX_SERIES + series
        found = connection.execute("SELECT points FROM price_days WHERE id = ?", (row_id,)).fetchone()
        joined = dict(unpack_points(found[0])) if found is not None else {}
        joined.update((second, price) for _, _, second, price in points)
        connection.execute(
            "INSERT OR REPLACE INTO price_days VALUES (?, ?)", (row_id, pack_points(sorted(joined.items())))
        )
    connection.execute("DELETE FROM price_points WHERE at < ?", (midnight,))


def drop_days(connection: sqlite3.Connection, before: float) -> None:
    """Forget the days that ended before this moment (Unix seconds)."""
    connection.execute("DELETE FROM price_days WHERE id < ?", (int(before) // DAY_S * MAX_SERIES,))


def drop_oldest_days(connection: sqlite3.Connection, share: float) -> None:
    """Forget the oldest share of the days that are kept."""
    first, last = connection.execute("SELECT min(id), max(id) FROM price_days").fetchone()
    if first is not None:
        first_day, last_day = first // MAX_SERIES, last // MAX_SERIES
        drop_days(connection, (first_day + max(1, int((last_day - first_day + 1) * share))) * DAY_S)


def read_prices(
    connection: sqlite3.Connection, series: Series, since: float, until: float
) -> list[tuple[float, Decimal]]:
    """Return (Unix seconds, USD per hour) of what one source said from `since` to `until`, oldest first."""
    number = _find_series(connection, series)
    if number is None:
        return []
    known: dict[int, int] = {}
    for day in _list_days(connection, since, until):
        row = connection.execute(
            "SELECT points FROM price_days WHERE id = ?", (day * MAX_SERIES + number,)
        ).fetchone()
        if row is not None:
            known.update((day * DAY_S + second, price) for second, price in unpack_points(row[0]))
    known.update(connection.execute("SELECT at, microdollars FROM price_points WHERE series = ?", (number,)))
    return [(float(at), to_usd(known[at])) for at in sorted(known) if since <= at <= until]


def read_prices_at(connection: sqlite3.Connection, moment: float, life_s: float) -> Mapping[Series, Decimal]:
    """Return what each offering cost at a moment, by source; what was last said `life_s` before it is unknown."""
    prices: dict[Series, Decimal] = {}
    for series in read_series(connection):
        points = read_prices(connection, series, moment - life_s, moment)
        if points:
            prices[series] = points[-1][1]
    return prices


def read_series(connection: sqlite3.Connection) -> list[Series]:
    """Return every offering with the source that priced it."""
    rows = connection.execute(f"SELECT {_find_columns(connection)} FROM price_series ORDER BY id")
    return [_from_row(row) for row in rows]


def read_series_of(connection: sqlite3.Connection, context: str) -> list[Series]:
    """Return what a context was priced by; empty where nobody noted that yet."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'price_contexts'").fetchone():
        return []  # a file that was set aside before it was kept
    rows = connection.execute(
        f"SELECT {_find_columns(connection)} FROM price_series JOIN price_contexts ON id = series"
        " WHERE context = ? ORDER BY id",
        (context,),
    )
    return [_from_row(row) for row in rows]


def _find_columns(connection: sqlite3.Connection) -> str:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    return _COLUMNS if version >= _FIRST_WITH_ZONES else _COLUMNS_BEFORE_ZONES


def _list_days(connection: sqlite3.Connection, since: float, until: float) -> range:
    """Return the days from `since` to `until` of which anything may be packed: whoever asks for all begins at zero."""
    first, last = connection.execute("SELECT min(id), max(id) FROM price_days").fetchone()
    if first is None:
        return range(0)
    first_day, last_day = first // MAX_SERIES, last // MAX_SERIES
    return range(max(int(since) // DAY_S, first_day), min(int(until) // DAY_S, last_day) + 1)


def _find_series(connection: sqlite3.Connection, series: Series) -> int | None:
    row = connection.execute(
        f"SELECT id FROM price_series WHERE ({_find_columns(connection)}) = (?, ?, ?, ?, ?, ?, ?, ?)",
        _to_row(series),
    ).fetchone()
    return None if row is None else int(row[0])


def _find_or_add_series(connection: sqlite3.Connection, series: Series) -> int:
    found = _find_series(connection, series)
    if found is not None:
        return found
    cursor = connection.execute(
        f"INSERT INTO price_series ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _to_row(series)
    )
    assert cursor.lastrowid is not None, "a row that was inserted has its number"
    return cursor.lastrowid


def _from_row(row: tuple[str, ...]) -> Series:
    *place, source, mode = row
    return Series(from_row(place), source, PriceMode(mode))


def _to_row(series: Series) -> tuple[str, ...]:
    return (*to_row(series.offering), series.source, series.mode.value)
