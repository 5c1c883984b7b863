"""Every command is answered: by a dry run, a migration, or a rejection in words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import msgspec
import pytest
from msgspec import structs

from controller.clusters.acceptance import Acceptance
from controller.clusters.arming import UNLIMITED, ArmedBy, ArmingTerms
from controller.clusters.armings import EndedArming
from controller.clusters.fleet import Health
from controller.contract.commands import (
    CancelMigration,
    Consider,
    RequestDryRun,
    SetArmed,
    StartMigration,
    Stop,
)
from controller.contract.dry_run import Verdict
from controller.contract.inventory import Inventory
from controller.contract.snapshots import MigrationStage
from controller.decision.budgets import NOTHING_MOVED, BudgetUsage, Move
from controller.decision.settings import BudgetSettings
from controller.engine.command_handler import CommandHandler
from controller.engine.controls import Controls
from controller.engine.fact_collector import FactCollector, WaysBack, count_moves
from controller.history.events import MoveStarted
from controller.history.history import History
from controller.history.projections import PastMove
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.protocol.errors import MigrationRefused
from controller.reasons import Code
from oracle.key_ring_file import RingFile
from oracle.quotes import Playback, PriceMode, QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    SETTINGS,
    make_board,
    make_cluster,
    make_picture,
    make_workload,
    two_regions,
)
from tests.controller.engine.switches import Switches
from tests.controller.history.histories import PREDICTED, Clock, Installation, ended
from tests.controller.migration.keys import KEYS

PICTURE = two_regions()
BOARD = make_board(tokyo="0.90", virginia="0.10")
AUTOSCALED = Code.AUTOSCALER_IN_THE_WAY.because(name="web", context="tokyo")


class FakeRegions(Switches):
    """Two contexts with a switch each."""

    contexts = ("tokyo", "virginia")

    def picture(self):
        return PICTURE


class FakeMigrations:
    """Remembers what was started."""

    def __init__(self):
        self.started = []
        self.cancelled = []
        self.usage = NOTHING_MOVED
        self.known = set()
        self.shown = ()
        self.refuses = None
        self.keys = KEYS
        self.inventory = Inventory(NOW)

    def budget_usage(self, now):
        return self.usage

    async def take_inventory(self, workload):
        if isinstance(self.inventory, Exception):
            raise self.inventory
        return self.inventory

    def knows(self, migration_id):
        return migration_id in self.known

    def views(self):
        return self.shown

    def cancel(self, migration_id):
        self.cancelled.append(migration_id)

    async def start(self, dry_run):
        if self.refuses is not None:
            raise self.refuses
        self.started.append(dry_run)
        self.usage = BudgetUsage((Move(dry_run.workload, dry_run.target, NOW),))
        return f"m{len(self.started)}"


class FakeUnfinished:
    """Says what a test wants."""

    def __init__(self):
        self.looked_at = set()
        self.left = ()
        self.over = ()

    def follow(self, picture):
        pass

    def is_looking(self, contexts):
        return bool(self.looked_at & set(contexts))

    def moves(self):
        return self.left

    def ended(self):
        return self.over


class World:
    """A command handler with everything around it."""

    def __init__(self, *armed, settings=SETTINGS, accepts_any_prices=False, history=None):
        self.regions, self.migrations, self.unfinished = (
            FakeRegions(*armed),
            FakeMigrations(),
            FakeUnfinished(),
        )
        self.history, self.board, self.now = history or History(lambda: NOW), BOARD, NOW
        controls = Controls(self.regions, self.migrations, self.history, asyncio.Event())
        self.facts = FactCollector(
            self.regions,
            lambda: self.board,
            lambda now: count_moves(controls, self.unfinished, settings.budgets, now),
            lambda: self.now,
            settings,
            WaysBack(controls, self.unfinished).find,
            accepts_any_prices=accepts_any_prices,
        )
        self.handler = CommandHandler(controls, self.unfinished, self.facts)

    async def round(self, *commands, picture=PICTURE):
        for command in commands:
            self.handler.submit(command)
        await self.handler.work(picture, self.now)

    async def confirm(self):
        """Ask for the dry run and return the command that confirms it."""
        await self.round(RequestDryRun(CHECKOUT, "virginia"))
        return StartMigration(CHECKOUT, "virginia", self.handler.answers[-1].plan_digest)


async def confirm_while_looked_at():
    """A command that has to wait, for its target is still searched for unfinished moves."""
    world = World("tokyo", "virginia")
    command = await world.confirm()
    world.unfinished.looked_at = {"virginia"}
    return world, command


def run(scenario):
    return asyncio.run(scenario())


def test_confirmed_plan_is_started():
    async def scenario():
        world = World("tokyo", "virginia")
        await world.round(await world.confirm())
        assert [dry_run.target for dry_run in world.migrations.started] == ["virginia"]
        assert world.handler.unstarted == ()

    run(scenario)


@pytest.mark.parametrize(("armed", "named"), [((), ("tokyo", "virginia")), (("tokyo",), ("virginia",))])
def test_start_in_an_unarmed_context_is_rejected_by_name(armed, named):
    async def scenario():
        world = World(*armed)
        await world.round(await world.confirm())
        assert world.migrations.started == []
        assert world.handler.unstarted[-1].reason == Code.NOT_ARMED.because(contexts=named)
        assert "not armed" in world.history.newest(1)[0].text

    run(scenario)


def test_plan_whose_prices_have_turned_is_rejected_and_answered_anew():
    async def scenario():
        world = World("tokyo", "virginia")
        command = await world.confirm()
        world.board = make_board(tokyo="0.90", virginia="0.50")
        await world.round(command)
        assert world.migrations.started == []
        assert world.handler.unstarted[-1].reason == Code.PLAN_CHANGED.because()
        assert world.handler.answers[-1].plan_digest != command.plan_digest

    run(scenario)


def test_second_click_does_not_start_a_second_migration():
    async def scenario():
        world = World("tokyo", "virginia")
        command = await world.confirm()
        await world.round(command, command)
        assert len(world.migrations.started) == 1
        running = Code.MOVE_RUNNING.because(source="tokyo", target="virginia")
        assert world.handler.unstarted[-1].reason == running

    run(scenario)


def test_start_waits_for_the_looks_that_may_find_the_same_workload():
    async def scenario():
        world, command = await confirm_while_looked_at()
        await world.round(command)
        assert world.migrations.started == []
        world.unfinished.looked_at = {"paris"}
        await world.round()
        assert len(world.migrations.started) == 1

    run(scenario)


def test_start_that_waits_keeps_no_cancel_and_no_disarming_waiting():
    """A look at a cluster that hangs takes its time, in which a person wants to be obeyed."""

    async def scenario():
        world, command = await confirm_while_looked_at()
        await world.round(command, CancelMigration("m0"), SetArmed("tokyo", armed=False))
        assert world.migrations.cancelled == ["m0"]
        assert not world.regions.is_armed("tokyo")
        world.unfinished.looked_at = set()
        await world.round()
        assert world.migrations.started == []
        assert world.handler.unstarted[-1].reason.code is Code.NOT_ARMED

    run(scenario)


def test_starts_keep_their_order():
    async def scenario():
        world, command = await confirm_while_looked_at()
        await world.round(command, replace(command, target="tokyo"))
        assert world.handler.unstarted == ()
        world.unfinished.looked_at = set()
        await world.round()
        assert len(world.migrations.started) == len(world.handler.unstarted) == 1

    run(scenario)


def test_of_two_starts_at_once_the_budget_lets_one_begin():
    other = replace(CHECKOUT, name="other")
    picture = make_picture(
        make_cluster("tokyo", make_workload(), make_workload(other)), make_cluster("virginia")
    )

    async def scenario():
        world = World("tokyo", "virginia")
        asked = (RequestDryRun(workload, "virginia") for workload in (CHECKOUT, other))
        await world.round(*asked, picture=picture)
        answers = world.handler.answers
        starts = (StartMigration(one.workload, "virginia", one.plan_digest) for one in answers)
        await world.round(*starts, picture=picture)
        assert [dry_run.workload for dry_run in world.migrations.started] == [CHECKOUT]
        assert [one.reason.code for one in world.handler.queue] == [Code.CONCURRENCY_SPENT]

    run(scenario)


def test_error_that_nobody_foresaw_costs_one_command_only():
    async def scenario():
        world = World("tokyo", "virginia")
        absurd = two_regions(state_gb=1e30)
        commands = RequestDryRun(CHECKOUT, "virginia"), SetArmed("tokyo", armed=False)
        await world.round(*commands, picture=absurd)
        assert world.handler.unstarted[-1].reason.code is Code.UNEXPECTED_ERROR
        assert not world.regions.is_armed("tokyo")

    run(scenario)


def test_workload_whose_move_was_left_unfinished_begins_no_other():
    async def scenario():
        world = World("tokyo", "virginia")
        command = await world.confirm()
        world.unfinished.left = (Move(CHECKOUT, "oregon", NOW - 100),)
        await world.round(command)
        assert world.migrations.started == []
        reason = Code.MOVE_UNFINISHED.because(source="tokyo", target="oregon")
        assert world.handler.unstarted[-1].reason == reason
        assert world.handler.answers[-1].reason == reason

    run(scenario)


@pytest.mark.parametrize(
    ("accepted", "moves"), [(False, 0), (True, 1)], ids=["real clusters", "simulated clusters"]
)
@pytest.mark.parametrize(
    ("mode", "playback"),
    [(PriceMode.SIMULATED, None), (PriceMode.RECORDED, Playback(NOW - 3e8, 1.0))],
    ids=["simulated", "recorded"],
)
def test_real_clusters_are_moved_on_live_prices_only(accepted, moves, mode, playback):
    quotes = {
        key: structs.replace(quote, mode=mode, playback=playback) for key, quote in BOARD.quotes.items()
    }

    async def scenario():
        world = World("tokyo", "virginia", accepts_any_prices=accepted)
        world.board = QuoteBoard(quotes)
        await world.round(await world.confirm())
        assert len(world.migrations.started) == moves
        assert accepted or world.handler.unstarted[-1].reason.code is Code.PRICES_NOT_LIVE

    run(scenario)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"moves_per_day": 1}, Code.DAY_SPENT),
        ({"egress_usd_per_day": Decimal("0.1")}, Code.EGRESS_SPENT),
    ],
)
def test_start_against_a_budget_is_rejected_though_it_was_confirmed_before_it_was_spent(limits, code):
    budgets = replace(BudgetSettings(concurrent_moves=2), **limits)

    async def scenario():
        world = World("tokyo", "virginia", settings=replace(SETTINGS, budgets=budgets))
        command = await world.confirm()
        other = replace(CHECKOUT, name="other")
        world.migrations.usage = BudgetUsage((Move(other, "virginia", NOW - 60, egress_usd=Decimal("0.05")),))
        await world.round(command)
        assert world.migrations.started == []
        assert world.handler.unstarted[-1].reason.code is code
        assert world.handler.answers[-1].reason.code is code

    run(scenario)


def test_start_that_the_migrations_do_not_take_up_is_rejected_with_their_reason():
    async def scenario():
        world = World("tokyo", "virginia")
        command = await world.confirm()
        moving = Code.MOVE_RUNNING.because(source="tokyo", target="oregon")
        world.migrations.refuses = MigrationRefused(str(CHECKOUT), moving)
        await world.round(command)
        assert world.handler.unstarted[-1].reason == moving

    run(scenario)


def test_what_the_preflight_refused_is_a_fact_of_the_next_plan():
    async def scenario():
        world = World("tokyo", "virginia")
        await world.round(await world.confirm())
        world.facts.follow((refused_view(),))
        [finding] = world.facts.collect().findings
        assert finding.is_about(make_workload())
        assert finding.rules_out("virginia")
        assert finding.rules_out("oregon"), "its autoscaler is in the way of every target"
        assert finding.reason == AUTOSCALED
        world.now += 86_400.0
        world.facts.follow(())
        assert world.facts.collect().findings == (finding,), "it was said, and not unsaid"

    run(scenario)


def refused_view():
    return SimpleNamespace(
        migration_id="m1",
        workload=CHECKOUT,
        target="virginia",
        stage=MigrationStage.REFUSED,
        reason=AUTOSCALED,
        refused_by=CHECKOUT.context,
        ended_at=NOW,
    )


def test_what_is_armed_on_which_terms_is_written_down_and_so_is_its_end():
    terms = ArmingTerms(ArmedBy.WINDOW, "uid-tokyo", frozenset({"shop", "billing"}), lasts_s=8 * 3600.0)

    async def scenario():
        world = World()
        await world.round(SetArmed("tokyo", True, terms), SetArmed("virginia", True))
        assert world.regions.terms == {"tokyo": terms, "virginia": UNLIMITED}
        world.regions.ended = [EndedArming("tokyo", Code.ARMING_OVER.because(contexts=("tokyo",)))]
        world.handler.record_ended_armings()
        world.handler.record_ended_armings()
        told = [entry.text for entry in world.history.newest(9)]
        assert told[:2] == [
            "tokyo armed by the window for 8 h: writes in billing and shop are allowed",
            "virginia armed by --arm: writes are allowed",
        ]
        assert len(told) == 3
        assert told[2].startswith("tokyo armed no more: the arming of tokyo has run out")

    run(scenario)


def test_a_move_that_is_started_keeps_what_was_armed_and_one_that_is_not_does_not():
    async def scenario():
        world = World("tokyo", "virginia")
        command = await world.confirm()
        await world.round(command)
        assert world.regions.begun == ["m1"]
        world.migrations.refuses = MigrationRefused(str(CHECKOUT), AUTOSCALED)
        world.migrations.usage = NOTHING_MOVED
        await world.round(command)
        assert world.regions.begun == ["m1"]

    run(scenario)


def test_arming_an_unknown_context_changes_nothing():
    async def scenario():
        world = World()
        await world.round(SetArmed("nowhere", True))
        assert world.regions.armed == set()

    run(scenario)


def past(migration_id, **facts):
    """A move of the workload an hour ago, as another program left it."""
    return PastMove(migration_id, CHECKOUT, "oregon", NOW - 3700, NOW - 3600, "DONE", NOW - 3600, **facts)


def test_workload_that_an_earlier_program_moved_rests_as_its_lease_says():
    async def scenario():
        world = World("tokyo", "virginia")
        command = await world.confirm()
        world.unfinished.over = (past("m1"),)
        await world.round(command)
        assert world.migrations.started == []
        assert world.handler.unstarted[-1].reason.code is Code.COOLDOWN
        assert world.handler.answers[-1].reason.code is Code.COOLDOWN

    run(scenario)


def test_workload_that_an_earlier_program_moved_rests_as_history_says(tmp_path):
    installation = Installation(tmp_path, Clock(NOW - 3600))
    with installation.run() as history:
        history.record(MoveStarted("m1", CHECKOUT, "oregon", 6, "digest", PREDICTED))
        history.record(msgspec.structs.replace(ended(), workload=CHECKOUT, target="oregon"))
    installation.clock.now += 3600

    async def scenario():
        with installation.run() as history:
            world = World("tokyo", "virginia", history=history)
            command = await world.confirm()
            await world.round(command)
            assert world.migrations.started == []
            assert world.handler.unstarted[-1].reason.code is Code.COOLDOWN

    run(scenario)


def test_a_move_of_this_process_is_counted_once():
    world = World()
    world.unfinished.over = (past("m1"), past("m2"))
    world.migrations.usage = BudgetUsage((Move(CHECKOUT, "oregon", NOW),))
    world.migrations.known = {"m1"}
    assert len(world.facts.collect().usage.moves) == 2


def test_what_our_moves_have_sent_this_month_is_a_fact_of_every_judgement():
    """One runs here, one an earlier program made, one began last month, and one was refused."""
    world = World()
    world.regions.picture = lambda: make_picture(make_cluster("tokyo"), make_cluster("iowa"))
    world.migrations.usage = BudgetUsage((Move(CHECKOUT, "iowa", NOW, egress_gb=Decimal(3)),))
    world.migrations.known = {"m1"}
    earlier = replace(past("m2"), target="iowa", predicted_egress_gb=Decimal(5))
    last_month = replace(earlier, migration_id="m3", started_at=-60.0, ended_at=60.0)
    world.unfinished.over = (
        replace(earlier, migration_id="m1"),
        earlier,
        last_month,
        replace(earlier, migration_id="m4", phase="REFUSED"),
    )
    assert world.facts.collect().sent_gb == {"aws": Decimal(8)}


@pytest.mark.parametrize(
    ("cooldown_h", "counted"), [(1, ["m23"]), (24, ["m23"]), (72, ["m23", "m25", "m71"])]
)
def test_only_what_a_rule_still_looks_back_to_is_counted(cooldown_h, counted):
    """The past of months would be gone through with every wave: a day's budget and a rest look no further."""
    settings = replace(SETTINGS, budgets=BudgetSettings(cooldown_s=cooldown_h * 3600.0))
    world = World(settings=settings)
    ended = {f"m{hours}": NOW - hours * 3600 for hours in (23, 25, 71, 73)}
    world.unfinished.over = tuple(
        replace(past(name), started_at=at - 60, ended_at=at) for name, at in ended.items()
    )
    moves = world.facts.collect().usage.moves
    assert [move.ended_at for move in moves] == [ended[name] for name in counted]


