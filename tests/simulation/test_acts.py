"""A person ends a migration that waits for them: by adopting, restoring or abandoning it."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from controller.clusters.user_agent import VERSION
from controller.contract.settlement import ENDINGS, Act
from controller.contract.snapshots import MigrationStage
from controller.errors import ClusterError, NotArmed
from controller.migration.access.lease import find_journal
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.errors import ActRefused
from controller.migration.protocol.fences import FENCE_ANNOTATION
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import Phase
from controller.migration.run.settling import Settling
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.program import Program, Rejected
from tests.simulation.test_forged_journals import crash_in, read_journal, rewrite, start_again
from tests.simulation.test_stop import Writes
from tests.simulation.world import (
    DEPLOYMENTS,
    LEASE_PATH,
    PATH,
    World,
    build_deployment,
    simulate,
    start,
)


async def lose_source(world: World, phase: str, wave: int = 1) -> tuple[Program, MigrationRecord]:
    """Start the move, delete the source in the middle as a tool would, and wait until a person is called."""
    program, _, _ = await start(world)
    await world.wait_for(lambda: program.view.phase == phase and program.view.wave >= wave)
    world.judge.is_watching = False
    world.source.act("DELETE", PATH)
    await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR)
    world.judge.is_watching = True
    return program, read_journal(world.source)


def fences(world: World) -> list[str]:
    """The fences that are left on any Deployment."""
    found = (cluster.get(PATH) for cluster in world.clusters.values())
    annotations = ((one or {"metadata": {}})["metadata"].get("annotations") or {} for one in found)
    return [each[FENCE_ANNOTATION] for each in annotations if FENCE_ANNOTATION in each]


def journals(world: World) -> list[str]:
    """The journals that are left in any Lease."""
    found = (find_journal(cluster.require(LEASE_PATH)) for cluster in world.clusters.values())
    return [text for text in found if text is not None]


def is_leading(program: Program) -> bool:
    """Whether this process decides what happens to its only migration."""
    [started] = program._migrations._started.values()
    return started.run.is_leading


@pytest.mark.parametrize("replicas", [0, 6, 9])
def test_a_source_that_was_deleted_and_created_again_gets_everything_back(
    tmp_path: Path, replicas: int
) -> None:
    async def scenario(world: World) -> None:
        program, known = await lose_source(world, "VERIFY", 2)
        assert program.view.advice is not None
        assert program.view.advice.code is ActCode.ADVICE_ON_DELETED_SOURCE
        assert (await program.judge_acts(known))[Act.RESTORE].reason == ActCode.ACT_NEEDS_DEPLOYMENT.because(
            context="paris"
        )
        world.judge.is_watching = False
        world.source.act("POST", DEPLOYMENTS, build_deployment(replicas))
        await program.settle(known, Act.RESTORE)
        await world.wait_for(lambda: program.view.stage is MigrationStage.ROLLED_BACK)

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (max(6, replicas), None)
    assert fences(world) == []
    assert world.holders() == set()


def test_a_target_whose_source_was_deleted_is_adopted_as_it_is(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, known = await lose_source(world, "SOAK", 4)
        await program.settle(known, Act.ADOPT)
        assert program.view.stage is MigrationStage.DONE

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (0, 6)
    assert fences(world) == []
    assert world.holders() == set()
    assert world.journaled_phase() == "DONE"
    assert read_journal(world.target).state.phase.value == "DONE"


def test_another_deployment_of_the_sources_name_is_left_alone_when_the_target_is_adopted(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        program, known = await lose_source(world, "SOAK", 4)
        world.judge.is_watching = False
        world.source.act("POST", DEPLOYMENTS, build_deployment(2))
        await program.settle(known, Act.ADOPT)

    assert simulate(scenario, 3, tmp_path).result() == (2, 6)


def test_an_abandoned_move_leaves_both_sides_as_they_are_and_nothing_of_its_own(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, known = await lose_source(world, "VERIFY", 2)
        world.judge.is_watching = False
        world.source.act("POST", DEPLOYMENTS, build_deployment(4))
        before = world.result()
        await program.settle(known, Act.ABANDON)
        assert program.views() == ()
        assert world.result() == before

    world = simulate(scenario, 3, tmp_path)
    assert (world.result()[0], fences(world), journals(world), world.holders()) == (4, [], [], set())


async def doubt_in_the_last_wave(world: World) -> tuple[Program, MigrationRecord]:
    """The program dies as it lowers the source for the last time, and its mirror is changed by somebody."""
    program, _, _ = await start(world)
    await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 4)
    program.process.kill()
    rewrite(world.target, lambda record: replace(record, floor=record.floor - 1))
    again = await start_again(world, "b")
    assert again.view.stage is MigrationStage.NEEDS_OPERATOR
    assert again.view.advice is not None
    assert again.view.advice.code is ActCode.ADVICE_ON_DOUBT
    return again, read_journal(world.source)


def test_adopting_lowers_the_source_where_the_target_serves_without_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, known = await doubt_in_the_last_wave(world)
        await world.wait_for(lambda: world.target.available(PATH) == 6)
        assert world.result()[0] > 0
        await program.settle(known, Act.ADOPT)
        assert program.view.stage is MigrationStage.DONE

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (0, 6)
    assert world.violations == []
    assert fences(world) == []


def test_adopting_never_takes_a_replica_that_is_needed(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, known = await doubt_in_the_last_wave(world)
        world.judge.is_watching = False
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)
        before = world.result()
        with pytest.raises(Rejected) as refused:
            await program.settle(known, Act.ADOPT)
        assert refused.value.code is ActCode.ACT_BELOW_FLOOR
        assert world.result() == before

    simulate(scenario, 3, tmp_path)


def test_a_write_whose_fate_is_unknown_leaves_the_migration_to_be_settled_again(tmp_path: Path) -> None:
    """The first lowering lands late, after the second attempt has sealed it off: it changes nothing any more."""
    lost: list[Request] = []

    def choose(cluster: Cluster, request: Request) -> Delivery | None:
        if worlds and cluster.context == "paris" and request.replicas == 0 and not lost:
            lost.append(request)
            return Delivery(200.0, is_answered=False)
        return None

    worlds: list[World] = []

    async def scenario(world: World) -> None:
        program, known = await doubt_in_the_last_wave(world)
        await world.wait_for(lambda: world.target.available(PATH) == 6)
        worlds.append(world)
        with pytest.raises(ClusterError):
            await program.settle(known, Act.ADOPT)
        assert world.result()[0] > 0
        assert world.journaled_phase() not in ("DONE", None)
        await program.settle(known, Act.ADOPT)

    world = simulate(scenario, 3, tmp_path, directed=choose)
    assert (len(lost), world.result(), world.violations) == (1, (0, 6), [])


def test_what_is_no_longer_as_it_was_shown_is_not_done(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, known = await lose_source(world, "SOAK", 4)
        shown = (await program.judge_acts(known))[Act.ADOPT]
        world.judge.is_watching = False
        world.target.scale(PATH, 2)
        with pytest.raises(ActRefused) as refused:
            await program._migrations.settle(known, Act.ADOPT, shown.digest)
        assert refused.value.reason.code is ActCode.ACT_OUTDATED
        assert len(journals(world)) == 2
        await world.wait_for(lambda: is_leading(program))
        assert program.view.stage is MigrationStage.NEEDS_OPERATOR

    simulate(scenario, 3, tmp_path)


def test_an_act_that_ends_in_an_error_which_nobody_foresaw_leaves_nobody_without_its_guard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that waited for a person insures the source meanwhile; it was stopped for the act."""

    async def stumble(settling: Settling, act: Act, digest: str) -> None:
        raise RuntimeError("an act stumbles")

    async def scenario(world: World) -> None:
        program, known = await lose_source(world, "SOAK", 4)
        shown = (await program.judge_acts(known))[Act.ADOPT]
        monkeypatch.setattr(Settling, "perform", stumble)
        with pytest.raises(RuntimeError):
            await program._migrations.settle(known, Act.ADOPT, shown.digest)
        await world.wait_for(lambda: is_leading(program), timeout_s=120.0)
        assert program.view.stage is MigrationStage.NEEDS_OPERATOR

    simulate(scenario, 3, tmp_path)


