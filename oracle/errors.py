"""Everything that can go wrong in the oracle, as somebody handles it. Pure.

OracleError               carries the reason; its message is the reason's sentence
    StoreUnavailable      the store cannot be reached: prices age until it is back
    WriteRefused          the store answers but takes no writes (disk or memory full): prices age
    QuoteDecodeError      bytes in the store are not a quote of ours: that one is left out
    EmbeddedServerError   no store of our own can be started: the message says what to install or to free
    StoreUrlError         the address given with --redis cannot be used
    PriceFileError        a file of prices cannot be used: file, line and reason
    SourceUnavailable     a service that is asked for prices gives none now: what it said before ages
    PortUnavailable       the pricing API cannot listen where it was asked to
    KeyRingError          the key ring is not there, may not be used, or is not written
"""

from __future__ import annotations

from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode


class OracleError(Exception):
    """Root of the oracle's errors."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


class StoreUnavailable(OracleError):
    """Nobody answers at `location`, or not in time, or not to us."""

    def __init__(self, location: str, why: Reason) -> None:
        self.why = why
        super().__init__(OracleCode.STORE_UNUSABLE.because(location=location, why=why))


class WriteRefused(OracleError):
    """The store at `location` can be read but refuses new prices."""

    def __init__(self, location: str, why: Reason) -> None:
        super().__init__(OracleCode.STORE_FULL.because(location=location, why=why))


class QuoteDecodeError(OracleError):
    """Bytes that should be a quote are not one; `why` never repeats any of them."""

    def __init__(self, why: Reason) -> None:
        self.why = why
        super().__init__(OracleCode.NOT_A_QUOTE.because(why=why))


class EmbeddedServerError(OracleError):
    """The store that we start ourselves does not start; `why` says what to do."""

    def __init__(self, why: Reason) -> None:
        self.why = why
        super().__init__(OracleCode.STORE_NOT_STARTED.because(why=why))


class StoreUrlError(OracleError):
    """A store address that nobody can connect to. `url` is shown without its password."""

    def __init__(self, url: str, error: str) -> None:
        super().__init__(OracleCode.STORE_URL_UNUSABLE.because(url=url, error=error))


class PriceFileError(OracleError):
    """A file of prices that cannot be used. `line` counts from 1, the header; None is the whole file."""

    def __init__(self, file: str, line: int | None, why: Reason) -> None:
        self.line = line
        super().__init__(
            OracleCode.PRICE_FILE_REFUSED.because(file=file, why=why)
            if line is None
            else OracleCode.PRICE_LINE_REFUSED.because(file=file, line=line, why=why)
        )


class SourceUnavailable(OracleError):
    """A service gives no prices now. retry_after_s: for how long it wants not to be asked; None: it did not say."""

    def __init__(self, reason: Reason, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(reason)


class PortUnavailable(OracleError):
    """Somebody else listens on `port`, or we may not."""

    def __init__(self, port: int, error: str) -> None:
        super().__init__(OracleCode.PORT_UNAVAILABLE.because(port=port, error=error))


class KeyRingError(OracleError):
    """A key ring that is missing or may not be used, or one that cannot be written; nothing of it is repeated."""
