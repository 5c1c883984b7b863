"""Who may write Leases in one cluster only must not be able to move anything in the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from controller.migration.closure import MIGRATION_LABEL
from controller.migration.journal import JOURNAL_ANNOTATION, decode_journal, encode_journal
from controller.migration.migration_controller import MigrationController
from controller.migration.record import CreatedObject, MigrationRecord, Side
from controller.migration.states import Phase
from controller.snapshots import MigrationStage
from tests.simulation.fake_cluster import FakeCluster
from tests.simulation.processes import Process
from tests.simulation.world import LEASE_PATH, PATH, World, build_deployment, simulate, start, wait_until_over

#: A rollback of one wave and without a floor: what lowers the target as fast as can be.
ROLLBACK_AT_ONCE = {"phase": Phase.ROLLBACK, "waves": (1,), "wave": 0, "reason": ""}


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
    """An unfinished migration that would take everything away from its target at once."""
    state = replace(record.state, **ROLLBACK_AT_ONCE)
    return replace(record, floor=0, surge=1, state=state, ended_at=None, **changes)


async def start_again(world: World, name: str) -> MigrationController:
    """A new start of the program, with time to do whatever it believes it should."""
    controller = world.build_controller(name)
    for migration_id in await controller.resume_all(world.picture()):
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
        assert "osaka says that this migration is over (DONE)" in again.views()[0].detail

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
                source=replace(record.target, deployment_uid=None, replicas=1),
                target=record.source,
                dry_run=replace(record.dry_run, workload=workload, target="paris"),
                target_existed=True,
                created=(),
            )

        rewrite(world.target, turn_around)
        again = await start_again(world, "b")
        assert again.views()[0].stage is MigrationStage.NEEDS_OPERATOR

    assert simulate(scenario, 1, tmp_path).source.replicas(PATH) == 6


def test_an_unfinished_move_is_not_given_another_floor_by_one_side(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        before = world.result()
        rewrite(world.source, lambda record: replace(record, floor=0))
        again = await start_again(world, "b")
        assert again.views()[0].stage is MigrationStage.NEEDS_OPERATOR
        assert "osaka tells another story of this migration" in again.views()[0].detail
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
        planted = CreatedObject(path, precious["metadata"]["uid"])
        rewrite(
            world.source,
            lambda record: replace(
                record,
                created=(*record.created, planted),
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
        assert mirror.created == read_journal(world.source).created
        assert len(mirror.created) == 2
        assert mirror.side(Side.TARGET).deployment_uid == world.target.objects[PATH]["metadata"]["uid"]

    simulate(scenario, 1, tmp_path)


def test_one_lease_does_not_play_both_sides(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        before = world.result()

        def fold(record: MigrationRecord) -> MigrationRecord:
            return replace(
                record,
                target=replace(record.source),
                dry_run=replace(record.dry_run, target="paris"),
                floor=0,
                state=replace(record.state, phase=Phase.DRAIN, waves=(6,), wave=0),
            )

        rewrite(world.source, fold)
        await start_again(world, "b")
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
