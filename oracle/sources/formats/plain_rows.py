"""Many rows at once, where none of them is anything but plain. Pure: knows numpy.

Two million rows one by one take longer than a person waits. What a row of ours normally is, is taken here a block of
lines at once: as many cells as the header and no quotes, times with a zone, positive numbers in digits. Where anything
else stands in a block, nothing of it is taken, and its rows are read one by one.

A float is exact enough: below 1000 USD it tells amounts of 10^-12 apart, so that the nearest whole number of them is
what the text says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import repeat
from operator import attrgetter, itemgetter

import numpy as np
import numpy.typing as npt

from oracle.bounds import MAX_PRICE_DECIMALS, MAX_USD_PER_HOUR
from oracle.foundation.reason import Reason
from oracle.sources.formats.cells import EARLIEST_YEAR, LATEST_YEAR
from oracle.sources.formats.columns import Layout
from oracle.sources.price_table import TableBuilder

#: Names that are kept to be recognised; a column between them that never repeats makes as many as there are rows.
MAX_NAMES = 200_000

_is_placed = attrgetter("tzinfo")
_year_of = attrgetter("year")
#: Behind the year.
_mark_of = itemgetter(4)

#: What finds the number of an offering by the cells of a row, in a line.
Find = Callable[[Sequence[str], int], "int | Reason"]


class _NotPlain(Exception):
    """A cell that has to be looked at by itself."""


class PlainRows:
    """Takes blocks of one table. Made by `find`."""

    def __init__(self, width: int, time: int, price: int, names: range, separator: str) -> None:
        """width: cells of a line. time, price, names: where these stand among them."""
        self._width, self._time, self._price, self._names = width, time, price, names
        self._separator = separator
        self._ids: dict[tuple[str, ...], int] = {}

    @classmethod
    def find(cls, layout: Layout, separator: str, names: Sequence[int]) -> PlainRows | None:
        """Return how to read blocks; None for a table whose rows say more than one price in USD per hour."""
        others = {"currency", "unit", "confirmed_at", "valid_until", "asset_class"} & layout.places.keys()
        time = layout.places.get("observed_at")
        if time is None or others or len(layout.prices) != 1 or len(layout.prices[0].capacities) > 1:
            return None
        price, first, last = layout.prices[0].place, min(names), max(names)
        if first < time < last or first < price < last:
            return None
        return cls(layout.width, time, price, range(first, last + 1), separator)

    def take(self, block: str, count: int, line: int, builder: TableBuilder, find: Find) -> bool:
        """Take in `count` lines from `line` on, or none of them. Raises: PriceFileError where there are too many."""
        lines = block.split("\n")[:-1]
        breaks = set(map(str.count, lines, repeat(self._separator)))
        if len(lines) != count or breaks != {self._width - 1} or '"' in block:
            return False
        cells = block[:-1].replace("\n", self._separator).split(self._separator)
        try:
            ids = self._find_ids(
                tuple(zip(*(cells[n :: self._width] for n in self._names), strict=True)), line, find
            )
            times = _parse_times(cells[self._time :: self._width])
            amounts = _parse_amounts(cells[self._price :: self._width])
        except (_NotPlain, ValueError, IndexError):
            return False
        builder.currencies["USD"] = None
        builder.extend(line, times, ids, amounts)
        return True

    def _find_ids(self, names: Sequence[tuple[str, ...]], line: int, find: Find) -> list[int]:
        """Raises: _NotPlain, PriceFileError."""
        try:
            return list(map(self._ids.__getitem__, names))
        except KeyError:
            self._learn(names, line, find)
        return list(map(self._ids.__getitem__, names))

    def _learn(self, names: Sequence[tuple[str, ...]], line: int, find: Find) -> None:
        """Raises: _NotPlain, PriceFileError."""
        if len(self._ids) > MAX_NAMES:
            self._ids.clear()
        for name in dict.fromkeys(names):
            if name in self._ids:
                continue
            found = find([*[""] * self._names.start, *name], line)
            if not isinstance(found, int):
                raise _NotPlain
            self._ids[name] = found


def _parse_times(texts: Sequence[str]) -> list[float]:
    """Raises: _NotPlain, ValueError, IndexError."""
    if set(map(_mark_of, texts)) != {"-"}:
        raise _NotPlain
    moments = list(map(datetime.fromisoformat, texts))
    years = list(map(_year_of, moments))
    if not all(map(_is_placed, moments)) or min(years) < EARLIEST_YEAR or max(years) > LATEST_YEAR:
        raise _NotPlain
    return list(map(datetime.timestamp, moments))


def _parse_amounts(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Raises: _NotPlain, ValueError."""
    joined = "".join(texts)
    if not joined.isascii() or "_" in joined:
        raise _NotPlain
    prices = np.array(list(map(float, texts)))
    if not ((prices > 0) & (prices <= float(MAX_USD_PER_HOUR))).all():
        raise _NotPlain
    amounts: npt.NDArray[np.int64] = np.rint(prices * 10**MAX_PRICE_DECIMALS).astype(np.int64)
    if not amounts.all():
        raise _NotPlain
    return amounts
