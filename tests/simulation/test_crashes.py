"""kill -9, freezes and a second instance: whatever happens to the processes, the workload does not notice.

The kill points and seeds here are a sample that runs in seconds; the campaign over every await is run by
`python3 bootstrap.py prove campaign`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.migration.access.lease import find_journal
from controller.migration.protocol.fences import FENCE_ANNOTATION
from tests.simulation.cluster import Cluster, Request
from tests.simulation.invariants import takes_fence_off
from tests.simulation.network import Faults
from tests.simulation.processes import Process
from tests.simulation.world import LEASE_PATH, PATH, WORKLOAD, World, keep_alive, kill_at, simulate

#: A run without faults resumes its tasks some 1,680 times; the sample steps through all of it.
KILL_POINTS = range(60, 1700, 61)
FREEZE_POINTS = range(75, 1700, 113)


def assert_over(world: World) -> None:
    """One of the two ends was reached, and nothing that was promised was broken on the way."""
    assert world.judge_end() == []


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
            keep_alive(world, "a", first=Process("a", kill_at=150 * (seed + 1))),
            keep_alive(world, "b", delay_s=3),
        )

    assert_over(simulate(scenario, seed, tmp_path, faults=faults))


def test_second_instance_takes_over_after_the_lease_has_expired(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await kill_at(world, "VERIFY")
        killed_at = world.loop.time()
        second = world.open_program("b")
        assert await world.work(second) is not None
        assert len([entry for entry in second.entries if "Resuming" in entry.text]) == 1
        assert world.loop.time() - killed_at > world.settings.lease_duration_s

    assert_over(simulate(scenario, 1, tmp_path))


def test_same_seed_gives_the_same_history(tmp_path: Path) -> None:
    def run(directory: Path) -> list[tuple[float, str, str]]:
        async def scenario(world: World) -> None:
            await keep_alive(world, "a", first=Process("a", kill_at=500))

        directory.mkdir()
        world = simulate(scenario, 9, directory, faults=Faults(lost=0.05, late=0.05))
        return [
            (landed.at, landed.request.path, str(landed.request.body))
            for cluster in world.clusters.values()
            for landed in cluster.history
        ]

    assert run(tmp_path / "once") == run(tmp_path / "again")


def test_a_journal_forged_in_one_cluster_moves_nothing_in_the_other(tmp_path: Path) -> None:
    """Who may write Leases in the source only must not be able to lower or delete anything in the target."""

    async def scenario(world: World) -> None:
        await kill_at(world, "SETTLE")
        world.target.remove(LEASE_PATH)
        await asyncio.sleep(world.settings.lease_duration_s + 5)
        before = len(world.target.history), world.result()
        second = world.open_program("b")
        await world.work(second)
        assert second.view.stage is MigrationStage.NEEDS_OPERATOR
        assert "osaka does not know of this migration" in second.view.sentence
        assert world.result() == before[1]
        since = world.target.history[before[0] :]
        assert [landed for landed in since if landed.request.path == PATH] == []

    simulate(scenario, 1, tmp_path)


def test_a_crash_before_the_target_knows_is_closed_quietly(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await kill_at(world, "LOCKED")
        world.target.remove(LEASE_PATH)
        await asyncio.sleep(5)
        second = world.open_program("b")
        await world.work(second)
        assert second.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 1, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.holders() == set()


def test_a_crash_before_the_target_knows_of_the_end_stands_in_no_later_way(tmp_path: Path) -> None:
    """The source says that the move is over; the mirror, which says less, is of no account any more."""
    first = Process("a")

    def kill_at_the_end(cluster: Cluster, request: Request) -> None:
        if request.method == "PUT" and '"phase":"DONE"' in (find_journal(request.body) or ""):
            first.kill()  # what it has just sent still lands

    async def scenario(world: World) -> None:
        await world.begin(world.open_program("a", first))
        await first.died.wait()
        await asyncio.sleep(5)
        assert world.journaled_phase() == "DONE"
        world.turn_prices()
        await asyncio.sleep(30)  # the dead one was the source of all prices
        second = world.open_program("b")
        await world.work(second, workload=replace(WORKLOAD, context="osaka"), target="paris")
        assert second.view.stage is MigrationStage.DONE, second.view.sentence

    world = simulate(scenario, 1, tmp_path, directed=kill_at_the_end)
    assert (world.source.replicas(PATH), world.target.replicas(PATH)) == (6, 0)


@pytest.mark.parametrize(("goes_back", "end"), [(False, (0, 6)), (True, (6, None))])
def test_a_crash_between_the_last_fence_and_the_last_word_needs_nobody(
    tmp_path: Path, *, goes_back: bool, end: tuple[int, int | None]
) -> None:
    """Without a fence nobody goes on with a journal; but this one says that nothing was left to be done."""
    first = Process("a")

    def kill_at_the_last_fence(cluster: Cluster, request: Request) -> None:
        if cluster.context == "paris" and takes_fence_off(request):
            first.kill()  # what it has just sent still lands

    async def scenario(world: World) -> None:
        program = world.open_program("a", first)
        migration_id = await world.begin(program)
        assert migration_id is not None
        if goes_back:
            await world.wait_for(lambda: program.view.phase == "VERIFY")
            program.cancel(migration_id)
        await first.died.wait()
        await asyncio.sleep(5)
        assert world.journaled_phase() == ("ROLLBACK" if goes_back else "SOAK")
        before = [len(cluster.history) for cluster in world.clusters.values()]
        second = world.open_program("b")
        await world.work(second)
        assert second.view.stage is (MigrationStage.ROLLED_BACK if goes_back else MigrationStage.DONE)
        for cluster, count in zip(world.clusters.values(), before, strict=True):
            assert [one for one in cluster.history[count:] if one.request.path == PATH] == []
            deployment = cluster.get(PATH)
            assert deployment is None or FENCE_ANNOTATION not in deployment["metadata"]["annotations"]

    world = simulate(scenario, 1, tmp_path, directed=kill_at_the_last_fence)
    assert world.result() == end
    assert world.judge_end() == []
