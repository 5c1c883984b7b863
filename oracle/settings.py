"""What a person may choose about the oracle. Pure: files, environment and flags are the caller's work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OracleSettings:
    """One immutable set of choices; the defaults run the demo."""

    redis_url: str | None = None
    """`redis://` or `rediss://` (TLS) address of a shared store. None starts the embedded server."""

    data_directory: str | None = None
    """Where the embedded server keeps its file. None is the user's data directory of this platform."""

    runtime_directory: str | None = None
    """Where the embedded server's socket lives, never readable by others. None is the user's runtime
    directory.
    """

    key_prefix: str = "sentinelaura"
    """First part of every key, so that several fleets can share one Redis. In the embedded store the market of
    the instance's own source follows: there, everybody sees the market that they chose."""

    refresh_s: float = 4.0
    """Seconds between two looks at the source. Four for the demo, where market time runs fast and prices should
    be seen to move. For live prices a minute is plenty: AWS changes a pool's price 2.6 times a day, by a tenth of a
    percent, Google Cloud and Azure every month or so."""

    quote_life_s: float = 20.0
    """Seconds from confirmation to deadline of prices that are simulated or played back. A small multiple of
    `refresh_s`, long enough for a failover of the feed, short enough that a dead feed greys the globe while a person
    watches. Other sources say themselves how long a price lives."""

    lease_s: float = 12.0
    """Seconds for which one instance holds the right to generate. Three refreshes, so that a slow one loses
    nothing.
    """

    history_step_s: float = 10.0
    """Least seconds between two kept history points of one offering."""

    history_points: int = 1000
    """History points kept per offering in the store; older ones are dropped."""
