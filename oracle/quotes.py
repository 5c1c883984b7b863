"""A price as it was seen, and whether it may still be believed.

A quote carries its own deadline, so that neither a store's time to live nor a slow network can make an old
price look fresh. Pure: the time of the judgement is an argument. Wall times are seconds since the Unix epoch,
UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from oracle.market import Offering

#: The `source` of quotes that were drawn and not charged by anybody; real clusters are not moved on them.
SIMULATED_MARKET = "simulated market"


class Freshness(StrEnum):
    """The three ages of a price. An action may rest on `fresh` and `ageing`; `expired` is unknown."""

    FRESH = "fresh"
    AGEING = "ageing"
    EXPIRED = "expired"


#: Share of a quote's life after which it is shown as ageing. Arbitrary; with three refreshes per life it
#: means that one refresh has failed.
AGEING_SHARE = 0.5

#: A quote from the future by more than this is not believed: the two clocks disagree. Seconds; NTP keeps
#: hosts far below.
MAX_CLOCK_SKEW_S = 30.0

#: Decimals that a price may have; the store keeps no more. Price lists have about six.
MAX_PRICE_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of one offering, bound to a Kubernetes context.

    `usd_per_hour` has at most MAX_PRICE_DECIMALS decimals; `observed_at` and `deadline` are Unix seconds;
    `source` names who said so, for people ("simulated market", "replay of prices.csv").
    """

    context: str
    offering: Offering
    usd_per_hour: Decimal
    observed_at: float
    deadline: float
    source: str

    @property
    def is_simulated(self) -> bool:
        """Whether nobody charges this price."""
        return self.source == SIMULATED_MARKET

    def freshness(self, now: float) -> Freshness:
        """Judge the quote at wall time `now`. One from the future beyond the clock skew is expired."""
        if now >= self.deadline or self.observed_at - now > MAX_CLOCK_SKEW_S:
            return Freshness.EXPIRED
        return Freshness.AGEING if now > self.ageing_at else Freshness.FRESH

    @property
    def ageing_at(self) -> float:
        """Wall time after which the quote counts as ageing."""
        return self.observed_at + AGEING_SHARE * (self.deadline - self.observed_at)

    def is_usable(self, now: float) -> bool:
        """Whether an action may rest on this price at wall time `now`."""
        return self.freshness(now) is not Freshness.EXPIRED

    def age_s(self, now: float) -> float:
        """Seconds since the price was observed, never negative."""
        return max(0.0, now - self.observed_at)


@dataclass(frozen=True, slots=True)
class QuoteBoard:
    """The newest quote of every offering of every context at one moment: (context, offering) -> quote."""

    quotes: dict[tuple[str, Offering], Quote]

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