@pytest.mark.parametrize("act", ENDINGS)
def test_a_move_that_is_under_way_waits_for_nobody(tmp_path: Path, act: Act) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY")
        with pytest.raises(Rejected) as refused:
            await program.settle(read_journal(world.source), act)
        assert refused.value.code is ActCode.ACT_WHILE_UNDER_WAY
        await task

    assert simulate(scenario, 3, tmp_path).result() == (0, 6)


@pytest.mark.parametrize("act", ENDINGS)
def test_every_write_of_an_act_names_the_migration_to_the_audit_log(tmp_path: Path, act: Act) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "SOAK")
        known = read_journal(world.source)
        world.judge.is_watching = False
        world.source.act("DELETE", PATH)
        world.source.act("POST", DEPLOYMENTS, build_deployment(2))
        again = world.open_program("b")
        await again.arm(*world.clusters)
        await world.wait_for(lambda: again.view.stage is MigrationStage.NEEDS_OPERATOR)
        writes = Writes(world)
        await again.settle(known, act)
        assert {write.user_agent for write in writes.sent} == {
            f"sentinelaura/{VERSION} (migration {known.migration_id})"
        }

    simulate(scenario, 3, tmp_path)


@pytest.mark.parametrize("act", ENDINGS)
def test_nothing_is_written_where_nobody_armed(tmp_path: Path, act: Act) -> None:
    async def scenario(world: World) -> None:
        program, known = await lose_source(world, "SOAK", 4)
        world.judge.is_watching = False
        world.source.act("POST", DEPLOYMENTS, build_deployment(2))
        await program.close()
        unarmed = world.open_program("b")
        await unarmed._wait_for(lambda: unarmed.snapshot is not None and unarmed.snapshot.is_complete)
        await asyncio.sleep(60)  # until the new pods are ready
        before = [cluster.require(path) for cluster in world.clusters.values() for path in (PATH, LEASE_PATH)]
        with pytest.raises(NotArmed):
            await unarmed.settle(known, act)
        after = [cluster.require(path) for cluster in world.clusters.values() for path in (PATH, LEASE_PATH)]
        assert after == before

    simulate(scenario, 3, tmp_path)


