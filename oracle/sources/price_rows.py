"""Prices as rows of text, whoever wrote them: bounded, checked, and reported by line where they cannot be used. Pure.

Format: CSV with a header and at least the columns observed_at (ISO 8601 with zone), provider, region, instance_type,
capacity_type (spot or on_demand) and usd_per_hour; a row is a *change*, in force until the next of the same offering.
Two more may follow: confirmed_at, when the price was last seen to hold, and valid_until, until when a contract or a
price list promises it. A price with more decimals than a quote may have is rounded: programs that write floats leave
tails such as 0.16129999999999999, which make no price doubtful.

A file is hostile input: 600 KB packed can be a gigabyte of text, in one line, one cell or a million names. Line, row
and whole are bounded here while they are read, and what repeats is kept once.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from oracle.bounds import MAX_PRICE_DECIMALS, MAX_USD_PER_HOUR
from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.quotes import count_decimals
from oracle.reasons import OracleCode

COLUMNS = ("observed_at", "provider", "region", "instance_type", "capacity_type", "usd_per_hour")
OPTIONAL_COLUMNS = ("confirmed_at", "valid_until")
#: Enough for ten years of three providers; protects memory from a file that unpacks without end.
MAX_ROWS = 2_000_000
#: Characters. A row takes about 70 and the store keeps names of 256, so this is a wide table with long names.
MAX_LINE_LENGTH = 4096
#: Characters of the whole text, unpacked: 2,000,000 rows and half as much again.
MAX_TEXT_LENGTH = 200_000_000
#: Different offerings: those of three providers in all regions, twice.
MAX_OFFERINGS = 500_000
#: Price texts that are kept to be recognised; lists have some ten thousand.
MAX_REMEMBERED_PRICES = 100_000
#: Characters of a provider, region or machine; what is longer, no store keeps.
MAX_NAME_LENGTH = 256
#: Clouds sell by the hour since 2006; far beyond both ends calendars and clocks overflow.
EARLIEST_YEAR, LATEST_YEAR = 1990, 2200

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
#: Characters of a wrong cell that a message repeats.
_SHOWN = 40


class _Reader(Protocol):
    """What `csv.reader` returns, which has no public name."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...

    def __iter__(self) -> Iterator[list[str]]: ...


class PriceRow(NamedTuple):
    """One row. Times are Unix seconds, None where the column is absent or empty; a price of zero is unknown."""

    line: int
    observed_at: float
    offering: Offering
    usd_per_hour: Decimal
    confirmed_at: float | None = None
    valid_until: float | None = None


def read_rows(lines: Iterable[str], file: str) -> Iterator[PriceRow]:
    """Yield the rows of a file, whose name is for messages, in its order. Raises: PriceFileError."""
    return _RowReader(file).read(lines)


