"""Prices as rows in columns, whoever wrote them: what each format is read into, and what a replay or a list is made of.

A row is a change: the price of an offering from a moment on. A row whose price cannot be believed is there with the
price None, because from that moment on the price is unknown and not what it was before. A row of which not even the
offering or the moment can be read is left out and counted, with its line. Two different prices of one offering since
one moment are two products under one name: neither is believed. A price beside a row without one is.

A file is hostile input: rows, names and problems are bounded. A row takes 24 bytes: its price is a whole number of
10^-12 USD, as fine as a quote may be. Pure: knows numpy and no file.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from oracle.bounds import MAX_PRICE_DECIMALS
from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.reasons import OracleCode

#: Rows of prices. Enough for ten years of three providers; protects memory from a file that unpacks without end.
MAX_ROWS = 2_000_000
#: Different offerings: those of three providers in all regions, twice.
MAX_OFFERINGS = 500_000
#: Problems that are kept with their lines; a file that is wrong altogether is as clear after so many.
MAX_PROBLEMS = 1000
#: Different problems that a notice tells of.
MAX_NOTICES = 20
#: So many times what a machine costs on demand, no region and no licence asks for it: the number is in cents, or for
#: more than an hour.
MAX_LIST_PRICES = 10
#: The price None as a number: no machine costs nothing.
UNKNOWN = 0


class Problem(NamedTuple):
    """Why there is no price in a row. `line` counts from 1 in the unpacked text."""

    line: int
    reason: Reason


class PriceRow(NamedTuple):
    """One row. Times are Unix seconds, None where the file says none; a price that is unknown is None."""

    line: int
    observed_at: float
    offering: Offering
    usd_per_hour: Decimal | None
    confirmed_at: float | None = None
    valid_until: float | None = None


@dataclass(frozen=True, eq=False)
class PriceTable:
    """All rows of one file, sorted by offering and time, in columns of one length. Made by `TableBuilder`.

    times: Unix seconds. offering_ids: places in `offerings`. amounts: 10^-12 USD per hour, UNKNOWN for none.
    confirmed, valid: Unix seconds, NaN where the row says none; None where no row says any.
    unknown: rows without a price. problems: why, the first of them.
    doubtful: offerings of which a row has no moment that can be read, so that nobody knows what holds now.
    digest: stands for the whole content, whatever the file's name and packing.
    currencies: what the prices are in, before they became USD.
    is_whole: False where the text ends within a line. remarks: what a person should know of the format.
    """

    file: str
    format: str
    digest: str
    offerings: Sequence[Offering]
    times: npt.NDArray[np.float64]
    offering_ids: npt.NDArray[np.int32]
    amounts: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int32]
    confirmed: npt.NDArray[np.float64] | None
    valid: npt.NDArray[np.float64] | None
    problems: tuple[Problem, ...]
    unknown: int
    doubtful: frozenset[Offering]
    currencies: tuple[str, ...]
    is_whole: bool
    remarks: tuple[Reason, ...]

    @property
    def priced(self) -> int:
        """How many rows have a price."""
        return int(np.count_nonzero(self.amounts))

    @property
    def offerings_with_prices(self) -> int:
        """How many offerings have a price in any row."""
        return len(np.unique(self.offering_ids[self.amounts != UNKNOWN]))

    def slices(self) -> Iterator[tuple[Offering, slice]]:
        """Yield each offering with the place of its rows, oldest first."""
        starts = np.flatnonzero(np.diff(self.offering_ids, prepend=-1))
        ends = [*starts[1:].tolist(), len(self.offering_ids)][: len(starts)]
        for start, end in zip(starts.tolist(), ends, strict=True):
            yield self.offerings[int(self.offering_ids[start])], slice(start, end)

    def row(self, place: int) -> PriceRow:
        """Return the row at a place."""
        return PriceRow(
            int(self.lines[place]),
            float(self.times[place]),
            self.offerings[int(self.offering_ids[place])],
            to_price(int(self.amounts[place])),
            _find(self.confirmed, place),
            _find(self.valid, place),
        )

    @property
    def notices(self) -> tuple[Reason, ...]:
        """What a person should know of the file: each kind of problem once, with the line of the first."""
        counts = Counter(problem.reason for problem in self.problems)
        first = {problem.reason: problem.line for problem in reversed(self.problems)}
        told = sorted(counts, key=lambda reason: first[reason])[:MAX_NOTICES]
        notices = [
            *self.describe_whole(),
            *(self._describe(reason, first[reason], counts[reason]) for reason in told),
        ]
        further = self.unknown - sum(counts[reason] for reason in told)
        if further > 0:
            notices.append(OracleCode.MORE_ROWS_UNKNOWN.because(file=self.file, count=further))
        return tuple(notices)

    def describe_whole(self) -> tuple[Reason, ...]:
        """Say what a person should know of the file as a whole."""
        if any(offering.capacity_type is CapacityType.SPOT for offering in self.offerings):
            return self.remarks
        return (*self.remarks, OracleCode.PRICES_WITHOUT_SPOT.because(file=self.file))

    def require_prices(self) -> PriceTable:
        """Return the table itself. Raises: PriceFileError where it has no price at all, with the first problem."""
        if self.priced:
            return self
        if self.problems:
            line, reason = self.problems[0]
            raise PriceFileError(self.file, line, reason)
        raise PriceFileError(self.file, None, OracleCode.PRICE_FILE_WITHOUT_PRICES.because())

    def _describe(self, reason: Reason, line: int, count: int) -> Reason:
        if count == 1:
            return OracleCode.PRICE_ROW_UNKNOWN.because(file=self.file, line=line, why=reason)
        return OracleCode.PRICE_ROWS_UNKNOWN.because(file=self.file, line=line, why=reason, further=count - 1)


def to_price(amount: int) -> Decimal | None:
    """Return an amount as USD per hour, without zeros at its end; None where it is unknown."""
    if not amount:
        return None
    price = Decimal(amount).scaleb(-MAX_PRICE_DECIMALS)
    return price.to_integral_value() if amount % 10**MAX_PRICE_DECIMALS == 0 else price.normalize()


def to_amount(usd_per_hour: Decimal) -> int:
    """Return a price, which has no more decimals than a quote, as an amount."""
    return int(usd_per_hour.scaleb(MAX_PRICE_DECIMALS))


def _find(column: npt.NDArray[np.float64] | None, place: int) -> float | None:
    value = math.nan if column is None else float(column[place])
    return None if math.isnan(value) else value


class TableBuilder:
    """Takes rows in any order. An offering is given as its number, so that a million equal names cost one."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.remarks: list[Reason] = []
        self.currencies: dict[str, None] = {}
        self._times = array("d")
        self._offering_ids = array("i")
        self._amounts = array("q")
        self._lines = array("i")
        self._lives: dict[int, tuple[float, float]] = {}
        self._offerings: dict[Offering, int] = {}
        self._problems: list[Problem] = []
        self._unplaced = 0
        self._ends: list[tuple[int, float, int, float]] = []
        self._doubtful: set[int] = set()

    def number(self, offering: Offering, line: int) -> int:
        """Return the number of an offering. Raises: PriceFileError where there are too many."""
        number = self._offerings.setdefault(offering, len(self._offerings))
        if number >= MAX_OFFERINGS:
            raise PriceFileError(self.file, line, _too_many(MAX_OFFERINGS, "offerings"))
        return number

    def add(self, line: int, at: float, offering_id: int, amount: int) -> None:
        """Take a row in. Raises: PriceFileError where there are too many."""
        if len(self._times) >= MAX_ROWS:
            raise PriceFileError(self.file, line, _too_many(MAX_ROWS, "rows"))
        self._times.append(at)
        self._offering_ids.append(offering_id)
        self._amounts.append(amount)
        self._lines.append(line)

    def extend(
        self,
        line: int,
        times: Sequence[float],
        offering_ids: Sequence[int],
        amounts: npt.NDArray[np.int64],
    ) -> None:
        """Take rows in that stand in consecutive lines from `line` on. Raises: PriceFileError."""
        if len(self._times) + len(times) > MAX_ROWS:
            raise PriceFileError(self.file, line, _too_many(MAX_ROWS, "rows"))
        self._times.frombytes(np.asarray(times, np.float64).tobytes())
        self._offering_ids.frombytes(np.asarray(offering_ids, np.int32).tobytes())
        self._amounts.frombytes(np.asarray(amounts, np.int64).tobytes())
        self._lines.frombytes(np.arange(line, line + len(times), dtype=np.int32).tobytes())

    def add_life(self, confirmed_at: float, valid_until: float) -> None:
        """Say when the row that was added last was confirmed, and until when it is promised; NaN where it says none."""
        self._lives[len(self._times) - 1] = (confirmed_at, valid_until)

    def add_end(self, line: int, at: float, offering_id: int, until: float) -> None:
        """Say that the price of an offering since `at` ends at `until`, unless another has begun by then."""
        self._ends.append((line, at, offering_id, until))

    def add_problem(self, line: int, reason: Reason) -> None:
        """Note why a row that was added has no price."""
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(Problem(line, reason))

    def leave_out(self, line: int, reason: Reason, offering_ids: Sequence[int] = ()) -> None:
        """Note a row that has no place; `offering_ids` says of what it would have been. Raises: PriceFileError."""
        self._unplaced += 1
        if self._unplaced > MAX_ROWS:
            raise PriceFileError(self.file, line, _too_many(MAX_ROWS, "rows"))
        self._doubtful.update(offering_ids)
        self.add_problem(line, reason)

    def build(
        self,
        kind: str,
        digest: str,
        list_prices: Mapping[tuple[str, str], Decimal],
        *,
        is_whole: bool,
    ) -> PriceTable:
        """Return the table of all that was taken in; the builder is of no use afterwards.

        list_prices: (provider, machine) -> about what it costs on demand, USD per hour, where that is known.
        """
        ends = self._place_ends()
        order = self._find_order()
        # One after the other, each in the place of the column that it is made of.
        times, self._times = np.frombuffer(self._times)[order], array("d")
        ids, self._offering_ids = np.frombuffer(self._offering_ids, np.int32)[order], array("i")
        amounts, self._amounts = np.frombuffer(self._amounts, np.int64)[order], array("q")
        lines, self._lines = np.frombuffer(self._lines, np.int32)[order], array("i")
        offerings = tuple(self._offerings)
        for place in _find_ambiguous(times, ids, amounts):
            said = OracleCode.PRICE_AMBIGUOUS.because(offering=str(offerings[int(ids[place])]))
            self.add_problem(int(lines[place]), said)
        limits = [_find_limit(offering, list_prices) for offering in offerings]
        for place in _find_far_too_dear(ids, amounts, np.array(limits, np.int64)):
            found, limit = offerings[int(ids[place])], limits[int(ids[place])]
            self.add_problem(int(lines[place]), _describe_far_too_dear(found, limit))
        return PriceTable(
            file=self.file,
            format=kind,
            digest=digest,
            offerings=offerings,
            times=times,
            offering_ids=ids,
            amounts=amounts,
            lines=lines,
            confirmed=self._lives_of(order, 0),
            valid=self._lives_of(order, 1),
            problems=tuple(sorted(self._problems, key=lambda problem: problem.line)),
            unknown=self._unplaced + int(np.count_nonzero(amounts == UNKNOWN)) - ends,
            doubtful=frozenset(offerings[number] for number in self._doubtful),
            currencies=tuple(self.currencies),
            is_whole=is_whole,
            remarks=tuple(self.remarks),
        )

    def _find_order(self) -> npt.NDArray[np.intp]:
        """Return the rows' places by offering and time; of one moment those without a price first."""
        times, ids = np.frombuffer(self._times), np.frombuffer(self._offering_ids, np.int32)
        order = _sort_by_offering(times, ids)
        is_same = _find_same(times[order], ids[order])
        if is_same.any():
            places = np.flatnonzero(np.append(is_same, False) | np.insert(is_same, 0, False))
            rows = order[places]
            amounts = np.frombuffer(self._amounts, np.int64)[rows]
            order[places] = rows[np.lexsort((amounts, times[rows], ids[rows]))]
        return order

    def _place_ends(self) -> int:
        """Add a row without a price where one ends and no other has begun; return how many."""
        if not self._ends:
            return 0
        starts: dict[int, list[float]] = {}
        for number, at in sorted(zip(self._offering_ids, self._times, strict=True)):
            starts.setdefault(number, []).append(at)
        places = {
            (number, until): line
            for line, at, number, until in self._ends
            if not any(at < start <= until for start in starts[number][bisect_right(starts[number], at) :])
        }
        for (number, until), line in places.items():
            self.add(line, until, number, UNKNOWN)
        return len(places)

    def _lives_of(self, order: npt.NDArray[np.intp], which: int) -> npt.NDArray[np.float64] | None:
        if not self._lives:
            return None
        column = np.full(len(order), math.nan)
        for place, life in self._lives.items():
            column[place] = life[which]
        return column[order]


