"""Prices in a table of text: CSV by comma, semicolon, tab or bar, and the text that the AWS CLI prints. Pure.

A row is a line: a quote that is never closed would take in the whole file. Lines before the header, empty lines and
comments (`#`) are passed over. Where something else than a comma separates the cells, a comma may stand before
decimals.
A row with more cells than the header is unknown: `0,1613` without quotes is two cells.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple, Protocol

from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.market import CapacityType
from oracle.reasons import OracleCode
from oracle.sources.formats.cells import UnknownCell
from oracle.sources.formats.columns import Layout, PriceColumn, describe_missing, find_layout
from oracle.sources.formats.names import RawOffering
from oracle.sources.formats.plain_rows import PlainRows
from oracle.sources.formats.row_reading import MAX_REMEMBERED, Amount, RowReader

#: Characters. A row takes about 70 and the store keeps names of 256, so this is a wide table with long names.
MAX_LINE_LENGTH = 4096
#: Lines in which the header is looked for; price lists of AWS have five of other things before it.
MAX_LINES_BEFORE = 30
#: Lines without a price (comments, blanks) that are passed over.
MAX_LINES = 4_000_000

_SEPARATORS = ",;\t|"
#: Our columns of what is bought -> the field of `RawOffering`.
_OFFERING_COLUMNS = {
    **{name: name for name in ("provider", "region", "zone", "instance_type")},
    "capacity_type": "capacity",
    "operating_system": "system",
}
_LIFE_COLUMNS = ("confirmed_at", "valid_until")


class _Rows(Protocol):
    """What `csv.reader` returns, which has no public name."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...

    def __iter__(self) -> Iterator[list[str]]: ...


class _Header(NamedTuple):
    layout: Layout
    separator: str
    line: int


def read_table(pieces: Iterable[str], reader: RowReader) -> str:
    """Read a whole table into the reader's builder and return its format. Raises: PriceFileError."""
    file = reader.builder.file
    blocks = _to_blocks(pieces, file)
    first = next(blocks, "")
    head = first.split("\n", MAX_LINES_BEFORE)[:MAX_LINES_BEFORE]
    if any(line.startswith("SPOTPRICEHISTORY\t") for line in head):
        _read_aws_text(chain((first,), blocks), reader)
        return "aws-cli-text"
    header = _find_header(head, file)
    below = first.split("\n", header.line)[header.line :]
    _TableReader(reader, header).read(chain(below, blocks))
    return header.layout.format


def _to_blocks(pieces: Iterable[str], file: str) -> Iterator[str]:
    """Yield texts of whole lines. Raises: PriceFileError for a line without an end."""
    rest, line = "", 1
    for piece in pieces:
        block, found, after = (rest + piece).rpartition("\n")
        if found:
            line += block.count("\n") + 1
            yield block + found
        rest = after
        if len(rest) > MAX_LINE_LENGTH:
            raise PriceFileError(file, line, OracleCode.LINE_TOO_LONG.because(limit=MAX_LINE_LENGTH))
        if line > MAX_LINES:
            too_many = OracleCode.PRICE_FILE_TOO_LONG.because(limit=MAX_LINES, unit="lines")
            raise PriceFileError(file, line, too_many)
    if rest:
        yield rest + "\n"


def _find_header(head: Sequence[str], file: str) -> _Header:
    """Return what the first line says that names columns of prices. Raises: PriceFileError where none does."""
    refused: tuple[int, Reason] | None = None
    for number, line in enumerate(head, start=1):
        for separator in _SEPARATORS:
            if separator in line:
                found = find_layout(_split_line(line, separator))
                if isinstance(found, Layout):
                    return _Header(found, separator, number)
                if found is not None and refused is None:
                    refused = number, found
    if refused is not None:
        raise PriceFileError(file, *refused)
    first = next((n for n, line in enumerate(head) if not _says_nothing([line])), 0)
    separator = max(_SEPARATORS, key=head[first].count) if head else ","
    raise PriceFileError(
        file, first + 1, describe_missing(_split_line(head[first], separator) if head else ())
    )


