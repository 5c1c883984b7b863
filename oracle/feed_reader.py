"""What of the messages in a store is believed, whoever wrote them. Pure.

Whoever may write to a shared Redis could say anything there, so a reader judges for itself: only who was given the feed
lease last, only what is newer than what was believed before, and of each price the bounds that its publisher keeps as
well. What a key of our ring has signed is proven; what nobody has signed is judged alike, shown, and marked.

The store of our own is written by our own programs alone: what lies there is believed as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import compress, groupby
from operator import attrgetter, is_not

from msgspec import structs

from oracle.bounds import MAX_CLOCK_SKEW_S, MAX_QUOTES
from oracle.foundation.reason import Reason
from oracle.instance import describe_holder
from oracle.market import CapacityType, Offering
from oracle.quotes import Origin, PriceMode, Quote, make_origin
from oracle.reasons import OracleCode
from oracle.sanity import PriceMemory, RefusedPrice, is_surely_believed, judge_price
from oracle.settings import OracleSettings
from oracle.sources.base import Observation
from oracle.status import StoreKind
from oracle.store.base import FeedBatch, FeedMessage, StoreFacts

#: How long a refusal is told after it was made, seconds: a person reads it, and then it is over.
TOLD_S = 60.0
#: Refusals that are told at once. Whoever writes nonsense fills no memory.
MAX_TOLD = 20
#: Who may have said the prices that are remembered: one more, and who has been silent longest is forgotten.
MAX_VOICES = 64
FindOnDemand = Callable[[Offering], Decimal | None]
_OFFERING, _PRICE, _BEGAN_AT = map(attrgetter, ("offering", "usd_per_hour", "in_force_since"))
_CONFIRMED_AT, _DEADLINE = attrgetter("confirmed_at"), attrgetter("deadline")
_SAID_BY = attrgetter("source", "mode")


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


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the next prices of one voice are judged by.

    believed: what each offering cost when its price was believed last.
    unconfirmed: a jump that another message has to say again.
    """

    believed: dict[Offering, Decimal] = field(default_factory=dict)
    unconfirmed: dict[Offering, Observation] = field(default_factory=dict)

    def count(self) -> int:
        """Return how much is remembered."""
        return len(self.believed) + len(self.unconfirmed)

    def recall(self, offering: Offering) -> PriceMemory | None:
        """Return what is remembered of an offering."""
        memory = PriceMemory(self.believed.get(offering), self.unconfirmed.get(offering))
        return None if memory == PriceMemory() else memory

    def keep(self, offering: Offering, memory: PriceMemory) -> None:
        """Remember this of an offering, and nothing else."""
        if memory.last_believed is not None:
            self.believed[offering] = memory.last_believed
        self.unconfirmed.pop(offering, None)
        if memory.unconfirmed is not None:
            self.unconfirmed[offering] = memory.unconfirmed


