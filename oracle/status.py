"""How the oracle is, in one value for people and programs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from oracle.foundation.reason import Reason, encode_if_any


class StoreKind(StrEnum):
    """Whose server keeps the prices."""

    EMBEDDED = "embedded"
    REMOTE = "remote"


class SourceState(StrEnum):
    """How it stands with one service: not asked (nobody wants its cloud), asked, answering, or failing."""

    IDLE = "idle"
    AWAITED = "awaited"
    ANSWERING = "answering"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One service that is asked for live prices.

    answered_at: when it last said something (Unix seconds); None: never.
    prices: how many of its prices are known; some may be over.
    reason: why it says nothing now; None while it does.
    """

    name: str
    hosts: tuple[str, ...]
    state: SourceState
    answered_at: float | None
    prices: int
    reason: Reason | None = None


def encode_service(status: SourceStatus) -> dict[str, Any]:
    """Return the status of a service as JSON values, as docs/commands.md describes it."""
    return {
        "name": status.name,
        "hosts": list(status.hosts),
        "state": status.state.value,
        "answered_at": status.answered_at,
        "prices": status.prices,
        "reason": encode_if_any(status.reason),
    }


@dataclass(frozen=True, slots=True)
class OracleStatus:
    """The state of store, feed and source at one moment."""

    kind: StoreKind
    is_up: bool
    """False from the start until the first connection, and whenever the store is gone; prices then age."""
    location: str
    """Address for people, without password."""
    reason: Reason | None
    """Why the store is down, or why no new prices arrive; None while all is well."""
    is_durable: bool
    """Whether history and last quotes survive a restart, as far as known."""
    is_shared: bool
    """Whether another program's server is used: a remote one, or the one that another window started."""
    is_generating: bool
    """Whether this instance feeds the store now."""
    generator: str | None
    """The instance that feeds the store, for people ("process 123 on host"); None while unknown."""
    source: str | None
    """Name of this instance's own source, None for a reader without one."""
    displacement: Reason | None = None
    """Whose prices are used in the place of those of this instance's own source; None where its own are, or none
    could be."""
    clock_difference_s: float | None = None
    """Seconds by which the store's wall clock was ahead of ours when the connection was made, None while
    unknown. Deadlines are judged by our clock; the store's stands for those of other instances."""
    notices: tuple[Reason, ...] = ()
    """What else people should know: refused prices, the source's notices, where a fallback is in use."""
    services: tuple[SourceStatus, ...] = ()
    """The services that this instance's own source asks, each with how it is; empty where it asks none."""

    @property
    def is_healthy(self) -> bool:
        """Whether new prices arrive as they should."""
        return self.is_up and self.reason is None