@pytest.mark.parametrize("act", [Act.ADOPT, Act.ABANDON])
@pytest.mark.parametrize("asked_after_s", range(5))
def test_who_leads_and_waits_lets_go_for_the_person_at_another_window(
    tmp_path: Path, act: Act, asked_after_s: int
) -> None:
    """Whenever the leader looks for its Lease again: the person's program comes first."""

    async def scenario(world: World) -> None:
        leader, known = await lose_source(world, "SOAK", 4)
        other = world.open_program("b")
        await other.arm(*world.clusters)
        assert is_leading(leader)
        await asyncio.sleep(asked_after_s)
        await other.settle(known, act)
        await world.wait_for(lambda: not is_leading(leader))
        if act is Act.ADOPT:
            await world.wait_for(lambda: leader.view.stage is MigrationStage.DONE)

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (0, 6)
    assert fences(world) == []


def test_a_target_whose_sources_cluster_is_gone_for_ever_is_adopted(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "SOAK")
        known = read_journal(world.source)
        now = world.loop.time()
        world.network.faults.partitions.append(("paris", now, now + 10_000))
        world.network.faults.until_s = now + 10_000
        again = world.open_program("b")
        await again.arm("osaka")
        shown = (await again.judge_acts(known))[Act.ADOPT]
        assert ActCode.ACT_LEAVES_UNREAD in {change.code for change in shown.changes}
        await again.settle(known, Act.ADOPT)
        assert again.view.stage is MigrationStage.DONE

    world = simulate(scenario, 3, tmp_path)
    assert FENCE_ANNOTATION not in world.target.require(PATH)["metadata"]["annotations"]
    assert read_journal(world.target).state.phase.value == "DONE"


@pytest.mark.parametrize("act", ENDINGS)
def test_a_context_that_leads_to_another_cluster_than_before_is_not_written_to(
    tmp_path: Path, act: Act
) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        for cluster in world.clusters.values():
            rewrite(cluster, lambda known: replace(known, target=replace(known.target, cluster_uid="former")))
        again = world.open_program("b")
        await again.arm(*world.clusters)
        before = len(world.target.history)
        known = read_journal(world.source)
        with pytest.raises(Rejected) if act is not Act.ABANDON else nullcontext():
            await again.settle(known, act)
        assert len(world.target.history) == before

    simulate(scenario, 3, tmp_path)


def test_a_move_that_is_over_by_the_time_of_the_lease_is_not_settled(tmp_path: Path) -> None:
    """Another person's act came first, between the look and the Leases."""

    async def scenario(world: World) -> None:
        program, known = await lose_source(world, "SOAK", 4)
        shown = (await program.judge_acts(known))[Act.ABANDON]
        await program.settle(known, Act.ADOPT)
        with pytest.raises(ActRefused) as refused:
            await program._migrations.settle(known, Act.ABANDON, shown.digest)
        assert refused.value.reason.code is ActCode.ACT_AFTER_END

    assert len(journals(simulate(scenario, 3, tmp_path))) == 2