def test_who_asked_for_a_rollback_is_recorded():
    async def scenario():
        world = World("tokyo", "virginia")
        world.migrations.shown = (
            SimpleNamespace(
                migration_id="m1", workload=CHECKOUT, target="virginia", stage=MigrationStage.RUNNING
            ),
        )
        await world.round(CancelMigration("m1"), CancelMigration("unknown"))
        assert world.migrations.cancelled == ["m1", "unknown"]
        assert [entry.migration_id for entry in world.history.newest(5)] == ["m1"]

    run(scenario)


def test_context_that_cannot_be_armed_is_not_said_to_be_armed():
    async def scenario():
        world = World()
        world.regions.unarmable = Code.ARMING_UNCONFIRMED.because(context="tokyo", line="x = 1")
        await world.round(SetArmed("tokyo", armed=True))
        assert world.history.newest(1)[0].text == f"tokyo not armed: {world.regions.unarmable}"

    run(scenario)


@pytest.mark.parametrize("may_make", [True, False])
def test_the_first_context_that_is_armed_has_a_key_ring_made(tmp_path, may_make):
    """Where there can be none it is armed all the same: it is each start that is refused."""

    async def scenario():
        world, path = World(), tmp_path / "key-ring"
        world.migrations.keys = JournalKeys(RingFile(path, may_make=may_make))
        await world.round(SetArmed("tokyo", armed=False))
        assert not path.exists()
        await world.round(SetArmed("tokyo", armed=True))
        assert path.exists() is may_make
        assert world.regions.is_armed("tokyo")

    run(scenario)


