"""What the oracle asks of a store, so that nothing above this folder knows Redis. Pure.

A store keeps the newest quote of every offering until its deadline, pushes new quotes to all who subscribe,
keeps a bounded history, and lets exactly one of the instances that share it generate prices: the holder of
the feed lease.

Every call may raise StoreUnavailable (nobody answers) or WriteRefused (answers, takes no writes).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from oracle.binding import Binding
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import Quote
from oracle.status import StoreKind


@dataclass(frozen=True, slots=True)
class HistorySample:
    """One point to append to the stored history of an offering."""

    offering: Offering
    point: PricePoint


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What is known about the server behind a store; see OracleStatus for the fields."""

    kind: StoreKind
    location: str
    is_durable: bool
    is_shared: bool
    notices: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedLease:
    """The right to generate, as it was given once: to whom, and in which term. No two terms have one number."""

    holder: str
    term: int


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """All prices that hold, as the holder of the feed lease said them in one refresh, or a part of them.

    lease: as whose holder it was written.
    sequence: grows with each refresh of a term; the parts of one share it.
    published_at: Unix seconds.
    on_demand: of each quote, in their order, what the same machine costs on demand, USD per hour; None where the
        publisher does not know it, and nothing at all where it knows none.
    key_id: the key that it says it was signed with; None where it is not signed.
    is_signed: whether a key of our own ring has signed it.
    """

    lease: FeedLease
    sequence: int
    published_at: float
    quotes: tuple[Quote, ...]
    on_demand: tuple[Decimal | None, ...] = ()
    key_id: str | None = None
    is_signed: bool = False

    def __post_init__(self) -> None:
        if self.on_demand and len(self.on_demand) != len(self.quotes):
            raise ValueError(f"{len(self.on_demand)} prices on demand for {len(self.quotes)} quotes")

    @property
    def pairs(self) -> Iterator[tuple[Quote, Decimal | None]]:
        """Each quote with what its machine costs on demand."""
        return zip(self.quotes, self.on_demand or (None,) * len(self.quotes), strict=True)

    def leave_out_expired(self, now: float) -> FeedMessage:
        """Return what of it still holds at wall time `now`."""
        if all(quote.deadline > now for quote in self.quotes):
            return self
        alive = [pair for pair in self.pairs if pair[0].deadline > now]
        return replace(
            self, quotes=tuple(one for one, _ in alive), on_demand=tuple(price for _, price in alive)
        )


@dataclass(frozen=True, slots=True)
class FeedBatch:
    """Messages as a store gave them, not yet believed.

    last_lease: the newest lease that was given, whether or not it is still held; None where none ever was.
    garbled: why something that was there is no message.
    """

    messages: tuple[FeedMessage, ...]
    last_lease: FeedLease | None
    garbled: tuple[Reason, ...] = ()


class QuoteStore(Protocol):
    """One connection to the shared state. May be called by several tasks of one loop."""

    async def publish(self, message: FeedMessage, samples: Sequence[HistorySample], now: float) -> bool:
        """Write and announce all quotes, part by part, if the message's lease is still held; return whether it was.

        Expired quotes are not written. Nothing at all is written for an instance that has lost the lease, and nothing
        more for one that loses it meanwhile. A message without quotes leaves the one before until its deadlines.
        """

    async def read_messages(self) -> FeedBatch:
        """Return the newest message, in its parts."""

    def subscribe(self) -> AsyncGenerator[FeedBatch]:
        """Yield the newest message once, then each part as the server pushes it; none in between is missed.

        Ends only by an error: then subscribe anew, which reads everything again.
        """

    async def read_histories(self, offerings: Sequence[Offering]) -> tuple[tuple[PricePoint, ...], ...]:
        """Return the stored history of each offering, oldest first within each origin."""

    async def acquire_lease(self, holder: str, duration_s: float, now: float) -> FeedLease:
        """Take or renew the right to generate for `duration_s`, unless another has it; return who has it.

        A new term is at least the milliseconds of `now`, so that it is a new one also where the store was emptied.
        """

    async def read_lease(self) -> FeedLease | None:
        """Return who has the right to generate, None where nobody has."""

    async def release_lease(self, holder: str) -> None:
        """Give the right back at once, if `holder` has it, so that another need not wait for its end."""

    async def register_bindings(self, holder: str, bindings: Iterable[Binding], expires_at: float) -> None:
        """Say which bindings `holder` wants priced until wall time `expires_at`."""

    async def read_bindings(self, now: float) -> frozenset[Binding]:
        """Return what all living instances together want priced."""

    async def read_clock(self) -> float | None:
        """Return the server's wall time in Unix seconds, None where it gives none."""

    async def aclose(self) -> None:
        """Close the connections; never raises."""


class StoreHost(Protocol):
    """Where the server comes from: started by us, or somebody else's."""

    @property
    def facts(self) -> StoreFacts:
        """What is known about the server now."""

    async def connect(self) -> QuoteStore:
        """Make sure that a server runs, as far as it is ours, and return a connection to it.

        Raises: StoreUnavailable, EmbeddedServerError.
        """

    async def aclose(self) -> None:
        """Stop what was started; never raises."""
