"""Stands in for the world in the oracle's tests: clocks moved by hand, a source that says what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from oracle.binding import Binding
from oracle.errors import StoreUnavailable
from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import Dispute, Origin, Playback, PriceMode, Quote
from oracle.reasons import OracleCode
from oracle.sources.base import Observation
from oracle.status import SourceStatus
from oracle.store.base import FeedBatch, FeedLease, FeedMessage, HistorySample

#: Some moment; nothing depends on it.
NOON = 1_785_000_000.0
VIRGINIA = Offering("aws", "us-east-1", "m5.2xlarge")
NOBODY = FeedLease("nobody", 0)
DUBLIN = Offering("aws", "eu-west-1", "m5.2xlarge")


@dataclass
class ManualClocks:
    """Clocks that only move when told to."""

    wall_s: float = NOON
    counted_s: float = 1000.0

    def pass_time(self, seconds: float) -> None:
        """Let time go by, as both clocks see it."""
        self.wall_s += seconds
        self.counted_s += seconds

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the clock on the wall; no time passes."""
        self.wall_s = seconds

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: self.wall_s, lambda: self.counted_s)


@dataclass
class ScriptedSource:
    """Says the prices it was given, for every offering it has one for."""

    prices: dict[Offering, Decimal] = field(default_factory=dict)
    on_demand_price: Decimal | None = None
    name: str = "script"
    mode: PriceMode = PriceMode.LIVE
    market_id: str = "script"
    notices: tuple[Reason, ...] = ()
    failure: Exception | None = None
    past: tuple[PricePoint, ...] = ()
    asked: list[tuple[Offering, ...]] = field(default_factory=list)
    names: frozenset[str] = frozenset({"script"})
    statuses: tuple[SourceStatus, ...] = ()
    origins: dict[Offering, Origin] = field(default_factory=dict)
    dispute: Dispute | None = None
    is_closed: bool = False

    async def aclose(self) -> None:
        self.is_closed = True

    async def observe(self, offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        wanted = tuple(offerings)
        self.asked.append(wanted)
        if self.failure is not None:
            raise self.failure
        return tuple(
            Observation(one, self.prices[one], now, now, origin=self.origins.get(one), dispute=self.dispute)
            for one in wanted
            if one in self.prices
        )

    def recall(self, offering: Offering, since: float, until: float, step_s: float) -> tuple[PricePoint, ...]:
        return tuple(point for point in self.past if since <= point.observed_at < until)

    def on_demand(self, offering: Offering, now: float) -> Decimal | None:
        return self.on_demand_price


@dataclass
class MemoryStore:
    """A QuoteStore that keeps everything and lets the lease run out by a clock moved by hand."""

    time: ManualClocks
    quotes: dict[tuple[str, Offering], Quote] = field(default_factory=dict)
    samples: list[HistorySample] = field(default_factory=list)
    messages: list[FeedMessage] = field(default_factory=list)
    wishes: dict[str, tuple[frozenset[Binding], float]] = field(default_factory=dict)
    lease: tuple[FeedLease, float] | None = None
    last_lease: FeedLease | None = None
    connections: list[asyncio.Event] = field(default_factory=list)

    async def publish(self, message: FeedMessage, samples: Sequence[HistorySample], now: float) -> bool:
        if await self.read_lease() != message.lease:
            return False
        self.messages.append(message)
        self.quotes |= {(quote.context, quote.offering): quote for quote in message.quotes}
        self.samples += samples
        return True

    async def read_messages(self) -> FeedBatch:
        message = FeedMessage(self.last_lease or NOBODY, 0, self.time.wall_s, tuple(self.quotes.values()))
        return FeedBatch((message,), self.last_lease or NOBODY)

    async def subscribe(self) -> AsyncGenerator[FeedBatch]:
        yield await self.read_messages()
        broken = asyncio.Event()
        self.connections.append(broken)
        await broken.wait()
        raise StoreUnavailable("memory", OracleCode.STORE_ANSWERED.because(answer="connection lost"))

    def break_connections(self) -> None:
        """End every subscription with an outage."""
        for broken in self.connections:
            broken.set()

    async def read_histories(self, offerings: Sequence[Offering]) -> tuple[tuple[PricePoint, ...], ...]:
        return tuple(
            tuple(sample.point for sample in self.samples if sample.offering == one) for one in offerings
        )

    async def acquire_lease(self, holder: str, duration_s: float, now: float) -> FeedLease:
        lease = await self.read_lease()
        if lease is None:
            lease = self.last_lease = FeedLease(
                holder, 1 if self.last_lease is None else self.last_lease.term + 1
            )
        if lease.holder == holder:
            self.lease = (lease, self.time.counted_s + duration_s)
        return lease

    async def read_lease(self) -> FeedLease | None:
        return self.lease[0] if self.lease and self.time.counted_s < self.lease[1] else None

    async def release_lease(self, holder: str) -> None:
        lease = await self.read_lease()
        if lease is not None and lease.holder == holder:
            self.lease = None

    async def register_bindings(self, holder: str, bindings: Iterable[Binding], expires_at: float) -> None:
        self.wishes[holder] = (frozenset(bindings), expires_at)

    async def read_bindings(self, now: float) -> frozenset[Binding]:
        return frozenset(one for wished, end in self.wishes.values() if now < end for one in wished)

    async def read_clock(self) -> float | None:
        return self.time.wall_s

    async def aclose(self) -> None:
        """Nothing to close."""


def make_quote(
    context: str = "blue",
    offering: Offering = VIRGINIA,
    usd_per_hour: str = "0.1613",
    confirmed_at: float = NOON,
    life_s: float = 20.0,
    source: str = "script",
    mode: PriceMode = PriceMode.LIVE,
    playback: Playback | None = None,
) -> Quote:
    deadline = confirmed_at + life_s
    price = Decimal(usd_per_hour)
    return Quote(context, offering, price, confirmed_at, confirmed_at, deadline, source, mode, playback)


def bind(*contexts: str, offering: Offering = VIRGINIA) -> tuple[Binding, ...]:
    return tuple(Binding(context, offering) for context in contexts)