REFUSED_FOR = {
    "not armed": ({"armed": ("tokyo",)}, Code.NOT_ARMED),
    "prices turned": ({"board": make_board(tokyo="0.90", virginia="0.50")}, Code.PLAN_CHANGED),
    "prices gone": ({"board": make_board(tokyo="0.90")}, Code.PRICE_UNKNOWN),
    "does not pay": ({"board": make_board(tokyo="0.10", virginia="0.90")}, Code.NOT_CHEAPER),
    "another move": ({"moves": (Move(CHECKOUT, "oregon", NOW - 60),)}, Code.MOVE_RUNNING),
    "rest": ({"moves": (Move(CHECKOUT, "oregon", NOW - 600, NOW - 60),)}, Code.COOLDOWN),
    "target lost": (
        {
            "picture": make_picture(
                PICTURE.clusters["tokyo"], make_cluster("virginia", health=Health.CONNECTING)
            )
        },
        Code.CONTEXT_CONNECTING,
    ),
    "target gone": ({"picture": make_picture(PICTURE.clusters["tokyo"])}, Code.NO_CONTEXT),
    "workload gone": ({"picture": make_picture(make_cluster("tokyo"))}, Code.NO_WORKLOAD),
    "nothing": ({}, None),
}


@pytest.mark.parametrize(("changes", "code"), REFUSED_FOR.values(), ids=REFUSED_FOR.keys())
def test_what_is_shown_of_a_start_is_what_the_start_is_told(changes, code):
    async def scenario():
        world = World("tokyo", "virginia")
        start = await world.confirm()
        await world.round(Consider(start))
        world.regions.armed = set(changes.get("armed", ("tokyo", "virginia")))
        world.board = changes.get("board", BOARD)
        world.migrations.usage = BudgetUsage(changes.get("moves", ()))
        picture = changes.get("picture", PICTURE)
        shown = world.handler.judge_considered(picture, world.facts.collect())
        assert shown.start == start
        assert (shown.reason and shown.reason.code) is code
        await world.round(start, picture=picture)
        told = [rejection.reason for rejection in world.handler.unstarted]
        assert told == ([] if shown.reason is None else [shown.reason])

    run(scenario)


