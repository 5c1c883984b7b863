"""What one version of a live file says: the price of each offering, since when, and until when it is believed. Pure.

A row is confirmed when its column confirmed_at says so, else when it was observed; never by when the file was written,
which a copy or a backup changes. It is believed for the file's life from then on. A row with valid_until is a promise
of whoever sells: it is confirmed by each reading until then, for at most a day.

The rows need no order: of one offering the newest holds that has begun. Two different prices that begin at once are
two products or two zones under one name, and make the file doubtful.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from oracle.bounds import MAX_CLOCK_SKEW_S, MAX_LIFE_S
from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.reasons import OracleCode
from oracle.sources.base import Observation
from oracle.sources.known_regions import RegionFilter, describe_emptiness
from oracle.sources.price_rows import PriceRow, read_rows

#: A promise is confirmed by the hour: a quote that is the same as before is written and announced to nobody.
PROMISE_STEP_S = 3600.0
#: Prices that are unknown are named up to here; a file that nobody keeps up is as clear after five.
MAX_NAMED = 5


class PriceList:
    """All prices of one version of a file. Made by `parse_price_list`."""

    def __init__(
        self,
        file: str,
        rows: Mapping[Offering, tuple[PriceRow, ...]],
        life_s: float,
        notices: tuple[Reason, ...],
    ) -> None:
        """`rows` has those of an offering from the newest to the oldest; `life_s` is in seconds."""
        self.file = file
        self._rows = rows
        self._life_s = life_s
        self.notices = notices

    @property
    def offerings(self) -> frozenset[Offering]:
        """Everything that the file has a row of."""
        return frozenset(self._rows)

    def find(self, offering: Offering, now: float) -> Observation | None:
        """Return what holds at wall time `now`; None where nothing does, or nobody has confirmed it in time."""
        row = self._find_row(offering, now)
        if row is None or not row.usd_per_hour:
            return None
        confirmed_at, deadline = self._find_life(row, now)
        if now >= deadline or confirmed_at - now > MAX_CLOCK_SKEW_S:
            return None
        return Observation(offering, row.usd_per_hour, row.observed_at, confirmed_at, deadline)

    def describe_unknown(self, offerings: Iterable[Offering], now: float) -> tuple[Reason, ...]:
        """Say of which offerings the file has rows and yet no price at `now`, and why, the first few by line."""
        rows = [
            row
            for offering in offerings
            if offering in self._rows and self.find(offering, now) is None
            if (row := self._find_row(offering, now) or self._rows[offering][0])
        ]
        rows.sort(key=lambda row: row.line)
        more = len(rows) - MAX_NAMED
        named = tuple(self._describe(row, now) for row in rows[:MAX_NAMED])
        if more <= 0:
            return named
        return (*named, OracleCode.MORE_PRICES_UNKNOWN.because(file=self.file, count=more))

    def _find_row(self, offering: Offering, now: float) -> PriceRow | None:
        rows = self._rows.get(offering, ())
        return next((row for row in rows if row.observed_at <= now + MAX_CLOCK_SKEW_S), None)

    def _find_life(self, row: PriceRow, now: float) -> tuple[float, float]:
        """Return when the row was confirmed and until when it is believed."""
        if row.valid_until is None:
            confirmed_at = row.observed_at if row.confirmed_at is None else row.confirmed_at
            return confirmed_at, confirmed_at + self._life_s
        read_at = max(row.observed_at, now - now % PROMISE_STEP_S)
        return read_at, min(row.valid_until, read_at + MAX_LIFE_S)

    def _describe(self, row: PriceRow, now: float) -> Reason:
        place: dict[str, Any] = {"file": self.file, "line": row.line, "offering": str(row.offering)}
        if not row.usd_per_hour:
            return OracleCode.PRICE_COSTS_ZERO.because(**place)
        confirmed_at, deadline = self._find_life(row, now)
        if confirmed_at - now > MAX_CLOCK_SKEW_S:
            return OracleCode.PRICE_STILL_TO_COME.because(**place, since=_moment(confirmed_at))
        if row.valid_until is not None:
            return OracleCode.PRICE_PROMISE_OVER.because(**place, until=_moment(row.valid_until))
        return OracleCode.PRICE_UNCONFIRMED.because(
            **place, since=_moment(confirmed_at), until=_moment(deadline)
        )


def parse_price_list(
    lines: Iterable[str],
    file: str,
    life_s: float,
    known_regions: Iterable[str],
    suggest_region: Callable[[str], str | None] = lambda key: None,
) -> PriceList:
    """Read one version of a live file; see `parse_recording` for the arguments. Raises: PriceFileError."""
    regions = RegionFilter(file, known_regions, suggest_region)
    rows: dict[Offering, list[PriceRow]] = {}
    for row in read_rows(_require_whole_lines(lines, file), file):
        if row.confirmed_at is not None and row.confirmed_at < row.observed_at:
            raise PriceFileError(file, row.line, OracleCode.CONFIRMED_TOO_EARLY.because())
        if regions.knows(row):
            rows.setdefault(row.offering, []).append(row)
    if not rows:
        raise PriceFileError(file, None, describe_emptiness(regions.notices))
    newest_first = {offering: _sort(of_one, file) for offering, of_one in rows.items()}
    return PriceList(file, newest_first, life_s, regions.notices)


def _require_whole_lines(lines: Iterable[str], file: str) -> Iterator[str]:
    """Refuse a file that ends within a line: half of 0.1613 is a price as well."""
    last = "\n"
    for last in lines:
        yield last
    if not last.endswith(("\n", "\r")):
        raise PriceFileError(file, None, OracleCode.PRICE_FILE_HALF_WRITTEN.because())


def _sort(rows: list[PriceRow], file: str) -> tuple[PriceRow, ...]:
    """Return the rows of one offering from the newest to the oldest, of equal ones the last confirmed."""
    price_since: dict[float, Decimal] = {}
    for row in rows:
        if price_since.setdefault(row.observed_at, row.usd_per_hour) != row.usd_per_hour:
            reason = OracleCode.PRICE_AMBIGUOUS.because(offering=str(row.offering))
            raise PriceFileError(file, row.line, reason)
    return tuple(sorted(rows, key=_find_place, reverse=True))


def _find_place(row: PriceRow) -> tuple[float, float, float]:
    return row.observed_at, row.confirmed_at or row.observed_at, row.valid_until or 0.0


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
