"""`sentinelaura ledger prices`: the prices that were recorded, in few words, as JSON, or as a file of prices."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from app.commands.failures import CommandFailed
from app.commands.ledger_at import series_to_json, sort_key
from app.exit_codes import ExitCode
from app.moments import format_iso, format_utc
from controller.history.price_points import Series
from controller.history.prices import read_prices, read_series, read_series_of
from oracle.foundation.reason import format_count, format_list
from oracle.foundation.untrusted_text import clean_text
from oracle.market import to_row

#: The columns of a file of prices, and two that say whose they are, which its readers pass over.
_COLUMNS = (
    *("observed_at", "provider", "region", "instance_type", "capacity_type", "operating_system", "zone"),
    *("usd_per_hour", "source", "mode"),
)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What one source said of one offering: (Unix seconds, USD per hour), oldest first, at least one."""

    series: Series
    points: Sequence[tuple[float, Decimal]]


def tell_prices(
    connection: sqlite3.Connection, name: str | None, since: float, until: float, form: str
) -> Iterator[str]:
    """Yield lines in a form: `text`, `json` or `csv`. Raises: CommandFailed for a name that was never priced."""
    recorded = [
        _Recorded(series, points)
        for series in _choose(connection, name)
        if (points := read_prices(connection, series, since, until))
    ]
    if form == "json":
        yield json.dumps({"since": since, "series": [_to_json(one) for one in recorded]}, indent=2)
    elif form == "csv":
        yield from _to_rows(recorded)
    else:
        yield from map(_to_text, recorded)
        if not recorded:
            yield f"no prices since {format_utc(since)}"


def _choose(connection: sqlite3.Connection, name: str | None) -> list[Series]:
    """Return the series of a context, or else of an offering or all offerings of a region or provider."""
    known = sorted(read_series(connection), key=sort_key)
    if name is None:
        return known
    wanted = name.strip("/")
    found = read_series_of(connection, name) or [one for one in known if _is_within(one, wanted)]
    if not found:
        offerings = sorted({str(one.offering) for one in known})
        but = f", but of {format_list(offerings)}" if offerings else " yet"
        raise CommandFailed(ExitCode.BAD_INPUT, f"no prices of {clean_text(name)!r} were recorded{but}")
    return found


def _is_within(series: Series, name: str) -> bool:
    offering = series.offering
    path = f"{offering.region_key}/{offering.instance_type}"
    return name in (str(offering), path) or path.startswith(f"{name}/")


def _to_text(recorded: _Recorded) -> str:
    series, points = recorded.series, recorded.points
    prices = [price for _, price in points]
    first, last = format_utc(points[0][0]), format_utc(points[-1][0])
    return (
        f"{clean_text(str(series.offering))}  {series.mode.value}, {clean_text(series.source)}\n"
        f"  min ${min(prices)}  median ${median(prices)}  max ${max(prices)}  last ${prices[-1]} an hour; "
        f"{format_count(len(points), 'point')}, {first} to {last}"
    )


def _to_json(recorded: _Recorded) -> dict[str, Any]:
    prices = [price for _, price in recorded.points]
    return {
        **series_to_json(recorded.series),
        "min": float(min(prices)),
        "median": float(median(prices)),
        "max": float(max(prices)),
        "points": [{"at": at, "usd_per_hour": float(price)} for at, price in recorded.points],
    }


def _to_rows(recorded: Sequence[_Recorded]) -> Iterator[str]:
    """Yield a file of prices, oldest first."""
    yield ",".join(_COLUMNS)
    rows = ((at, price, one.series) for one in recorded for at, price in one.points)
    for at, price, series in sorted(rows, key=lambda row: row[0]):
        row = (format_iso(at), *to_row(series.offering), str(price), series.source, series.mode.value)
        yield _to_row(row)


def _to_row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