def test_nothing_is_judged_that_nobody_considers():
    async def scenario():
        world = World("tokyo", "virginia")
        start = await world.confirm()
        assert world.handler.judge_considered(PICTURE, world.facts.collect()) is None
        await world.round(Consider(start))
        assert world.handler.judge_considered(PICTURE, world.facts.collect()).start == start
        await world.round(Consider(None))
        assert world.handler.judge_considered(PICTURE, world.facts.collect()) is None
        assert world.migrations.started == []

    run(scenario)


def test_start_that_cannot_be_judged_ends_no_engine():
    async def scenario():
        world = World("tokyo", "virginia")
        absurd = make_picture(make_cluster("tokyo", make_workload(state_gb=1e30)), make_cluster("virginia"))
        await world.round(Consider(await world.confirm()))
        shown = world.handler.judge_considered(absurd, world.facts.collect())
        assert shown.reason.code is Code.UNEXPECTED_ERROR

    run(scenario)


def test_a_stop_waits_for_no_round_and_forgets_what_was_to_lead_to_a_write():
    async def scenario():
        world = World("tokyo", "virginia")
        start = await world.confirm()
        for command in (start, SetArmed("tokyo", True), CancelMigration("m1"), Stop()):
            world.handler.submit(command)
        assert world.regions.armed == set()
        told = [entry.text for entry in world.history.newest(2)]
        assert [text for text in told if "tokyo" in text or "virginia" in text] == told
        await world.round()
        assert (world.regions.armed, world.migrations.started) == (set(), [])
        assert world.migrations.cancelled == ["m1"], "it asks for less, not for more"

    run(scenario)


