"""From the cells of a row to its numbers in a table, whatever the format; remembers what repeats. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode
from oracle.sources.formats.cells import UnknownCell, parse_number, parse_time
from oracle.sources.formats.money import find_currency, to_usd_per_hour
from oracle.sources.formats.names import Names, RawOffering
from oracle.sources.gcp.catalog_items import Shape
from oracle.sources.price_table import UNKNOWN, TableBuilder, to_amount

#: Cells that could not be understood and are kept to be recognised.
MAX_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a file does not say of itself.

    written_at: when it was last changed, Unix seconds: the moment of rows that have none. None where such are refused.
    rates: code of a currency -> USD for one of it, as a person gave them.
    list_prices: (provider, machine) -> about what it costs on demand, USD per hour.
    shapes: machine of Google Cloud -> what it is made of.
    """

    names: Names
    written_at: float | None = None
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    list_prices: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    shapes: Mapping[str, Shape] = field(default_factory=dict)


class Amount(NamedTuple):
    """A price as it came: the number's text, what it is in, and for how long."""

    text: str
    currency: str = "USD"
    unit: str = "hour"
    column: str = "usd_per_hour"
    has_decimal_comma: bool = False


class RowReader:
    """Puts rows into a builder. A cell that was understood once is a look into a dict the next time."""

    def __init__(self, builder: TableBuilder, circumstances: Circumstances) -> None:
        self.builder = builder
        self.circumstances = circumstances
        self._offerings: dict[RawOffering, int | Reason] = {}
        self._amounts: dict[Amount, int | Reason] = {}

    def find_offering(self, raw: RawOffering, line: int) -> int | Reason:
        """Return the number of what is bought, or why that is not known. Raises: PriceFileError."""
        found = self._offerings.get(raw)
        if found is None:
            try:
                offering = self.circumstances.names.find_offering(raw)
                found = self.builder.number(offering, line)
            except UnknownCell as error:
                found = error.reason
            if len(self._offerings) < MAX_REMEMBERED:
                self._offerings[raw] = found
        return found

    def find_amount(self, amount: Amount) -> int | Reason:
        """Return a price as a table has it, or why it is not known."""
        found = self._amounts.get(amount)
        if found is None:
            try:
                found = self._price(amount)
            except UnknownCell as error:
                found = error.reason
            if len(self._amounts) < MAX_REMEMBERED:
                self._amounts[amount] = found
        return found

    def add(
        self, line: int, moment: str | None, column: str, raw: RawOffering, amount: Amount, ends: str = ""
    ) -> None:
        """Take in a row whose time is in `column`; None where the file has no times. Raises: PriceFileError.

        ends: until when it holds, where the format says so.
        """
        offering = self.find_offering(raw, line)
        if not isinstance(offering, int):
            self.builder.leave_out(line, offering)
            return
        try:
            at = self.find_moment(moment, column)
        except UnknownCell as error:
            self.builder.leave_out(line, error.reason, (offering,))
            return
        self.place(line, at, offering, self.find_amount(amount))
        if ends:
            self._end(line, at, offering, ends)

    def find_moment(self, text: str | None, column: str) -> float:
        """Return the time in a cell, or that of the file where it has none. Raises: UnknownCell."""
        if text is not None:
            return parse_time(text, column)
        return 0.0 if self.circumstances.written_at is None else self.circumstances.written_at

    def place(self, line: int, at: float, offering: int, amount: int | Reason) -> None:
        """Take in a row of which the offering is known. Raises: PriceFileError."""
        if isinstance(amount, int):
            self.builder.add(line, at, offering, amount)
        else:
            self.builder.add(line, at, offering, UNKNOWN)
            self.builder.add_problem(line, amount)

    def read_lives(self, cells: Sequence[str], columns: Sequence[str]) -> tuple[float, float]:
        """Return two optional times, NaN for a cell that is empty. Raises: UnknownCell."""
        first, second = (
            parse_time(cell, column) if cell else math.nan
            for cell, column in zip(cells, columns, strict=True)
        )
        return first, second

    def _price(self, amount: Amount) -> int:
        self.builder.currencies[find_currency(amount.currency)] = None
        number = parse_number(amount.text, amount.column, has_decimal_comma=amount.has_decimal_comma)
        return to_amount(to_usd_per_hour(number, amount.currency, amount.unit, self.circumstances.rates))

    def _end(self, line: int, at: float, offering: int, ends: str) -> None:
        """Let a price be unknown from the moment on at which its format says that it ends; the year 9999 is never."""
        try:
            until = parse_time(ends, "the end")
        except UnknownCell as error:
            if error.reason.code is not OracleCode.TIME_OUT_OF_RANGE:
                self.builder.add_problem(line, error.reason)
            return
        if until > at:
            self.builder.add_end(line, at, offering, until)
