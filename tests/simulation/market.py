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
from oracle.sources.base import Observation, SingleSource
from oracle.status import StoreKind
from oracle.store.base import FeedBatch, FeedLease, FeedMessage, HistorySample, StoreFacts

FACTS = StoreFacts(StoreKind.EMBEDDED, "memory of the simulation", is_durable=True, is_shared=True)

#: What prices that were recorded say of themselves: those of March 2016, played as slowly as they came.
PLAYBACK = Playback(1_457_000_000.0, 1.0)


@dataclass
class Market(SingleSource):
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
    _last_lease: FeedLease | None = None
    _lease_end: float = 0.0
    _subscribers: list[asyncio.Queue[FeedBatch]] = field(default_factory=list)

    async def connect(self) -> PriceStore:
        return self

    async def publish(self, message: FeedMessage, samples: Sequence[HistorySample], now: float) -> bool:
        if await self.read_lease() != message.lease:
            return False
        alive = message.leave_out_expired(now)
        self.quotes |= {(quote.context, quote.offering): quote for quote in alive.quotes}
        for queue in self._subscribers:
            queue.put_nowait(FeedBatch((alive,), message.lease))
        return True

    async def read_messages(self) -> FeedBatch:
        last = self._last_lease or FeedLease("nobody", 0)
        alive = tuple(quote for quote in self.quotes.values() if quote.deadline > self.now())
        return FeedBatch((FeedMessage(last, 0, self.now(), alive),), last)

    async def subscribe(self) -> AsyncGenerator[FeedBatch, None]:
        queue: asyncio.Queue[FeedBatch] = asyncio.Queue()
        self._subscribers.append(queue)
        try:
            yield await self.read_messages()
            while True:
                yield await queue.get()
        finally:
            self._subscribers.remove(queue)

    async def read_histories(self, offerings: Sequence[Offering]) -> tuple[tuple[PricePoint, ...], ...]:
        return ((),) * len(offerings)

    async def acquire_lease(self, holder: str, duration_s: float, now: float) -> FeedLease:
        lease = await self.read_lease()
        if lease is None:
            lease = FeedLease(holder, 1 if self._last_lease is None else self._last_lease.term + 1)
        if lease.holder == holder:
            self._last_lease, self._lease_end = lease, self.now() + duration_s
        return lease

    async def read_lease(self) -> FeedLease | None:
        return self._last_lease if self.now() < self._lease_end else None

    async def release_lease(self, holder: str) -> None:
        lease = await self.read_lease()
        if lease is not None and lease.holder == holder:
            self._lease_end = self.now()

    async def register_bindings(self, holder: str, bindings: Iterable[Binding], expires_at: float) -> None:
        self._wishes[holder] = (frozenset(bindings), expires_at)

    async def read_bindings(self, now: float) -> frozenset[Binding]:
        return frozenset(one for wished, end in self._wishes.values() if now < end for one in wished)

    async def read_clock(self) -> float | None:
        return self.now()

    async def aclose(self) -> None:
        """Nothing to close."""