def test_a_target_that_fails_as_it_is_adopted_keeps_its_source(tmp_path: Path) -> None:
    """Its pods go after the act was judged under the Leases, as the source is sealed."""
    worlds: list[World] = []

    def choose(cluster: Cluster, request: Request) -> Delivery | None:
        if worlds and cluster.context == "paris" and request.path == PATH and request.is_write:
            worlds[0].target.set_capacity(0)
            worlds[0].target.lose_pods(PATH)
        return None

    async def scenario(world: World) -> None:
        program, known = await doubt_in_the_last_wave(world)
        await world.wait_for(lambda: world.target.available(PATH) == 6)
        worlds.append(world)
        before = world.source.replicas(PATH)
        with pytest.raises(ActRefused):
            await program.settle(known, Act.ADOPT)
        assert world.source.replicas(PATH) == before > 0

    simulate(scenario, 3, tmp_path, directed=choose)


@pytest.mark.parametrize("phase", ["VERIFY", "SOAK"])
def test_a_move_that_another_instance_leads_is_cancelled_from_here(tmp_path: Path, phase: str) -> None:
    """Who leads lets go, stands back, and follows to the end; nothing of it breaks a promise."""

    async def scenario(world: World) -> None:
        leader, _, _ = await start(world)
        await world.wait_for(lambda: leader.view.phase == phase)
        other = world.open_program("b")
        await other.arm(*world.clusters)
        await other.settle(read_journal(world.source), Act.CANCEL)
        await world.wait_for(lambda: other.view.stage is MigrationStage.ROLLED_BACK)
        await world.wait_for(lambda: leader.view.stage is MigrationStage.ROLLED_BACK)

    world = simulate(scenario, 3, tmp_path)
    assert world.judge_end() == []


def test_a_move_that_nobody_leads_is_cancelled_from_here(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "SETTLE")
        other = world.open_program("b")
        await other._wait_for(lambda: other._engine is not None)
        for context in world.clusters:
            other._engine._regions.set_armed(context, True)
        await other.settle(read_journal(world.source), Act.CANCEL)
        await world.wait_for(lambda: other.view.stage is MigrationStage.ROLLED_BACK)

    assert simulate(scenario, 3, tmp_path).judge_end() == []


def test_what_a_person_is_ending_is_not_taken_up_meanwhile(tmp_path: Path) -> None:
    """The act would wait for a Lease that its own program holds."""

    async def scenario(world: World) -> None:
        await crash_in(world, "SETTLE")
        other, known = world.open_program("b"), read_journal(world.source)
        await other._wait_for(lambda: other._engine is not None)
        shown = (await other.judge_acts(known))[Act.CANCEL]
        for context in world.clusters:
            other._engine._regions.set_armed(context, True)
        act = asyncio.create_task(other._migrations.settle(known, Act.CANCEL, shown.digest))
        await asyncio.sleep(0)
        other._migrations.resume(known)
        assert not other._migrations.knows(known.migration_id)
        await act

    simulate(scenario, 3, tmp_path)


def test_a_mirror_that_was_left_behind_is_abandoned_and_the_later_move_keeps_its_journal(
    tmp_path: Path,
) -> None:
    """The source has gone on to another cluster since; its Lease is not even touched."""

    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        known = read_journal(world.target)
        over = replace(known.state, phase=Phase.DONE)
        rewrite(world.source, lambda record: replace(record, migration_id="later", state=over))
        again = world.open_program("b")
        await again._wait_for(lambda: again._engine is not None)
        for context in world.clusters:
            again._engine._regions.set_armed(context, True)
        shown = await again.judge_acts(known)
        assert {shown[act].reason and shown[act].reason.code for act in (Act.ADOPT, Act.RESTORE)} == {
            ActCode.ACT_BESIDE_ANOTHER
        }
        before = world.source.require(LEASE_PATH)
        await again.settle(known, Act.ABANDON)
        assert world.source.require(LEASE_PATH) == before

    world = simulate(scenario, 3, tmp_path)
    assert len(journals(world)) == 1
    assert find_journal(world.target.require(LEASE_PATH)) is None