def _sort_by_offering(
    times: npt.NDArray[np.float64], offering_ids: npt.NDArray[np.int32]
) -> npt.NDArray[np.intp]:
    """Return the rows' places by offering and time; most files are sorted by time, and then few offerings sort fast."""
    if not (times[1:] >= times[:-1]).all():
        return np.lexsort((times, offering_ids))
    is_short = len(offering_ids) and offering_ids.max() <= np.iinfo(np.uint16).max
    return np.argsort(offering_ids.astype(np.uint16) if is_short else offering_ids, kind="stable")


def _find_same(times: npt.NDArray[np.float64], offering_ids: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Return of each row but the first whether it is of the same offering and moment as the one before."""
    same: npt.NDArray[np.bool_] = (offering_ids[1:] == offering_ids[:-1]) & (times[1:] == times[:-1])
    return same


def _find_ambiguous(
    times: npt.NDArray[np.float64], offering_ids: npt.NDArray[np.int32], amounts: npt.NDArray[np.int64]
) -> list[int]:
    """Make prices unknown that differ since one moment; return the places where that is seen, the first of them."""
    is_same = _find_same(times, offering_ids)
    differs = is_same & (amounts[1:] != amounts[:-1]) & (amounts[:-1] != UNKNOWN)
    if not differs.any():
        return []
    groups = np.cumsum(np.concatenate(([True], ~is_same)))
    amounts[np.isin(groups, groups[1:][differs])] = UNKNOWN
    places: list[int] = (np.flatnonzero(differs)[:MAX_PROBLEMS] + 1).tolist()
    return places


def _find_limit(offering: Offering, list_prices: Mapping[tuple[str, str], Decimal]) -> int:
    """Return the amount from which on a price is in another unit; the greatest number where nothing is known."""
    known = list_prices.get((offering.provider, offering.instance_type))
    return np.iinfo(np.int64).max if known is None else to_amount(MAX_LIST_PRICES * known)


def _find_far_too_dear(
    offering_ids: npt.NDArray[np.int32], amounts: npt.NDArray[np.int64], limits: npt.NDArray[np.int64]
) -> list[int]:
    """Make prices unknown that are above the limits of their offerings; return the places of the first of them."""
    places = np.flatnonzero(amounts > limits[offering_ids]) if len(limits) else np.array([], np.intp)
    amounts[places] = UNKNOWN
    first: list[int] = places[:MAX_PROBLEMS].tolist()
    return first


def _describe_far_too_dear(offering: Offering, limit: int) -> Reason:
    return OracleCode.PRICE_IN_OTHER_UNIT.because(
        machine=offering.instance_type, times=MAX_LIST_PRICES, list_price=to_price(limit // MAX_LIST_PRICES)
    )


def _too_many(limit: int, unit: str) -> Reason:
    return OracleCode.PRICE_FILE_TOO_LONG.because(limit=limit, unit=unit)
