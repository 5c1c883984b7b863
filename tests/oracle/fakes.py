"""Stands in for the world in the oracle's tests: clocks moved by hand, a source that says what it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from oracle.binding import Binding
from oracle.clocks import Clocks
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import Quote
from oracle.sources.base import Observation

#: Some moment; nothing depends on it.
NOON = 1_785_000_000.0
VIRGINIA = Offering("aws", "us-east-1", "m5.2xlarge")
DUBLIN = Offering("aws", "eu-west-1", "m5.2xlarge")


@dataclass
class ManualClocks:
    """Two clocks that only move when told to."""

    wall_s: float = NOON
    monotonic_s: float = 1000.0

    def pass_time(self, seconds: float) -> None:
        """Let time go by, as both clocks see it."""
        self.wall_s += seconds
        self.monotonic_s += seconds

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the clock on the wall; no time passes."""
        self.wall_s = seconds

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: self.wall_s, lambda: self.monotonic_s)


@dataclass
class ScriptedSource:
    """Says the prices it was given, for every offering it has one for."""

    prices: dict[Offering, Decimal] = field(default_factory=dict)
    on_demand_price: Decimal | None = None
    name: str = "script"
    notices: tuple[str, ...] = ()
    failure: Exception | None = None
    past: tuple[PricePoint, ...] = ()
    asked: list[tuple[Offering, ...]] = field(default_factory=list)

    async def observe(self, offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        wanted = tuple(offerings)
        self.asked.append(wanted)
        if self.failure is not None:
            raise self.failure
        return tuple(Observation(one, self.prices[one], now) for one in wanted if one in self.prices)

    def recall(self, offering: Offering, since: float, until: float, step_s: float) -> tuple[PricePoint, ...]:
        return tuple(point for point in self.past if since <= point.observed_at < until)

    def on_demand(self, offering: Offering, now: float) -> Decimal | None:
        return self.on_demand_price


def make_quote(
    context: str = "blue",
    offering: Offering = VIRGINIA,
    usd_per_hour: str = "0.1613",
    observed_at: float = NOON,
    life_s: float = 20.0,
    source: str = "script",
) -> Quote:
    return Quote(context, offering, Decimal(usd_per_hour), observed_at, observed_at + life_s, source)


def bind(*contexts: str, offering: Offering = VIRGINIA) -> tuple[Binding, ...]:
    return tuple(Binding(context, offering) for context in contexts)
