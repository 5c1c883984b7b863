"""kill -9, freezes and a second instance: whatever happens to the processes, the workload does not notice.

The kill points and seeds here are a sample that runs in seconds; the campaign over every await is run with
`python -m tests.simulation.campaign`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.migration.access.lease import find_journal
from tests.simulation.fake_cluster import FakeCluster, Request
from tests.simulation.network import Faults
from tests.simulation.processes import Process
from tests.simulation.world import LEASE_PATH, PATH, World, keep_alive, simulate, wait_until_over

#: A run without faults resumes its tasks some 690 times; the sample steps through all of it.
KILL_POINTS = range(5, 700, 27)
FREEZE_POINTS = range(11, 700, 47)


def assert_over(world: World) -> None:
    """One of the two ends was reached, and no bound was broken on the way."""
    assert world.violations == []
    assert (world.journaled_phase(), world.result()) in (
        ("DONE", (0, world.replicas)),
        ("ROLLED_BACK", (world.replicas, None)),
    )


@pytest.mark.parametrize("step", KILL_POINTS)
def test_killed_at_any_moment_the_next_start_finishes(tmp_path: Path, step: int) -> None:
    async def scenario(world: World) -> None:
        await keep_alive(world, "a", first=Process("a", kill_at=step))

    world = simulate(scenario, step, tmp_path, faults=Faults(unanswered=0.02, late=0.02))
    assert_over(world)


@pytest.mark.parametrize("step", FREEZE_POINTS)
def test_frozen_instance_that_wakes_up_late_changes_nothing(tmp_path: Path, step: int) -> None:
    """Another instance takes over meanwhile; the zombie's writes die on the fence."""

    async def scenario(world: World) -> None:
        zombie = Process("a", freeze_at=step, freeze_s=75.0)
        await asyncio.gather(
            keep_alive(world, "a", first=zombie), keep_alive(world, "b", delay_s=world.rng.uniform(0, 10))
        )

    assert_over(simulate(scenario, step, tmp_path))


@pytest.mark.parametrize("seed", range(8))
def test_bad_network_and_two_instances_that_both_want_to_work(tmp_path: Path, seed: int) -> None:
    faults = Faults(lost=0.03, unanswered=0.03, late=0.03, doubled=0.03)
    faults.partitions = [("paris", 30 + seed, 75.0), ("osaka", 100.0, 130.0 + seed)]

    async def scenario(world: World) -> None:
        await asyncio.gather(
            keep_alive(world, "a", first=Process("a", kill_at=60 * (seed + 1))),
            keep_alive(world, "b", delay_s=3),
        )

    assert_over(simulate(scenario, seed, tmp_path, faults=faults))


def test_second_instance_takes_over_after_the_lease_has_expired(tmp_path: Path) -> None:
    took_over: list[float] = []

    async def scenario(world: World) -> None:
        first = Process("a")
        task = asyncio.ensure_future(world.migrate(first, world.build_controller("a")))
        await world.wait_for(lambda: world.journaled_phase() == "VERIFY")
        first.kill()
        killed_at = world.loop.time()
        second = world.build_controller("b")
        assert await world.migrate(Process("b"), second) is not None
        took_over.append(second.views()[0].started_at)
        events = [entry for entry in second._history.newest(100) if "Resuming" in entry.text]
        assert len(events) == 1
        assert world.loop.time() - killed_at > world.settings.lease_duration_s
        task.cancel()

    assert_over(simulate(scenario, 1, tmp_path))


def test_same_seed_gives_the_same_history(tmp_path: Path) -> None:
    def run() -> list[tuple[float, object]]:
        async def scenario(world: World) -> None:
            await keep_alive(world, "a", first=Process("a", kill_at=150))

        world = simulate(scenario, 9, tmp_path, faults=Faults(lost=0.05, late=0.05))
        return [(at, request.path) for cluster in world.clusters.values() for at, request in cluster.history]

    assert run() == run()


def test_a_journal_forged_in_one_cluster_moves_nothing_in_the_other(tmp_path: Path) -> None:
    """Who may write Leases in the source only must not be able to lower or delete anything in the target."""

    async def scenario(world: World) -> None:
        first = Process("a")
        working = asyncio.ensure_future(world.migrate(first, world.build_controller("a")))
        await world.wait_for(lambda: world.journaled_phase() == "SETTLE")
        first.kill()
        del world.target.objects[LEASE_PATH]
        await asyncio.sleep(world.settings.lease_duration_s + 5)
        before = len(world.target.history), world.result()
        second = world.build_controller("b")
        await world.migrate(Process("b"), second)
        assert second.views()[0].stage is MigrationStage.NEEDS_OPERATOR
        assert "osaka does not know of this migration" in second.views()[0].sentence
        assert world.result() == before[1]
        deployments = [request for _, request in world.target.history[before[0] :] if request.path == PATH]
        assert deployments == []
        working.cancel()

    simulate(scenario, 1, tmp_path)


def test_a_crash_before_the_target_knows_is_closed_quietly(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        first = Process("a")
        working = asyncio.ensure_future(world.migrate(first, world.build_controller("a")))
        await world.wait_for(lambda: world.journaled_phase() == "LOCKED")
        first.kill()
        working.cancel()
        del world.target.objects[LEASE_PATH]
        await asyncio.sleep(5)
        second = world.build_controller("b")
        await world.migrate(Process("b"), second)
        assert second.views()[0].stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 1, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.holders() == set()


def test_a_crash_before_the_target_knows_of_the_end_stands_in_no_later_way(tmp_path: Path) -> None:
    """The source says that the move is over; the mirror, which says less, is of no account any more."""
    first = Process("a")

    def kill_at_the_end(cluster: FakeCluster, request: Request) -> None:
        if request.method == "PUT" and '"phase":"DONE"' in (find_journal(request.body) or ""):
            first.kill()  # what it has just sent still lands

    async def scenario(world: World) -> None:
        working = asyncio.ensure_future(world.migrate(first, world.build_controller("a")))
        await first.died.wait()
        await asyncio.sleep(5)
        assert world.journaled_phase() == "DONE"
        there = world.dry_run()
        back = replace(there, workload=replace(there.workload, context="osaka"), target="paris")
        second = world.build_controller("b")
        await wait_until_over(second, await second.start(back))
        assert second.views()[0].stage is MigrationStage.DONE, second.views()[0].sentence
        working.cancel()

    world = simulate(scenario, 1, tmp_path, directed=kill_at_the_end)
    assert (world.source.replicas(PATH), world.target.replicas(PATH)) == (6, 0)
