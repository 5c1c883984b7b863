"""What every price source offers to the feed. Pure: a source hides its network behind the protocol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import Dispute, Origin, Playback, PriceMode
from oracle.signals import Interruption, Obtainability
from oracle.status import SourceStatus


@dataclass(frozen=True, slots=True)
class Observation:
    """One price as a source gave it, not yet believed: it may be NaN, negative or in the wrong unit.

    Times are Unix seconds; see `Quote` for their meaning. deadline: None for a source that is asked again and again,
    whose prices live as long as the settings say.
    origin: who says it, where the source speaks for several; None: the source itself.
    """

    offering: Offering
    usd_per_hour: Decimal
    in_force_since: float
    confirmed_at: float
    deadline: float | None = None
    playback: Playback | None = None
    interruption: Interruption | None = None
    obtainability: Obtainability | None = None
    origin: Origin | None = None
    dispute: Dispute | None = None


class PriceSource(Protocol):
    """Where prices come from. Called by one task at a time."""

    @property
    def name(self) -> str:
        """Who says the price, for people ("replay of prices.csv")."""

    @property
    def names(self) -> frozenset[str]:
        """By which names it may stand in a quote: its own, or those of the services for which it speaks."""

    @property
    def mode(self) -> PriceMode:
        """In which world the prices are charged."""

    @property
    def market_id(self) -> str:
        """Which market the prices are of, the same for the same choices of a person, in letters, digits, - and dots.

        Programs that share a store tell by it whether they mean the same prices; its length is bounded.
        """

    @property
    def notices(self) -> tuple[Reason, ...]:
        """What a person should know about this source now: a gap, its end, offerings without a price."""

    async def observe(self, offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        """Return the prices in force at wall time `now`. An offering without a known price is left out.

        A source that knows one price for a region answers with it for each zone that it is asked for.

        Raises: OracleError where the source itself fails; the prices then age.
        """

    def on_demand(self, offering: Offering, now: float) -> Decimal | None:
        """Return what the same instance type costs on demand, USD per hour, or None where that is unknown."""

    def recall(self, offering: Offering, since: float, until: float, step_s: float) -> tuple[PricePoint, ...]:
        """Return what the source knows of the past: prices in force between two wall times, about one per step.

        Empty where it knows nothing of the past. It fills the chart of a store that has no history yet.
        """

    @property
    def statuses(self) -> tuple[SourceStatus, ...]:
        """How each service is for which it speaks; empty for a source that is one and has no network."""

    async def aclose(self) -> None:
        """End what it does in the background."""


class SingleSource(PriceSource, Protocol):
    """What is the same for every source that speaks for itself, without a network."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.name})

    @property
    def statuses(self) -> tuple[SourceStatus, ...]:
        return ()

    async def aclose(self) -> None:
        return None
