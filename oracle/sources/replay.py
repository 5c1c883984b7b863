"""Recorded prices played back: from a moment that a person chooses, as fast as it is asked to, or standing still.

A recording is a world of its own. Its clock stands in every quote; on ours, a price holds because it was just played,
and nobody charges it. So whatever was recorded is planned on, and no real cluster is changed on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import Playback, PriceMode
from oracle.reasons import OracleCode
from oracle.sources.base import Observation, SingleSource
from oracle.sources.recording import Recording

#: Recorded seconds per second where a person says from when on to play, and not how fast: a day each second.
DEFAULT_SPEED = 86_400.0
#: What is before a recording that stands still is shown as long as it took.
_PAST_SPEED = 1.0


class Start(NamedTuple):
    """Where a recording begins, Unix seconds; both None: with the newest price.

    at: it stands still there, unless a speed is said. since: it is played from there on.
    """

    at: float | None = None
    since: float | None = None

    def find_moment(self, recording: Recording, now: float) -> float:
        """Return the moment at which the recording begins at wall time `now`."""
        given = self.at if self.at is not None else self.since
        return recording.find_newest(now) if given is None else given

    def find_speed(self, speed: float | None) -> float:
        """Return how fast it is played."""
        if speed is not None:
            return speed
        return 0.0 if self.since is None else DEFAULT_SPEED


class ReplaySource(SingleSource):
    """A PriceSource over one recording."""

    def __init__(self, recording: Recording, speed: float, started_at: float, from_time: float) -> None:
        """Play from `from_time`, Unix seconds of the recording.

        Args:
            speed: recorded seconds per second; 0 stands still.
            started_at: the wall time that corresponds to `from_time`.
        """
        self._recording = recording
        self._speed = speed
        self._started_at = started_at
        self._from_time = from_time
        self._recorded_time = from_time

    @property
    def name(self) -> str:
        return f"replay of {Path(self._recording.file).name}"

    @property
    def mode(self) -> PriceMode:
        return PriceMode.RECORDED

    @property
    def market_id(self) -> str:
        return f"replay-{self._recording.table.digest}-{float(self._speed)!r}-{self._from_time:.0f}"

    @property
    def notices(self) -> tuple[Reason, ...]:
        return (self._describe_clock(), *self._recording.notices, *self._describe_silence())

    def _describe_clock(self) -> Reason:
        if self._speed:
            return OracleCode.PRICES_RECORDED.because(speed=self._speed)
        moment = datetime.fromtimestamp(self._from_time, UTC)
        return OracleCode.RECORDING_STANDS.because(moment=f"{moment:%Y-%m-%d %H:%M} UTC")

    def _describe_silence(self) -> tuple[Reason, ...]:
        if self._recorded_time < self._recording.starts_at:
            return (OracleCode.RECORDING_NOT_BEGUN.because(date=_date(self._recording.starts_at)),)
        if self._recorded_time > self._recording.ends_at:
            return (OracleCode.RECORDING_ENDED.because(date=_date(self._recording.ends_at)),)
        if self._recording.is_silent(self._recorded_time):
            return (OracleCode.RECORDING_SILENT.because(date=_date(self._recorded_time)),)
        return ()

    async def observe(self, offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        self._recorded_time = self.find_recorded_time(now)
        playback = Playback(self._recorded_time, self._speed)
        changes = (
            (offering, self._recording.find_change(offering, self._recorded_time)) for offering in offerings
        )
        return tuple(
            Observation(offering, change[1], change[0], now, playback=playback)
            for offering, change in changes
            if change is not None
        )

    def on_demand(self, offering: Offering, now: float) -> Decimal | None:
        return self._recording.find_price(offering.on_demand, self.find_recorded_time(now))

    def recall(self, offering: Offering, since: float, until: float, step_s: float) -> tuple[PricePoint, ...]:
        times = (since + step_s * number for number in range(math.ceil((until - since) / step_s)))
        prices = ((time, self._recording.find_price(offering, self._to_recorded(time))) for time in times)
        return tuple(PricePoint(time, price) for time, price in prices if price is not None)

    def find_recorded_time(self, now: float) -> float:
        """Return the moment of the recording that is played at wall time `now`, Unix seconds."""
        return max(self._from_time, self._to_recorded(now))

    def _to_recorded(self, wall: float) -> float:
        passed_s = wall - self._started_at
        if not self._speed:
            return self._from_time + _PAST_SPEED * min(0.0, passed_s)
        return self._from_time + self._speed * passed_s


def _date(moment: float) -> str:
    return str(datetime.fromtimestamp(moment, UTC).date())
