"""The oracle as a whole, on the real embedded server: what its users see on good days and on bad ones."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.errors import OracleError, StoreUnavailable, StoreUrlError, WriteRefused
from oracle.feed import Feed
from oracle.foundation.clocks import SYSTEM_CLOCKS, Clocks
from oracle.instance import Instance
from oracle.market import Offering
from oracle.oracle import Oracle, open_oracle
from oracle.price_history import PricePoint
from oracle.quotes import PriceMode
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.status import SourceState, SourceStatus, StoreKind
from oracle.store.base import FeedBatch, FeedLease, HistorySample, StoreFacts
from oracle.store.embedded import EmbeddedHost
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
from tests.oracle.oracles import SAID, make_source, price_of, remote_store, until


async def collect_history(oracle: Oracle) -> Sequence[PricePoint]:
    """Ask for the prices of `blue` and wait until there are some."""
    oracle.set_bindings(bind("blue"))
    await until(oracle, lambda: len(oracle.history("blue", VIRGINIA)) > 2)
    return oracle.history("blue", VIRGINIA)


async def server_process(oracle: Oracle) -> int:
    """Process number of the server behind an embedded oracle."""
    socket = oracle.status.location.rpartition(" at ")[2]
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(b"INFO server\r\n")
    info = await reader.readuntil(b"process_id:")
    info = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(info)


def test_what_is_bound_gets_a_price(settings: OracleSettings) -> None:
    async def main() -> None:
        async with open_oracle(settings, make_source()) as oracle:
            oracle.set_bindings(bind("blue"))
            assert not oracle.status.is_up
            await until(oracle, lambda: price_of(oracle) is not None)
            assert price_of(oracle) == Decimal("0.1613")
            assert oracle.on_demand(VIRGINIA) == Decimal("0.384")
            assert [point.usd_per_hour for point in oracle.history("blue", VIRGINIA)][-1] == Decimal("0.1613")
            status = oracle.status
            assert (status.kind, status.is_healthy, status.is_durable) == (StoreKind.EMBEDDED, True, True)
            assert not status.is_shared

    asyncio.run(main())


def test_services_of_the_source_are_told_and_it_is_closed_at_the_end(settings: OracleSettings) -> None:
    service = SourceStatus("AWS spot feed", ("prices.example",), SourceState.ANSWERING, 1.0, 7)
    source = make_source(statuses=(service,))

    async def main() -> None:
        async with open_oracle(settings, source) as oracle:
            assert oracle.status.services == (service,)
            assert not source.is_closed

    asyncio.run(main())
    assert source.is_closed


def test_context_bound_later_is_priced_without_waiting_for_the_next_refresh(settings: OracleSettings) -> None:
    async def main() -> None:
        async with open_oracle(replace(settings, refresh_s=3600.0), make_source()) as oracle:
            oracle.set_bindings(bind("blue"))
            await until(oracle, lambda: price_of(oracle) is not None)
            oracle.set_bindings(bind("blue", "red"))
            await until(oracle, lambda: price_of(oracle, "red") is not None)

    asyncio.run(main())


def test_entering_does_not_wait_for_the_store(settings: OracleSettings) -> None:
    async def main() -> None:
        unreachable = replace(settings, redis_url="redis://127.0.0.1:1/0")
        async with open_oracle(unreachable, make_source()) as oracle:
            assert oracle.board().quotes == {}
            await until(oracle, lambda: "127.0.0.1:1" in str(oracle.status.reason))
            assert oracle.status.kind is StoreKind.REMOTE
            assert not oracle.status.is_up

    asyncio.run(main())


def test_address_that_can_never_work_is_refused_at_once(settings: OracleSettings) -> None:
    async def main() -> None:
        async with open_oracle(replace(settings, redis_url="http://host"), make_source()):
            pytest.fail("entered")

    with pytest.raises(StoreUrlError):
        asyncio.run(main())


def test_two_instances_show_the_same_prices_and_one_of_them_generates(settings: OracleSettings) -> None:
    async def main() -> None:
        async with open_oracle(settings, make_source("0.16")) as first:
            first.set_bindings(bind("blue"))
            await until(first, lambda: price_of(first) is not None)
            async with open_oracle(settings, make_source("0.30")) as second:
                second.set_bindings(bind("blue", "red"))
                await until(second, lambda: price_of(second, "red") is not None)
                assert price_of(second) == price_of(second, "red") == price_of(first) == Decimal("0.16")
                assert first.status.is_generating
                assert not second.status.is_generating
                assert second.status.is_shared

    asyncio.run(main())


def test_two_instances_on_a_remote_store_show_the_same_prices_and_one_of_them_generates(
    settings: OracleSettings,
) -> None:
    async def main() -> None:
        recorded = make_source(
            "0.30",
            name="replay of prices.csv",
            market_id="replay",
            notices=(OracleCode.RECORDING_ENDED.because(date="2026-07-03"),),
        )
        async with (
            remote_store(settings) as shared,
            open_oracle(shared, make_source("0.16", name="simulated market", market_id="dice")) as first,
        ):
            first.set_bindings(bind("blue"))
            await until(first, lambda: price_of(first) is not None)
            async with open_oracle(shared, recorded) as second:
                second.set_bindings(bind("blue"))
                await until(second, lambda: price_of(second) is not None)
                await until(second, lambda: "come from" in str(second.status.displacement))
                assert price_of(second) == price_of(first) == Decimal("0.16")
                assert second.status.displacement == OracleCode.OTHER_SOURCE.because(
                    sources=("simulated market",),
                    generator=first.status.generator,
                    own_source="replay of prices.csv",
                )
                said = {notice.code for notice in second.status.notices}
                assert said == {OracleCode.FEED_UNSIGNED}, "what it would say of its own is not true of these"
                assert second.on_demand(VIRGINIA) is None
                assert first.status.displacement is None

    asyncio.run(main())


def test_reader_says_what_to_do_while_nobody_publishes(settings: OracleSettings) -> None:
    async def main() -> None:
        # It is told of a price by the store, and looks for a publisher only now and then.
        patient = replace(settings, quote_life_s=3600.0, refresh_s=3600.0)
        async with remote_store(patient) as shared, open_oracle(shared, None) as reader:
            reader.set_bindings(bind("blue"))
            await until(reader, lambda: "nobody publishes" in str(reader.status.reason))
            assert "sentinelaura oracle --redis URL --prices live" in str(reader.status.reason)
            async with open_oracle(shared, make_source()) as publisher:
                await until(reader, lambda: price_of(reader) is not None)
                assert reader.status.is_healthy
                assert publisher.status.is_generating
            reader.set_bindings(bind("blue", "green"))
            await until(reader, lambda: reader.status.generator is None)
            assert reader.status.is_healthy, "its last prices are not used up yet"

    asyncio.run(main())


def test_each_market_of_the_embedded_store_has_its_own_prices_and_history(settings: OracleSettings) -> None:
    async def main() -> None:
        dice, replay = make_source("0.10", market_id="dice"), make_source("0.90", market_id="replay")
        dice.on_demand_price = replay.on_demand_price = None
        async with open_oracle(settings, dice) as first, open_oracle(settings, replay) as second:
            for oracle in (first, second):
                await collect_history(oracle)
            assert (price_of(first), price_of(second)) == (Decimal("0.10"), Decimal("0.90"))
            assert first.status.is_generating
            assert second.status.is_generating
            assert second.status.displacement is None
            seen = first.history("blue", VIRGINIA)
            assert {point.usd_per_hour for point in seen} == {Decimal("0.10")}
            assert {point.usd_per_hour for point in second.history("blue", VIRGINIA)} == {Decimal("0.90")}
        async with open_oracle(settings, ScriptedSource(market_id="dice")) as again:
            again.set_bindings(bind("blue"))
            await until(again, lambda: again.history("blue", VIRGINIA)[: len(seen)] == seen)

    asyncio.run(main())


def test_second_instance_goes_on_when_the_first_and_its_server_end(settings: OracleSettings) -> None:
    async def main() -> None:
        async with open_oracle(settings, make_source("0.30")) as second:
            async with open_oracle(settings, make_source("0.16")) as first:
                first.set_bindings(bind("blue"))
                second.set_bindings(bind("blue"))
                await until(first, lambda: price_of(first) is not None)
                await until(second, lambda: price_of(second) is not None)
            await until(second, lambda: price_of(second) == Decimal("0.30"))
            assert second.status.is_generating
            assert not second.status.is_shared

    asyncio.run(main())


def test_death_of_the_server_is_said_and_healed(settings: OracleSettings) -> None:
    async def main() -> None:
        async with open_oracle(settings, make_source()) as oracle:
            before = await collect_history(oracle)
            os.kill(await server_process(oracle), signal.SIGKILL)
            await until(oracle, lambda: not oracle.status.is_up)
            assert oracle.status.reason
            assert price_of(oracle) is not None, "the last quotes live on until their deadline"
            await until(oracle, lambda: oracle.status.is_healthy)
            await until(oracle, lambda: len(oracle.history("blue", VIRGINIA)) > len(before))
            assert oracle.history("blue", VIRGINIA)[: len(before)] == before

    asyncio.run(main())


class FlakyHost:
    """A store in memory that can be reached or not."""

    facts = StoreFacts(StoreKind.REMOTE, "redis://shared", is_durable=True, is_shared=True)

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.is_down = False

    async def connect(self) -> MemoryStore:
        if self.is_down:
            raise StoreUnavailable("redis://shared", OracleCode.STORE_ANSWERED.because(answer="down"))
        return self.store

    async def aclose(self) -> None:
        """Nothing to stop."""


def test_what_was_missed_during_an_outage_is_read_afterwards() -> None:
    """Another instance goes on generating while this one cannot reach the shared store."""

    async def main() -> None:
        time = ManualClocks()
        store = MemoryStore(time)
        store.samples = [HistorySample(VIRGINIA, PricePoint(NOON - 60, Decimal("0.1"), SAID))]
        host = FlakyHost(store)
        reader = Oracle(
            Feed(
                None,
                OracleSettings(refresh_s=0.01, history_step_s=10),
                time.clocks,
                Instance("here", 1, "aa"),
            ),
            host,
        )
        reader.set_bindings(bind("blue"))
        running = asyncio.ensure_future(reader.keep_running())
        await until(reader, lambda: len(reader.history("blue", VIRGINIA)) == 1)
        host.is_down = True
        store.break_connections()
        await until(reader, lambda: not reader.status.is_up)
        store.samples.append(HistorySample(VIRGINIA, PricePoint(NOON - 30, Decimal("0.2"), SAID)))
        host.is_down = False
        await until(reader, lambda: len(reader.history("blue", VIRGINIA)) == 2)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


def test_store_that_is_started_later_is_found(settings: OracleSettings) -> None:
    async def main() -> None:
        async with remote_store(settings) as shared:
            pass  # it has gone again
        async with open_oracle(shared, make_source()) as oracle:
            oracle.set_bindings(bind("blue"))
            await until(oracle, lambda: "No such file" in str(oracle.status.reason))
            later = EmbeddedHost(settings)
            store = await later.connect()
            await until(oracle, lambda: price_of(oracle) is not None)
            await store.aclose()
        await later.aclose()

    asyncio.run(main())


def test_restart_finds_history_and_quotes_but_expired_ones_are_not_usable(settings: OracleSettings) -> None:
    async def main() -> None:
        async with open_oracle(settings, make_source()) as oracle:
            seen = await collect_history(oracle)
        # Readers, for one whose clock is wrong would write by it.
        same_market = replace(settings, key_prefix=f"{settings.key_prefix}:{make_source().market_id}")
        async with open_oracle(same_market, None) as reader:
            reader.set_bindings(bind("blue"))
            await until(reader, lambda: price_of(reader) == Decimal("0.1613"))
            await until(reader, lambda: len(reader.history("blue", VIRGINIA)) >= len(seen))
        tomorrow = Clocks(lambda: SYSTEM_CLOCKS.wall() + 86_400.0, SYSTEM_CLOCKS.counting)
        async with open_oracle(same_market, None, tomorrow) as late:
            late.set_bindings(bind("blue"))
            await until(late, lambda: bool(late.board().quotes))
            assert late.board().find_usable("blue", VIRGINIA, tomorrow.wall()) is None

    asyncio.run(main())


def test_store_whose_clock_differs_is_told(settings: OracleSettings) -> None:
    an_hour_ago = Clocks(lambda: SYSTEM_CLOCKS.wall() - 3600.0, SYSTEM_CLOCKS.counting)

    async def measure(clocks: Clocks) -> float | None:
        async with open_oracle(settings, None, clocks) as oracle:
            assert oracle.status.clock_difference_s is None
            await until(oracle, lambda: oracle.status.is_up)
            return oracle.status.clock_difference_s

    assert asyncio.run(measure(SYSTEM_CLOCKS)) == pytest.approx(0.0, abs=60.0)
    assert asyncio.run(measure(an_hour_ago)) == pytest.approx(3600.0, abs=60.0)


def test_empty_history_begins_with_what_the_source_remembers(settings: OracleSettings) -> None:
    async def main() -> None:
        now = SYSTEM_CLOCKS.wall()
        remembered = tuple(PricePoint(now - age_s, Decimal("0.15")) for age_s in (100_000.0, 600.0, 300.0))
        source = make_source()
        source.past = remembered
        async with open_oracle(settings, source) as oracle:
            assert tuple((await collect_history(oracle))[:2]) == tuple(
                replace(one, origin=SAID) for one in remembered[1:]
            )
            async with open_oracle(settings, make_source()) as second:
                second.set_bindings(bind("blue"))
                await until(second, lambda: bool(second.history("blue", VIRGINIA)))
                assert Decimal("0.15") not in {p.usd_per_hour for p in second.history("blue", VIRGINIA)}, (
                    "its prices are not its own"
                )

    asyncio.run(main())


def test_what_nothing_can_have_cost_is_no_past_whatever_a_service_tells(settings: OracleSettings) -> None:
    """A mean over zones of such a number has more digits than any, and nothing would be shown or planned any more."""

    async def main() -> None:
        now = SYSTEM_CLOCKS.wall()
        source = make_source()
        prices = ("0.15", "1e400", "0", "1001")
        source.past = tuple(PricePoint(now - 600.0 + n * 60.0, Decimal(usd)) for n, usd in enumerate(prices))
        async with open_oracle(settings, source) as oracle:
            history = await collect_history(oracle)
            past = [point.usd_per_hour for point in history if point.observed_at < now - 300.0]
            assert past == [Decimal("0.15")]

    asyncio.run(main())


def test_histories_of_a_large_fleet_are_told_together_and_not_each_for_itself() -> None:
    async def main() -> None:
        time = ManualClocks()
        contexts = [f"blue-{number}" for number in range(1000)]
        store = MemoryStore(time)
        store.samples = [HistorySample(VIRGINIA, PricePoint(NOON - 60, Decimal("0.1"), SAID))]
        reader = Oracle(
            Feed(None, OracleSettings(), time.clocks, Instance("here", 1, "aa")), FlakyHost(store)
        )
        reader.set_bindings(bind(*contexts))
        running = asyncio.ensure_future(reader.keep_running())
        await until(reader, lambda: all(reader.has_read_history(one, VIRGINIA) for one in contexts))
        assert reader.revision < 10
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


def test_a_chart_begins_with_the_past_although_its_service_answers_late(settings: OracleSettings) -> None:
    async def main() -> None:
        source = make_source()
        late, source.prices = source.prices, {}
        async with open_oracle(settings, source) as oracle:
            oracle.set_bindings(bind("blue"))
            await until(oracle, lambda: oracle.has_read_history("blue", VIRGINIA))
            yesterday = SYSTEM_CLOCKS.wall() - 80_000
            source.past = (PricePoint(yesterday, Decimal("0.15")),)
            source.prices = late
            await until(oracle, lambda: _began_at(oracle) == yesterday)

    asyncio.run(main())


def test_a_history_holds_the_prices_of_one_origin_and_finds_those_that_it_had(
    settings: OracleSettings,
) -> None:
    """In a shared store others may go on with another market, under the same name."""

    async def main() -> None:
        played = make_source("0.20", mode=PriceMode.SIMULATED)
        async with remote_store(settings) as shared, open_oracle(shared, None) as reader:
            reader.set_bindings(bind("blue"))
            for source, price in (
                (make_source("0.10"), "0.10"),
                (played, "0.20"),
                (make_source("0.10"), "0.10"),
            ):
                async with open_oracle(shared, source):
                    await until(reader, lambda price=price: _prices(reader) == {Decimal(price)})  # type: ignore[misc]
                    seen = len(reader.history("blue", VIRGINIA))
                    await until(reader, lambda seen=seen: len(reader.history("blue", VIRGINIA)) > seen + 1)  # type: ignore[misc]
                    assert _prices(reader) == {Decimal(price)}
            began = reader.history("blue", VIRGINIA)[0].observed_at
            async with open_oracle(shared, None) as late:
                late.set_bindings(bind("blue"))
                await until(late, lambda: bool(late.history("blue", VIRGINIA)))
                assert _prices(late) == {Decimal("0.10")}
                assert late.history("blue", VIRGINIA)[0].observed_at == began

    asyncio.run(main())


def _began_at(oracle: Oracle) -> float | None:
    points = oracle.history("blue", VIRGINIA)
    return points[0].observed_at if points else None


def _prices(oracle: Oracle) -> set[Decimal]:
    return {point.usd_per_hour for point in oracle.history("blue", VIRGINIA)}


def test_history_of_what_is_bound_no_more_is_forgotten_and_found_again(settings: OracleSettings) -> None:
    async def main() -> None:
        async with open_oracle(settings, make_source()) as oracle:
            seen = await collect_history(oracle)
            oracle.set_bindings(())
            assert oracle.history("blue", VIRGINIA) == ()
            oracle.set_bindings(bind("blue"))
            await until(oracle, lambda: oracle.history("blue", VIRGINIA)[: len(seen)] == seen)

    asyncio.run(main())


def told(oracle: Oracle, code: OracleCode) -> bool:
    return code in {notice.code for notice in oracle.status.notices}


def test_refused_prices_and_failing_sources_are_told(settings: OracleSettings) -> None:
    async def main() -> None:
        source = make_source("-1")
        async with open_oracle(settings, source) as oracle:
            oracle.set_bindings(bind("blue"))
            await until(oracle, lambda: told(oracle, OracleCode.PRICE_NOT_POSITIVE))
            assert price_of(oracle) is None
            source.failure = OracleError(OracleCode.STORE_ANSWERED.because(answer="the cloud is closed"))
            await until(oracle, lambda: "cloud is closed" in str(oracle.status.reason))
            assert oracle.status.is_up
            assert not oracle.status.is_healthy
            source.failure = None
            await until(oracle, lambda: oracle.status.is_healthy)

    asyncio.run(main())


def test_price_that_cannot_be_stored_takes_no_other_down(settings: OracleSettings) -> None:
    async def main() -> None:
        source = make_source()
        source.prices[DUBLIN] = Decimal("0.2299000000000000001")
        async with open_oracle(settings, source) as oracle:
            oracle.set_bindings((*bind("blue"), *bind("green", offering=DUBLIN)))
            await until(oracle, lambda: price_of(oracle) is not None)
            await until(oracle, lambda: told(oracle, OracleCode.PRICE_TOO_FINE))
            assert oracle.status.is_healthy
            assert oracle.board().find("green", DUBLIN) is None

    asyncio.run(main())


@pytest.mark.parametrize("name", ["m5.\ud800large", "m5.\x1b[2Jlarge", "m5." + 300 * "x"])
def test_label_that_is_no_plain_name_takes_no_price_down(settings: OracleSettings, name: str) -> None:
    hostile = Offering("aws", "us-east-1", name)

    async def main() -> None:
        source = make_source()
        source.prices[hostile] = Decimal("0.1")
        async with open_oracle(settings, source) as oracle:
            oracle.set_bindings((*bind("green", offering=hostile), *bind("blue")))
            await until(oracle, lambda: price_of(oracle) is not None)
            await until(oracle, lambda: len(oracle.history("blue", VIRGINIA)) > 1)
            assert oracle.status.is_healthy
            assert oracle.status.notices == (OracleCode.NAMES_UNSTORABLE.because(count=1),)

    asyncio.run(main())


def test_fault_of_our_own_does_not_end_the_prices(
    settings: OracleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle.oracle.LAST_RETRY_S", 0.05)

    async def main() -> None:
        source = make_source()
        source.failure = ZeroDivisionError("a bug")
        async with open_oracle(settings, source) as oracle:
            oracle.set_bindings(bind("blue"))
            await until(oracle, lambda: "internal error" in str(oracle.status.reason))
            source.failure = None
            await until(oracle, lambda: price_of(oracle) is not None)

    asyncio.run(main())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_outages_leave_no_tasks_and_no_descriptors(settings: OracleSettings) -> None:
    def count_descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    async def main() -> None:
        async with open_oracle(settings, make_source()) as oracle:
            oracle.set_bindings(bind("blue"))
            await until(oracle, lambda: oracle.status.is_generating and oracle.status.is_up)
            descriptors, tasks = count_descriptors(), len(asyncio.all_tasks())
            for _ in range(3):
                os.kill(await server_process(oracle), signal.SIGKILL)
                await until(oracle, lambda: not oracle.status.is_up)
                await until(oracle, lambda: oracle.status.is_generating and oracle.status.is_up)
            # A refresh that is waiting and a connection on its way out come and go; three outages would leave three.
            assert len(asyncio.all_tasks()) < tasks + 3
            assert count_descriptors() < descriptors + 3

    asyncio.run(main())


class FullStore(MemoryStore):
    """Takes no writes; its first subscriber hears of it only after the first refresh was refused."""

    async def acquire_lease(self, holder: str, duration_s: float, now: float) -> FeedLease:
        raise WriteRefused("memory", OracleCode.STORE_ANSWERED.because(answer="its disk is full"))

    async def subscribe(self) -> AsyncGenerator[FeedBatch]:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        async for batch in super().subscribe():
            yield batch


class FullHost:
    """Hands out a store that takes no writes."""

    facts = StoreFacts(StoreKind.EMBEDDED, "memory", is_durable=False, is_shared=False)

    def __init__(self) -> None:
        self.store = FullStore(ManualClocks())

    async def connect(self) -> FullStore:
        return self.store

    async def aclose(self) -> None:
        """Nothing to close."""


def test_refusal_is_told_although_the_connection_came_up_after_it(settings: OracleSettings) -> None:
    async def main() -> None:
        instance = Instance("here", 1, "test")
        oracle = Oracle(Feed(make_source(), settings, SYSTEM_CLOCKS, instance), FullHost())
        task = asyncio.create_task(oracle.keep_running())
        oracle.set_bindings(bind("blue"))
        await until(oracle, lambda: oracle.status.is_up)
        assert "its disk is full" in str(oracle.status.reason)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


class MemoryHost:
    """Hands out a store in memory."""

    facts = StoreFacts(StoreKind.REMOTE, "memory", is_durable=False, is_shared=True)

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def connect(self) -> MemoryStore:
        return self._store

    async def aclose(self) -> None:
        """Nothing to close."""


def test_a_price_ages_while_the_machine_sleeps_whatever_the_clock_on_the_wall_says(
    settings: OracleSettings,
) -> None:
    async def main() -> None:
        time = ManualClocks()
        store = MemoryStore(time)
        store.quotes["blue", VIRGINIA] = make_quote()
        oracle = Oracle(Feed(None, settings, time.clocks, Instance("here", 1, "test")), MemoryHost(store))
        oracle.set_bindings(bind("blue"))
        task = asyncio.create_task(oracle.keep_running())

        def is_usable() -> bool:
            return oracle.board().find_usable("blue", VIRGINIA, time.wall_s) is not None

        await until(oracle, is_usable)
        time.counted_s += 3600.0  # and somebody set the clock on the wall back
        assert not is_usable()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
