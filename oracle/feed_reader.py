"""What of the messages in a store is believed, whoever wrote them. Pure.

Whoever may write to a shared Redis could say anything there, so a reader judges for itself: only who was given the feed
lease last, only what is newer than what was believed before, and of each price the bounds that its publisher keeps as
well. What a key of our ring has signed is proven; what nobody has signed is judged alike, shown, and marked.

The store of our own is written by our own programs alone: what lies there is believed as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from oracle.bounds import MAX_CLOCK_SKEW_S
from oracle.foundation.reason import Reason
from oracle.instance import describe_holder
from oracle.market import Offering
from oracle.quotes import Origin, PriceMode, Quote
from oracle.reasons import OracleCode
from oracle.sanity import PriceMemory, RefusedPrice, judge_price
from oracle.settings import OracleSettings
from oracle.sources.base import Observation
from oracle.status import StoreKind
from oracle.store.base import FeedBatch, FeedMessage, StoreFacts

#: How long a refusal is told after it was made, seconds: a person reads it, and then it is over.
TOLD_S = 60.0
#: Refusals that are told at once. Whoever writes nonsense fills no memory.
MAX_TOLD = 20
#: Prices of which it is remembered what they were; more than any fleet has.
MAX_REMEMBERED = 20_000

FindOnDemand = Callable[[Offering], Decimal | None]
#: What makes one price the successor of another: who says it, in which world, and of what.
_Series = tuple[bool, Origin, Offering]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Quotes that may be shown; is_proven: and on which clusters may be changed."""

    quotes: tuple[Quote, ...]
    is_proven: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    """The newest message that was believed: its place, and until when any price of it holds.

    After that there is nothing that could be played again, and a store that was emptied may begin anew.
    """

    place: tuple[int, int] = (0, 0)
    until: float = 0.0


