"""Recorded prices: the rows of a file, a price for any moment out. Pure; reading files is price_file.py's work.

A row holds until the next of its offering. A list price on demand holds until the list says otherwise: of 1,367
machines, eight changed theirs in three years. A spot price is not carried for longer than MAX_SILENCE_S over a gap in
which nothing was recorded at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property

import numpy as np

from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.reasons import OracleCode
from oracle.sources.price_table import PriceTable, to_price

#: Seconds without any row in the whole recording after which its spot prices are unknown. Google Cloud changes
#: them at most every 30 days, and each snapshot touches some; half as long again is a hole.
MAX_SILENCE_S = 45 * 86_400.0


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was recorded between these Unix times; `line` is the first row after it."""

    starts_at: float
    ends_at: float
    line: int


@dataclass(frozen=True, eq=False)
class Recording:
    """All prices of one file. Made by `make_recording`. places: where each offering's rows are in the table."""

    table: PriceTable
    places: Mapping[Offering, slice]
    gaps: tuple[Gap, ...]

    @property
    def file(self) -> str:
        """The file's name, for messages."""
        return self.table.file

    @cached_property
    def starts_at(self) -> float:
        """The first moment of which there is a row, Unix seconds."""
        return float(self.table.times.min())

    @cached_property
    def ends_at(self) -> float:
        """The last one."""
        return float(self.table.times.max())

    @property
    def offerings(self) -> frozenset[Offering]:
        """Everything that has a row."""
        return frozenset(self.places)

    @cached_property
    def notices(self) -> tuple[Reason, ...]:
        """What a person should know of the file."""
        return (*self.table.notices, *self.describe_gaps())

    def describe_gaps(self) -> tuple[Reason, ...]:
        """Say where nothing was recorded for so long that prices are not carried over."""
        return (_describe_gaps(self.file, self.gaps),) if self.gaps else ()

    def find_newest(self, now: float) -> float:
        """Return the moment of the newest row that has begun at wall time `now`: lists announce prices in advance."""
        begun = self.table.times[self.table.times <= now]
        return float(begun.max()) if len(begun) else self.starts_at

    def find_change(self, offering: Offering, at: float) -> tuple[float, Decimal] | None:
        """Return since when which price was in force at Unix time `at`, by the recording's own clock."""
        place = self.places.get(offering) or self.places.get(offering.of_region)
        if place is None or (offering.capacity_type is CapacityType.SPOT and self.is_silent(at)):
            return None
        index = place.start + int(np.searchsorted(self.table.times[place], at, side="right")) - 1
        price = to_price(int(self.table.amounts[index])) if index >= place.start else None
        return None if price is None else (float(self.table.times[index]), price)

    def find_price(self, offering: Offering, at: float) -> Decimal | None:
        """Return the price in force at Unix time `at`; None before its first row, where it is unknown, in a gap."""
        change = self.find_change(offering, at)
        return None if change is None else change[1]

    def is_silent(self, at: float) -> bool:
        """Whether so long nothing was recorded before `at` that no spot price is known."""
        if at - self.ends_at > MAX_SILENCE_S:
            return True
        return any(gap.starts_at + MAX_SILENCE_S < at < gap.ends_at for gap in self.gaps)


def make_recording(table: PriceTable) -> Recording:
    """Return what can be played of a table. Raises: PriceFileError where it has no price at all."""
    return Recording(table.require_prices(), dict(table.slices()), tuple(_find_gaps(table)))


def _find_gaps(table: PriceTable) -> list[Gap]:
    times = np.sort(table.times)
    places = np.flatnonzero(np.diff(times) > MAX_SILENCE_S)
    return [
        Gap(float(times[place]), float(times[place + 1]), _find_line(table, float(times[place + 1])))
        for place in places.tolist()
    ]


def _find_line(table: PriceTable, at: float) -> int:
    return int(table.lines[table.times == at].min())


def _describe_gaps(file: str, gaps: tuple[Gap, ...]) -> Reason:
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
