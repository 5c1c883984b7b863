"""The prices of a simulation: a store that all its programs share, and a source whose prices a test says.

The oracle itself is production's: feed, lease, sanity gate, board, deadlines. Only the server is none, because a real
one has a clock of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from oracle.binding import Binding
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import Playback, PriceMode, Quote
from oracle.sources.base import Observation
from oracle.status import StoreKind
from oracle.store.base import HistorySample, StoreFacts

FACTS = StoreFacts(StoreKind.EMBEDDED, "memory of the simulation", is_durable=True, is_shared=True)

#: What prices that were recorded say of themselves: those of March 2016, played as slowly as they came.
PLAYBACK = Playback(1_457_000_000.0, 1.0)


@dataclass
class Market:
    """What a node costs in each region, USD per hour: the price source of every program of the simulation."""

    prices: dict[str, Decimal]
    mode: PriceMode = PriceMode.LIVE
    name: str = "prices of the simulation"
    market_id: str = "simulation"
    notices: tuple[str, ...] = ()
    #: False: the source knows no prices, so that the last ones run out.
    has_prices: bool = True

    async def observe(self, offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        known = [one for one in offerings if self.has_prices and one.region in self.prices]
        playback = PLAYBACK if self.mode is PriceMode.RECORDED else None
        return tuple(Observation(one, self.prices[one.region], now, now, playback=playback) for one in known)

    def on_demand(self, offering: Offering, now: float) -> Decimal | None:
        return None

    def recall(self, offering: Offering, since: float, until: float, step_s: float) -> tuple[PricePoint, ...]:
        return ()


@dataclass
class PriceStore:
    """A `QuoteStore` and its `StoreHost` in memory and virtual time; `now` tells Unix seconds."""

    now: Callable[[], float]
    facts: StoreFacts = FACTS
    quotes: dict[tuple[str, Offering], Quote] = field(default_factory=dict)
    _wishes: dict[str, tuple[frozenset[Binding], float]] = field(default_factory=dict)
    _lease: tuple[str, float] | None = None
    _subscribers: list[asyncio.Queue[tuple[Quote, ...]]] = field(default_factory=list)

    async def connect(self) -> PriceStore:
        return self

    async def publish(
        self, holder: str, quotes: Sequence[Quote], samples: Sequence[HistorySample], now: float
    ) -> bool:
        if self._find_holder() != holder:
            return False
        alive = tuple(quote for quote in quotes if quote.deadline > now)
        self.quotes |= {(quote.context, quote.offering): quote for quote in alive}
        for queue in self._subscribers:
            queue.put_nowait(alive)
        return True

    async def read_quotes(self) -> tuple[Quote, ...]:
        return tuple(quote for quote in self.quotes.values() if quote.deadline > self.now())

    async def subscribe(self) -> AsyncGenerator[tuple[Quote, ...], None]:
        queue: asyncio.Queue[tuple[Quote, ...]] = asyncio.Queue()
        self._subscribers.append(queue)
        try:
            yield await self.read_quotes()
            while True:
                yield await queue.get()
        finally:
            self._subscribers.remove(queue)

    async def read_history(self, offering: Offering) -> tuple[PricePoint, ...]:
        return ()

    async def acquire_lease(self, holder: str, duration_s: float) -> str:
        current = self._find_holder()
        if current in (None, holder):
            self._lease = (holder, self.now() + duration_s)
            return holder
        return current or holder

    async def read_lease(self) -> str | None:
        return self._find_holder()

    async def release_lease(self, holder: str) -> None:
        if self._find_holder() == holder:
            self._lease = None

    async def register_bindings(self, holder: str, bindings: Iterable[Binding], expires_at: float) -> None:
        self._wishes[holder] = (frozenset(bindings), expires_at)

    async def read_bindings(self, now: float) -> frozenset[Binding]:
        return frozenset(one for wished, end in self._wishes.values() if now < end for one in wished)

    async def read_clock(self) -> float | None:
        return self.now()

    async def aclose(self) -> None:
        """Nothing to close."""

    def _find_holder(self) -> str | None:
        return self._lease[0] if self._lease is not None and self.now() < self._lease[1] else None
