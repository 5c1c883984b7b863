"""Who may write Leases in one cluster only must not be able to move anything in the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from controller.contract.snapshots import MigrationStage
from controller.migration.protocol.fences import MIGRATION_LABEL
from controller.migration.protocol.journal import JOURNAL_ANNOTATION, decode_journal, encode_journal
from controller.migration.protocol.record import MigrationRecord, Note, Side
from controller.migration.protocol.states import Phase
from controller.migration.run.migration_controller import MigrationController
from controller.reasons import Code
from oracle.reason import ReasonCode
from tests.simulation.fake_cluster import FakeCluster
from tests.simulation.processes import Process
from tests.simulation.world import (
    LEASE_PATH,
    PATH,
    World,
    build_deployment,
    resume_all,
    simulate,
    start,
    wait_until_over,
)


def read_journal(cluster: FakeCluster) -> MigrationRecord:
    """The journal in one cluster's Lease."""
    return decode_journal(cluster.objects[LEASE_PATH]["metadata"]["annotations"][JOURNAL_ANNOTATION])


def write_journal(cluster: FakeCluster, record: MigrationRecord) -> None:
    """Write a journal as somebody with rights on this Lease would."""
    lease = cluster.objects[LEASE_PATH]
    lease["metadata"].setdefault("annotations", {})[JOURNAL_ANNOTATION] = encode_journal(record)
    cluster._store(LEASE_PATH, lease, uid=lease["metadata"]["uid"])


def rewrite(cluster: FakeCluster, change: Callable[[MigrationRecord], MigrationRecord]) -> None:
    """Change the journal in one cluster's Lease."""
    write_journal(cluster, change(read_journal(cluster)))


def forge(record: MigrationRecord, **changes: Any) -> MigrationRecord:
    """A rollback of one replica with next to no floor: it would take everything away from its target at once."""
    record = replace(record, **changes)
    return replace(
        record,
        dry_run=replace(record.dry_run, replicas=1, wave_sizes=(1,)),
        floor=1,
        surge=1,
        state=replace(record.state, phase=Phase.ROLLBACK, waves=(1,), wave=0, reason=None),
        ended_at=None,
    )


def code_of(controller: MigrationController) -> ReasonCode | None:
    """Why the first migration of a process is where it is."""
    reason = controller.views()[0].reason
    return reason.code if reason is not None else None


async def start_again(world: World, name: str) -> MigrationController:
    """A new start of the program, with time to do whatever it believes it should."""
    controller = world.build_controller(name)
    for migration_id in await resume_all(controller, world.picture()):
        await wait_until_over(controller, migration_id)
    return controller


async def crash_in(world: World, phase: str) -> None:
    """Start the migration and kill the program in a phase."""
    process = Process("a")
    controller = world.build_controller("a")
    world.loop.create_task(world.migrate(process, controller))
    await world.wait_for(lambda: bool(controller.views()) and controller.views()[0].phase == phase)
    process.kill()


def test_a_finished_move_is_not_undone_by_its_sources_lease(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        _, _, task = await start(world)
        await task
        rewrite(world.source, forge)
        again = await start_again(world, "b")
        assert again.views()[0].stage is MigrationStage.NEEDS_OPERATOR
        assert code_of(again) is Code.JOURNAL_OVER_THERE

    assert simulate(scenario, 1, tmp_path).result() == (0, 6)


def test_a_move_that_went_back_is_not_turned_around_by_its_targets_lease(tmp_path: Path) -> None:
    """The old migration's name is still in both clusters; its target claims to have been the source."""

    async def scenario(world: World) -> None:
        controller, migration_id, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == "VERIFY")
        controller.cancel(migration_id)
        await task
        world.target.deploy(PATH, build_deployment(1))

        def turn_around(record: MigrationRecord) -> MigrationRecord:
            workload = replace(record.workload, context="osaka")
            return forge(
                record,
                workload=workload,
                source=replace(record.target, deployment_uid="any", replicas=1),
                target=record.source,
                dry_run=replace(record.dry_run, workload=workload, target="paris"),
                target_existed=True,
                steps=(),
            )

        rewrite(world.target, turn_around)
        again = await start_again(world, "b")
        assert again.views()[0].stage is MigrationStage.NEEDS_OPERATOR

    assert simulate(scenario, 1, tmp_path).source.replicas(PATH) == 6


def test_an_unfinished_move_is_not_given_another_floor_by_one_side(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        before = world.result()
        rewrite(world.source, lambda record: replace(record, floor=1))
        again = await start_again(world, "b")
        assert again.views()[0].stage is MigrationStage.NEEDS_OPERATOR
        assert code_of(again) is Code.JOURNAL_CONTRADICTED
        assert world.result() == before

    simulate(scenario, 1, tmp_path)


def test_what_was_created_in_the_target_is_what_the_target_says(tmp_path: Path) -> None:
    """A journal of the source alone makes nobody delete an object in the target, even one with our label."""

    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        path = "/api/v1/namespaces/shop/services/precious"
        labels = {MIGRATION_LABEL: read_journal(world.source).migration_id}
        precious = world.target._store(
            path, {"kind": "Service", "metadata": {"name": "precious", "namespace": "shop", "labels": labels}}
        )
        planted = Note(path, precious["metadata"]["uid"])
        rewrite(
            world.source,
            lambda record: replace(
                record.with_step(record.step("copies").with_target_note(planted)),
                state=replace(record.state, phase=Phase.ROLLBACK),
            ),
        )
        again = await start_again(world, "b")
        assert again.views()[0].stage is MigrationStage.ROLLED_BACK
        assert path in world.target.objects

    assert simulate(scenario, 1, tmp_path).result() == (6, None)


def test_the_target_knows_of_each_object_as_soon_as_the_source_does(tmp_path: Path) -> None:
    """Otherwise a crash would leave behind what only the source's journal tells."""

    async def scenario(world: World) -> None:
        await crash_in(world, "SURGE")
        mirror = read_journal(world.target)
        assert mirror.target_notes == read_journal(world.source).target_notes
        assert len(mirror.target_notes) == 2
        assert mirror.side(Side.TARGET).deployment_uid == world.target.objects[PATH]["metadata"]["uid"]

    simulate(scenario, 1, tmp_path)


def test_a_journal_of_a_move_that_nobody_confirmed_starts_nothing(tmp_path: Path) -> None:
    """Neither a plan that waits to be started, nor one that speaks of another workload than its Lease."""

    async def scenario(world: World) -> None:
        await crash_in(world, "SURGE")
        await asyncio.sleep(world.settings.lease_duration_s)
        crashed, before = read_journal(world.source), world.result()
        for phase in (Phase.PLANNED, Phase.PREFLIGHT):
            planned = replace(crashed, state=replace(crashed.state, phase=phase))
            write_journal(world.source, planned)
            again = await start_again(world, phase)
            assert again.views() == ()
        await asyncio.sleep(600)
        assert world.result() == before

    simulate(scenario, 1, tmp_path)


def test_closing_a_move_that_never_began_leaves_the_others_journal_alone(tmp_path: Path) -> None:
    """The target's Lease may hold the journal of another migration, which is not over."""

    async def scenario(world: World) -> None:
        await crash_in(world, "LOCKED")
        rewrite(world.target, lambda record: replace(record, migration_id="another"))
        again = await start_again(world, "b")
        assert again.views()[0].stage is MigrationStage.ROLLED_BACK
        assert read_journal(world.source).state.phase is Phase.ROLLED_BACK
        assert read_journal(world.target).migration_id == "another"

    simulate(scenario, 1, tmp_path)
