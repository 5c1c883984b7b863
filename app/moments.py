"""Moments as a person gives them to a command, and as a command prints them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_AGE = re.compile(r"([0-9]{1,6})(s|min|m|h|d|w)", re.ASCII)
_UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
#: Nothing that is kept is older; far beyond it calendars overflow.
_EARLIEST_YEAR, _LATEST_YEAR = 1990, 2200


@dataclass(frozen=True, slots=True)
class GivenMoment:
    """Unix seconds, or an age in seconds: one of them is None."""

    at: float | None = None
    age_s: float | None = None

    def resolve(self, now: float) -> float:
        """Return the moment in Unix seconds, as it is meant at the moment `now`."""
        return self.at if self.at is not None else max(0.0, now - (self.age_s or 0.0))


def parse_moment(text: str) -> GivenMoment:
    """Parse ISO 8601 (UTC where no zone is said) or an age such as `2h`. Raises: ValueError with a sentence."""
    if age := _AGE.fullmatch(text.strip()):
        return GivenMoment(age_s=float(int(age[1]) * _UNITS_S[age[2]]))
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
        example = "a moment like 2026-07-22T14:16Z (UTC where no zone is said) or an age like 90s, 15m, 2h, 3d or 2w"
        raise ValueError(f"{text!r} is not {example}")
    return GivenMoment(at=(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp())


def is_moment(text: str) -> bool:
    """Whether a text is a moment that `parse_moment` reads, and no age."""
    try:
        return parse_moment(text).at is not None
    except ValueError:
        return False


def format_utc(at: float) -> str:
    """Return Unix seconds for a person: `2026-07-22 14:16:48 UTC`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def format_iso(at: float) -> str:
    """Return Unix seconds as files of prices have them: `2026-07-22T14:16:48Z`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
