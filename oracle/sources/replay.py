"""Recorded prices played back: the recording starts when it is opened, and runs as fast as it is asked to.

A recording is a world of its own. Its clock stands in every quote; on ours, a price holds because it was just played,
and nobody charges it. So whatever was recorded is planned on, and no real cluster is changed on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.price_history import PricePoint
from oracle.quotes import Playback, PriceMode
from oracle.reasons import OracleCode
from oracle.sources.base import Observation
from oracle.sources.recording import Recording

#: Recorded seconds per second where a person does not say: a day each second.
DEFAULT_SPEED = 86_400.0


class ReplaySource:
    """A PriceSource over one recording."""

    def __init__(
        self, recording: Recording, speed: float, started_at: float, from_time: float | None = None
    ) -> None:
        """Play from `from_time` (Unix seconds of the recording; None is its first spot price).

        Args:
            speed: recorded seconds per second.
            started_at: the wall time that corresponds to `from_time`.
        """
        self._recording = recording
        self._speed = speed
        self._started_at = started_at
        self._from_time = recording.spot_starts_at if from_time is None else from_time
        self._recorded_time = self._from_time

    @property
    def name(self) -> str:
        return f"replay of {Path(self._recording.file).name}"

    @property
    def mode(self) -> PriceMode:
        return PriceMode.RECORDED

    @property
    def market_id(self) -> str:
        return f"replay-{self._recording.digest}-{float(self._speed)!r}"

    @property
    def notices(self) -> tuple[Reason, ...]:
        speed = OracleCode.PRICES_RECORDED.because(speed=self._speed)
        return (speed, *self._recording.notices, *self._describe_silence())

    def _describe_silence(self) -> tuple[Reason, ...]:
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
        same_machine = Offering(
            offering.provider, offering.region, offering.instance_type, CapacityType.ON_DEMAND
        )
        return self._recording.find_price(same_machine, self.find_recorded_time(now))

    def recall(self, offering: Offering, since: float, until: float, step_s: float) -> tuple[PricePoint, ...]:
        times = (since + step_s * number for number in range(math.ceil((until - since) / step_s)))
        prices = ((time, self._recording.find_price(offering, self._to_recorded(time))) for time in times)
        return tuple(PricePoint(time, price) for time, price in prices if price is not None)

    def find_recorded_time(self, now: float) -> float:
        """Return the moment of the recording that is played at wall time `now`, Unix seconds."""
        return max(self._from_time, self._to_recorded(now))

    def _to_recorded(self, wall: float) -> float:
        return self._from_time + self._speed * (wall - self._started_at)


def _date(moment: float) -> str:
    return str(datetime.fromtimestamp(moment, UTC).date())
