"""Recorded prices: rows in, a price for any moment out. Pure; reading files is price_file.py's work.

The rows (price_rows.py) are sorted by time. A fault that makes the numbers doubtful refuses the file, with line and
reason. What is only unknown is left unknown and noted with its line: a region that the program does not know, and a
gap in which nothing was recorded at all, whose prices are not carried over for longer than MAX_SILENCE_S.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property

from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.reasons import OracleCode
from oracle.sources.known_regions import RegionFilter, describe_emptiness
from oracle.sources.price_rows import PriceRow, read_rows

#: Seconds without any row in the whole recording after which its prices are unknown. Google Cloud changes
#: prices at most every 30 days, and each snapshot touches some; half as long again is a hole.
MAX_SILENCE_S = 45 * 86_400.0


@dataclass(slots=True)
class _Series:
    times: array[float] = field(default_factory=lambda: array("d"))
    prices: list[Decimal | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was recorded between these Unix times; `line` is the first row after it."""

    starts_at: float
    ends_at: float
    line: int


@dataclass(frozen=True, eq=False)
class Recording:
    """All prices of one file, by offering. Made by `parse_recording`.

    `digest` stands for the whole content, whatever the file's name and packing.
    """

    file: str
    digest: str
    series: Mapping[Offering, _Series]
    gaps: tuple[Gap, ...]
    notices: tuple[Reason, ...]

    @cached_property
    def starts_at(self) -> float:
        """The first moment of which there is a price, Unix seconds."""
        return min(one.times[0] for one in self.series.values())

    @cached_property
    def ends_at(self) -> float:
        """The last one."""
        return max(one.times[-1] for one in self.series.values())

    @property
    def offerings(self) -> frozenset[Offering]:
        """Everything that has a price at some time."""
        return frozenset(self.series)

    @property
    def spot_starts_at(self) -> float:
        """When the first spot price was recorded; the first price at all where there is none."""
        spot = [one.times[0] for key, one in self.series.items() if key.capacity_type is CapacityType.SPOT]
        return min(spot, default=self.starts_at)

    def find_change(self, offering: Offering, at: float) -> tuple[float, Decimal] | None:
        """Return since when which price was in force at Unix time `at`, by the recording's own clock."""
        series = self.series.get(offering)
        if series is None or self.is_silent(at):
            return None
        index = bisect_right(series.times, at) - 1
        price = series.prices[index] if index >= 0 else None
        return None if price is None else (series.times[index], price)

    def find_price(self, offering: Offering, at: float) -> Decimal | None:
        """Return the price in force at Unix time `at`; None before its first row, in a gap, after the end."""
        change = self.find_change(offering, at)
        return None if change is None else change[1]

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
    Raises: PriceFileError.
    """
    digest = hashlib.blake2b(digest_size=8)
    builder = _RecordingBuilder(file, RegionFilter(file, known_regions, suggest_region))
    for row in read_rows(_digest_lines(lines, digest), file):
        builder.add(row)
    return builder.build(digest.hexdigest())


class _RecordingBuilder:
    """Sorts the rows into series, and notes what is unknown."""

    def __init__(self, file: str, regions: RegionFilter) -> None:
        self._file = file
        self._regions = regions
        self._series: dict[Offering, _Series] = {}
        self._gaps: list[Gap] = []
        self._before: float | None = None
        self._first_zero: int | None = None
        self._further_zeros = 0

    def add(self, row: PriceRow) -> None:
        """Take the next row in. Raises: PriceFileError where it is older than the one above."""
        self._follow_time(row)
        if not self._regions.knows(row):
            return
        one = self._series.setdefault(row.offering, _Series())
        one.times.append(row.observed_at)
        one.prices.append(row.usd_per_hour or None)
        if not row.usd_per_hour:
            self._further_zeros += self._first_zero is not None
            self._first_zero = self._first_zero or row.line

    def build(self, digest: str) -> Recording:
        """Return the recording. Raises: PriceFileError where it has no price at all."""
        notices = [*self._regions.notices]
        if self._first_zero is not None:
            notices.append(_describe_zeros(self._file, self._first_zero, self._further_zeros))
        if not any(price for one in self._series.values() for price in one.prices):
            raise PriceFileError(self._file, None, describe_emptiness(notices))
        if self._gaps:
            notices.append(_describe_gaps(self._file, self._gaps))
        return Recording(self._file, digest, self._series, tuple(self._gaps), tuple(notices))

    def _follow_time(self, row: PriceRow) -> None:
        before = row.observed_at if self._before is None else self._before
        if row.observed_at < before:
            raise PriceFileError(self._file, row.line, OracleCode.TIME_NOT_IN_ORDER.because())
        if row.observed_at - before > MAX_SILENCE_S:
            self._gaps.append(Gap(before, row.observed_at, row.line))
        self._before = row.observed_at


def _digest_lines(lines: Iterable[str], digest: hashlib.blake2b) -> Iterator[str]:
    """Pass the lines on, adding each to the digest: a pipe can be read only once."""
    for line in lines:
        digest.update(line.encode())
        yield line


def _describe_zeros(file: str, line: int, further: int) -> Reason:
    return OracleCode.RECORDED_ZERO.because(file=file, line=line, further=further)


def _describe_gaps(file: str, gaps: list[Gap]) -> Reason:
    longest = max(gaps, key=lambda gap: gap.ends_at - gap.starts_at)
    days = round((longest.ends_at - longest.starts_at) / 86_400)
    ends_on = str(datetime.fromtimestamp(longest.ends_at, UTC).date())
    limit_days = MAX_SILENCE_S / 86_400
    others = tuple(str(gap.line) for gap in gaps if gap is not longest)
    if not others:
        return OracleCode.RECORDING_GAP.because(
            file=file, line=longest.line, days=days, date=ends_on, limit_days=limit_days
        )
    return OracleCode.RECORDING_GAPS.because(
        file=file, line=longest.line, days=days, date=ends_on, limit_days=limit_days, others=others
    )
