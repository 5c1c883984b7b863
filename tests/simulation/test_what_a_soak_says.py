"""While SOAK watches, the words on the screen come from what was just read: no answer is never "it serves"."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from controller.contract.snapshots import MigrationView
from controller.reasons import Code
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.processes import name_sender
from tests.simulation.world import PATH, SETTINGS, World, simulate, start


async def lose_target(world: World) -> None:
    """From now on the target gives no answer, and its pods are gone."""
    world.network.faults.partitions.append(("osaka", world.loop.time(), world.loop.time() + 1e9))
    world.target.capacity = 0
    world.target.lose_pods(PATH, 100)


def test_a_restart_in_soak_without_an_answer_of_the_target_does_not_say_that_it_serves(
    tmp_path: Path,
) -> None:
    seen: list[MigrationView] = []

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        program.process.kill()
        await lose_target(world)
        again = world.open_program("b")
        task = world.loop.create_task(world.work(again))
        await world.wait_for(lambda: bool(again.views()))
        for _ in range(20):
            seen.append(again.view)
            await asyncio.sleep(15)
        task.cancel()

    simulate(scenario, 1, tmp_path)
    unread = [view.detail["since"] for view in seen if view.detail.code is Code.PHASE_SOAK_UNREAD]
    insured = [view for view in seen if view.phase == "INSURED"]
    assert len(set(unread)) == 1
    assert len(unread) + len(insured) == len(seen)


def test_a_soak_says_how_many_are_ready_until_the_target_is_silent(tmp_path: Path) -> None:
    seen: list[MigrationView] = []

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        await asyncio.sleep(5)
        seen.append(program.view)
        await lose_target(world)
        await world.wait_for(lambda: program.view.detail.code is not Code.PHASE_SOAK_WATCHED, 60)
        seen.append(program.view)
        await program.close()

    simulate(scenario, 1, tmp_path)
    watched, unread = seen
    assert "6 of 6 replicas ready in osaka" in watched.sentence
    assert (unread.phase, unread.detail.code) == ("SOAK", Code.PHASE_SOAK_UNREAD)


def test_who_follows_another_instance_in_soak_does_not_go_on_saying_that_it_serves(tmp_path: Path) -> None:
    seen: list[MigrationView] = []

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        program.process._frozen_until = world.loop.time() + 50
        task = world.loop.create_task(world.work(world.open_program("b")))
        await world.wait_for(lambda: program.view.reason is not None, 100)
        seen.append(program.view)
        await task

    simulate(scenario, 1, tmp_path, settings=replace(SETTINGS, soak_s=120.0))
    assert (seen[0].phase, seen[0].reason and seen[0].reason.code) == ("SOAK", Code.FOLLOWING)
    assert seen[0].detail.code is Code.PHASE_SOAK_UNREAD


def test_who_follows_another_instance_tells_what_its_journal_says_now(tmp_path: Path) -> None:
    """It lost the lead in the second wave; the other one goes on to the end."""
    seen: list[tuple[MigrationView, str | None]] = []

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        program.process.freeze(50)
        task = world.loop.create_task(world.work(world.open_program("b")))
        while not task.done():
            await asyncio.sleep(1)
            seen.append((program.view, world.journaled_phase()))
        await asyncio.sleep(10)
        seen.append((program.view, world.journaled_phase()))

    simulate(scenario, 1, tmp_path, settings=replace(SETTINGS, soak_s=120.0))
    followed = [
        (view, phase) for view, phase in seen if view.reason and view.reason.code is Code.LED_BY_ANOTHER
    ]
    late = [view.phase for view, phase in followed if phase == "SOAK"]
    assert len(late) > 60
    assert late.count("SOAK") >= len(late) - 7, "a look every 5 s"
    assert followed[-1][0].detail.code is Code.PHASE_SOAK_WATCHED
    assert seen[-1][0].phase == "DONE"


def test_who_follows_another_instance_never_says_that_it_resumes_and_forgets_a_silence_that_is_over(
    tmp_path: Path,
) -> None:
    seen: list[MigrationView] = []
    is_in_a_tunnel = [False]

    def cut_off(cluster: Cluster, request: Request) -> Delivery | None:
        return Delivery(None) if is_in_a_tunnel[0] and name_sender() == "b" else None

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        follower = world.open_program("b")
        task = world.loop.create_task(world.work(follower))
        await world.wait_for(lambda: bool(follower.views()))
        for is_cut in (False, True, False):
            is_in_a_tunnel[0] = is_cut
            await asyncio.sleep(40)
            seen.append(follower.view)
        assert not any("Resuming" in entry.text for entry in follower.entries)
        task.cancel()

    simulate(scenario, 1, tmp_path, directed=cut_off, settings=replace(SETTINGS, soak_s=600.0))
    assert [view.reason and view.reason.code for view in seen] == [
        Code.LED_BY_ANOTHER,
        Code.WAITING_TO_RESUME,
        Code.LED_BY_ANOTHER,
    ]
    assert [view.detail.code for view in seen][::2] == [Code.PHASE_SOAK_WATCHED] * 2
