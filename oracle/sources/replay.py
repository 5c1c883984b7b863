"""Recorded prices played back: the recording starts when it is opened, and runs as fast as it is told."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from oracle.errors import RecordingError
from oracle.market import CapacityType, Offering
from oracle.price_history import PricePoint
from oracle.regions import load_regions, suggest_region
from oracle.sources.base import Observation
from oracle.sources.recording import Recording, parse_recording

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
    def market_id(self) -> str:
        return f"replay-{self._recording.digest}-{float(self._speed)!r}"

    @property
    def notices(self) -> tuple[str, ...]:
        moment = datetime.fromtimestamp(self._recorded_time, UTC)
        if self._recorded_time > self._recording.ends_at:
            end = datetime.fromtimestamp(self._recording.ends_at, UTC).date()
            return (*self._recording.notices, f"The recording ended on {end}.")
        if self._recording.is_silent(self._recorded_time):
            return (
                *self._recording.notices,
                f"Nothing was recorded around {moment.date()}; prices are unknown.",
            )
        return self._recording.notices

    async def observe(self, offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        self._recorded_time = self.find_recorded_time(now)
        prices = (
            (offering, self._recording.find_price(offering, self._recorded_time)) for offering in offerings
        )
        return tuple(Observation(offering, price, now) for offering, price in prices if price is not None)

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


#: The longest line and the largest file that are read, characters after unpacking: a packed file of 600 KB can hold
#: more than a gigabyte. Ten years of three providers take 200 million.
MAX_LINE_CHARACTERS = 16 * 1024
MAX_CHARACTERS = 512 * 1024 * 1024


def load_recording(path: str) -> Recording:
    """Read a .csv or .csv.gz file of prices. Raises: RecordingError."""
    return parse_recording(_read_lines(path), Path(path).name, load_regions(), suggest_region)


def _read_lines(path: str) -> Iterator[str]:
    line = 0
    try:
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            characters = 0
            while text := file.readline(MAX_LINE_CHARACTERS + 1):
                line += 1
                characters += len(text)
                if len(text) > MAX_LINE_CHARACTERS:
                    raise RecordingError(path, line, f"longer than {MAX_LINE_CHARACTERS} characters")
                if characters > MAX_CHARACTERS:
                    raise RecordingError(
                        path, line, f"the file unpacks to more than {MAX_CHARACTERS} characters"
                    )
                yield text
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RecordingError(path, line + 1, f"the gzip file is damaged ({error}); fetch it again") from error
    except UnicodeDecodeError as error:
        raise RecordingError(path, line + 1, f"no UTF-8 text ({error.reason})") from error
    except OSError as error:
        raise RecordingError(path, None, f"cannot be read ({error.strerror or error})") from error