@pytest.mark.parametrize("source", ["history", "leases"])
def test_way_back_of_a_finished_move_is_confirmed_and_started_without_prices(source):
    """The workload came from Virginia an hour ago, rests, and has no price any more."""
    finished = replace(past("m1"), workload=replace(CHECKOUT, context="virginia"), target="tokyo")
    history = SimpleNamespace(past_moves=lambda: (finished,), record=lambda event: None)

    async def scenario():
        world = World("tokyo", "virginia", history=history if source == "history" else None)
        world.unfinished.over = (finished,) if source == "leases" else ()
        world.board = QuoteBoard({})
        await world.round(RequestDryRun(CHECKOUT, "virginia", way_back_of="m1"))
        dry_run = world.handler.answers[-1]
        start = StartMigration(CHECKOUT, "virginia", dry_run.plan_digest, way_back_of="m1")
        await world.round(start)
        assert [(one.way_back_of, one.verdict) for one in world.migrations.started] == [
            ("m1", Verdict.WAY_BACK)
        ]

    run(scenario)


def test_start_that_only_calls_itself_a_way_back_is_refused_as_such():
    async def scenario():
        world = World("tokyo", "virginia")
        command = replace(await world.confirm(), way_back_of="m1")
        world.handler.submit(Consider(command))
        await world.round(command)
        assert world.migrations.started == []
        refused = Code.NO_WAY_BACK.because(workload=str(CHECKOUT), target="virginia", migration_id="m1")
        assert world.handler.unstarted[-1].reason == refused
        assert world.handler.judge_considered(PICTURE, world.facts.collect()).reason == refused

    run(scenario)


