"""What each service that is asked over the network offers to the composite. Pure.

A service is asked as a whole, in its own time; what it answered is kept by the composite, each thing until its own
deadline. What a later answer does not say is not withdrawn by that: whole series of machines have been missing for
days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.signals import Interruption, Obtainability


@dataclass(frozen=True, slots=True)
class PriceClaim:
    """A price as a service says it, not yet believed: it may be NaN, negative or in the wrong unit.

    in_force_since: when the market set it, Unix seconds; None where the service does not say.
    """

    usd_per_hour: Decimal
    in_force_since: float | None = None


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """What one question to a service brought, of the offerings that were asked for and no others.

    An offering without a zone speaks for all zones of which nothing of their own is said. prices: on-demand ones too.
    confirmed_at: when the service said so, Unix seconds. Of a feed without a time: when it was asked.
    life_s: for how long it is believed since then, at most a day.
    problems: what was left out, and why; an answer about some of the regions is better than none.
    """

    confirmed_at: float
    life_s: float
    prices: Mapping[Offering, PriceClaim] = field(default_factory=lambda: MappingProxyType({}))
    interruptions: Mapping[Offering, Interruption] = field(default_factory=lambda: MappingProxyType({}))
    obtainabilities: Mapping[Offering, Obtainability] = field(default_factory=lambda: MappingProxyType({}))
    past: Mapping[Offering, tuple[PricePoint, ...]] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """One service of one cloud.

    name: for people; stands in every quote ("AWS spot feed").
    provider: the cloud that it knows, as offerings name it ("aws").
    hosts: which hosts are asked; told to people.
    refresh_s: seconds between two questions.
    """

    name: str
    provider: str
    hosts: tuple[str, ...]
    refresh_s: float


class LiveSource(Protocol):
    """Asks one service. Called by one task at a time; what it holds is closed by whoever made it."""

    @property
    def service(self) -> Service:
        """Whom it asks."""

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Ask about all offerings of its cloud that are wanted (never none) at wall time `now`.

        Raises: OracleError where nothing came of it; what was said before then ages.
        """
