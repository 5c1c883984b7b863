"""The newest quote of every offering, judged by this machine's own two clocks. Pure.

A quote's deadline is wall time, and wall clocks jump. The board therefore also measures, on the clock that counts
sleep and never jumps, how long ago it received the quote: whichever clock says "expired" is believed. It can make
a price older, never younger.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from operator import attrgetter

from msgspec import structs

from oracle.bounds import MAX_CLOCK_SKEW_S, MAX_QUOTES
from oracle.market import Offering
from oracle.quotes import Quote, QuoteBoard

#: Two clocks of one machine that drift less than this agree. Seconds; keeps a deadline's digits still between
#: snapshots.
CLOCK_AGREEMENT_S = 0.25
#: An expired quote is still shown, with its age, for so long after its deadline; then it is forgotten.
#: Arbitrary.
FORGET_AFTER_S = 86_400.0
#: Seconds between two looks for what is to be forgotten: it is a look at each quote.
FORGET_EVERY_S = 60.0
_CONTEXT, _OFFERING = attrgetter("context"), attrgetter("offering")
_CONFIRMED_AT, _DEADLINE = attrgetter("confirmed_at"), attrgetter("deadline")


class LiveBoard:
    """Keeps what the store pushes. Owned by one task; `observe` hands out frozen snapshots.

    All is kept by (context, offering). A quote's lead is by how much its deadline on the wall clock is ahead of its
    counted deadline, after which it is not believed whatever the wall clock says.
    """

    def __init__(self) -> None:
        self._quotes: dict[tuple[str, Offering], Quote] = {}
        self._leads: dict[tuple[str, Offering], float] = {}
        #: None is longer than this, so that most looks need no look at each.
        self._longest_lead = -math.inf
        #: Whether somebody was handed these very quotes.
        self._is_lent = False
        #: Of which it is not known who said them.
        self._unproven: set[tuple[str, Offering]] = set()
        self._forgot_at = 0.0

    def receive(
        self, quotes: Iterable[Quote], now: float, counted_s: float, *, is_proven: bool
    ) -> tuple[Quote, ...]:
        """Take in quotes just read from the store; return those that are new to the board.

        `now` is wall time, `counted_s` the other clock's reading at the same moment, both in seconds. `is_proven`:
        it is known who said them. What is not takes the place of nothing that is and still holds.
        """
        given = tuple(quotes)
        news = given
        if not self._receive_newer(given, now, counted_s, is_proven=is_proven):
            news = tuple(self._receive_each(given, now, counted_s, is_proven=is_proven))
        if abs(now - self._forgot_at) >= FORGET_EVERY_S:
            self._forget_old(now)
        return news

    def observe(self, now: float, counted_s: float) -> QuoteBoard:
        """Return the board at one moment; what the counting clock holds for expired has a passed deadline."""
        lead = now - counted_s + CLOCK_AGREEMENT_S
        if self._longest_lead <= lead:
            self._is_lent = True
            return QuoteBoard(self._quotes, frozenset(self._unproven))
        self._longest_lead = max(self._leads.values(), default=-math.inf)
        ahead = {key: known - (now - counted_s) for key, known in self._leads.items() if known > lead}
        quotes = self._quotes | {key: _age(self._quotes[key], now, ahead_s) for key, ahead_s in ahead.items()}
        return QuoteBoard(quotes, frozenset(self._unproven))

    def has_usable(self, now: float, counted_s: float) -> bool:
        """Whether an action may rest on any quote at one moment, by both clocks: mostly a look at the first of them."""
        lead = now - counted_s
        for key, quote in self._quotes.items():
            ahead_s = self._leads[key] - lead
            if (quote if ahead_s <= CLOCK_AGREEMENT_S else _age(quote, now, ahead_s)).is_usable(now):
                return True
        return False

    def _receive_newer(
        self, given: tuple[Quote, ...], now: float, counted_s: float, *, is_proven: bool
    ) -> bool:
        """Take in quotes all at once, as there are thousands, if each surely is news; return whether it was."""
        if not given or not is_proven or self._unproven:
            return False
        if not max(map(_CONFIRMED_AT, given)) <= now < min(map(_DEADLINE, given)):
            return False
        keys = zip(map(_CONTEXT, given), map(_OFFERING, given), strict=True)
        quotes = dict(zip(keys, given, strict=True))
        before = tuple(map(self._quotes.get, quotes))
        if (
            len(quotes) < len(given)
            or len(self._quotes) + before.count(None) > MAX_QUOTES
            or not all(
                known is None or quote.confirmed_at > known.confirmed_at
                for quote, known in zip(given, before, strict=True)
            )
        ):
            return False
        self._take_back()
        self._quotes |= quotes
        # Each was confirmed before this moment and still holds, so its deadline is as far away on both clocks.
        self._leads |= dict.fromkeys(quotes, now - counted_s)
        self._longest_lead = max(self._longest_lead, now - counted_s)
        return True

    def _receive_each(
        self, given: tuple[Quote, ...], now: float, counted_s: float, *, is_proven: bool
    ) -> Iterator[Quote]:
        self._take_back()
        for quote in given:
            key = (quote.context, quote.offering)
            before = self._quotes.get(key)
            if before is None:
                is_news = len(self._quotes) < MAX_QUOTES
            else:
                is_news = self._is_news(key, before, quote, now, counted_s, is_proven)
            if not is_news:
                continue
            life_s = max(0.0, min(quote.deadline - now, quote.deadline - quote.confirmed_at))
            self._quotes[key] = quote
            self._leads[key] = quote.deadline - (counted_s + life_s)
            self._longest_lead = max(self._longest_lead, self._leads[key])
            if not is_proven:
                self._unproven.add(key)
            elif self._unproven:
                self._unproven.discard(key)
            yield quote

    def _take_back(self) -> None:
        """Leave those who have a board with what they have, before it changes."""
        if self._is_lent:
            self._quotes, self._is_lent = self._quotes.copy(), False

    def _is_news(
        self,
        key: tuple[str, Offering],
        before: Quote,
        quote: Quote,
        now: float,
        counted_s: float,
        is_proven: bool,
    ) -> bool:
        was_proven = not self._unproven or key not in self._unproven
        if is_proven == was_proven:
            if quote.confirmed_at > before.confirmed_at:
                return True
            if quote == before:
                return False
        # After the wall clock was set back, the old quote lies in the future and must not block the new ones.
        is_obsolete = counted_s >= before.deadline - self._leads[key] or not before.is_usable(now)
        if is_proven != was_proven:
            return is_proven or is_obsolete
        return is_obsolete or quote.confirmed_at >= before.confirmed_at

    def _forget_old(self, now: float) -> None:
        self._forgot_at = now
        self._take_back()
        for key in [key for key, quote in self._quotes.items() if now - quote.deadline > FORGET_AFTER_S]:
            del self._quotes[key], self._leads[key]
            self._unproven.discard(key)


def _age(quote: Quote, now: float, ahead_s: float) -> Quote:
    """Return the quote as old as it is by the clock that makes it older: where that is the counting one, its times
    are moved back on the wall clock that was set back. One from the future stays there, where nobody believes it.
    """
    is_of_the_future = quote.confirmed_at - now > MAX_CLOCK_SKEW_S
    confirmed_at = quote.confirmed_at if is_of_the_future else quote.confirmed_at - ahead_s
    return structs.replace(quote, confirmed_at=confirmed_at, deadline=quote.deadline - ahead_s)
