"""A price, what it is worth as evidence, and whether it may still be believed.

Three times are three facts: when this price began (Google Cloud changes one once a month), when its source last said
that it holds, and until when it is believed without being said again. A quote carries them all, so that neither a
store's time to live nor a slow network can make an old price look fresh. Its mode says in which world it is charged.
Pure: the time of the judgement is an argument. Wall times are seconds since the Unix epoch, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

import msgspec

from oracle.bounds import MAX_CLOCK_SKEW_S
from oracle.market import Offering
from oracle.signals import Interruption, Obtainability


class PriceMode(StrEnum):
    """In which world a price is charged. Real clusters are planned on any, and changed on `live` prices only.

    `live` is charged now, `recorded` was charged once, `simulated` never.
    """

    LIVE = "live"
    RECORDED = "recorded"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who says a price, and in which world it is charged; made by `make_origin`."""

    source: str
    mode: PriceMode


@lru_cache(maxsize=64)
def make_origin(source: str, mode: PriceMode) -> Origin:
    """Return the origin, mostly the same object: every point of a history names its own."""
    return Origin(source, mode)


@dataclass(frozen=True, slots=True)
class Playback:
    """The clock of a recording: its moment that is shown (Unix seconds), and how many seconds pass in one of ours.

    A speed of 0 stands still.
    """

    recorded_at: float
    speed: float

    @property
    def date(self) -> str:
        """The day that is shown, UTC: `2026-05-03`."""
        return datetime.fromtimestamp(self.recorded_at, UTC).strftime("%Y-%m-%d")

    def __str__(self) -> str:
        if not self.speed:
            return f"recorded {self.date}, standing still"
        speed = "as fast as it was" if self.speed == 1 else f"{self.speed:,.10g} times as fast"
        return f"recorded {self.date}, played {speed}"


@dataclass(frozen=True, slots=True)
class Dispute:
    """What another source says of the same offering, where it differs so much that nobody knows who is right."""

    source: str
    usd_per_hour: Decimal


class Freshness(StrEnum):
    """The three ages of a price. An action may rest on `fresh` and `ageing`; `expired` is unknown."""

    FRESH = "fresh"
    AGEING = "ageing"
    EXPIRED = "expired"


#: Share of a quote's life after which it is shown as ageing. Arbitrary; with three refreshes per life it
#: means that one refresh has failed.
AGEING_SHARE = 0.5


class Quote(msgspec.Struct, frozen=True):
    """The price of one offering, bound to a Kubernetes context. All times are Unix seconds.

    No dataclass, as a reader makes each of them anew with each refresh, and this is twenty times as fast; it is changed
    by `msgspec.structs.replace`.

    usd_per_hour: with at most MAX_PRICE_DECIMALS decimals.
    in_force_since: when the market set this price; of a recording by the recording's own clock.
    confirmed_at: when the source last said that the price holds.
    deadline: from when on it is unknown unless it was confirmed again.
    source: who said so, for people ("simulated market", "replay of prices.csv").
    playback: which moment of a recording this is; None in every other mode.
    interruption, obtainability: what the source says beside the price; None where it says nothing.
    dispute: who contradicts the price; it is shown then, and no real cluster is changed on it.
    """

    context: str
    offering: Offering
    usd_per_hour: Decimal
    in_force_since: float
    confirmed_at: float
    deadline: float
    source: str
    mode: PriceMode
    playback: Playback | None = None
    interruption: Interruption | None = None
    obtainability: Obtainability | None = None
    dispute: Dispute | None = None

    @property
    def origin(self) -> Origin:
        """Who said so and in which world."""
        return make_origin(self.source, self.mode)

    @property
    def provenance(self) -> str:
        """Who said so and in which world, for people: `prices.csv, recorded 2026-05-03, played 60 times as fast`."""
        return self.source if self.playback is None else f"{self.source}, {self.playback}"

    def freshness(self, now: float) -> Freshness:
        """Judge the quote at wall time `now`. One from the future beyond the clock skew is expired."""
        if now >= self.deadline or self.confirmed_at - now > MAX_CLOCK_SKEW_S:
            return Freshness.EXPIRED
        return Freshness.AGEING if now > self.ageing_at else Freshness.FRESH

    @property
    def ageing_at(self) -> float:
        """Wall time after which the quote counts as ageing."""
        return self.confirmed_at + AGEING_SHARE * (self.deadline - self.confirmed_at)

    def is_usable(self, now: float) -> bool:
        """Whether an action may rest on this price at wall time `now`."""
        return self.freshness(now) is not Freshness.EXPIRED

    def age_s(self, now: float) -> float:
        """Seconds since the price was confirmed, never negative."""
        return max(0.0, now - self.confirmed_at)


@dataclass(frozen=True, slots=True)
class QuoteBoard:
    """The newest quote of every offering of every context at one moment: (context, offering) -> quote.

    unsigned: of which nobody proves who said them. They are shown, and no real cluster is changed on them.
    """

    quotes: dict[tuple[str, Offering], Quote]
    unsigned: frozenset[tuple[str, Offering]] = frozenset()

    def find(self, context: str, offering: Offering) -> Quote | None:
        """Return the newest quote, however old, or None where nobody has ever said a price."""
        return self.quotes.get((context, offering))

    def find_usable(self, context: str, offering: Offering, now: float) -> Quote | None:
        """Return the newest quote if an action may rest on it at wall time `now`, else None."""
        quote = self.find(context, offering)
        return quote if quote is not None and quote.is_usable(now) else None


def count_decimals(usd_per_hour: Decimal) -> int:
    """Return how many digits a finite price has behind its point, trailing zeros included."""
    exponent = usd_per_hour.as_tuple().exponent
    assert isinstance(exponent, int), "only NaN and infinity have letters there"
    return max(0, -exponent)
