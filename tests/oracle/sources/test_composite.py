"""Several services as one source: none holds up another, and each is told about."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from oracle.errors import SourceUnavailable
from oracle.market import CapacityType, Offering
from oracle.quotes import PriceMode
from oracle.reasons import OracleCode
from oracle.sources.base import Observation
from oracle.sources.composite import LiveMarket
from oracle.status import SourceState
from tests.oracle.fakes import DUBLIN, VIRGINIA, ManualClocks
from tests.oracle.sources.live_fakes import ScriptedService, claim

FRANKFURT = Offering("gcp", "europe-west3", "n2-standard-8")
DOWN = SourceUnavailable(OracleCode.WEB_BROKEN.because(host="prices.example", status=500))


class Market:
    """A LiveMarket with clocks moved by hand."""

    def __init__(self, *services: ScriptedService, regions: frozenset[str] | None = None) -> None:
        self.time = ManualClocks()
        self.services = services
        self.live = LiveMarket(services, self.time.clocks, regions)

    async def look(self, *offerings: Offering) -> tuple[Observation, ...]:
        """Look once, and let the services answer whose gates are open."""
        found = await self.live.observe(offerings or (VIRGINIA,), self.time.wall_s)
        for _ in range(5):
            await asyncio.sleep(0)
        return found

    def codes(self) -> list[OracleCode]:
        return [reason.code for reason in self.live.notices]  # type: ignore[misc]

    def states(self) -> list[SourceState]:
        return [status.state for status in self.live.statuses]


def run(market: Market, work: Callable[[Market], Awaitable[None]]) -> None:
    async def inner() -> None:
        try:
            await work(market)
        finally:
            await market.live.aclose()

    asyncio.run(inner())


def test_a_slow_service_holds_up_neither_the_feed_nor_the_others() -> None:
    async def work(market: Market) -> None:
        slow, quick = market.services
        slow.gate = asyncio.Event()
        assert await market.look() == ()
        [found] = await market.look()
        assert found.origin is not None
        assert (found.origin.source, found.origin.mode) == ("quick", PriceMode.LIVE)
        slow.gate.set()
        await market.look()
        [found] = await market.look()
        assert found.origin is not None
        assert found.origin.source == "slow"
        assert len(slow.asked) == len(quick.asked) == 1

    services = [ScriptedService(name, prices={VIRGINIA: claim("0.16")}) for name in ("slow", "quick")]
    run(Market(*services), work)


def test_no_cloud_is_asked_in_which_nobody_has_a_cluster() -> None:
    async def work(market: Market) -> None:
        aws, gcp = market.services
        await market.look(VIRGINIA)
        assert (len(aws.asked), len(gcp.asked)) == (1, 0)
        assert market.states() == [SourceState.ANSWERING, SourceState.IDLE]
        [told] = [reason for reason in market.live.notices if reason.code is OracleCode.SERVICES_ASKED]
        assert told["hosts"] == ("aws.example",)
        await market.look(VIRGINIA, FRANKFURT)
        assert gcp.asked == [frozenset({FRANKFURT})]

    run(
        Market(ScriptedService("a", "aws", ("aws.example",)), ScriptedService("g", "gcp", ("gcp.example",))),
        work,
    )


def test_a_cloud_of_which_nobody_may_be_asked_is_named() -> None:
    async def work(market: Market) -> None:
        await market.look(VIRGINIA)
        assert OracleCode.CLOUD_NOT_ASKED not in market.codes()
        await market.look(VIRGINIA, FRANKFURT)
        assert OracleCode.CLOUD_NOT_ASKED.because(provider="gcp") in market.live.notices

    run(Market(ScriptedService("a", "aws")), work)


def test_where_nobody_is_asked_at_all_no_cloud_is_named() -> None:
    async def work(market: Market) -> None:
        await market.look(VIRGINIA)
        assert market.codes() == []

    run(Market(), work)


def test_no_region_is_asked_about_that_a_person_left_out() -> None:
    async def work(market: Market) -> None:
        await market.look(VIRGINIA, DUBLIN)
        assert market.services[0].asked == [frozenset({DUBLIN})]

    run(Market(ScriptedService(), regions=frozenset({"aws/eu-west-1"})), work)


def test_a_failure_is_told_what_was_said_before_holds_and_the_others_go_on() -> None:
    async def work(market: Market) -> None:
        one, other = market.services
        await market.look()
        one.failure = DOWN
        market.time.pass_time(600.0)
        await market.look()
        found = await market.look()
        assert [observation.usd_per_hour for observation in found] == [Decimal("0.16")]
        assert market.states() == [SourceState.FAILING, SourceState.ANSWERING]
        [silent] = [reason for reason in market.live.notices if reason.code is OracleCode.SERVICE_SILENT]
        assert silent["source"] == "one"
        assert len(other.asked) == 2
        one.failure = None
        market.time.pass_time(30.0)
        await market.look()
        assert market.states() == [SourceState.ANSWERING, SourceState.ANSWERING]

    run(Market(ScriptedService("one", prices={VIRGINIA: claim("0.16")}), ScriptedService("other")), work)


def test_a_clock_that_was_ahead_for_a_moment_takes_no_price_away_for_good() -> None:
    async def work(market: Market) -> None:
        await market.look()
        assert len(await market.look()) == 1
        market.time.wall_s += 10 * 86_400.0
        assert await market.look() == ()
        market.time.wall_s -= 10 * 86_400.0
        assert [one.usd_per_hour for one in await market.look()] == [Decimal("0.16")]
        assert len(market.services[0].asked) == 1

    run(Market(ScriptedService("one", prices={VIRGINIA: claim("0.16")})), work)


def test_a_service_that_sends_what_nobody_foresaw_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def work(market: Market) -> None:
        market.services[0].failure = KeyError("\x1b[31mregion")
        await market.look()
        assert market.states() == [SourceState.FAILING, SourceState.ANSWERING]
        assert "KeyError" in str(market.live.statuses[0].reason)
        assert [one.usd_per_hour for one in await market.look()] == [Decimal("0.17")]

    run(Market(ScriptedService("broken"), ScriptedService("fine", prices={VIRGINIA: claim("0.17")})), work)


def test_who_wants_not_to_be_asked_is_not() -> None:
    async def work(market: Market) -> None:
        market.services[0].failure = SourceUnavailable(DOWN.reason, 3600.0)
        for _ in range(10):
            await market.look()
            market.time.pass_time(359.0)
        assert len(market.services[0].asked) == 1
        market.time.pass_time(359.0)
        await market.look()
        assert len(market.services[0].asked) == 2

    run(Market(ScriptedService()), work)


def test_a_price_is_unknown_from_its_deadline_on_however_often_it_was_looked_at() -> None:
    async def work(market: Market) -> None:
        await market.look()
        market.services[0].failure = DOWN
        for _ in range(3):
            assert len(await market.look()) == 1
            market.time.pass_time(599.0)
        market.time.pass_time(3.0)
        assert await market.look() == ()

    run(Market(ScriptedService(prices={VIRGINIA: claim("0.16")}, life_s=1800.0)), work)


def test_what_a_service_says_anew_holds_at_the_next_look() -> None:
    async def work(market: Market) -> None:
        [service] = market.services
        await market.look()
        assert [one.usd_per_hour for one in await market.look()] == [Decimal("0.16")]
        service.prices[VIRGINIA] = claim("0.17")
        market.time.pass_time(600.0)
        await market.look()
        assert [one.usd_per_hour for one in await market.look()] == [Decimal("0.17")]

    run(Market(ScriptedService(prices={VIRGINIA: claim("0.16")})), work)


def test_a_price_in_doubt_is_told_with_both_prices() -> None:
    async def work(market: Market) -> None:
        await market.look()
        [found] = await market.look()
        assert found.dispute is not None
        assert OracleCode.PRICE_DISPUTED in market.codes()
        told = str(market.live.notices[-1])
        for part in ("0.16", "0.04", "first", "second"):
            assert part in told

    services = [
        ScriptedService(name, prices={VIRGINIA: claim(price)})
        for name, price in (("first", "0.16"), ("second", "0.04"))
    ]
    run(Market(*services), work)


def test_what_a_spot_machine_costs_on_demand_is_known_without_being_bound() -> None:
    async def work(market: Market) -> None:
        assert market.live.on_demand(VIRGINIA, market.time.wall_s) is None
        await market.look()
        assert market.live.on_demand(VIRGINIA, market.time.wall_s) == Decimal("0.384")

    list_price = {replace(VIRGINIA, capacity_type=CapacityType.ON_DEMAND): claim("0.384")}
    run(Market(ScriptedService(prices=list_price)), work)


def test_the_end_ends_questions_and_closes_what_they_are_asked_by() -> None:
    ended: list[str] = []

    async def close() -> None:
        ended.append("closed")

    async def work() -> None:
        market = LiveMarket([ScriptedService(gate=asyncio.Event())], ManualClocks().clocks, close=close)
        await market.observe([VIRGINIA], 0.0)
        await market.aclose()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(work())
    assert ended == ["closed"]


def test_markets_of_other_services_are_other_markets() -> None:
    def market_id(*names: str, host: str = "h", regions: frozenset[str] | None = None) -> str:
        services = [ScriptedService(name, hosts=(host,)) for name in names]
        return LiveMarket(services, ManualClocks().clocks, regions).market_id

    assert market_id("a", "b") == market_id("b", "a")
    others = (market_id("a"), market_id("a", "b"), market_id("a", host="mirror"))
    assert len({*others, market_id("a", regions=frozenset({"aws/x"}))}) == 4
