"""The engine publishes what its parts know, when something changes and when a price grows old by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from controller.clusters.fleet import Health, WatchedKind
from controller.contract.commands import Consider, LookAt, RequestDryRun, SetArmed, StartMigration
from controller.contract.inventory import Inventory
from controller.contract.snapshots import Consideration
from controller.decision.budgets import DAY_S, NOTHING_MOVED, BudgetUsage, Move
from controller.decision.planning import Planner
from controller.decision.settings import BudgetSettings, DecisionSettings
from controller.engine.asking_again import AskingAgain
from controller.engine.command_handler import CommandHandler
from controller.engine.controls import Controls
from controller.engine.decision_log import DecisionLog
from controller.engine.engine import Engine, EngineParts, EngineSettings
from controller.engine.fact_collector import FactCollector, WaysBack, count_moves
from controller.engine.move_queue import PRICE_PATIENCE_S
from controller.engine.outage_log import OutageLog
from controller.engine.price_memory import PriceMemory
from controller.engine.snapshot_building import ContextViews
from controller.errors import EngineStopped
from controller.history.history import History
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from oracle.quotes import QuoteBoard
from oracle.status import OracleStatus, StoreKind
from tests.controller.decision.worlds import CHECKOUT, NOW, SETTINGS, make_board, make_picture, two_regions
from tests.controller.engine.switches import Switches
from tests.controller.faults import unreachable
from tests.controller.refusals import refuses
from tests.simulation.virtual_loop import run_virtual

HEALTHY = OracleStatus(StoreKind.EMBEDDED, True, "here", None, True, False, True, "me", "test")


class Changing:
    """Something that announces its changes."""

    def __init__(self):
        self._changed = asyncio.Event()

    def announce(self):
        self._changed.set()

    async def wait_for_change(self):
        await self._changed.wait()
        self._changed.clear()


class FakeOracle(Changing):
    """Prices that a test sets."""

    status = HEALTHY

    def __init__(self):
        super().__init__()
        self.quotes = make_board(tokyo="0.90", virginia="0.10")

    def board(self):
        return self.quotes

    def set_bindings(self, bindings):
        self.bindings = bindings

    def history(self, context, offering):
        return ()

    def has_read_history(self, context, offering):
        return True

    def on_demand(self, offering):
        return Decimal(1)


class FakeRegions(Changing, Switches):
    """A fleet that a test sets."""

    contexts = ("tokyo", "virginia")

    def __init__(self):
        Changing.__init__(self)
        Switches.__init__(self)
        self.clusters = tuple(two_regions().clusters.values())
        #: When its nodes will be outdated, by the loop's clock.
        self.outdated_at = None

    def picture(self):
        if self.outdated_at is None or asyncio.get_running_loop().time() < self.outdated_at:
            return make_picture(*self.clusters)
        return make_picture(*(replace(cluster, outdated=(WatchedKind.NODES,)) for cluster in self.clusters))

    def seconds_to_next_outdated(self):
        now = asyncio.get_running_loop().time()
        return self.outdated_at - now if self.outdated_at is not None and now < self.outdated_at else None


class FakeMigrations(Changing):
    """Nothing is moved."""

    def views(self):
        return ()

    def __init__(self):
        super().__init__()
        self.usage = NOTHING_MOVED

    def budget_usage(self, now):
        return self.usage

    async def take_inventory(self, workload):
        return Inventory(NOW)

    def knows(self, migration_id):
        return False


class FakeUnfinished:
    """Nothing was left unfinished, as soon as somebody has looked."""

    def __init__(self):
        self.has_found = True
        self.next_look_s = None

    def seconds_to_next_look(self):
        return self.next_look_s

    def follow(self, picture):
        pass

    def is_looking(self, contexts):
        return False

    def moves(self):
        return ()

    def ended(self):
        return ()

    def name_clusters(self, views):
        return views

    def notices(self):
        return ()

    def has_looked(self, context):
        return self.has_found

    def stop(self):
        pass


class World:
    """An engine among parts that a test moves."""

    def __init__(self, settings=SETTINGS):
        loop = asyncio.get_running_loop()
        self.oracle, self.regions, self.migrations = FakeOracle(), FakeRegions(), FakeMigrations()
        self.unfinished = FakeUnfinished()
        clocks = Clocks(lambda: NOW + loop.time(), loop.time)
        controls = Controls(self.regions, self.migrations, History(clocks.wall), asyncio.Event())
        facts = FactCollector(
            self.regions,
            self.oracle.board,
            lambda now: count_moves(controls, self.unfinished, settings.budgets, now),
            clocks.wall,
            settings,
            WaysBack(controls, self.unfinished).find,
            accepts_any_prices=False,
        )
        parts = EngineParts(
            oracle=self.oracle,
            controls=controls,
            unfinished=self.unfinished,
            handler=CommandHandler(controls, self.unfinished, facts),
            facts=facts,
            again=AskingAgain(controls, facts, clocks.wall),
            views=ContextViews({}),
            planner=Planner(),
            memory=PriceMemory(self.oracle, controls.history),
            decisions=DecisionLog(),
            outages=OutageLog(),
        )
        self.engine = Engine(parts, EngineSettings(demo=False, decision=settings), clocks)

    async def next(self, after):
        return await self.engine.next_snapshot(after.sequence)

    def change_cluster(self, **changes):
        first, *others = self.regions.clusters
        self.regions.clusters = (replace(first, **changes), *others)
        self.regions.announce()


@asynccontextmanager
async def running(world):
    task = asyncio.create_task(world.engine.keep_running())
    try:
        yield world
    finally:
        task.cancel()
        await asyncio.wait({task})


def run(scenario: Callable[[World], Awaitable[None]], settings: DecisionSettings = SETTINGS) -> None:
    async def main() -> None:
        async with running(World(settings)) as world:
            await scenario(world)

    run_virtual(main())


def test_first_snapshot_has_everything_and_offers_what_pays():
    async def scenario(world):
        snapshot = await world.engine.next_snapshot(0)
        assert snapshot.is_complete
        assert [view.context for view in snapshot.contexts] == ["tokyo", "virginia"]
        assert [(d.workload, d.target) for d in snapshot.opportunities] == [(CHECKOUT, "virginia")]

    run(scenario)


def test_nothing_is_published_while_nothing_changes():
    async def scenario(world):
        keep_prices(world)
        first = await world.engine.next_snapshot(0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1000):
                await world.next(first)

    run(scenario)


@pytest.mark.parametrize("part", ["oracle", "regions", "migrations"])
def test_change_of_any_part_is_published(part):
    async def scenario(world):
        first = await world.engine.next_snapshot(0)
        getattr(world, part).announce()
        async with asyncio.timeout(1):
            assert (await world.next(first)).sequence == first.sequence + 1

    run(scenario)


def test_many_changes_at_once_are_a_few_snapshots_a_second():
    async def scenario(world):
        snapshot = first = await world.engine.next_snapshot(0)
        while snapshot.taken_at - first.taken_at < 10:
            world.regions.announce()
            snapshot = await world.next(snapshot)
        assert snapshot.sequence - first.sequence <= 41

    run(scenario)


def test_price_that_nobody_renews_ends_its_offer_by_the_clock_alone():
    async def scenario(world):
        snapshot = await world.engine.wait_until(lambda s: not s.opportunities, 1000)
        assert snapshot.opportunities == ()
        assert snapshot.contexts[0].usd_per_day is None
        assert snapshot.taken_at - NOW < 200

    run(scenario)


def keep_prices(world):
    """Let no price grow old, so that nothing of them wakes the engine."""
    quotes = world.oracle.quotes.quotes.items()
    world.oracle.quotes = QuoteBoard(
        {key: structs.replace(quote, deadline=NOW + 1e6) for key, quote in quotes}
    )


@pytest.mark.parametrize(
    ("limits", "move", "after_s"),
    [
        ({"cooldown_s": 3600.0}, Move(CHECKOUT, "oregon", NOW - 900, NOW - 600), 3600 - 600),
        ({"moves_per_day": 1}, Move(replace(CHECKOUT, name="x"), "iowa", NOW - DAY_S + 500, NOW - 600), 500),
    ],
    ids=["rest", "count of a day"],
)
def test_what_ends_by_the_clock_alone_is_offered_again_at_its_moment(limits, move, after_s):
    async def scenario(world):
        keep_prices(world)
        world.migrations.usage = BudgetUsage((move,))
        first = await world.engine.next_snapshot(0)
        assert first.opportunities == ()
        async with asyncio.timeout(after_s + 1):
            again = await world.engine.wait_until(lambda s: bool(s.opportunities), after_s + 1)
        assert again.taken_at == pytest.approx(NOW + after_s, abs=0.1)

    run(scenario, replace(SETTINGS, budgets=BudgetSettings(**limits)))


def test_what_was_read_too_long_ago_ends_its_offers_by_the_clock_alone():
    async def scenario(world):
        keep_prices(world)
        world.regions.outdated_at = asyncio.get_running_loop().time() + 60.0
        first = await world.engine.next_snapshot(0)
        assert first.opportunities
        ended = await world.engine.wait_until(lambda s: not s.opportunities, 100)
        assert ended.opportunities == ()
        assert ended.taken_at == pytest.approx(NOW + 60.0, abs=0.5)
        assert {view.health_reason.code for view in ended.contexts} == {Code.KINDS_OUTDATED}
        assert {notice.reason.code for notice in ended.notices} == {Code.KINDS_OUTDATED}

    run(scenario)


def test_price_that_grows_old_just_after_a_snapshot_is_not_overlooked():
    async def scenario(world):
        keep_prices(world)
        key, quote = next(iter(world.oracle.quotes.quotes.items()))
        quotes = {**world.oracle.quotes.quotes, key: structs.replace(quote, deadline=NOW + 0.1)}
        world.oracle.quotes = QuoteBoard(quotes)
        await world.engine.next_snapshot(0)
        ended = await world.engine.wait_until(lambda s: not s.opportunities, 10)
        assert ended.opportunities == ()
        assert ended.taken_at - NOW < 1

    run(scenario)


def test_look_that_is_due_wakes_the_engine():
    async def scenario(world):
        keep_prices(world)
        world.unfinished.next_look_s = 300.0
        first = await world.engine.next_snapshot(0)
        async with asyncio.timeout(301):
            later = await world.next(first)
        assert later.taken_at - first.taken_at >= 300

    run(scenario)


def test_lost_cluster_is_shown_and_nothing_of_it_is_offered():
    async def scenario(world):
        first = await world.engine.next_snapshot(0)
        world.change_cluster(health=Health.UNREACHABLE, reason=unreachable("tokyo").reason)
        snapshot = await world.next(first)
        assert snapshot.contexts[0].health is Health.UNREACHABLE
        assert snapshot.opportunities == ()

    run(scenario)


def test_picture_is_not_complete_before_unfinished_moves_were_looked_for():
    async def scenario(world):
        world.unfinished.has_found = False
        assert not (await world.engine.next_snapshot(0)).is_complete

    run(scenario)


def test_reasons_come_for_what_is_looked_at_only():
    async def scenario(world):
        world.oracle.quotes = make_board(tokyo="0.10", virginia="0.90")
        first = await world.engine.next_snapshot(0)
        world.engine.submit(LookAt(frozenset({"tokyo"})))
        looked = await world.next(first)
        world.engine.submit(LookAt(frozenset({"virginia"})))
        away = await world.next(looked)
        assert (first.refused, away.refused) == ((), ())
        assert {refusal.workload for refusal in looked.refused} == {CHECKOUT}

    run(scenario)


def test_commands_are_answered_by_a_later_snapshot():
    async def scenario(world):
        first = await world.engine.next_snapshot(0)
        world.engine.submit(SetArmed("tokyo", True))
        world.engine.submit(RequestDryRun(CHECKOUT, "virginia"))
        snapshot = await world.next(first)
        assert [view.armed for view in snapshot.contexts] == [True, False]
        assert [dry_run.target for dry_run in snapshot.answers] == ["virginia"]

    run(scenario)


def test_start_that_is_considered_is_judged_anew_in_every_snapshot():
    async def scenario(world):
        first = await world.engine.next_snapshot(0)
        offer = first.opportunities[0]
        start = StartMigration(offer.workload, offer.target, offer.plan_digest)
        world.engine.submit(Consider(start))
        unarmed = await world.next(first)
        for context in ("tokyo", "virginia"):
            world.engine.submit(SetArmed(context, True))
        armed = await world.next(unarmed)
        assert first.considered is None
        assert unarmed.considered == Consideration(
            start, Code.NOT_ARMED.because(contexts=("tokyo", "virginia"))
        )
        assert armed.considered == Consideration(start, None)

    run(scenario)


async def line_up(world):
    """Confirm a move while another one runs; returns the snapshot in which it waits."""
    first = await world.engine.next_snapshot(0)
    offer = first.opportunities[0]
    other = Move(replace(CHECKOUT, name="x"), "iowa", NOW - 60)
    world.migrations.usage = BudgetUsage((other,))
    for context in ("tokyo", "virginia"):
        world.engine.submit(SetArmed(context, True))
    world.engine.submit(StartMigration(offer.workload, offer.target, offer.plan_digest))
    snapshot = await world.next(first)
    assert len(snapshot.queue) == 1
    return snapshot


def test_queued_move_whose_price_stays_away_is_turned_down_by_the_clock_alone():
    async def scenario(world):
        keep_prices(world)
        waiting = await line_up(world)
        world.migrations.usage = NOTHING_MOVED
        here = world.oracle.quotes.quotes.items()
        world.oracle.quotes = QuoteBoard({key: quote for key, quote in here if key[0] == "tokyo"})
        world.oracle.announce()
        gone = await world.next(waiting)
        assert gone.queue[0].reason.code is Code.PRICE_UNKNOWN
        async with asyncio.timeout(PRICE_PATIENCE_S + 10):
            while gone.queue:
                gone = await world.next(gone)
        assert [one.reason.code for one in gone.unstarted] == [Code.PRICE_UNKNOWN]

    run(scenario)


def test_another_process_takes_out_what_waits_and_the_next_snapshot_shows_it():
    async def scenario(world):
        waiting = await line_up(world)
        assert world.engine.requests.take_out(str(CHECKOUT)) is None
        assert world.engine.requests.queue() == ()
        gone = await world.next(waiting)
        assert (gone.queue, [one.reason.code for one in gone.unstarted]) == ((), [Code.TAKEN_OUT_OF_QUEUE])

    run(scenario)


def test_unexpected_error_ends_the_engine_and_reaches_all_who_wait():
    async def scenario(world):
        first = await world.engine.next_snapshot(0)
        world.regions.picture = lambda: 1 / 0
        world.regions.announce()
        with refuses(EngineStopped, Code.ENGINE_STOPPED, error="division by zero"):
            await world.next(first)
        with pytest.raises(EngineStopped):
            await world.engine.next_snapshot(1000)

    run(scenario)
