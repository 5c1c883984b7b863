"""The oracle as the rest of the program sees it: say what is bound, read the board, wait for changes.

`open_oracle` returns at once and keeps everything going in the background: it starts or finds the store,
feeds it, follows what the store pushes, and comes back by itself after any outage. While the store is away
nothing is invented: quotes age and expire, and `status` says why.

All of it belongs to one asyncio loop; only the frozen values that it hands out may cross to other threads.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from oracle.binding import Binding
from oracle.board import LiveBoard
from oracle.bounds import MAX_CLOCK_SKEW_S
from oracle.errors import EmbeddedServerError, OracleError, StoreUnavailable, WriteRefused
from oracle.feed import Feed, FeedReport
from oracle.feed_reader import FeedReader
from oracle.foundation.clocks import SYSTEM_CLOCKS, Clocks
from oracle.foundation.key_ring import KeyRing
from oracle.foundation.reason import Reason
from oracle.foundation.running import OUTER_RETRY_S, end_tasks, run_until_one_ends
from oracle.instance import Instance
from oracle.market import Offering
from oracle.possible_price import find_absolute_reason
from oracle.price_history import SPAN_S, PriceHistory, PricePoint
from oracle.quotes import Origin, PriceMode, Quote, QuoteBoard, make_origin
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.sources.base import PriceSource
from oracle.status import OracleStatus
from oracle.store.base import FeedBatch, QuoteStore, StoreFacts, StoreHost
from oracle.store.codec import is_storable

logger = logging.getLogger(__name__)

#: Seconds between two attempts to reach the store: the first at once, then doubling. The last is what a
#: person waits at most after they have started Redis again.
FIRST_RETRY_S, LAST_RETRY_S = 0.2, 5.0
#: How far back the source is asked for prices where the store has none. Arbitrary; fills a chart. What a live source
#: knows of the past is there already, and fills all of it.
RECALL_S, LIVE_RECALL_S = 900.0, SPAN_S
#: Stored histories that are read at once: a few milliseconds of the loop.
HISTORIES_AT_ONCE = 25
#: Seconds between two announcements while histories are read: each has the engine look at everything.
TELL_HISTORIES_EVERY_S = 0.5
#: Refused prices that the status lists; a source that is wrong altogether is as clear after twenty.
MAX_TOLD_REFUSALS = 20


class Oracle:
    """Prices, their history and their trustworthiness. Made by `open_oracle`; for its loop only."""

    def __init__(self, feed: Feed, host: StoreHost) -> None:
        self._feed = feed
        self._host = host
        self._settings, self._source, self._clocks = feed.settings, feed.source, feed.clocks
        self._live_board = LiveBoard()
        self._reader = FeedReader(feed.settings, host.facts)
        self._histories: dict[tuple[str, Offering], PriceHistory] = {}
        self._unread_histories: set[tuple[str, Offering]] = set()
        self._bindings: frozenset[Binding] = frozenset()
        self._unstorable_count = 0
        self._revision = 0
        self._changed = asyncio.Event()
        self._is_refresh_due = asyncio.Event()
        self._report = FeedReport(is_generating=False, generator=None)
        self._is_up = False
        self._clock_difference_s: float | None = None
        self._reason: Reason | None = OracleCode.STORE_STARTING.because()
        #: Why the last refresh brought no prices although somebody answered; outlives the connection.
        self._feed_reason: Reason | None = None
        #: Whether the last refresh found nobody who generates, and this instance does not.
        self._lacks_publisher = False
        self._status = self._compose_status()

    def set_bindings(self, bindings: Iterable[Binding]) -> None:
        """Replace what is to be priced; new contexts get their prices at once, not at the next refresh.

        Bindings with names that no store can keep stay without a price; a notice says how many.
        """
        given = frozenset(bindings)
        wanted = frozenset(filter(is_storable, given))
        self._unstorable_count = len(given) - len(wanted)
        if wanted == self._bindings:
            return
        self._bindings = wanted
        bound = {(binding.context, binding.offering) for binding in wanted}
        self._unread_histories |= bound - self._histories.keys()
        # What is bound no more is not remembered, so that contexts that come and go leave nothing.
        self._histories = {
            key: self._histories.get(key) or PriceHistory(step_s=self._settings.history_step_s)
            for key in bound
        }
        self._is_refresh_due.set()

    def board(self) -> QuoteBoard:
        """Return the newest quotes, judged by both clocks at this moment."""
        return self._live_board.observe(self._clocks.wall(), self._clocks.counting())

    @property
    def revision(self) -> int:
        """Grows with every change of quotes or status; for `wait_for_change`."""
        return self._revision

    async def wait_for_change(self, since: int | None = None) -> int:
        """Return the revision once it differs from `since` (None: from now). Mere ageing is no change."""
        known = self._revision if since is None else since
        while self._revision == known:
            await self._changed.wait()
        return self._revision

    def history(self, context: str, offering: Offering) -> Sequence[PricePoint]:
        """Return what a bound context saw, oldest first: bounded, finer for recent times. Empty if not bound."""
        history = self._histories.get((context, offering))
        return () if history is None else history.points

    def has_read_history(self, context: str, offering: Offering) -> bool:
        """Whether what the store holds of a bound context is in its history."""
        key = (context, offering)
        return key in self._histories and key not in self._unread_histories

    def add_history(self, context: str, offering: Offering, points: Iterable[PricePoint]) -> None:
        """Add points of the past that the store does not hold; those of another origin than its own are left out."""
        history = self._histories.get((context, offering))
        if history is not None:
            history.merge(points)

    def on_demand(self, offering: Offering) -> Decimal | None:
        """Return the on-demand price of the same machine in USD per hour, None where it is unknown.

        Only our own source knows it: of a market that others generate from another one, nothing is known.
        """
        if self._source is None or self._report.is_other_market:
            return None
        return self._source.on_demand(offering, self._clocks.wall())

    @property
    def status(self) -> OracleStatus:
        """How store, feed and source are now."""
        return self._status

    async def keep_running(self) -> None:
        """Serve until cancelled: connect, follow and feed; after an outage wait, and begin again."""
        retry_s = FIRST_RETRY_S
        while True:
            try:
                await self._serve_one_connection()
            except (StoreUnavailable, EmbeddedServerError) as error:
                retry_s = FIRST_RETRY_S if self._is_up else min(2 * retry_s, LAST_RETRY_S)
                self._set_down(error.reason)
            except Exception as error:
                # The edge of the task: a fault of our own must not end the prices for the rest of the day.
                logger.exception("the oracle stumbled and starts again")
                retry_s = LAST_RETRY_S
                self._set_down(OracleCode.ORACLE_BROKE.because(detail=repr(error)))
            await asyncio.sleep(retry_s)

    async def _serve_one_connection(self) -> None:
        store = await self._host.connect()
        try:
            self._clock_difference_s = await self._compare_clocks(store)
            await run_until_one_ends(self._follow(store), self._keep_feeding(store))
        finally:
            await store.aclose()

    async def _compare_clocks(self, store: QuoteStore) -> float | None:
        """Return by how many seconds the store's wall clock is ahead of ours, None where it gives none."""
        before = self._clocks.wall()
        theirs = await store.read_clock()
        # Half of the way there and back lies behind the reading.
        return None if theirs is None else theirs - (before + self._clocks.wall()) / 2

    async def _follow(self, store: QuoteStore) -> None:
        """Put on the board what the store pushes. Ends only by an error."""
        self._unread_histories |= {(binding.context, binding.offering) for binding in self._bindings}
        async for batch in store.subscribe():
            has_news = self._take_in(batch)
            if not self._is_up:
                self._is_up, self._reason = True, None
            self._announce(has_news=has_news)

    def _take_in(self, batch: FeedBatch) -> bool:
        """Put on the board what is believed of a batch; return whether anything of it is new."""
        now, counting = self._clocks.wall(), self._clocks.counting()
        has_news = False
        for accepted in self._reader.read(batch, now, self.on_demand):
            news = self._live_board.receive(accepted.quotes, now, counting, is_proven=accepted.is_proven)
            if accepted.is_proven:
                self._feed.remember(news)
            self._append_to_histories(news)
            has_news = has_news or bool(news)
        return has_news

    async def _keep_feeding(self, store: QuoteStore) -> None:
        try:
            while True:
                self._is_refresh_due.clear()
                await self._refresh(store)
                await self._read_missing_histories(store)
                await self._wait_for_refresh()
        except asyncio.CancelledError:
            await self._leave(store)
            raise

    async def _refresh(self, store: QuoteStore) -> None:
        reason: Reason | None = None
        try:
            self._report = await self._feed.refresh(store, self._bindings)
            self._lacks_publisher = self._source is None and self._report.generator is None
        except StoreUnavailable:
            raise
        except WriteRefused as error:
            self._report = FeedReport(is_generating=False, generator=None)
            reason = error.reason
        except OracleError as error:
            reason = OracleCode.SOURCE_FAILED.because(why=error.reason)
        self._feed_reason = reason
        self._announce(has_news=False)

    def _find_missing_publisher(self) -> Reason | None:
        """Say what to do where this instance only reads and nobody writes, as long as no quote comes.

        A failover between others is none.
        """
        if not self._lacks_publisher or self._has_usable_quotes():
            return None
        return OracleCode.NOBODY_PUBLISHES.because(location=self._host.facts.location)

    def _has_usable_quotes(self) -> bool:
        return self._live_board.has_usable(self._clocks.wall(), self._clocks.counting())

    async def _wait_for_refresh(self) -> None:
        try:
            async with asyncio.timeout(self._settings.refresh_s):
                await self._is_refresh_due.wait()
        except TimeoutError:
            pass  # the regular refresh is due

    async def _leave(self, store: QuoteStore) -> None:
        try:
            await self._feed.release(store)
        except OracleError as error:
            logger.debug("the feed lease was not given back and runs out by itself: %s", error)

    async def _read_missing_histories(self, store: QuoteStore) -> None:
        told_at = self._clocks.counting()
        while self._unread_histories:
            # Taken out once: a set from which the first ones were removed is slow to find its next ones.
            unread = tuple(self._unread_histories)
            for first in range(0, len(unread), HISTORIES_AT_ONCE):
                await self._read_histories(store, unread[first : first + HISTORIES_AT_ONCE])
                if self._clocks.counting() - told_at >= TELL_HISTORIES_EVERY_S:
                    told_at = self._clocks.counting()
                    self._announce(has_news=True)
            self._announce(has_news=True)

    async def _read_histories(self, store: QuoteStore, keys: Sequence[tuple[str, Offering]]) -> None:
        stored = await store.read_histories([offering for _, offering in keys])
        for key, points in zip(keys, stored, strict=True):
            self._take_in_history(key, points)
        self._unread_histories.difference_update(keys)

    def _take_in_history(self, key: tuple[str, Offering], points: Iterable[PricePoint]) -> None:
        history, now = self._histories.get(key), self._clocks.wall()
        if history is None:
            return
        history.merge(_choose_possible(points, now))
        known_since = history.points[0].observed_at if history.points else now
        history.merge(_choose_possible(self._recall(key[1], known_since, now), now))

    def _recall(self, offering: Offering, known_since: float, now: float) -> tuple[PricePoint, ...]:
        """Return what our source knows from before the store's history, if the prices are ours at all."""
        if self._source is None or not self._report.is_generating:
            return ()
        step_s = max(self._settings.history_step_s, 1.0)
        origin = make_origin(self._source.name, self._source.mode)
        back_s = LIVE_RECALL_S if self._source.mode is PriceMode.LIVE else RECALL_S
        recalled = self._source.recall(offering, now - back_s, known_since, step_s)
        return tuple(replace(point, origin=point.origin or origin) for point in recalled)

    def _append_to_histories(self, quotes: Iterable[Quote]) -> None:
        for said_by, run in groupby(quotes, key=attrgetter("source", "mode")):
            origin = make_origin(*said_by)
            for quote in run:
                history = self._histories.get((quote.context, quote.offering))
                if history is not None and history.is_due(quote.confirmed_at, origin):
                    self._append_to_history(history, quote, origin)

    def _append_to_history(self, history: PriceHistory, quote: Quote, origin: Origin) -> None:
        if not history.points or history.points.origin != origin:
            # Store and source may know what this origin said before.
            self._unread_histories.add((quote.context, quote.offering))
        history.append(PricePoint(quote.confirmed_at, quote.usd_per_hour, origin))

    def _set_down(self, reason: Reason) -> None:
        self._is_up, self._reason = False, reason
        self._report = FeedReport(is_generating=False, generator=None)
        self._announce(has_news=False)

    def _announce(self, has_news: bool) -> None:
        status = self._compose_status()
        if has_news or status != self._status:
            self._status = status
            self._revision += 1
            self._changed.set()
            self._changed = asyncio.Event()

    def _compose_status(self) -> OracleStatus:
        facts: StoreFacts = self._host.facts
        return OracleStatus(
            kind=facts.kind,
            is_up=self._is_up,
            location=facts.location,
            reason=self._reason or self._feed_reason or self._find_missing_publisher(),
            is_durable=facts.is_durable,
            is_shared=facts.is_shared,
            is_generating=self._report.is_generating,
            generator=self._report.generator,
            source=None if self._source is None else self._source.name,
            displacement=self._find_displacement(),
            clock_difference_s=self._clock_difference_s,
            notices=tuple(self._list_notices(facts)),
            services=() if self._source is None else self._source.statuses,
        )

    def _find_displacement(self) -> Reason | None:
        if self._source is None or not self._report.is_other_market:
            return None
        sources, own, generator = sorted(self._list_sources()), self._source.name, self._report.generator
        if not sources:
            return OracleCode.OTHER_MARKET.because(generator=generator, own_source=own)
        code = OracleCode.OTHER_WORLD if self._source.names & set(sources) else OracleCode.OTHER_SOURCE
        return code.because(sources=tuple(sources), generator=generator, own_source=own)

    def _list_sources(self) -> set[str]:
        """Return who says the prices of what is bound, as far as they may be believed."""
        now, quotes = self._clocks.wall(), self.board().quotes
        bound = (quotes.get((binding.context, binding.offering)) for binding in self._bindings)
        return {quote.source for quote in bound if quote is not None and quote.is_usable(now)}

    def _list_notices(self, facts: StoreFacts) -> Iterator[Reason]:
        yield from facts.notices
        if self._unstorable_count:
            yield OracleCode.NAMES_UNSTORABLE.because(count=self._unstorable_count)
        if self._source is not None and not self._report.is_other_market:
            yield from self._source.notices
        refused = self._report.refusals[:MAX_TOLD_REFUSALS]
        yield from (refusal.reason for refusal in refused)
        told = {refusal.observation.offering for refusal in refused}
        yield from self._reader.list_notices(self._clocks.wall(), told)


