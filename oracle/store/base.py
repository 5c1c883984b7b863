"""What the oracle asks of a store, so that nothing above this folder knows Redis. Pure.

A store keeps the newest quote of every offering until its deadline, pushes new quotes to all who subscribe,
keeps a bounded history, and lets exactly one of the instances that share it generate prices: the holder of
the feed lease.

Every call may raise StoreUnavailable (nobody answers) or WriteRefused (answers, takes no writes).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
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


class QuoteStore(Protocol):
    """One connection to the shared state. May be called by several tasks of one loop."""

    async def publish(
        self, holder: str, quotes: Sequence[Quote], samples: Sequence[HistorySample], now: float
    ) -> bool:
        """Write and announce all quotes at once, if `holder` has the feed lease; return whether it had.

        Expired quotes are not written. Nothing at all is written for an instance that has lost the lease.
        """

    async def read_quotes(self) -> tuple[Quote, ...]:
        """Return every stored quote. What is not a quote is left out and logged."""

    def subscribe(self) -> AsyncGenerator[tuple[Quote, ...]]:
        """Yield all stored quotes once, then each batch as the server pushes it; none in between is missed.

        Ends only by an error: then subscribe anew, which reads everything again.
        """

    async def read_history(self, offering: Offering) -> tuple[PricePoint, ...]:
        """Return the stored history of one offering, oldest first."""

    async def acquire_lease(self, holder: str, duration_s: float) -> str:
        """Take or renew the right to generate for `duration_s`, unless another has it; return who has it."""

    async def read_lease(self) -> str | None:
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