class FeedReader:
    """Judges messages, and remembers what the next ones are judged by. Owned by one task; outlives connections."""

    def __init__(self, settings: OracleSettings, facts: StoreFacts) -> None:
        self._is_shared = facts.kind is StoreKind.REMOTE
        self._location = facts.location
        self._max_life_s = settings.shared_life_s
        #: Whether signed -> the newest.
        self._marks = {True: _Mark(), False: _Mark()}
        #: Whether signed -> who says it and in which world -> what is remembered: a price succeeds one of its own voice
        #: alone, and who signs nothing takes no room from those who do.
        self._memories: dict[bool, dict[Origin, _Memory]] = {True: {}, False: {}}
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
        bounded = self._bound_lives(message.quotes)
        cut = sum(map(is_not, bounded, message.quotes))
        quotes = tuple(self._judge(message, bounded, now, find_on_demand))
        mark = self._marks[message.is_signed]
        until = max(map(_DEADLINE, quotes), default=0.0)
        self._marks[message.is_signed] = _Mark(_find_place(message), max(mark.until, until))
        self._tell_doubts(message, cut, now, until)
        return Accepted(quotes, message.is_signed)

    def _bound_lives(self, quotes: tuple[Quote, ...]) -> tuple[Quote, ...]:
        # Mostly all quotes of a part were confirmed together.
        lives = set(zip(map(_CONFIRMED_AT, quotes), map(_DEADLINE, quotes), strict=True))
        if all(deadline <= confirmed_at + self._max_life_s for confirmed_at, deadline in lives):
            return quotes
        return tuple(map(self._bound_life, quotes))

    def _bound_life(self, quote: Quote) -> Quote:
        latest = quote.confirmed_at + self._max_life_s
        return quote if quote.deadline <= latest else structs.replace(quote, deadline=latest)

    def _judge(
        self, message: FeedMessage, quotes: Sequence[Quote], now: float, find_on_demand: FindOnDemand
    ) -> Iterator[Quote]:
        start = 0
        for (source, mode), run in groupby(quotes, key=_SAID_BY):
            of_one = tuple(run)
            told = message.on_demand[start : start + len(of_one)] or (None,) * len(of_one)
            start += len(of_one)
            on_demand = tuple(_list_on_demand(of_one, told, find_on_demand))
            memory = self._find_memory(message.is_signed, make_origin(source, mode))
            sure = self._find_sure(message, of_one, on_demand, memory, now)
            if all(sure):
                yield from of_one
                continue
            for quote, price, is_sure in zip(of_one, on_demand, sure, strict=True):
                if is_sure or self._is_believed(message, quote, price, memory, now):
                    yield quote

    def _find_memory(self, is_signed: bool, said_by: Origin) -> _Memory:
        voices = self._memories[is_signed]
        memory = voices.pop(said_by, None) or _Memory()
        voices[said_by] = memory
        if len(voices) > MAX_VOICES:
            del voices[next(iter(voices))]
        return memory

    def _find_sure(
        self,
        message: FeedMessage,
        quotes: Sequence[Quote],
        on_demand: Sequence[Decimal | None],
        memory: _Memory,
        now: float,
    ) -> Sequence[bool]:
        """Say of each quote whether nothing can stand against it, and remember those of which that is so.

        All of them at once, as there are thousands. Of the others nothing is said: each of them has to be judged.
        """
        offerings, prices = tuple(map(_OFFERING, quotes)), tuple(map(_PRICE, quotes))
        said = dict(zip(offerings, prices, strict=True))
        fresh = len(said) - sum(map(memory.believed.__contains__, said))
        if (
            max(map(_BEGAN_AT, quotes)) > now + MAX_CLOCK_SKEW_S
            or max(map(_CONFIRMED_AT, quotes)) > now + MAX_CLOCK_SKEW_S
            or (len(said) < len(offerings) and tuple(map(said.get, offerings)) != prices)
            or not memory.unconfirmed.keys().isdisjoint(said.keys())
            or fresh > self._count_room(message.is_signed)
        ):
            return (False,) * len(quotes)
        before = [memory.believed.get(one, price) for one, price in zip(offerings, prices, strict=True)]
        known = (None if price is None else float(price) for price in on_demand)
        sure = tuple(map(is_surely_believed, map(float, prices), map(float, before), known))
        believed = said if all(sure) else dict(compress(zip(offerings, prices, strict=True), sure))
        memory.believed.update(believed)
        for offering in self._told.keys() & believed.keys():
            del self._told[offering]
        return sure

    def _count_room(self, is_signed: bool) -> int:
        """Return of how many more offerings something may be remembered."""
        return MAX_QUOTES - sum(map(_Memory.count, self._memories[is_signed].values()))

    def _is_believed(
        self, message: FeedMessage, quote: Quote, on_demand: Decimal | None, memory: _Memory, now: float
    ) -> bool:
        code = _find_future(quote, now)
        if code is None:
            before = memory.recall(quote.offering)
            code, after = judge_price(_observe(message, quote), on_demand, before or PriceMemory())
            if before is not None or self._count_room(message.is_signed) > 0:
                memory.keep(quote.offering, after)
        if code is None:
            self._told.pop(quote.offering, None)
            return True
        refused = RefusedPrice(_observe(message, quote), code)
        self._tell(quote.offering, refused.reason, now, now + TOLD_S)
        return False

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


def _list_on_demand(
    quotes: Sequence[Quote], told: Sequence[Decimal | None], find_on_demand: FindOnDemand
) -> Iterator[Decimal | None]:
    """Yield what each machine costs on demand, as far as that bounds its price: one that is bought so has no bound."""
    offerings = tuple(map(_OFFERING, quotes))
    for offering, own, other in zip(offerings, map(find_on_demand, offerings), told, strict=True):
        yield None if offering.capacity_type is CapacityType.ON_DEMAND else own or other


def _observe(message: FeedMessage, quote: Quote) -> Observation:
    # A publisher has asked its source twice before it says a jump. Another message has to confirm it to us.
    return Observation(quote.offering, quote.usd_per_hour, quote.in_force_since, message.published_at)


def _find_future(quote: Quote, now: float) -> OracleCode | None:
    """Say whether a price is of a moment to come; a recording has a clock of its own for when it began."""
    latest = now + MAX_CLOCK_SKEW_S
    if quote.confirmed_at > latest or (
        quote.in_force_since > latest and quote.mode is not PriceMode.RECORDED
    ):
        return OracleCode.PRICE_OF_FUTURE
    return None
