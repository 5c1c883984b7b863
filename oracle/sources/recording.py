"""Recorded prices: rows of text in, a price for any moment out. Pure; reading files is replay.py's work.

Format: CSV with a header and at least the columns observed_at (ISO 8601 with zone), provider, region,
instance_type, capacity_type (spot or on_demand) and usd_per_hour; sorted by time; a row is a *change*, in
force until the next of the same offering. A price with more decimals than a quote may have is rounded:
programs that write floats leave tails such as 0.16129999999999999, which make no price doubtful.

A fault that makes the numbers doubtful refuses the file, with line and reason. What is only unknown is left
unknown and noted with its line: a region that the program does not know, and a gap in which nothing was
recorded at all, whose prices are not carried over for longer than MAX_SILENCE_S.
"""

from __future__ import annotations

import csv
import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice

from oracle.errors import RecordingError
from oracle.market import CapacityType, Offering
from oracle.quotes import MAX_PRICE_DECIMALS, count_decimals
from oracle.sanity import MAX_USD_PER_HOUR

COLUMNS = ("observed_at", "provider", "region", "instance_type", "capacity_type", "usd_per_hour")
#: Seconds without any row in the whole recording after which its prices are unknown. Google Cloud changes
#: prices at most every 30 days, and each snapshot touches some; half as long again is a hole.
MAX_SILENCE_S = 45 * 86_400.0
#: Enough for ten years of three providers; protects memory from a file that unpacks without end.
MAX_ROWS = 2_000_000
#: Lines that one row may take, by line breaks within quotes. Nobody writes any.
MAX_LINES_OF_A_ROW = 100
#: Unknown regions that are named; the rest are counted.
MAX_NAMED_REGIONS = 20


