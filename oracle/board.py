"""The newest quote of every offering, judged by this machine's own two clocks. Pure.

A quote's deadline is wall time, and wall clocks jump. The board therefore also measures, on the clock that counts
sleep and never jumps, how long ago it received the quote: whichever clock says "expired" is believed. It can make
a price older, never younger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from oracle.bounds import MAX_CLOCK_SKEW_S
from oracle.market import Offering
from oracle.quotes import Quote, QuoteBoard

#: Two clocks of one machine that drift less than this agree. Seconds; keeps a deadline's digits still between
#: snapshots.
CLOCK_AGREEMENT_S = 0.25
#: An expired quote is still shown, with its age, for so long after its deadline; then it is forgotten.
#: Arbitrary.
FORGET_AFTER_S = 86_400.0
#: More quotes than any fleet has; protects memory from a store that somebody else fills.
MAX_QUOTES = 20_000


@dataclass(frozen=True, slots=True)
class _Receipt:
    """A quote, the counted seconds after which it is not believed, whatever the wall clock says, and who vouches."""

    quote: Quote
    counted_deadline: float
    is_proven: bool


class LiveBoard:
    """Keeps what the store pushes. Owned by one task; `observe` hands out frozen snapshots."""

    def __init__(self) -> None:
        self._receipts: dict[tuple[str, Offering], _Receipt] = {}

    def receive(
        self, quotes: Iterable[Quote], now: float, counted_s: float, *, is_proven: bool
    ) -> tuple[Quote, ...]:
        """Take in quotes just read from the store; return those that are new to the board.

        `now` is wall time, `counted_s` the other clock's reading at the same moment, both in seconds. `is_proven`:
        it is known who said them. What is not takes the place of nothing that is and still holds.
        """
        news = []
        for quote in quotes:
            if self._is_news(quote, now, counted_s, is_proven):
                life_s = min(quote.deadline - now, quote.deadline - quote.confirmed_at)
                deadline = counted_s + max(0.0, life_s)
                self._receipts[quote.context, quote.offering] = _Receipt(quote, deadline, is_proven)
                news.append(quote)
        self._forget_old(now)
        return tuple(news)

    def observe(self, now: float, counted_s: float) -> QuoteBoard:
        """Return the board at one moment; what the counting clock holds for expired has a passed deadline."""
        return QuoteBoard(
            {key: _age(receipt, now, counted_s) for key, receipt in self._receipts.items()},
            frozenset(key for key, receipt in self._receipts.items() if not receipt.is_proven),
        )

    def _is_news(self, quote: Quote, now: float, counted_s: float, is_proven: bool) -> bool:
        receipt = self._receipts.get((quote.context, quote.offering))
        if receipt is None:
            return len(self._receipts) < MAX_QUOTES
        if (quote, is_proven) == (receipt.quote, receipt.is_proven):
            return False
        # After the wall clock was set back, the old quote lies in the future and must not block the new ones.
        is_obsolete = counted_s >= receipt.counted_deadline or not receipt.quote.is_usable(now)
        if is_proven != receipt.is_proven:
            return is_proven or is_obsolete
        return is_obsolete or quote.confirmed_at >= receipt.quote.confirmed_at

    def _forget_old(self, now: float) -> None:
        for key in [
            key for key, receipt in self._receipts.items() if now - receipt.quote.deadline > FORGET_AFTER_S
        ]:
            del self._receipts[key]


def _age(receipt: _Receipt, now: float, counted_s: float) -> Quote:
    """Return the quote as old as it is by the clock that makes it older: where that is the counting one, its times
    are moved back on the wall clock that was set back. One from the future stays there, where nobody believes it.
    """
    quote = receipt.quote
    ahead_s = quote.deadline - (now + receipt.counted_deadline - counted_s)
    if ahead_s <= CLOCK_AGREEMENT_S:
        return quote
    is_of_the_future = quote.confirmed_at - now > MAX_CLOCK_SKEW_S
    confirmed_at = quote.confirmed_at if is_of_the_future else quote.confirmed_at - ahead_s
    return replace(quote, confirmed_at=confirmed_at, deadline=quote.deadline - ahead_s)
