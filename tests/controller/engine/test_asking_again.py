"""A move that its preflight refused is asked about again, and offered when nothing stands in its way any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.contract.dry_run import DryRun
from controller.decision.budgets import NOTHING_MOVED
from controller.decision.facts import PreflightFinding
from controller.engine.asking_again import AskingAgain
from controller.engine.controls import Controls
from controller.engine.fact_collector import FactCollector
from controller.errors import ControllerError, UnknownContext
from controller.migration.protocol.errors import MigrationRefused
from controller.reasons import Code
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    SETTINGS,
    make_board,
    make_workload,
    two_regions,
)
from tests.controller.engine.switches import Switches

PICTURE = two_regions()
NO_QUOTA = Code.QUOTA_UNREADABLE.because(context="virginia", quota="team", resource="pods")
NO_SECRET = Code.DEPENDENCY_MISSING.because(context="virginia", resource="secrets", name="tls")
NOT_ARMED = Code.NOT_ARMED.because(contexts=("virginia",))
SILENT = Code.ANSWER_TIMED_OUT.because(context="virginia", server="https://virginia")
DEAR = Code.NOTHING_LEFT_TO_SAVE.because(replicas=4, worth_usd=None)


class World:
    """One refused move, and clusters that answer `answer` about it."""

    def __init__(self, *armed: str) -> None:
        self.now = NOW
        self.answer: Exception | None = None
        self.asked: list[tuple[str, str]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        regions = SimpleNamespace(picture=lambda: PICTURE)
        switches = Switches(*(armed or ("tokyo", "virginia")))
        regions.list_armed, regions.list_unarmed = switches.list_armed, switches.list_unarmed
        self.facts = FactCollector(
            cast(Any, regions), lambda: make_board(tokyo="0.40", virginia="0.10"), lambda _: NOTHING_MOVED,
            lambda: self.now, SETTINGS, tuple, accepts_any_prices=False,
        )  # fmt: skip
        controls = SimpleNamespace(migrations=self, wake=asyncio.Event())
        self.again = AskingAgain(cast(Controls, controls), self.facts, lambda: self.now)
        self.facts.findings._remember(PreflightFinding(make_workload(), "virginia", NO_QUOTA, NOW), NOW)

    async def ask_preflight(self, dry_run: DryRun) -> None:
        self.asked.append((str(dry_run.workload), dry_run.target))
        await self.may_answer.wait()
        if self.answer is not None:
            raise self.answer

    async def round(self, after_s: float = 0.0) -> tuple[PreflightFinding, ...]:
        """One round of the engine, and what is remembered when all is quiet again."""
        self.now += after_s
        self.again.work(PICTURE, self.facts.collect())
        for _ in range(5):
            await asyncio.sleep(0)
        return self.facts.findings.current()


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario())


def test_a_refused_move_is_asked_about_in_its_time_and_forgotten_when_nothing_is_against_it() -> None:
    async def scenario() -> None:
        world = World()
        assert len(await world.round(SETTINGS.ask_again_s - 1)) == 1
        assert world.asked == []
        assert await world.round(1) == ()
        assert world.asked == [(str(CHECKOUT), "virginia")]

    run(scenario)


def test_a_person_who_asks_need_not_wait() -> None:
    async def scenario() -> None:
        world = World()
        world.facts.findings.ask_soon(CHECKOUT, "virginia")
        assert await world.round() == ()

    run(scenario)


def test_what_is_refused_again_for_another_reason_is_remembered_by_that() -> None:
    async def scenario() -> None:
        world = World()
        world.answer = MigrationRefused(str(CHECKOUT), NO_SECRET, context="virginia")
        [finding] = await world.round(SETTINGS.ask_again_s)
        assert (finding.reason, finding.at) == (NO_SECRET, world.now)
        assert len(await world.round(SETTINGS.ask_again_s - 1)) == 1
        assert len(world.asked) == 1, "and asked about again in its time"

    run(scenario)


@pytest.mark.parametrize(
    "answer",
    [
        MigrationRefused("checkout", NOT_ARMED),
        MigrationRefused("checkout", DEAR),
        MigrationRefused("checkout", SILENT, context="virginia"),
        UnknownContext("virginia"),
        ZeroDivisionError("nobody foresaw this"),
    ],
    ids=["disarmed meanwhile", "too dear by now", "no answer", "context gone", "an error of ours"],
)
def test_what_says_nothing_of_the_obstacle_leaves_it_as_it_was_known(answer: ControllerError) -> None:
    async def scenario() -> None:
        world = World()
        [before] = world.facts.findings.current()
        world.answer = answer
        assert await world.round(SETTINGS.ask_again_s) == (before,)
        await world.round(1)
        assert len(world.asked) == 1, "and the clusters are left in peace"

    run(scenario)


@pytest.mark.parametrize("armed", ["tokyo", "virginia"])
def test_no_cluster_is_asked_where_one_of_both_is_only_observed(armed: str) -> None:
    async def scenario() -> None:
        world = World(armed)
        assert len(await world.round(SETTINGS.ask_again_s)) == 1
        assert world.asked == []

    run(scenario)


def test_one_question_at_a_time() -> None:
    async def scenario() -> None:
        world = World()
        world.may_answer.clear()
        await world.round(SETTINGS.ask_again_s)
        await world.round(SETTINGS.ask_again_s)
        assert len(world.asked) == 1
        world.may_answer.set()
        assert await world.round() == ()

    run(scenario)
