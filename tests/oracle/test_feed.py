"""One refresh at a time, against a store that keeps everything in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from oracle.binding import Binding
from oracle.errors import StoreUnavailable
from oracle.feed import Feed, FeedReport
from oracle.instance import Instance
from oracle.market import Offering
from oracle.quotes import Dispute, Origin, PriceMode
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.sources.base import Observation
from tests.oracle.fakes import (
    DUBLIN,
    NOON,
    VIRGINIA,
    ManualClocks,
    MemoryStore,
    ScriptedSource,
    bind,
    make_quote,
)

SETTINGS = OracleSettings(refresh_s=2.0, quote_life_s=20.0, lease_s=6.0, history_step_s=10.0)
HERE, THERE = Instance("here", 1, "aa"), Instance("there", 2, "bb")


@dataclass
class World:
    """One store, one clock, and the feeds of two instances with sources of their own."""

    time: ManualClocks = field(default_factory=ManualClocks)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.time)
        self.source = ScriptedSource({VIRGINIA: Decimal("0.16"), DUBLIN: Decimal("0.23")}, Decimal("0.4"))
        self.other_source = ScriptedSource({VIRGINIA: Decimal("0.30")}, Decimal("0.4"))
        self.here = Feed(self.source, SETTINGS, self.time.clocks, HERE)
        self.there = Feed(self.other_source, SETTINGS, self.time.clocks, THERE)

    def refresh(self, feed: Feed, *bindings: Binding) -> FeedReport:
        return asyncio.run(feed.refresh(self.store, bindings))

    def price_of(self, context: str, offering: Offering = VIRGINIA) -> Decimal | None:
        quote = self.store.quotes.get((context, offering))
        return None if quote is None else quote.usd_per_hour


@pytest.fixture
def world() -> World:
    return World()


def test_every_quote_names_its_source_and_its_deadline(world: World) -> None:
    world.refresh(world.here, *bind("blue"))
    quote = world.store.quotes["blue", VIRGINIA]
    assert quote == make_quote(usd_per_hour="0.16")


def test_offering_of_two_contexts_is_observed_once(world: World) -> None:
    world.refresh(world.here, *bind("blue", "red"))
    assert world.source.asked == [(VIRGINIA,)]
    assert world.price_of("blue") == world.price_of("red") == Decimal("0.16")


def test_only_the_holder_of_the_lease_generates(world: World) -> None:
    assert world.refresh(world.here, *bind("blue")).is_generating
    report = world.refresh(world.there, *bind("blue"))
    assert report == FeedReport(is_generating=False, generator="process 1 on here")
    assert world.other_source.asked == []
    assert world.price_of("blue") == Decimal("0.16")


def test_who_means_another_market_is_told_so(world: World) -> None:
    other = ScriptedSource({VIRGINIA: Decimal("0.30")}, market_id="another")
    world.refresh(world.here, *bind("blue"))
    report = world.refresh(Feed(other, SETTINGS, world.time.clocks, THERE), *bind("blue"))
    assert report == FeedReport(is_generating=False, generator="process 1 on here", is_other_market=True)


def test_holder_prices_what_others_have_bound(world: World) -> None:
    world.refresh(world.here, *bind("blue"))
    world.refresh(world.there, *bind("red", offering=DUBLIN))
    world.refresh(world.here, *bind("blue"))
    assert world.price_of("red", DUBLIN) == Decimal("0.23")


def test_other_instance_takes_over_when_the_lease_runs_out(world: World) -> None:
    world.refresh(world.here, *bind("blue"))
    world.time.pass_time(SETTINGS.lease_s)
    assert world.refresh(world.there, *bind("blue")).is_generating
    assert world.price_of("blue") == Decimal("0.30")


def test_other_instance_takes_over_at_once_after_an_orderly_end(world: World) -> None:
    world.refresh(world.here, *bind("blue"))
    asyncio.run(world.here.release(world.store))
    assert world.refresh(world.there).is_generating
    assert world.price_of("blue") == Decimal("0.16"), "nobody wishes it any more, the old quote runs out"


def test_instance_that_was_frozen_writes_nothing_when_it_wakes(world: World) -> None:
    class SlowSource(ScriptedSource):
        async def observe(self, offerings: Iterable[Offering], now: float):  # type: ignore[no-untyped-def]
            world.time.pass_time(60.0)
            await world.there.refresh(world.store, bind("blue"))
            return await super().observe(offerings, now)

    frozen = Feed(SlowSource({VIRGINIA: Decimal("0.1")}), SETTINGS, world.time.clocks, HERE)
    report = world.refresh(frozen, *bind("blue"))
    assert not report.is_generating
    assert world.price_of("blue") == Decimal("0.30")


def test_instance_without_a_source_only_reads(world: World) -> None:
    reader = Feed(None, SETTINGS, world.time.clocks, THERE)
    assert world.refresh(reader, *bind("blue")) == FeedReport(is_generating=False, generator=None)
    world.refresh(world.here)
    assert world.price_of("blue") == Decimal("0.16"), "its wishes are priced by those who can"


def test_refused_price_leaves_the_last_quote_to_run_out(world: World) -> None:
    world.refresh(world.here, *bind("blue"))
    world.source.prices[VIRGINIA] = Decimal("NaN")
    world.time.pass_time(2.0)
    report = world.refresh(world.here, *bind("blue"))
    assert [refusal.code for refusal in report.refusals] == [OracleCode.PRICE_NOT_FINITE]
    assert world.store.quotes["blue", VIRGINIA].deadline == NOON + 20.0


def test_a_message_says_all_that_holds_and_nothing_else(world: World) -> None:
    """Who starts later knows as much as who was there."""
    world.refresh(world.here, *bind("blue"), *bind("red", offering=DUBLIN))
    world.source.prices[VIRGINIA] = Decimal("NaN")
    world.time.pass_time(10.0)
    world.refresh(world.here, *bind("blue"), *bind("red", offering=DUBLIN))
    assert {quote.confirmed_at - NOON for quote in world.store.messages[-1].quotes} == {0.0, 10.0}
    world.time.pass_time(10.0)
    world.refresh(world.here, *bind("blue"), *bind("red", offering=DUBLIN))
    assert [quote.context for quote in world.store.messages[-1].quotes] == ["red"], "the other has expired"
    world.refresh(world.here)
    assert world.store.messages[-1].quotes == (), "nobody wants it any more"


def test_what_was_said_before_another_took_over_is_not_said_again(world: World) -> None:
    world.refresh(world.here, *bind("blue"))
    world.time.pass_time(SETTINGS.lease_s)
    world.refresh(world.there, *bind("blue"))
    world.refresh(world.here, *bind("blue"))
    asyncio.run(world.there.release(world.store))
    world.source.prices.clear()
    world.refresh(world.here, *bind("blue"))
    assert world.store.messages[-1].quotes == ()


def test_each_message_of_a_holder_has_a_higher_number_and_a_moment_of_its_own(world: World) -> None:
    for _ in range(3):
        world.refresh(world.here, *bind("blue"))
        world.time.pass_time(2.0)
    said = [(one.lease.term, one.sequence, one.published_at - NOON) for one in world.store.messages]
    assert said == [(1, 1, 0.0), (1, 2, 2.0), (1, 3, 4.0)]


@pytest.mark.parametrize(
    ("on_demand", "is_said"),
    [("0.4", True), ("0", False), ("0.40000000000000001", False), ("10089.67", False)],
)
def test_readers_learn_what_a_machine_costs_on_demand_where_that_can_be_said(
    world: World, on_demand: str, is_said: bool
) -> None:
    world.source.on_demand_price = None
    world.refresh(world.here, *bind("blue"))
    assert world.store.messages[-1].on_demand == (None,)
    world.source.on_demand_price = Decimal(on_demand)
    world.refresh(world.here, *bind("blue"))
    assert world.store.messages[-1].on_demand == (Decimal(on_demand) if is_said else None,)


def test_price_that_others_saw_before_a_failover_is_not_forgotten(world: World) -> None:
    world.there.remember([make_quote(usd_per_hour="0.05")])
    report = world.refresh(world.there, *bind("blue"))
    assert len(report.refusals) == 1
    world.time.pass_time(2.0)
    assert world.refresh(world.there, *bind("blue")).refusals == ()


def test_each_price_names_the_service_that_says_it_and_who_contradicts_it(world: World) -> None:
    world.source.origins = {VIRGINIA: Origin("AWS spot feed", PriceMode.LIVE)}
    world.source.dispute = Dispute("another list", Decimal("0.03"))
    world.refresh(world.here, *bind("blue"), *bind("red", offering=DUBLIN))
    quotes = world.store.quotes
    assert [quotes["blue", VIRGINIA].source, quotes["red", DUBLIN].source] == ["AWS spot feed", "script"]
    assert quotes["blue", VIRGINIA].dispute == world.source.dispute
    origins = {sample.offering: sample.point.origin for sample in world.store.samples}
    assert origins[VIRGINIA] == world.source.origins[VIRGINIA]


def test_what_one_of_its_own_services_said_before_a_failover_is_not_forgotten(world: World) -> None:
    world.other_source.names = frozenset({"AWS spot feed"})
    world.there.remember([make_quote(usd_per_hour="0.05", source="AWS spot feed")])
    assert len(world.refresh(world.there, *bind("blue")).refusals) == 1


def test_price_of_another_market_makes_no_price_doubtful(world: World) -> None:
    world.there.remember([make_quote(usd_per_hour="0.05", source="simulated market")])
    assert world.refresh(world.there, *bind("blue")).refusals == ()
    assert world.price_of("blue") == Decimal("0.30")


def test_history_takes_a_point_per_step(world: World) -> None:
    for _ in range(12):
        world.refresh(world.here, *bind("blue", "red"))
        world.time.pass_time(2.0)
    assert [sample.point.observed_at - NOON for sample in world.store.samples] == [0.0, 10.0, 20.0]


def test_history_goes_on_after_the_clock_was_set_back(world: World) -> None:
    world.refresh(world.here, *bind("blue"))
    world.time.set_wall(NOON - 86_400.0)
    world.refresh(world.here, *bind("blue"))
    assert len(world.store.samples) == 2


def test_outage_of_the_source_is_passed_on(world: World) -> None:
    world.source.failure = StoreUnavailable("cloud", OracleCode.STORE_ANSWERED.because(answer="down"))
    with pytest.raises(StoreUnavailable):
        world.refresh(world.here, *bind("blue"))


@pytest.mark.parametrize(
    ("said_s", "life_s"),
    [(None, 20.0), (60.0, 60.0), (10 * 86_400.0, 86_400.0)],
    ids=["as the settings say", "as the source says", "never more than a day"],
)
def test_quote_lives_from_its_confirmation_on(world: World, said_s: float | None, life_s: float) -> None:
    confirmed_at = NOON - 5.0
    deadline = None if said_s is None else confirmed_at + said_s
    seen = Observation(VIRGINIA, Decimal("0.16"), NOON - 9e6, confirmed_at, deadline)

    async def observe(offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        return (seen,)

    world.source.observe = observe  # type: ignore[method-assign]
    world.refresh(world.here, *bind("blue"))
    quote = world.store.quotes["blue", VIRGINIA]
    assert (quote.in_force_since, quote.confirmed_at) == (NOON - 9e6, confirmed_at)
    assert quote.deadline == confirmed_at + life_s


@pytest.mark.parametrize("mode", PriceMode)
def test_quote_is_of_the_world_of_its_source(world: World, mode: PriceMode) -> None:
    world.source.mode = mode
    world.refresh(world.here, *bind("blue"))
    assert world.store.quotes["blue", VIRGINIA].mode is mode
