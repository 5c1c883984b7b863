"""A move between two Deployments that both exist: whatever happens, both end where they began, or as planned."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.dry_run import Staying
from controller.contract.settlement import Act
from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from controller.simulation.api.json_objects import JsonObject
from tests.simulation.cluster import Cluster
from tests.simulation.invariants import read_journal
from tests.simulation.network import Faults
from tests.simulation.program import Rejected
from tests.simulation.test_cancel import MOMENTS
from tests.simulation.world import (
    IMAGE_THERE,
    LEASE_PATH,
    PATH,
    WORKLOAD,
    World,
    cancel_at,
    keep_alive,
    kill_at,
    simulate,
    start,
)

#: Replicas of the target before the move; the source has six.
THERE = 3
#: More than the pods of either side take to be replaced by those of another template. Seconds.
ROLLOUT_S = 300.0
#: Where a restart finds a move that has a fence by then; what has none is not begun.
PHASES = ("PROVISION", "SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE", "SOAK")


def own_parts(cluster: Cluster) -> JsonObject:
    """What its owner has written of a Deployment, but for the replicas."""
    body = cluster.require(PATH)
    spec = {key: value for key, value in body["spec"].items() if key != "replicas"}
    annotations = {
        key: value
        for key, value in body["metadata"]["annotations"].items()
        if key != "deployment.kubernetes.io/revision"
    }
    return {"uid": body["metadata"]["uid"], "annotations": annotations, "spec": spec}


@pytest.mark.parametrize(
    ("replicas", "there", "keeps", "result"),
    [(6, 3, 0, (0, 9)), (1, 1, 0, (0, 2)), (6, 3, 2, (2, 7)), (5, 20, 4, (4, 21)), (6, 0, 2, (2, 4))],
    ids=["all of it", "one", "down to a minimum", "one of many", "part of it to where it is not yet"],
)
def test_what_moves_arrives_beside_what_was_there_and_none_is_missed(
    tmp_path: Path, replicas: int, there: int, keeps: int, result: tuple[int, int]
) -> None:
    lowest: list[int] = []
    before: list[JsonObject] = []

    async def scenario(world: World) -> None:
        before.extend(own_parts(cluster) for cluster in world.clusters.values() if cluster.get(PATH))
        program, _, task = await start(world)
        dry_run = program.view.dry_run
        assert (dry_run.replicas, dry_run.staying) == (replicas - keeps, Staying(keeps, there))
        while not task.done():
            lowest.append(world.available())
            await asyncio.sleep(0.5)
        assert (program.view.landed, program.view.replicas) == (replicas - keeps, replicas - keeps)

    world = simulate(scenario, 1, tmp_path, replicas=replicas, there=there, keeps=keeps)
    assert world.result() == result
    assert min(lowest) >= replicas + there
    assert world.judge_end() == []
    assert before == [own_parts(cluster) for cluster in world.clusters.values()][: len(before)]


@pytest.mark.parametrize(("phase", "wave"), MOMENTS)
def test_a_cancel_gives_both_sides_what_they_began_with(tmp_path: Path, phase: str, wave: int) -> None:
    before: list[JsonObject] = []

    async def scenario(world: World) -> None:
        before.append(own_parts(world.target))
        program = await cancel_at(world, phase, wave)
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 3, tmp_path, there=THERE)
    assert world.result() == (6, THERE)
    assert world.judge_end() == []
    assert before == [own_parts(world.target)], "and nothing of the target's own has changed"


@pytest.mark.parametrize("phase", PHASES)
def test_a_restart_goes_on_from_both_numbers(tmp_path: Path, phase: str) -> None:
    async def scenario(world: World) -> None:
        await kill_at(world, phase)
        await keep_alive(world, "b")

    world = simulate(scenario, 4, tmp_path, there=THERE, keeps=1)
    assert world.result() == (1, 8)
    assert world.judge_end() == []


@pytest.mark.parametrize("seed", range(3))
def test_two_instances_and_a_bad_network_end_at_one_of_both_pairs(tmp_path: Path, seed: int) -> None:
    faults = Faults(lost=0.03, unanswered=0.03, late=0.03, doubled=0.02)
    faults.partitions = [("paris", 30 + seed, 60.0), ("osaka", 90.0, 120.0 + seed)]

    async def scenario(world: World) -> None:
        await asyncio.gather(keep_alive(world, "a"), keep_alive(world, "b", delay_s=7.0))

    assert simulate(scenario, seed, tmp_path, there=THERE, faults=faults).judge_end() == []


def test_a_target_that_does_not_come_to_serve_is_left_with_what_it_ran(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY")
        world.target.set_capacity(THERE + 2)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path, there=THERE)
    assert world.result() == (6, THERE)
    assert world.judge_end() == []


def test_a_lost_target_gives_the_source_what_it_began_with_although_the_target_had_its_own(
    tmp_path: Path,
) -> None:
    """The source is raised without it; what ran in the target before, nobody can make up for."""

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        world.judge.is_watching = False  # pods go by themselves
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)
        await world.wait_for(lambda: world.source.available(PATH) == 6, timeout_s=200.0)
        assert program.view.phase == "INSURED"
        world.target.set_capacity()
        await task

    world = simulate(scenario, 2, tmp_path, there=THERE, checks_readiness=False)
    assert world.result() in ((0, 9), (6, THERE))
    assert world.judge_end() == []


def test_a_source_without_nodes_is_left_for_the_target(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        world.source.set_capacity(0)
        world.source.lose_pods(PATH)
        await task
        assert program.view.stage is MigrationStage.DONE

    world = simulate(scenario, 2, tmp_path, there=THERE, checks_readiness=False)
    assert world.result() == (0, 9)


def test_who_scales_the_target_in_the_middle_holds_it_and_a_way_back_takes_only_what_came(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        world.judge.is_watching = False
        world.target.scale(PATH, 12)
        await world.wait_for(lambda: program.view.phase == "HOLD")
        program.cancel(migration_id)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    assert simulate(scenario, 2, tmp_path, there=THERE).result() == (6, THERE)


def test_a_person_adopts_or_restores_with_the_numbers_that_they_read(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE" and program.view.wave == 2)
        world.judge.is_watching = False
        world.source.edit(PATH, {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}})
        await world.wait_for(lambda: program.view.phase == "HOLD")
        known = read_journal(world.source, LEASE_PATH)
        assert known is not None
        shown = await program.judge_acts(known)
        told = {
            (one["context"], one["after"])
            for one in shown[Act.RESTORE].changes
            if "after" in one.code.parameters
        }
        assert told == {("paris", 6), ("osaka", THERE)}
        await program.settle(known, Act.RESTORE)
        await program.wait_until_over(migration_id)

    assert simulate(scenario, 2, tmp_path, there=THERE).result() == (6, THERE)


def test_another_version_in_the_target_is_no_place_until_somebody_accepts_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.target.edit_container(PATH, lambda one: {**one, "image": "shop/checkout:8"})
        program = world.open_program("a")
        await program.arm(*world.clusters)
        with pytest.raises(Rejected) as rejected:
            await program.start_move(WORKLOAD, "osaka")
        assert rejected.value.reason is not None
        assert rejected.value.code is Code.TEMPLATES_DIFFER
        assert rejected.value.reason["differences"] == (
            "container web image checkout:7 here, checkout:8 there",
        )

    simulate(scenario, 2, tmp_path, there=THERE)


async def shift_there_and_back(world: World) -> None:
    program = world.open_program("a")
    finished = await world.work(program)
    assert world.result() == (0, 9)
    moved = replace(WORKLOAD, context="osaka")
    migration_id = await program.start_move(moved, "paris", way_back_of=finished)
    await program.wait_until_over(migration_id)


def test_the_way_back_of_a_shift_gives_both_sides_what_they_began_with(tmp_path: Path) -> None:
    """Not all that runs in the target goes back: what ran there before stays there."""
    world = simulate(shift_there_and_back, 3, tmp_path, there=THERE)
    assert world.result() == (6, THERE)
    assert world.violations == []


def test_the_way_back_of_a_shift_needs_no_more_than_the_shift_did(tmp_path: Path) -> None:
    """Its pods are tied to their cluster, and the source's own Deployment is there still, at 0 replicas."""

    async def scenario(world: World) -> None:
        tied = {"image": IMAGE_THERE, "securityContext": {"privileged": True}}
        for cluster in world.clusters.values():
            cluster.edit_container(PATH, lambda one: {**one, **tied})
        await asyncio.sleep(ROLLOUT_S)
        await shift_there_and_back(world)

    world = simulate(scenario, 3, tmp_path, there=THERE)
    assert world.result() == (6, THERE)
    assert world.violations == []
