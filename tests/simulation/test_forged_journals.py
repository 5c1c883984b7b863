"""Who may write Leases in one cluster only must not be able to move anything in the other, not even with our ring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from controller.contract.snapshots import MigrationStage
from controller.migration.protocol.fences import MIGRATION_LABEL
from controller.migration.protocol.record import MigrationRecord, Note, Side
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from oracle.foundation.reason import ReasonCode
from tests.simulation import invariants
from tests.simulation.cluster import Cluster, Request
from tests.simulation.forgery import put_journal, sign_journal
from tests.simulation.network import Delivery
from tests.simulation.program import Program
from tests.simulation.world import (
    DEPLOYMENTS,
    LEASE_PATH,
    PATH,
    World,
    build_deployment,
    cancel_at,
    simulate,
    start,
)


def read_journal(cluster: Cluster) -> MigrationRecord:
    """The journal in one cluster's Lease."""
    record = invariants.read_journal(cluster, LEASE_PATH)
    assert record is not None, "it was written before"
    return record


def write_journal(cluster: Cluster, record: MigrationRecord) -> None:
    """Write a journal as somebody with rights on this Lease and with our key ring would."""
    put_journal(cluster, sign_journal(cluster, record))


def rewrite(cluster: Cluster, change: Callable[[MigrationRecord], MigrationRecord]) -> None:
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


def code_of(program: Program) -> ReasonCode | None:
    """Why the only migration of a program is where it is."""
    reason = program.view.reason
    return reason.code if reason is not None else None


async def start_again(world: World, name: str) -> Program:
    """A new start of the program, armed, with time to do whatever it believes it should."""
    program = world.open_program(name)
    await program.arm(*world.clusters)
    for view in program.views():
        await program.wait_until_over(view.migration_id)
    return program


async def crash_in(world: World, phase: str) -> None:
    """Start the migration and kill the program in a phase."""
    program, _, _ = await start(world)
    await world.wait_for(lambda: program.view.phase == phase)
    program.process.kill()


def test_a_finished_move_is_not_undone_by_its_sources_lease(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        _, _, task = await start(world)
        await task
        rewrite(world.source, forge)
        again = await start_again(world, "b")
        assert again.view.stage is MigrationStage.NEEDS_OPERATOR
        assert code_of(again) is Code.JOURNAL_OVER_THERE

    assert simulate(scenario, 1, tmp_path).result() == (0, 6)


def test_a_move_that_went_back_is_not_turned_around_by_its_targets_lease(tmp_path: Path) -> None:
    """The old migration's name is still in both clusters; its target claims to have been the source."""

    async def scenario(world: World) -> None:
        await cancel_at(world, "VERIFY")
        world.judge.is_watching = False
        world.target.apply(DEPLOYMENTS, build_deployment(1))
        await asyncio.sleep(10)

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
        assert again.view.stage is MigrationStage.NEEDS_OPERATOR

    assert simulate(scenario, 1, tmp_path).source.replicas(PATH) == 6


def test_an_unfinished_move_is_not_given_another_floor_by_one_side(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        before = world.result()
        rewrite(world.source, lambda record: replace(record, floor=1))
        again = await start_again(world, "b")
        assert again.view.stage is MigrationStage.NEEDS_OPERATOR
        assert code_of(again) is Code.JOURNAL_CONTRADICTED
        assert world.result() == before

    simulate(scenario, 1, tmp_path)


def test_a_context_that_leads_to_another_cluster_than_before_is_not_written_to(tmp_path: Path) -> None:
    """Both journals agree on the cluster that the context's name meant when the move began."""

    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        await asyncio.sleep(world.settings.lease_duration_s + 5)
        for cluster in world.clusters.values():
            rewrite(cluster, lambda known: replace(known, target=replace(known.target, cluster_uid="former")))
        before = len(world.target.history)
        again = world.open_program("b")
        await again.arm(*world.clusters)
        await asyncio.sleep(60)
        assert code_of(again) is Code.WAITING_TO_RESUME
        assert len(world.target.history) == before

    simulate(scenario, 1, tmp_path)


def test_what_was_created_in_the_target_is_what_the_target_says(tmp_path: Path) -> None:
    """A journal of the source alone makes nobody delete an object in the target, even one with our label."""

    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        path = "/api/v1/namespaces/shop/services/precious"
        labels = {MIGRATION_LABEL: read_journal(world.source).migration_id}
        body = {"metadata": {"name": "precious", "labels": labels}, "spec": {"ports": [{"port": 80}]}}
        world.target.apply(path.rpartition("/")[0], body)
        planted = Note(path, world.target.uid(path))
        rewrite(
            world.source,
            lambda record: replace(
                record.with_step(record.step("copies").with_note(Side.TARGET, planted)),
                state=replace(record.state, phase=Phase.ROLLBACK),
            ),
        )
        again = await start_again(world, "b")
        assert again.view.stage is MigrationStage.ROLLED_BACK
        assert world.target.get(path) is not None

    assert simulate(scenario, 1, tmp_path).result() == (6, None)


def test_the_target_knows_of_each_object_as_soon_as_the_source_does(tmp_path: Path) -> None:
    """Otherwise a crash would leave behind what only the source's journal tells."""

    async def scenario(world: World) -> None:
        await crash_in(world, "SURGE")
        mirror = read_journal(world.target)
        assert mirror.target_notes == read_journal(world.source).target_notes
        assert len(mirror.target_notes) == 2
        assert mirror.side(Side.TARGET).deployment_uid == world.target.uid(PATH)

    simulate(scenario, 1, tmp_path)


def test_nothing_more_is_created_before_the_target_knows_of_what_was(tmp_path: Path) -> None:
    """However slowly the target's Lease is written."""
    known: list[tuple[int, int]] = []
    worlds: list[World] = []

    def compare(cluster: Cluster, request: Request) -> Delivery | None:
        """As a copy is sent: how many objects the source's journal names by then, and how many the target's."""
        if request.method == "POST" and request.is_write and "/leases" not in request.path:
            journals = (read_journal(each) for each in worlds[0].clusters.values())
            source, target = (len(journal.target_notes) for journal in journals)
            known.append((source, target))
        is_mirror = request.method == "PUT" and request.path == LEASE_PATH and cluster.context == "osaka"
        return Delivery(3.0) if is_mirror else None

    async def scenario(world: World) -> None:
        worlds.append(world)
        _, _, task = await start(world)
        await task

    simulate(scenario, 1, tmp_path, directed=compare)
    assert known == [(0, 0), (1, 1)]


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
        assert again.view.stage is MigrationStage.ROLLED_BACK
        assert read_journal(world.source).state.phase is Phase.ROLLED_BACK
        assert read_journal(world.target).migration_id == "another"

    simulate(scenario, 1, tmp_path)