@pytest.mark.parametrize("is_told", [True, False], ids=["accepted", "not accepted"])
def test_what_a_person_accepts_goes_with_the_dry_run_and_the_start(monkeypatch, is_told):
    tied = two_regions(immovable_reasons=(Code.RECREATE.because(),))
    monkeypatch.setattr(FakeRegions, "picture", lambda self: tied)
    accepts = frozenset({Acceptance.TWO_AT_ONCE})

    async def scenario():
        world = World("tokyo", "virginia")
        world.handler.submit(RequestDryRun(CHECKOUT, "virginia", accepts=accepts))
        await world.handler.work(tied, NOW)
        digest = world.handler.answers[-1].plan_digest
        start = StartMigration(CHECKOUT, "virginia", digest, accepts=accepts if is_told else frozenset())
        world.handler.submit(start)
        await world.handler.work(tied, NOW)
        assert [one.accepts for one in world.migrations.started] == ([accepts] if is_told else [])

    run(scenario)


CALLED = Code.CALLED.because(name="web", count=1, callers=("front",))


def test_a_dry_run_that_was_asked_for_is_made_again_once_its_workload_was_looked_at():
    async def scenario():
        world = World("tokyo", "virginia")
        world.migrations.inventory = Inventory(NOW, breaks=(CALLED,))
        await world.round(RequestDryRun(CHECKOUT, "virginia"))
        assert [answer.inventory for answer in world.handler.answers] == [None]
        await asyncio.sleep(0)
        await world.round()
        _, answer = world.handler.answers
        assert (answer.verdict, answer.reason) == (Verdict.REFUSED, CALLED)
        assert answer.inventory == world.migrations.inventory
        await world.round(RequestDryRun(CHECKOUT, "virginia", accepts=frozenset({Acceptance.CALLERS})))
        assert world.handler.answers[-1].may_start

    run(scenario)


