"""What `sentinelaura prices` says of a file, as JSON, as text, and as a file in our columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason, encode_reason, format_count
from oracle.foundation.untrusted_text import clean_text
from oracle.market import to_row
from oracle.reasons import OracleCode
from oracle.sources.price_table import PriceTable
from oracle.sources.recording import make_recording

_COLUMNS = (
    *("observed_at", "provider", "region", "instance_type", "capacity_type", "operating_system", "zone"),
    "usd_per_hour",
)
_LIFE_COLUMNS = ("confirmed_at", "valid_until")


def check_to_json(table: PriceTable) -> dict[str, Any]:
    """Return the document that docs/commands.md describes."""
    begins, ends = _find_span(table)
    return {
        "format": table.format,
        "read": table.priced,
        "unknown": table.unknown,
        "offerings": table.offerings_with_prices,
        "from": begins,
        "to": ends,
        "currency": ", ".join(table.currencies) or None,
        "problems": [
            *({"line": None, "reason": encode_reason(reason)} for reason in _describe_whole(table)),
            *({"line": problem.line, "reason": encode_reason(problem.reason)} for problem in table.problems),
        ],
    }


def failure_to_json(error: PriceFileError) -> dict[str, Any]:
    """Return the same document of a file that could not be read."""
    why = error.reason["why"]
    assert isinstance(why, Reason), "both of its codes have it"
    return {
        "format": None,
        "read": 0,
        "unknown": 0,
        "offerings": 0,
        "from": None,
        "to": None,
        "currency": None,
        "problems": [{"line": error.line, "reason": encode_reason(why)}],
    }


def check_to_text(table: PriceTable) -> str:
    """Return the same as a person reads it."""
    begins, ends = _find_span(table)
    counts = (
        f"{format_count(table.priced, 'price')} of {format_count(table.offerings_with_prices, 'offering')}"
    )
    first = f"{clean_text(table.file)}: {table.format}, {counts}, {begins} to {ends}"
    return "\n".join((first, *map(str, table.notices), *map(str, _describe_gaps(table))))


def _describe_whole(table: PriceTable) -> tuple[Reason, ...]:
    """What is to be known of the file and of none of its lines."""
    if not table.priced:
        return () if table.problems else (OracleCode.PRICE_FILE_WITHOUT_PRICES.because(),)
    return (*table.describe_whole(), *_describe_gaps(table))


def _describe_gaps(table: PriceTable) -> tuple[Reason, ...]:
    return make_recording(table).describe_gaps() if table.priced else ()


def table_to_lines(table: PriceTable) -> Iterator[str]:
    """Yield the lines of a file in our columns, oldest first; a price that is unknown is an empty cell."""
    has_lives = table.confirmed is not None
    yield ",".join((*_COLUMNS, *(_LIFE_COLUMNS if has_lives else ())))
    for place in table.times.argsort(kind="stable").tolist():
        row = table.row(place)
        price = "" if row.usd_per_hour is None else f"{row.usd_per_hour:f}"
        cells = [_format_moment(row.observed_at), *to_row(row.offering), price]
        if has_lives:
            cells += ["" if at is None else _format_moment(at) for at in (row.confirmed_at, row.valid_until)]
        yield _to_line(cells)


def _format_moment(at: float) -> str:
    """Return Unix seconds as our columns have them, to the microsecond: two prices of one second are not one."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _find_span(table: PriceTable) -> tuple[str | None, str | None]:
    if not len(table.times):
        return None, None
    return _format_moment(float(table.times.min())), _format_moment(float(table.times.max()))


def _to_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