def _split_line(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return []


def _says_nothing(row: Sequence[str]) -> bool:
    """Whether a row is blank or a comment."""
    return not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#")


class _TableReader:
    """Reads the rows below one header."""

    def __init__(self, reader: RowReader, header: _Header) -> None:
        layout = self._layout = header.layout
        self._reader = reader
        self._builder = reader.builder
        self._header_line = header.line
        self._separator = header.separator
        self._has_decimal_comma = header.separator != ","
        self._time = layout.places.get("observed_at")
        self._lives = [layout.places.get(name) for name in _LIFE_COLUMNS]
        named = [(name, place) for name, place in layout.places.items() if name in _OFFERING_COLUMNS]
        self._fields = [_OFFERING_COLUMNS[name] for name, _ in named]
        self._name_places = [place for _, place in named]
        self._names_of = itemgetter(*self._name_places)
        self._ids: dict[tuple[str, ...], tuple[int | Reason, ...]] = {}

    def read(self, blocks: Iterable[str]) -> None:
        """Take in all lines, a block at once where each of its lines is plain. Raises: PriceFileError."""
        line = self._header_line + 1
        plain = PlainRows.find(self._layout, self._separator, self._name_places)
        for block in blocks:
            count = block.count("\n")
            if not count:
                continue
            if plain is None or not plain.take(block, count, line, self._builder, self._find_single):
                self._read_block(block, line)
            line += count

    def _read_block(self, block: str, first: int) -> None:
        """Take in one row after the other. Raises: PriceFileError."""
        lines = block.split("\n")[:-1]
        rows: _Rows = csv.reader(lines, delimiter=self._separator, strict=True)
        line = first - 1
        try:
            for row in rows:
                line += 1
                if rows.line_num != line - first + 1:
                    raise PriceFileError(self._builder.file, line, OracleCode.CSV_QUOTE_OPEN.because())
                if len(lines[line - first]) > MAX_LINE_LENGTH:
                    too_long = OracleCode.LINE_TOO_LONG.because(limit=MAX_LINE_LENGTH)
                    raise PriceFileError(self._builder.file, line, too_long)
                self._take(row, line)
        except csv.Error as error:
            invalid = OracleCode.CSV_INVALID.because(error=str(error))
            raise PriceFileError(self._builder.file, line + 1, invalid) from error

    def _take(self, row: list[str], line: int) -> None:
        """Take in one row, whatever stands in it."""
        layout = self._layout
        if _says_nothing(row) or not self._is_priced_here(row):
            return
        if any(cell.strip() for cell in row[layout.width :]):
            self._builder.leave_out(line, OracleCode.ROW_TOO_LONG.because(columns=layout.width))
            return
        row += [""] * (layout.width - len(row))
        offerings = self._find_offerings(self._names_of(row), line)
        for reason in (one for one in offerings if isinstance(one, Reason)):
            self._builder.leave_out(line, reason)
        known = [one for one in offerings if isinstance(one, int)]
        try:
            text = None if self._time is None else row[self._time].strip()
            at = self._reader.find_moment(text, "observed_at")
            lives = self._reader.read_lives([self._cell(row, place) for place in self._lives], _LIFE_COLUMNS)
        except UnknownCell as error:
            self._builder.leave_out(line, error.reason, known)
            return
        if lives[0] < at:
            self._builder.leave_out(line, OracleCode.CONFIRMED_TOO_EARLY.because(), known)
            return
        columns = [column for column in layout.prices for _ in column.capacities or ("",)]
        for column, offering in zip(columns, offerings, strict=True):
            if isinstance(offering, int):
                self._reader.place(line, at, offering, self._reader.find_amount(self._amount(row, column)))
                if not all(map(math.isnan, lives)):
                    self._builder.add_life(*lives)

    def _is_priced_here(self, row: Sequence[str]) -> bool:
        """Whether the row is of a machine: OpenCost's tables have volumes as well, and single nodes by their names."""
        wanted = self._layout.asset_class
        return wanted is None or self._cell(row, self._layout.places["asset_class"]).lower() == wanted

    def _cell(self, row: Sequence[str], place: int | None) -> str:
        return row[place].strip() if place is not None and place < len(row) else ""

    def _amount(self, row: Sequence[str], column: PriceColumn) -> Amount:
        places = self._layout.places
        currency = self._cell(row, places.get("currency")) or column.currency or ""
        unit = self._cell(row, places.get("unit")) or column.unit or ""
        return Amount(self._cell(row, column.place), currency, unit, column.name, self._has_decimal_comma)

    def _find_single(self, cells: Sequence[str], line: int) -> int | Reason:
        return self._find_offerings(self._names_of(cells), line)[0]

    def _find_offerings(self, cells: tuple[str, ...], line: int) -> tuple[int | Reason, ...]:
        """Return what a row prices, for each of its prices. Raises: PriceFileError."""
        found = self._ids.get(cells)
        if found is None:
            given = dict(zip(self._fields, (cell.strip() for cell in cells), strict=True))
            raw = RawOffering(**{"provider": self._layout.provider, **given})
            words = [word for column in self._layout.prices for word in column.capacities or (raw.capacity,)]
            found = tuple(self._find_offering(raw._replace(capacity=word), line) for word in words)
            if len(self._ids) < MAX_REMEMBERED:
                self._ids[cells] = found
        return found

    def _find_offering(self, raw: RawOffering, line: int) -> int | Reason:
        apart = self._layout.priced_apart
        if apart is not None and apart.match(raw.instance_type):
            return OracleCode.ACCELERATORS_APART.because(machine=raw.instance_type)
        return self._reader.find_offering(raw, line)


def _read_aws_text(blocks: Iterable[str], reader: RowReader) -> None:
    """Read what the AWS CLI prints with `--output text`: fields by the alphabet, since 2025 with zone ids."""
    lines = chain.from_iterable(block.split("\n")[:-1] for block in blocks)
    for number, line in enumerate(lines, start=1):
        cells = line.split("\t")
        if cells[0] != "SPOTPRICEHISTORY":
            continue  # NEXTTOKEN and blank lines
        if len(cells) not in (6, 7):
            reader.builder.leave_out(number, OracleCode.ROW_TOO_LONG.because(columns=6))
            continue
        machine, system, price, moment = cells[-4:]
        zone = cells[1] if cells[1] != "None" else cells[2]
        raw = RawOffering("aws", "", zone, machine, CapacityType.SPOT, system)
        reader.add(number, moment, "Timestamp", raw, Amount(price, column="SpotPrice"))
