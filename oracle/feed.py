"""Source -> sanity -> store, one refresh at a time, by whoever holds the feed lease.

Several instances may share one store. Each says which bindings it wants priced; the one that holds the lease
prices them all, so that everybody sees the same numbers; when it dies, the lease runs out and another takes
over. The others may have been given other sources: each reports whether what it sees is the market that it means.
This file decides what happens in one refresh; when to refresh is the oracle's business, so that tests
need no time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from oracle.binding import Binding
from oracle.bounds import MAX_LIFE_S
from oracle.foundation.clocks import Clocks
from oracle.instance import Instance, describe_holder, find_market, format_holder
from oracle.market import Offering, to_row
from oracle.possible_price import find_absolute_reason
from oracle.price_history import PricePoint
from oracle.quotes import Origin, Quote, make_origin
from oracle.sanity import RefusedPrice, SanityGate
from oracle.settings import OracleSettings
from oracle.sources.base import Observation, PriceSource
from oracle.store.base import FeedLease, FeedMessage, HistorySample, QuoteStore

#: How long an instance's wishes outlive it, in lives of a quote. Two, so that one failed refresh drops no
#: context.
WISH_LIVES = 2.0


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What one refresh did."""

    is_generating: bool
    generator: str | None
    #: Whether the generator's prices are of another market than those that this instance could generate.
    is_other_market: bool = False
    refusals: tuple[RefusedPrice, ...] = ()


class Feed:
    """Prices what is bound. Owned by one task; outlives connections, so that nothing is judged afresh."""

    def __init__(
        self, source: PriceSource | None, settings: OracleSettings, clocks: Clocks, instance: Instance
    ) -> None:
        self.source = source
        self.settings = settings
        self.clocks = clocks
        self._holder = format_holder(instance, None if source is None else source.market_id)
        self._gate = SanityGate()
        self._kept_at: dict[Offering, float] = {}
        self._sequence = 0
        #: What all want priced, as it was read last; in order, as sorting 100,000 takes a second.
        self._wanted: frozenset[Binding] = frozenset()
        self._in_order: tuple[Binding, ...] = ()
        #: What this instance has published and still holds: a message says all of it.
        self._standing: dict[tuple[str, Offering], Quote] = {}

    async def refresh(self, store: QuoteStore, bindings: Iterable[Binding]) -> FeedReport:
        """Take one step. Raises: StoreUnavailable, WriteRefused, and any OracleError of the source."""
        now = self.clocks.wall()
        wish_end = now + WISH_LIVES * self.settings.quote_life_s
        await store.register_bindings(self._holder, bindings, wish_end)
        if self.source is None:
            held = await store.read_lease()
            return FeedReport(False, None if held is None else describe_holder(held.holder))
        lease = await store.acquire_lease(self._holder, self.settings.lease_s, now)
        if lease.holder != self._holder:
            self._standing.clear()
            is_other_market = find_market(lease.holder) != self.source.market_id
            return FeedReport(False, describe_holder(lease.holder), is_other_market)
        return await self._generate(store, self.source, lease)

    async def release(self, store: QuoteStore) -> None:
        """Leave in an orderly way: the next instance takes over at once and prices nothing for this one."""
        await store.register_bindings(self._holder, (), expires_at=self.clocks.wall())
        await store.release_lease(self._holder)

    def remember(self, quotes: Iterable[Quote]) -> None:
        """Learn from quotes of other instances what a price was before this one generated any.

        Only from quotes of a source like its own: what another one said makes no price of this one doubtful.
        """
        if self.source is None:
            return
        names = self.source.names
        for quote in quotes:
            if quote.source in names:
                self._gate.remember(quote.offering, quote.usd_per_hour)

    async def _generate(self, store: QuoteStore, source: PriceSource, lease: FeedLease) -> FeedReport:
        wanted = await store.read_bindings(self.clocks.wall())
        now = self.clocks.wall()
        if wanted != self._wanted:
            self._wanted, self._in_order = wanted, tuple(sorted(wanted, key=_write_order))
        offerings = dict.fromkeys(binding.offering for binding in self._in_order)
        observations = await source.observe(tuple(offerings), now)
        believed, refusals = self._gate.judge(observations, lambda offering: source.on_demand(offering, now))
        self._stand(self._to_quotes(believed, source), wanted)
        samples = self._choose_samples(believed, source)
        message = self._compose_message(source, lease)
        is_holder = await store.publish(message, samples, message.published_at)
        generator = describe_holder(self._holder) if is_holder else None
        return FeedReport(is_holder, generator, refusals=refusals)

    def _stand(self, quotes: Iterable[Quote], wanted: frozenset[Binding]) -> None:
        """Let quotes take the place of those before; what was not said anew stands until its deadline."""
        wished = {(binding.context, binding.offering) for binding in wanted}
        self._standing = {key: quote for key, quote in self._standing.items() if key in wished}
        self._standing |= {(quote.context, quote.offering): quote for quote in quotes}

    def _compose_message(self, source: PriceSource, lease: FeedLease) -> FeedMessage:
        now = self.clocks.wall()
        self._standing = {key: quote for key, quote in self._standing.items() if quote.deadline > now}
        self._sequence += 1
        quotes = tuple(self._standing.values())
        known = {one: _find_sayable(source, one, now) for one in {quote.offering for quote in quotes}}
        return FeedMessage(
            lease, self._sequence, now, quotes, tuple(known[quote.offering] for quote in quotes)
        )

    def _to_quotes(self, believed: Iterable[Observation], source: PriceSource) -> tuple[Quote, ...]:
        observation_by_offering = {observation.offering: observation for observation in believed}
        quotes = []
        for binding in self._in_order:
            observation = observation_by_offering.get(binding.offering)
            if observation is not None:
                quotes.append(self._to_quote(binding.context, observation, source))
        return tuple(quotes)

    def _to_quote(self, context: str, observation: Observation, source: PriceSource) -> Quote:
        confirmed_at, deadline = observation.confirmed_at, observation.deadline
        origin = _find_origin(observation, source)
        if deadline is None:
            deadline = confirmed_at + self.settings.quote_life_s
        return Quote(
            context,
            observation.offering,
            observation.usd_per_hour,
            observation.in_force_since,
            confirmed_at,
            min(deadline, confirmed_at + MAX_LIFE_S),
            origin.source,
            origin.mode,
            observation.playback,
            observation.interruption,
            observation.obtainability,
            observation.dispute,
        )

    def _choose_samples(
        self, believed: Iterable[Observation], source: PriceSource
    ) -> tuple[HistorySample, ...]:
        samples = []
        for observation in believed:
            kept_at = self._kept_at.get(observation.offering)
            # The absolute difference: after the clock was set back, history goes on at once.
            if kept_at is None or abs(observation.confirmed_at - kept_at) >= self.settings.history_step_s:
                self._kept_at[observation.offering] = observation.confirmed_at
                origin = _find_origin(observation, source)
                point = PricePoint(observation.confirmed_at, observation.usd_per_hour, origin)
                samples.append(HistorySample(observation.offering, point))
        return tuple(samples)


def _write_order(binding: Binding) -> str:
    """Return a text that orders bindings: texts are compared ten times as fast as they are."""
    return "\0".join((binding.context, *to_row(binding.offering)))


def _find_origin(observation: Observation, source: PriceSource) -> Origin:
    return observation.origin or make_origin(source.name, source.mode)


def _find_sayable(source: PriceSource, offering: Offering, now: float) -> Decimal | None:
    """Return what a machine costs on demand, if that is a price that any reader takes."""
    price = source.on_demand(offering, now)
    return None if price is None or find_absolute_reason(price) is not None else price