@dataclass(slots=True)
class _Series:
    times: list[float] = field(default_factory=list)
    prices: list[Decimal | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was recorded between these Unix times; `line` is the first row after it."""

    starts_at: float
    ends_at: float
    line: int


class Recording:
    """All prices of one file, by offering. Made by `parse_recording`."""

    def __init__(
        self,
        file: str,
        digest: str,
        series: Mapping[Offering, _Series],
        gaps: tuple[Gap, ...],
        notices: tuple[str, ...],
    ) -> None:
        """`digest` stands for the whole content, whatever the file's name and packing."""
        self.file = file
        self.digest = digest
        self.gaps = gaps
        self.notices = notices
        self._series = series
        self.starts_at = min(one.times[0] for one in series.values())
        self.ends_at = max(one.times[-1] for one in series.values())

    @property
    def offerings(self) -> frozenset[Offering]:
        """Everything that has a price at some time."""
        return frozenset(self._series)

    @property
    def spot_starts_at(self) -> float:
        """When the first spot price was recorded; the first price at all where there is none."""
        spot = [one.times[0] for key, one in self._series.items() if key.capacity_type is CapacityType.SPOT]
        return min(spot, default=self.starts_at)

    def find_price(self, offering: Offering, at: float) -> Decimal | None:
        """Return the price in force at Unix time `at`; None before its first row, in a gap, after the end."""
        series = self._series.get(offering)
        if series is None or self.is_silent(at):
            return None
        index = bisect_right(series.times, at) - 1
        return series.prices[index] if index >= 0 else None

    def is_silent(self, at: float) -> bool:
        """Whether so long nothing was recorded before `at` that no price is known."""
        if at - self.ends_at > MAX_SILENCE_S:
            return True
        return any(gap.starts_at + MAX_SILENCE_S < at < gap.ends_at for gap in self.gaps)


def parse_recording(
    lines: Iterable[str],
    file: str,
    known_regions: Iterable[str],
    suggest_region: Callable[[str], str | None] = lambda key: None,
) -> Recording:
    """Read a whole recording.

    Args:
        file: its name, for messages.
        known_regions: keys `provider/region`; rows of others are left out with a notice.
        suggest_region: finds the known key that looks like a wrong one, for that notice.
    Raises: RecordingError.
    """
    digest = hashlib.blake2b(digest_size=8)
    source = _Lines(lines, digest, file)
    reader = csv.reader(source, strict=True)
    places = _find_columns(reader, file)
    series: dict[Offering, _Series] = {}
    gaps: list[Gap] = []
    unknown_regions: dict[str, int] = {}
    zero_lines: list[int] = []
    known = frozenset(known_regions)
    before: float | None = None
    for line, row in _number_rows(reader, source, file):
        observed_at, offering, usd_per_hour = _parse_row(row, places, file, line)
        before = observed_at if before is None else before
        if observed_at < before:
            raise RecordingError(file, line, "observed_at lies before the row above; sort the rows by time")
        if observed_at - before > MAX_SILENCE_S:
            gaps.append(Gap(before, observed_at, line))
        before = observed_at
        if offering.region_key not in known:
            unknown_regions.setdefault(offering.region_key, line)
            continue
        one = series.setdefault(offering, _Series())
        one.times.append(observed_at)
        one.prices.append(usd_per_hour or None)
        if not usd_per_hour:
            zero_lines.append(line)
    notices = [
        _describe_region(file, key, line, suggest_region(key))
        for key, line in islice(unknown_regions.items(), MAX_NAMED_REGIONS)
    ]
    if len(unknown_regions) > MAX_NAMED_REGIONS:
        notices.append(f"{file}: {len(unknown_regions) - MAX_NAMED_REGIONS} further regions are not known.")
    if zero_lines:
        notices.append(_describe_zeros(file, zero_lines))
    if not any(price for one in series.values() for price in one.prices):
        raise RecordingError(file, None, " ".join(["no row with a price in a known region.", *notices]))
    if gaps:
        notices.append(_describe_gaps(file, gaps))
    return Recording(file, digest.hexdigest(), series, tuple(gaps), tuple(notices))


class _Lines:
    """Passes the lines on, adding each to the digest (a pipe can be read only once) and counting those of a row."""

    def __init__(self, lines: Iterable[str], digest: hashlib.blake2b, file: str) -> None:
        self._lines = iter(lines)
        self._digest = digest
        self._file = file
        self._taken = 0
        self._of_this_row = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._digest.update(line.encode())
        self._taken += 1
        self._of_this_row += 1
        if self._of_this_row > MAX_LINES_OF_A_ROW:
            raise RecordingError(self._file, self._taken, "a quote that was opened long before is not closed")
        return line

    def end_row(self) -> None:
        """A row is complete; the next line begins another one."""
        self._of_this_row = 0


def _find_columns(reader: Iterator[list[str]], file: str) -> dict[str, int]:
    header = [name.strip() for name in next(reader, [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise RecordingError(file, 1, f"missing column {', '.join(missing)}; expected: {','.join(COLUMNS)}")
    return {name: header.index(name) for name in COLUMNS}


def _number_rows(reader: Iterator[list[str]], source: _Lines, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with its line number, counted from 2."""
    line = 1
    while True:
        line += 1
        source.end_row()
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise RecordingError(file, line, f"no valid CSV: {error}") from error
        if row is None:
            return
        if line > MAX_ROWS:
            raise RecordingError(file, line, f"more than {MAX_ROWS} rows; split the file")
        if row:
            yield line, row


def _parse_row(
    row: list[str], places: Mapping[str, int], file: str, line: int
) -> tuple[float, Offering, Decimal]:
    cells: dict[str, str] = {}
    for name, place in places.items():
        cells[name] = row[place].strip() if place < len(row) else ""
        if not cells[name]:
            raise RecordingError(file, line, f"{name} is empty")
    return (
        _parse_time(cells["observed_at"], file, line),
        _parse_offering(cells, file, line),
        _parse_price(cells["usd_per_hour"], file, line),
    )


def _parse_offering(cells: Mapping[str, str], file: str, line: int) -> Offering:
    try:
        capacity_type = CapacityType(cells["capacity_type"])
    except ValueError as error:
        allowed = " or ".join(CapacityType)
        raise RecordingError(
            file, line, f"capacity_type is {cells['capacity_type']!r}, not {allowed}"
        ) from error
    return Offering(cells["provider"], cells["region"], cells["instance_type"], capacity_type)


#: Clouds sell by the hour since 2006; far beyond both ends calendars and clocks overflow.
EARLIEST_YEAR, LATEST_YEAR = 1990, 2200


def _parse_time(text: str, file: str, line: int) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RecordingError(
            file, line, f"observed_at is {text!r}, not a time like 2026-07-22T14:16:48Z"
        ) from error
    if moment.tzinfo is None:
        raise RecordingError(file, line, f"observed_at is {text!r}, without a zone; write Z for UTC")
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        allowed = f"{EARLIEST_YEAR} to {LATEST_YEAR}"
        raise RecordingError(
            file, line, f"observed_at is {text!r}; the years that can be replayed are {allowed}"
        )
    return moment.timestamp()


def _parse_price(text: str, file: str, line: int) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation as error:
        raise RecordingError(file, line, f"usd_per_hour is {text[:40]!r}, not a number") from error
    if not price.is_finite() or not 0 <= price <= MAX_USD_PER_HOUR:
        raise RecordingError(file, line, f"usd_per_hour is {text[:40]}, not between 0 and {MAX_USD_PER_HOUR}")
    return round(price, MAX_PRICE_DECIMALS) if count_decimals(price) > MAX_PRICE_DECIMALS else price


def _describe_region(file: str, key: str, line: int, suggestion: str | None) -> str:
    hint = f" (did you mean {suggestion}?)" if suggestion else ""
    return f"{file}, line {line}: region {key} is not known{hint}; its rows are left out."


def _describe_zeros(file: str, lines: list[int]) -> str:
    return f"{file}, line {lines[0]}: a price of zero counts as unknown; so do {len(lines) - 1} further rows."


def _describe_gaps(file: str, gaps: list[Gap]) -> str:
    longest = max(gaps, key=lambda gap: gap.ends_at - gap.starts_at)
    days = round((longest.ends_at - longest.starts_at) / 86_400)
    ends_on = datetime.fromtimestamp(longest.ends_at, UTC).date()
    others = ", ".join(str(gap.line) for gap in gaps if gap is not longest)
    more = f" (shorter gaps end at lines {others})" if others else ""
    return (
        f"{file}, line {longest.line}: nothing was recorded for {days} days before {ends_on}{more}; "
        f"prices are unknown there after {MAX_SILENCE_S / 86_400:.0f} days."
    )
