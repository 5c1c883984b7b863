"""Everything that can go wrong in the oracle, as somebody handles it. Pure.

OracleError
    StoreUnavailable      the store cannot be reached: prices age until it is back
    WriteRefused          the store answers but takes no writes (disk or memory full): prices age
    QuoteDecodeError      bytes in the store are not a quote of ours: that one is left out
    EmbeddedServerError   no store of our own can be started: the message says what to install or to free
    StoreUrlError         the address given with --redis cannot be used
    PriceFileError        a file of prices cannot be used: file, line and reason
    PortUnavailable       the pricing API cannot listen where it was asked to
"""

from __future__ import annotations


class OracleError(Exception):
    """Root of the oracle's errors."""


class StoreUnavailable(OracleError):
    """Nobody answers at `location`, or not in time, or not to us."""

    def __init__(self, location: str, reason: str) -> None:
        self.location = location
        self.reason = reason
        super().__init__(f"the price store at {location} cannot be used: {reason}")


class WriteRefused(OracleError):
    """The store at `location` can be read but refuses new prices."""

    def __init__(self, location: str, reason: str) -> None:
        self.location = location
        self.reason = reason
        super().__init__(f"the price store at {location} takes no new prices: {reason}")


class QuoteDecodeError(OracleError):
    """Bytes that should be a quote are not one; `reason` never repeats more than a few of them."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"not a quote: {reason}")


class EmbeddedServerError(OracleError):
    """The store that we start ourselves does not start."""

    def __init__(self, reason: str, advice: str) -> None:
        self.reason = reason
        self.advice = advice
        super().__init__(f"the embedded price store does not start: {reason}; {advice}")


class StoreUrlError(OracleError):
    """A store address that nobody can connect to. `url` is shown without its password."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(
            f"{url!r} is no address of a Redis: {reason}; "
            "use redis://host:6379/0 or, with TLS, rediss://host:6380/0"
        )


class PriceFileError(OracleError):
    """A file of prices that cannot be used. `line` counts from 1, the header; None is the whole file."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        place = file if line is None else f"{file}, line {line}"
        super().__init__(f"{place}: {reason}")


class PortUnavailable(OracleError):
    """Somebody else listens on `port`, or we may not."""

    def __init__(self, port: int, reason: str) -> None:
        self.port = port
        self.reason = reason
        super().__init__(
            f"the pricing API cannot listen on port {port}: {reason}; choose another with --port"
        )