@asynccontextmanager
async def open_oracle(
    settings: OracleSettings,
    source: PriceSource | None,
    clocks: Clocks = SYSTEM_CLOCKS,
    *,
    ring: KeyRing | None = None,
    host: StoreHost | None = None,
    instance: Instance | None = None,
) -> AsyncIterator[Oracle]:
    """Run an oracle for as long as the block lasts; entering does not wait for the store.

    Args:
        source: what this instance can generate prices from; None reads only. It is closed at the end.
        ring: signs what is published in a shared store, and says what there was signed; None: nothing is.
        host: where the store comes from; None takes what the settings say. It is closed at the end.
        instance: who this is, to others that share the store; None takes this process.
    Raises: StoreUrlError at once for an address that can never work. Outages are no errors; see
    `Oracle.status`.
    """
    host = host or _make_host(settings, source, ring)
    oracle = Oracle(Feed(source, settings, clocks, instance or _make_instance()), host)
    task = asyncio.create_task(oracle.keep_running(), name="oracle")
    try:
        yield oracle
    finally:
        await end_tasks({task}, OUTER_RETRY_S)
        if source is not None:
            await source.aclose()
        await host.aclose()


def _make_host(settings: OracleSettings, source: PriceSource | None, ring: KeyRing | None) -> StoreHost:
    # Imported here: redis.asyncio takes half a second, which the window's first frame does not wait for.
    if settings.redis_url is not None:
        from oracle.store.remote import RemoteHost

        return RemoteHost(settings.redis_url, settings, ring)
    from oracle.store.embedded import EmbeddedHost

    if source is None:
        return EmbeddedHost(settings)
    # All programs of a user share this server; each is to see the market that it was given, and to find it again.
    return EmbeddedHost(replace(settings, key_prefix=f"{settings.key_prefix}:{source.market_id}"))


def _make_instance() -> Instance:
    return Instance(socket.gethostname(), os.getpid(), secrets.token_hex(4))


def _choose_possible(points: Iterable[PricePoint], now: float) -> Iterator[PricePoint]:
    """Yield the points that something can have cost by wall time `now`, whether a store or a service tells them."""
    for point in points:
        if point.observed_at <= now + MAX_CLOCK_SKEW_S and find_absolute_reason(point.usd_per_hour) is None:
            yield point