class _RowReader:
    """Remembers what repeats, so that a million equal cells cost one."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._offerings: dict[tuple[str, str, str, str], Offering] = {}
        self._prices: dict[str, Decimal] = {}

    def read(self, lines: Iterable[str]) -> Iterator[PriceRow]:
        reader = csv.reader(_bound(lines, self._file), strict=True)
        header = _next_row(reader, self._file) or []
        places = _find_columns([name.strip() for name in header], self._file)
        while (cells := _next_row(reader, self._file)) is not None:
            if cells:
                yield self._parse(cells, places, reader.line_num)

    def _parse(self, row: list[str], places: Mapping[str, int], line: int) -> PriceRow:
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
        for name in COLUMNS:
            if not cells[name]:
                raise PriceFileError(self._file, line, OracleCode.CELL_EMPTY.because(column=name))
        return PriceRow(
            line,
            self._parse_time("observed_at", cells["observed_at"], line),
            self._parse_offering(cells, line),
            self._parse_price(cells["usd_per_hour"], line),
            *(self._parse_optional_time(name, cells.get(name), line) for name in OPTIONAL_COLUMNS),
        )

    def _parse_offering(self, cells: Mapping[str, str], line: int) -> Offering:
        key = (cells["provider"], cells["region"], cells["instance_type"], cells["capacity_type"])
        known = self._offerings.get(key)
        if known is not None:
            return known
        for name in ("provider", "region", "instance_type"):
            if len(cells[name]) > MAX_NAME_LENGTH:
                too_long = OracleCode.CELL_TOO_LONG.because(column=name, limit=MAX_NAME_LENGTH)
                raise PriceFileError(self._file, line, too_long)
        if key[3] not in set(CapacityType):
            unknown = OracleCode.CAPACITY_TYPE_UNKNOWN.because(found=_cut(key[3]))
            raise PriceFileError(self._file, line, unknown)
        if len(self._offerings) >= MAX_OFFERINGS:
            raise PriceFileError(self._file, line, _too_long(MAX_OFFERINGS, "offerings"))
        offering = self._offerings[key] = Offering(*key[:3], CapacityType(key[3]))
        return offering

    def _parse_price(self, text: str, line: int) -> Decimal:
        price = self._prices.get(text)
        if price is None:
            price = _parse_price(text, self._file, line)
            if len(self._prices) < MAX_REMEMBERED_PRICES:
                self._prices[text] = price
        return price

    def _parse_optional_time(self, name: str, text: str | None, line: int) -> float | None:
        return self._parse_time(name, text, line) if text else None

    def _parse_time(self, name: str, text: str, line: int) -> float:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            reason = OracleCode.TIME_NOT_UNDERSTOOD.because(column=name, found=_cut(text))
            raise PriceFileError(self._file, line, reason) from error
        if moment.tzinfo is None:
            reason = OracleCode.TIME_WITHOUT_ZONE.because(column=name, found=_cut(text))
            raise PriceFileError(self._file, line, reason)
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            reason = OracleCode.TIME_OUT_OF_RANGE.because(
                column=name, found=_cut(text), earliest=EARLIEST_YEAR, latest=LATEST_YEAR
            )
            raise PriceFileError(self._file, line, reason)
        return moment.timestamp()


def _bound(lines: Iterable[str], file: str) -> Iterator[str]:
    """Pass the lines on as long as they and their number are what a file of prices has."""
    length = 0
    for number, line in enumerate(lines, start=1):
        length += len(line)
        if len(line) > MAX_LINE_LENGTH:
            raise PriceFileError(file, number, OracleCode.LINE_TOO_LONG.because(limit=MAX_LINE_LENGTH))
        if number > MAX_ROWS:
            raise PriceFileError(file, number, _too_long(MAX_ROWS, "rows"))
        if length > MAX_TEXT_LENGTH:
            raise PriceFileError(file, number, _too_long(MAX_TEXT_LENGTH, "characters"))
        yield line


def _next_row(reader: _Reader, file: str) -> list[str] | None:
    """Return the next row, None at the end. A row is a line: a quote that is never closed would take in the whole file.

    Of such a one, the csv module reads at most its field limit (128 KiB).
    """
    line = reader.line_num + 1
    try:
        row = next(reader, None)
    except csv.Error as error:
        raise PriceFileError(file, line, OracleCode.CSV_INVALID.because(error=str(error))) from error
    if row is not None and reader.line_num != line:
        raise PriceFileError(file, line, OracleCode.CSV_QUOTE_OPEN.because())
    return row


def _find_columns(header: list[str], file: str) -> dict[str, int]:
    missing = tuple(name for name in COLUMNS if name not in header)
    if missing:
        reason = OracleCode.COLUMNS_MISSING.because(missing=missing, expected=",".join(COLUMNS))
        raise PriceFileError(file, 1, reason)
    names = [name for name in (*COLUMNS, *OPTIONAL_COLUMNS) if name in header]
    for name in names:
        if header.count(name) > 1:
            raise PriceFileError(file, 1, OracleCode.COLUMN_TWICE.because(column=name))
    return {name: header.index(name) for name in names}


def _parse_price(text: str, file: str, line: int) -> Decimal:
    if text.lstrip("+-").lower() in ("nan", "snan", "inf", "infinity"):
        raise PriceFileError(file, line, _out_of_range(text))
    if not _NUMBER.fullmatch(text):
        raise PriceFileError(file, line, OracleCode.PRICE_NOT_A_NUMBER.because(found=_cut(text)))
    price = Decimal(text)
    if not 0 <= price <= MAX_USD_PER_HOUR:
        raise PriceFileError(file, line, _out_of_range(text[:_SHOWN]))
    return round(price, MAX_PRICE_DECIMALS) if count_decimals(price) > MAX_PRICE_DECIMALS else price


def _out_of_range(text: str) -> Reason:
    return OracleCode.PRICE_OUT_OF_RANGE.because(found=text, limit=MAX_USD_PER_HOUR)


def _too_long(limit: int, unit: str) -> Reason:
    return OracleCode.PRICE_FILE_TOO_LONG.because(limit=limit, unit=unit)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
