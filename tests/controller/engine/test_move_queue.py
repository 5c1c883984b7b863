"""What is confirmed while other moves run waits for its turn, in order, and is judged again when that comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import Consider, RequestDryRun, StartMigration, Stop, TakeOutOfQueue
from controller.contract.snapshots import QueuedMove
from controller.decision.budgets import NOTHING_MOVED, BudgetUsage, Move
from controller.engine.move_queue import PRICE_PATIENCE_S, MoveQueue
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    make_board,
    make_cluster,
    make_picture,
    make_workload,
)
from tests.controller.engine.test_command_handler import World

KEYS = (CHECKOUT, replace(CHECKOUT, name="cart"), replace(CHECKOUT, name="search"))
PICTURE = make_picture(make_cluster("tokyo", *map(make_workload, KEYS)), make_cluster("virginia"))
SPENT = Code.CONCURRENCY_SPENT.because(moves=1, limit=1)
MISSING = Code.PRICE_UNKNOWN.because(context="virginia", offering="m5.large")


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario())


async def line_up(*keys: WorkloadKey) -> World:
    """A world in which another move runs, and these were confirmed meanwhile."""
    world = World("tokyo", "virginia")
    world.regions.picture = lambda: PICTURE
    await world.round(*(RequestDryRun(key, "virginia") for key in KEYS), picture=PICTURE)
    plans = {answer.workload: answer.plan_digest for answer in world.handler.answers}
    world.migrations.usage = other_moves(1)
    await world.round(*(StartMigration(key, "virginia", plans[key]) for key in keys), picture=PICTURE)
    return world


def other_moves(count: int) -> BudgetUsage:
    return BudgetUsage(tuple(Move(replace(CHECKOUT, name=f"x{n}"), "iowa", NOW - 60) for n in range(count)))


def told(world: World) -> list[Reason]:
    return [one.reason for one in world.handler.unstarted]


def started(world: World) -> list[str]:
    return [dry_run.workload.name for dry_run in world.migrations.started]


def test_a_start_beyond_the_limit_waits_and_begins_when_its_turn_comes() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT)
        assert (started(world), told(world)) == ([], [])
        assert [(one.start.workload, one.since, one.reason) for one in world.handler.queue] == [
            (CHECKOUT, NOW, SPENT)
        ]
        assert "waits in the queue" in world.history.newest(1)[0].text
        world.migrations.usage = NOTHING_MOVED
        await world.round(picture=PICTURE)
        assert started(world) == ["checkout"]
        assert world.handler.queue == ()

    run(scenario)


def test_who_came_first_begins_first_and_one_at_a_time() -> None:
    async def scenario() -> None:
        world = await line_up(*KEYS)
        assert [one.reason for one in world.handler.queue] == [
            SPENT,
            Code.QUEUED_BEHIND.because(moves=1),
            Code.QUEUED_BEHIND.because(moves=2),
        ]
        for begun in (1, 2, 3):
            world.migrations.usage = NOTHING_MOVED
            await world.round(picture=PICTURE)
            assert len(started(world)) == begun, "the one that began is the next one's obstacle"
        assert started(world) == ["checkout", "cart", "search"]

    run(scenario)


def test_nobody_overtakes_who_waits() -> None:
    """The limit has room again, and a click comes before the engine has looked."""

    async def scenario() -> None:
        world = await line_up(CHECKOUT)
        digest = next(a.plan_digest for a in world.handler.answers if a.workload == KEYS[1])
        world.migrations.usage = NOTHING_MOVED
        await world.round(StartMigration(KEYS[1], "virginia", digest), picture=PICTURE)
        assert started(world) == ["checkout"]
        assert [one.start.workload for one in world.handler.queue] == [KEYS[1]]

    run(scenario)


def test_what_has_changed_while_it_waited_does_not_begin_and_says_why() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT, KEYS[1])
        world.migrations.usage = NOTHING_MOVED
        changed = make_workload(template_hash="newer")
        picture = make_picture(
            make_cluster("tokyo", changed, make_workload(KEYS[1])), make_cluster("virginia")
        )
        await world.round(picture=picture)
        assert told(world) == [Code.PLAN_CHANGED.because()]
        assert started(world) == ["cart"], "and the next one has its turn"

    run(scenario)


def test_a_context_that_was_disarmed_meanwhile_is_written_to_by_nobody_who_waits() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT)
        world.regions.armed = {"tokyo"}
        await world.round(picture=PICTURE)
        assert (started(world), told(world)) == ([], [Code.NOT_ARMED.because(contexts=("virginia",))])

    run(scenario)


def test_an_error_that_nobody_foresaw_costs_one_move_and_not_the_engine() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT, KEYS[1])
        world.migrations.usage = NOTHING_MOVED
        absurd = make_workload(state_gb=1e30)
        await world.round(
            picture=make_picture(
                make_cluster("tokyo", absurd, make_workload(KEYS[1])), make_cluster("virginia")
            )
        )
        assert [reason.code for reason in told(world)] == [Code.UNEXPECTED_ERROR]
        assert started(world) == ["cart"]

    run(scenario)


def test_a_price_that_is_missing_for_a_moment_costs_no_place_in_the_queue() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT)
        world.migrations.usage = NOTHING_MOVED
        board, world.board = world.board, make_board(tokyo="0.90")
        await world.round(picture=PICTURE)
        assert [one.reason.code for one in world.handler.queue] == [Code.PRICE_UNKNOWN]
        world.board = board
        await world.round(picture=PICTURE)
        assert started(world) == ["checkout"]

    run(scenario)


def test_a_price_that_does_not_come_holds_nobody_and_begins_nothing_when_it_comes_at_last() -> None:
    async def scenario() -> None:
        world = await line_up(*KEYS)
        world.migrations.usage = NOTHING_MOVED
        board, world.board = world.board, make_board(tokyo="0.90")
        for waited_s, left in ((0.0, 3), (PRICE_PATIENCE_S - 1.0, 3), (PRICE_PATIENCE_S, 0)):
            world.now = NOW + waited_s
            await world.round(picture=PICTURE)
            assert len(world.handler.queue) == left, waited_s
            assert world.handler.waits_for_price is (left > 0)
        assert [reason.code for reason in told(world)] == [Code.PRICE_UNKNOWN] * 3, "none waits a minute more"
        world.board = board
        await world.round(picture=PICTURE)
        assert started(world) == []

    run(scenario)


@pytest.mark.parametrize("shown", [None, SPENT], ids=["it would begin", "another move runs again"])
def test_each_time_that_a_price_is_missing_it_is_waited_for_anew(shown: Reason | None) -> None:
    queue = MoveQueue()
    queue.line_up(StartMigration(CHECKOUT, "virginia", "digest"), SPENT, NOW)
    assert queue.waits_on(MISSING, NOW)
    assert queue.waits_on(shown, NOW + 1.0) is (shown is not None)
    assert queue.waits_on(MISSING, NOW + PRICE_PATIENCE_S)


def test_a_clock_that_is_set_back_makes_no_wait_longer() -> None:
    queue = MoveQueue()
    queue.line_up(StartMigration(CHECKOUT, "virginia", "digest"), SPENT, NOW)
    assert queue.waits_on(MISSING, NOW)
    assert queue.waits_on(MISSING, NOW - 3600.0)
    assert not queue.waits_on(MISSING, NOW - 3600.0 + PRICE_PATIENCE_S)


def test_who_is_taken_out_does_not_begin() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT, KEYS[1])
        await world.round(TakeOutOfQueue(CHECKOUT, "oregon"), picture=PICTURE)
        assert len(world.handler.queue) == 2, "that is another move"
        await world.round(TakeOutOfQueue(CHECKOUT, "virginia"), picture=PICTURE)
        assert told(world) == [Code.TAKEN_OUT_OF_QUEUE.because()]
        assert [(one.start.workload, one.reason.code) for one in world.handler.queue] == [
            (KEYS[1], Code.CONCURRENCY_SPENT)
        ]
        world.migrations.usage = NOTHING_MOVED
        await world.round(picture=PICTURE)
        assert started(world) == ["cart"]

    run(scenario)


def test_another_process_takes_a_move_out_at_once() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT)
        world.handler.take_out(CHECKOUT, "oregon")
        assert told(world) == []
        world.handler.take_out(CHECKOUT, "virginia")
        assert (world.handler.queue, told(world)) == ((), [Code.TAKEN_OUT_OF_QUEUE.because()])

    run(scenario)


def test_a_stop_leaves_nobody_waiting() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT, KEYS[1])
        world.handler.submit(Stop())
        assert world.handler.queue == ()
        assert told(world) == [Code.TAKEN_OUT_OF_QUEUE.because()] * 2
        world.regions.armed = {"tokyo", "virginia"}
        world.migrations.usage = NOTHING_MOVED
        await world.round(picture=PICTURE)
        assert started(world) == []

    run(scenario)


def test_a_workload_waits_once() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT, CHECKOUT)
        assert told(world) == [Code.ALREADY_QUEUED.because(source="tokyo", target="virginia")]
        assert len(world.handler.queue) == 1

    run(scenario)


def test_no_more_wait_than_anybody_lines_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.engine.move_queue.MAX_QUEUED", 2)

    async def scenario() -> None:
        world = await line_up(*KEYS)
        assert told(world) == [Code.QUEUE_FULL.because(moves=2)]
        assert len(world.handler.queue) == 2

    run(scenario)


def test_who_considers_a_start_sees_that_it_would_wait() -> None:
    async def scenario() -> None:
        world = await line_up(CHECKOUT)
        digest = next(a.plan_digest for a in world.handler.answers if a.workload == KEYS[1])
        await world.round(Consider(StartMigration(KEYS[1], "virginia", digest)), picture=PICTURE)
        shown = world.handler.judge_considered(PICTURE, world.facts.collect())
        assert shown is not None
        assert (shown.reason, shown.waits_for) == (None, Code.QUEUED_BEHIND.because(moves=1))
        await world.round(Consider(StartMigration(CHECKOUT, "virginia", digest)), picture=PICTURE)
        shown = world.handler.judge_considered(PICTURE, world.facts.collect())
        assert shown is not None
        assert shown.reason is not None

    run(scenario)


def armed_for(limit: int, moving: int | None) -> Reason:
    return Code.ARMED_REPLICAS_SPENT.because(context="tokyo", moving=moving, replicas=4, limit=limit)


@pytest.mark.parametrize(
    ("reason", "is_waited_for"),
    [
        (SPENT, True),
        (armed_for(6, 4), True),
        (armed_for(3, 0), False),
        (armed_for(4, None), True),
        (Code.DAY_SPENT.because(moves=20, limit=20), False),
        (Code.NOT_ARMED.because(contexts=("tokyo",)), False),
    ],
    ids=["limit", "armed replicas", "more than armed for", "not known", "day", "not armed"],
)
def test_only_what_other_moves_make_room_for_is_waited_for(reason: Reason, is_waited_for: bool) -> None:
    queue = MoveQueue()
    assert (queue.find_wait(reason) is not None) is is_waited_for
    queue.line_up(StartMigration(CHECKOUT, "virginia", "digest"), SPENT, NOW)
    assert queue.waits_on(reason, NOW) is is_waited_for


def test_a_queue_of_nobody_is_empty() -> None:
    queue = MoveQueue()
    assert (queue.waiting, queue.head, queue.clear()) == ((), None, ())
    queue.line_up(StartMigration(CHECKOUT, "virginia", "digest"), SPENT, NOW)
    assert queue.waiting == (QueuedMove(StartMigration(CHECKOUT, "virginia", "digest"), NOW, SPENT),)
