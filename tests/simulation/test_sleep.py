"""A laptop that is closed in the middle of a move: whenever it sleeps and for however long, nobody misses a replica.

The moments here are a sample that runs in seconds; the campaign over every await is run by
`python3 bootstrap.py prove campaign`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.clusters.last_word import LastWord
from controller.contract.snapshots import MigrationStage
from tests.simulation.campaign import BACK_AFTER_S, UNNOTICED_S, lose_target_for
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Faults
from tests.simulation.processes import Process
from tests.simulation.program import Program
from tests.simulation.world import World, keep_alive, simulate, start

AN_HOUR_S = 3600.0

#: A move resumes its tasks some 1,680 times; the sample steps through all of it.
SLEEP_POINTS = range(90, 1700, 161)


@pytest.mark.parametrize("step", SLEEP_POINTS)
def test_a_machine_that_sleeps_at_any_moment_takes_nothing_from_what_serves(
    tmp_path: Path, step: int
) -> None:
    """Meanwhile the target loses all its pods: what was read before is not true any more."""

    async def scenario(world: World) -> None:
        asleep = Process(
            "a",
            sleep_at=step,
            sleep_s=AN_HOUR_S,
            on_sleep=lambda: lose_target_for(world, AN_HOUR_S + BACK_AFTER_S),
        )
        await keep_alive(world, "a", first=asleep)

    world = simulate(scenario, step, tmp_path, faults=Faults(delayed=0.05), unnoticed_s=UNNOTICED_S)
    assert world.judge_end() == []


@pytest.mark.parametrize("step", SLEEP_POINTS[::3])
def test_what_another_machine_has_begun_meanwhile_is_not_disturbed_on_waking(
    tmp_path: Path, step: int
) -> None:
    async def scenario(world: World) -> None:
        asleep = Process("a", sleep_at=step, sleep_s=75.0)
        await asyncio.gather(
            keep_alive(world, "a", first=asleep), keep_alive(world, "b", delay_s=world.rng.uniform(0, 10))
        )

    assert simulate(scenario, step, tmp_path).judge_end() == []


@pytest.mark.parametrize("step", range(84, 96, 3))
def test_what_another_machine_has_ended_meanwhile_is_not_begun_again_on_waking(
    tmp_path: Path, step: int
) -> None:
    """It falls asleep after its preflight and before it has a Lease; until it wakes, the whole move is over."""

    async def scenario(world: World) -> None:
        asleep = Process("a", sleep_at=step, sleep_s=100.0)
        await asyncio.gather(
            keep_alive(world, "a", first=asleep), keep_alive(world, "b", delay_s=world.rng.uniform(0, 10))
        )

    world = simulate(scenario, step, tmp_path)
    assert world.judge_end() == []
    assert world.result() == (0, world.replicas)


def fall_asleep_before(
    tmp_path: Path, is_it: Callable[[World, Cluster, Request], bool], meanwhile: Callable[[World], None]
) -> World:
    """Close the laptop while one write, which everything allows, opens its connection."""

    async def scenario(world: World) -> None:
        program, _, task = await start(world)

        def connect(cluster: Cluster, request: Request) -> float | None:
            if program.process.sleeps or not is_it(world, cluster, request):
                return None
            world.loop.call_soon(fall_asleep, world, program)
            return 1.0

        def fall_asleep(world: World, program: Program) -> None:
            program.process.sleep(AN_HOUR_S)
            meanwhile(world)

        world.network.on_connect = connect
        await task
        assert program.process.sleeps == 1

    return simulate(scenario, 1, tmp_path, unnoticed_s=UNNOTICED_S)


def lowers_source(world: World, cluster: Cluster, request: Request) -> bool:
    return cluster is world.source and request.lowers and request.replicas == 0


def raises_target(world: World, cluster: Cluster, request: Request) -> bool:
    return cluster is world.target and request.raises and request.replicas == world.replicas


def lose_target(world: World) -> None:
    lose_target_for(world, AN_HOUR_S + BACK_AFTER_S)


def stop_prices(world: World) -> None:
    world.market.has_prices = False
    world.loop.call_later(AN_HOUR_S + 60.0, lambda: setattr(world.market, "has_prices", True))


def test_a_scale_down_that_was_about_to_leave_when_the_laptop_was_closed_does_not_leave_when_it_is_opened(
    tmp_path: Path,
) -> None:
    assert fall_asleep_before(tmp_path, lowers_source, lose_target).judge_end() == []


def test_a_wave_that_was_about_to_leave_when_the_laptop_was_closed_waits_for_a_price_of_today(
    tmp_path: Path,
) -> None:
    assert fall_asleep_before(tmp_path, raises_target, stop_prices).judge_end() == []


@pytest.mark.parametrize(
    ("is_it", "meanwhile", "broken"), [(lowers_source, lose_target, "I1"), (raises_target, stop_prices, "I5")]
)
def test_without_the_last_word_both_would_leave(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_it: Callable[[World, Cluster, Request], bool],
    meanwhile: Callable[[World], None],
    broken: str,
) -> None:
    monkeypatch.setattr(LastWord, "ask", lambda self: None)
    found = fall_asleep_before(tmp_path, is_it, meanwhile).violations
    assert [text for text in found if text.startswith(broken)]


@pytest.mark.parametrize("phase", ["VERIFY", "SETTLE", "SOAK"])
def test_a_move_that_slept_goes_on_and_counts_only_what_it_has_watched(tmp_path: Path, phase: str) -> None:
    """The target has served all the time; nobody has seen it."""

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == phase and program.view.wave == 4)
        await asyncio.sleep(1.0)
        program.process.sleep(AN_HOUR_S)
        woken_at = world.loop.time() + AN_HOUR_S
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence
        watched_s = world.settings.soak_s + (world.settings.bake_s if phase == "VERIFY" else 0.0)
        assert world.loop.time() - woken_at > watched_s - 2 * world.settings.poll_s

    assert simulate(scenario, 1, tmp_path).judge_end() == []


def test_time_in_which_the_program_stood_still_is_not_soaked(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        program.process.freeze(65.0)
        thawed_at = world.loop.time() + 65.0
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence
        assert world.loop.time() - thawed_at > world.settings.soak_s - 2 * world.settings.poll_s

    assert simulate(scenario, 1, tmp_path).judge_end() == []


def test_a_laptop_that_was_closed_in_a_hold_does_not_give_up_when_it_is_opened(tmp_path: Path) -> None:
    """Its network comes back a few seconds later than the program."""

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        now = world.loop.time()
        cut = [(context, now, now + AN_HOUR_S + 60.0) for context in world.clusters]
        world.network.faults.partitions = cut
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 60)
        program.process.sleep(AN_HOUR_S)
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    assert simulate(scenario, 1, tmp_path).judge_end() == []