def test_who_asks_again_has_the_workload_looked_at_again():
    async def scenario():
        world = World("tokyo", "virginia")
        world.migrations.inventory = Inventory(NOW, breaks=(CALLED,))
        await world.round(RequestDryRun(CHECKOUT, "virginia"))
        await asyncio.sleep(0)
        world.migrations.inventory = Inventory(NOW)
        await world.round(RequestDryRun(CHECKOUT, "virginia"))
        await asyncio.sleep(0)
        await world.round()
        assert world.handler.answers[-1].may_start, "it was mended"

    run(scenario)


def test_a_start_that_is_considered_has_its_workload_looked_at_once():
    async def scenario():
        world = World("tokyo", "virginia")
        start = await world.confirm()
        await asyncio.sleep(0)
        await world.round()
        asked = len(world.handler.answers)
        await world.round(Consider(start), Consider(replace(start, plan_digest="newer")))
        await asyncio.sleep(0)
        await world.round()
        assert len(world.handler.answers) == asked, "it was looked at before"
        world.facts.inventories.note(make_workload(template_hash="older"), Inventory(NOW))
        await world.round(Consider(start))
        await asyncio.sleep(0)
        await world.round()
        assert [answer.inventory for answer in world.handler.answers][asked:] == [Inventory(NOW)]

    run(scenario)


@pytest.mark.parametrize(
    ("error", "code"),
    [(MigrationRefused("w", Code.PAUSED.because()), Code.PAUSED), (KeyError("x"), Code.UNEXPECTED_ERROR)],
)
def test_a_look_that_fails_is_told_and_refuses_nothing(error, code):
    async def scenario():
        world = World("tokyo", "virginia")
        world.migrations.inventory = error
        await world.round(RequestDryRun(CHECKOUT, "virginia"))
        await asyncio.sleep(0)
        await world.round()
        answer = world.handler.answers[-1]
        assert answer.inventory.unread.code is code
        assert answer.may_start

    run(scenario)
