"""What one version of a live file says: the price of each offering, since when, and until when it is believed. Pure.

A row is confirmed when its column confirmed_at says so, else when it was observed; never by when the file was written,
which a copy or a backup changes. It is believed for the file's life from then on. A row with valid_until is a promise
of whoever sells: it is confirmed by each reading until then, for at most a day.

The rows need no order: of one offering the newest holds that has begun. Where its price cannot be believed, none holds:
not the one before. An offering of which a row has no moment that can be read has no price at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from oracle.bounds import MAX_CLOCK_SKEW_S, MAX_LIFE_S
from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.reasons import OracleCode
from oracle.sources.base import Observation
from oracle.sources.price_table import PriceRow, PriceTable

#: A promise is confirmed by the hour: a quote that is the same as before is written and announced to nobody.
PROMISE_STEP_S = 3600.0
#: Prices that are unknown are named up to here; a file that nobody keeps up is as clear after five.
MAX_NAMED = 5


class PriceList:
    """All prices of one version of a file. Made by `make_price_list`."""

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
        if row is None or row.usd_per_hour is None:
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
        rows = self._rows.get(offering) or self._rows.get(offering.of_region, ())
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
        if row.usd_per_hour is None:
            return OracleCode.PRICE_NOT_BELIEVED.because(**place)
        confirmed_at, deadline = self._find_life(row, now)
        if confirmed_at - now > MAX_CLOCK_SKEW_S:
            return OracleCode.PRICE_STILL_TO_COME.because(**place, since=_moment(confirmed_at))
        if row.valid_until is not None:
            return OracleCode.PRICE_PROMISE_OVER.because(**place, until=_moment(row.valid_until))
        return OracleCode.PRICE_UNCONFIRMED.because(
            **place, since=_moment(confirmed_at), until=_moment(deadline)
        )


def make_price_list(table: PriceTable, life_s: float) -> PriceList:
    """Return what holds by one version of a live file, for how many seconds. Raises: PriceFileError."""
    if not table.is_whole:  # half of 0.1613 is a price as well
        raise PriceFileError(table.file, None, OracleCode.PRICE_FILE_HALF_WRITTEN.because())
    table.require_prices()
    rows = {
        offering: tuple(sorted(map(table.row, range(place.start, place.stop)), key=_find_place, reverse=True))
        for offering, place in table.slices()
        if offering not in table.doubtful
    }
    return PriceList(table.file, rows, life_s, table.notices)


def _find_place(row: PriceRow) -> tuple[float, bool, float, float]:
    return (
        row.observed_at,
        row.usd_per_hour is not None,
        row.confirmed_at or row.observed_at,
        row.valid_until or 0.0,
    )


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
