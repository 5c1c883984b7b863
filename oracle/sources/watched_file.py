"""Live prices from a file that somebody keeps up: read again when it changes, believed as long as its rows say.

The file is looked at with every refresh of the feed, every few seconds (OracleSettings.refresh_s): one stat, off the
loop's own thread. The standard library has no event for a changed file, a library for it would bring one watcher for
each system, none of them sees a change on a network share, and a price that is seen four seconds later is as good.

Whoever may write this file moves clusters, so `read` refuses one that others may write
(oracle/foundation/trusted_path.py).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

from oracle.bounds import MAX_LIFE_S
from oracle.errors import PriceFileError
from oracle.foundation.own_thread import in_thread
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import PriceMode
from oracle.reasons import OracleCode
from oracle.sources.base import Observation, SingleSource
from oracle.sources.price_list import PriceList

#: Seconds that a price of a file is believed after it was confirmed, where a person does not say.
DEFAULT_LIFE_S = 1800.0

#: What tells one version of a file from another: device, inode, size, and both times of change in nanoseconds.
Version = tuple[int, int, int, int, int]


class WatchedFile(SingleSource):
    """A PriceSource over a file. `look` returns its version now, `read` what it says; both may raise PriceFileError."""

    def __init__(
        self,
        path: str,
        life_s: float,
        look: Callable[[str], Version],
        read: Callable[[str, float], PriceList],
    ) -> None:
        """Read the file for the first time, so that one that cannot be used is reported before anything starts.

        Args:
            life_s: seconds from a row's confirmation to its deadline, at most a day.
        Raises: PriceFileError.
        """
        if not 0 < life_s <= MAX_LIFE_S or not math.isfinite(life_s):
            raise ValueError(f"a price cannot be believed for {life_s} s")
        self._path = path
        self._life_s = life_s
        self._look = look
        self._read = read
        self._asked: tuple[Offering, ...] = ()
        self._asked_at = 0.0
        self._version = look(path)
        self._prices = read(path, life_s)

    @property
    def name(self) -> str:
        return Path(self._path).name

    @property
    def mode(self) -> PriceMode:
        return PriceMode.LIVE

    @property
    def market_id(self) -> str:
        place = hashlib.blake2b(str(Path(self._path).absolute()).encode(), digest_size=8).hexdigest()
        return f"file-{place}-{float(self._life_s)!r}"

    @property
    def notices(self) -> tuple[Reason, ...]:
        return (*self._prices.notices, *self._prices.describe_unknown(self._asked, self._asked_at))

    async def observe(self, offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        await in_thread(self._follow)
        self._asked, self._asked_at = tuple(offerings), now
        found = (self._prices.find(offering, now) for offering in self._asked)
        return tuple(observation for observation in found if observation is not None)

    def on_demand(self, offering: Offering, now: float) -> Decimal | None:
        found = self._prices.find(offering.on_demand, now)
        return None if found is None else found.usd_per_hour

    def recall(self, offering: Offering, since: float, until: float, step_s: float) -> tuple[PricePoint, ...]:
        return ()  # what held before was not seen to hold

    def _follow(self) -> None:
        """Read the file again if it has changed; one that changes while it is read is not believed yet."""
        version = self._look(self._path)
        if version == self._version:
            return
        prices = self._read(self._path, self._life_s)
        if self._look(self._path) != version:
            raise PriceFileError(self._path, None, OracleCode.PRICE_FILE_CHANGING.because())
        self._version, self._prices = version, prices