class FeedReader:
    """Judges messages, and remembers what the next ones are judged by. Owned by one task; outlives connections."""

    def __init__(self, settings: OracleSettings, facts: StoreFacts) -> None:
        self._is_shared = facts.kind is StoreKind.REMOTE
        self._location = facts.location
        self._max_life_s = settings.shared_life_s
        #: Whether signed -> the newest.
        self._marks = {True: _Mark(), False: _Mark()}
        self._memories: dict[_Series, PriceMemory] = {}
        #: What is told -> it, and until when (Unix seconds).
        self._told: dict[OracleCode | Offering, tuple[Reason, float]] = {}

    def read(self, batch: FeedBatch, now: float, find_on_demand: FindOnDemand) -> tuple[Accepted, ...]:
        """Return what is believed of a batch at wall time `now`.

        find_on_demand: what a machine costs on demand, USD per hour, as far as we know it ourselves.
        """
        if not self._is_shared:
            return tuple(Accepted(message.quotes, is_proven=True) for message in batch.messages)
        for reason in batch.garbled:
            self._tell_refusal(reason, now)
        return tuple(self._read_in_turn(batch, now, find_on_demand))

    def list_notices(self, now: float, told: Collection[Offering]) -> Iterator[Reason]:
        """Say what a person should know at wall time `now`; nothing of offerings of which they were `told` already."""
        for key, (reason, until) in self._told.items():
            if now < until and key not in told:
                yield reason

    def _read_in_turn(self, batch: FeedBatch, now: float, find_on_demand: FindOnDemand) -> Iterator[Accepted]:
        for message in sorted(batch.messages, key=_find_place):
            refused = self._find_refusal(batch, message, now)
            if refused is None:
                yield self._accept(message, now, find_on_demand)
            else:
                self._tell_refusal(refused, now)

    def _find_refusal(self, batch: FeedBatch, message: FeedMessage, now: float) -> Reason | None:
        if not message.is_signed and now < self._marks[True].until:
            return OracleCode.MESSAGE_UNSIGNED.because()
        if message.lease != batch.last_lease:
            holder = describe_holder(message.lease.holder)
            return OracleCode.MESSAGE_NOT_OF_HOLDER.because(holder=holder, term=message.lease.term)
        if (ahead_s := message.published_at - now) > MAX_CLOCK_SKEW_S:
            return OracleCode.MESSAGE_OF_FUTURE.because(ahead_s=ahead_s)
        mark = self._marks[message.is_signed]
        is_replayed = now < mark.until and _find_place(message) < mark.place
        return OracleCode.MESSAGE_REPLAYED.because() if is_replayed else None

    def _accept(self, message: FeedMessage, now: float, find_on_demand: FindOnDemand) -> Accepted:
        bounded = tuple(map(self._bound_life, message.quotes))
        cut = sum(one is not other for one, other in zip(bounded, message.quotes, strict=True))
        quotes = tuple(self._judge(message, bounded, now, find_on_demand))
        mark = self._marks[message.is_signed]
        until = max((quote.deadline for quote in quotes), default=0.0)
        self._marks[message.is_signed] = _Mark(_find_place(message), max(mark.until, until))
        self._tell_doubts(message, cut, now, until)
        return Accepted(quotes, message.is_signed)

    def _bound_life(self, quote: Quote) -> Quote:
        latest = quote.confirmed_at + self._max_life_s
        return quote if quote.deadline <= latest else replace(quote, deadline=latest)

    def _judge(
        self, message: FeedMessage, quotes: Iterable[Quote], now: float, find_on_demand: FindOnDemand
    ) -> Iterator[Quote]:
        for quote in quotes:
            on_demand = find_on_demand(quote.offering) or message.on_demand.get(quote.offering)
            # A publisher has asked its source twice before it says a jump. Another message has to confirm it to us.
            seen = Observation(quote.offering, quote.usd_per_hour, quote.in_force_since, message.published_at)
            code = _find_future(quote, now) or self._judge_price(message.is_signed, quote, seen, on_demand)
            if code is None:
                self._told.pop(quote.offering, None)
                yield quote
            else:
                self._tell(quote.offering, RefusedPrice(seen, code).reason, now, now + TOLD_S)

    def _judge_price(
        self, is_signed: bool, quote: Quote, seen: Observation, on_demand: Decimal | None
    ) -> OracleCode | None:
        series = (is_signed, quote.origin, quote.offering)
        code, memory = judge_price(seen, on_demand, self._memories.get(series, PriceMemory()))
        if series in self._memories or len(self._memories) < MAX_REMEMBERED:
            self._memories[series] = memory
        return code

    def _tell_doubts(self, message: FeedMessage, cut: int, now: float, until: float) -> None:
        if cut:
            reason = OracleCode.PRICE_LIFE_CUT.because(
                count=cut, location=self._location, limit_s=self._max_life_s
            )
            self._tell(OracleCode.PRICE_LIFE_CUT, reason, now, until)
        if message.is_signed:
            self._told.pop(OracleCode.FEED_UNSIGNED, None)
        elif message.key_id is None:
            reason = OracleCode.FEED_UNSIGNED.because(location=self._location)
            self._tell(OracleCode.FEED_UNSIGNED, reason, now, until)
        else:
            reason = OracleCode.FEED_KEY_UNKNOWN.because(location=self._location, key_id=message.key_id)
            self._tell(OracleCode.FEED_UNSIGNED, reason, now, until)

    def _tell_refusal(self, why: Reason, now: float) -> None:
        reason = OracleCode.FEED_REFUSED.because(location=self._location, why=why)
        self._tell(OracleCode.FEED_REFUSED, reason, now, now + TOLD_S)

    def _tell(self, key: OracleCode | Offering, reason: Reason, now: float, until: float) -> None:
        self._told = {known: told for known, told in self._told.items() if now < told[1]}
        if key in self._told or len(self._told) < MAX_TOLD:
            self._told[key] = (reason, until)


def _find_place(message: FeedMessage) -> tuple[int, int]:
    return message.lease.term, message.sequence


def _find_future(quote: Quote, now: float) -> OracleCode | None:
    """Say whether a price is of a moment to come; a recording has a clock of its own for when it began."""
    began_at = quote.confirmed_at if quote.mode is PriceMode.RECORDED else quote.in_force_since
    is_to_come = max(quote.confirmed_at, began_at) - now > MAX_CLOCK_SKEW_S
    return OracleCode.PRICE_OF_FUTURE if is_to_come else None
