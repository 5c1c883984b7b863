"""Once the source is at 0 the target is the truth: what others change there stays, and is never taken back unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.contract.settlement import Act
from controller.contract.snapshots import MigrationStage
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.fences import FENCE_ANNOTATION
from controller.reasons import Code
from controller.simulation.controllers.kubelet import BEHAVIOUR_LABEL
from tests.simulation.invariants import read_journal
from tests.simulation.program import Program, Rejected
from tests.simulation.world import LEASE_PATH, PATH, World, simulate, start

NEWER = "shop/checkout:8"

Change = Callable[[World], None]


def deploy(world: World, image: str = NEWER) -> None:
    """What `kubectl set image` does in the target."""
    world.target.edit_container(PATH, lambda container: {**container, "image": image})


def deploy_broken(world: World) -> None:
    """A version whose pods never become ready."""
    labels = {BEHAVIOUR_LABEL: "never-ready"}
    world.target.edit(PATH, {"spec": {"template": {"metadata": {"labels": labels}}}})


def mend(world: World) -> None:
    """The broken version is followed by one that works."""
    world.target.edit(PATH, {"spec": {"template": {"metadata": {"labels": {BEHAVIOUR_LABEL: None}}}}})


def undo_rollout(world: World) -> None:
    """`kubectl rollout undo` replaces the Deployment's annotations by older ones, and the pod template."""
    world.target.edit(PATH, {"metadata": {"annotations": {FENCE_ANNOTATION: None}}})
    deploy(world)


def scale_to(replicas: int) -> Change:
    def scale(world: World) -> None:
        world.target.scale(PATH, replicas)
        world.judge.take_as_desired(replicas)

    return scale


def image_in_target(world: World) -> str:
    image: str = world.target.require(PATH)["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


async def reach_soak(world: World) -> tuple[Program, asyncio.Task[None]]:
    program, _, task = await start(world)
    await world.wait_for(lambda: program.view.phase == "SOAK")
    await asyncio.sleep(5)
    return program, task


async def adopt(world: World, change: Change) -> tuple[Program, asyncio.Task[None]]:
    """Change the target in SOAK, and wait until the migration goes on with that."""
    program, task = await reach_soak(world)
    change(world)
    await world.wait_for(lambda: not program.view.can_cancel, 20)
    return program, task


@pytest.mark.parametrize(
    ("change", "replicas"),
    [(deploy, 6), (undo_rollout, 6), (scale_to(9), 9), (scale_to(2), 2)],
    ids=["image", "rollout undo", "more", "fewer"],
)
def test_what_others_change_in_a_target_that_serves_alone_stays_to_the_end(
    tmp_path: Path, change: Change, replicas: int
) -> None:
    said: list[tuple[str, object]] = []

    async def scenario(world: World) -> None:
        program, task = await adopt(world, change)
        reason = program.view.reason
        assert reason is not None
        said.append((program.view.phase, reason.code))
        wanted = image_in_target(world)
        await task
        assert program.view.stage is MigrationStage.DONE
        assert image_in_target(world) == wanted
        assert len(world.target.ready_pods(PATH)) == replicas

    world = simulate(scenario, 1, tmp_path)
    assert said == [("SOAK", Code.NEWER_WORK_ADOPTED)]
    assert world.result() == (0, replicas)
    assert world.violations == []


def test_a_new_version_in_the_last_seconds_of_the_soak_serves_for_a_bake_before_the_move_is_done(
    tmp_path: Path,
) -> None:
    served_since: list[float] = []

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        await asyncio.sleep(world.settings.soak_s - 3)
        deploy(world)
        updated = lambda: world.target.require(PATH)["status"].get("updatedReplicas", 0)  # noqa: E731
        await asyncio.sleep(0.5)
        await world.wait_for(lambda: updated() == 6 == len(world.target.ready_pods(PATH)))
        served_since.append(world.loop.time())
        await task
        served_since.append(world.loop.time())

    world = simulate(scenario, 1, tmp_path)
    assert served_since[1] - served_since[0] >= world.settings.bake_s
    assert world.violations == []


def test_the_number_that_a_person_sets_is_what_the_source_gets_when_the_target_is_lost(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        await adopt(world, scale_to(9))
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)
        await world.wait_for(lambda: world.source.available(PATH) == 9, 60)
        assert world.target.replicas(PATH) == 9

    assert simulate(scenario, 1, tmp_path, checks_readiness=False).violations == []


def test_a_restart_knows_the_number_that_a_person_has_set(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, _ = await adopt(world, scale_to(9))
        await world.wait_for(lambda: getattr(read_journal(world.target, LEASE_PATH), "replicas", 0) == 9, 20)
        program.process.kill()
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)
        world.loop.create_task(world.work(world.open_program("b")))
        await world.wait_for(lambda: world.source.available(PATH) == 9, 120)

    assert simulate(scenario, 1, tmp_path, checks_readiness=False).violations == []


def test_a_new_version_that_does_not_come_to_serve_is_left_and_the_old_one_serves_beside_it(
    tmp_path: Path,
) -> None:
    """Its own rollout keeps some of the old pods; a node takes those."""

    async def scenario(world: World) -> None:
        program, task = await adopt(world, deploy_broken)
        world.target.lose_pods(PATH)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, 200)
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR, 600)
        assert program.view.advice is not None
        assert program.view.advice.code is ActCode.ADVICE_ON_NEWER_WORK
        await asyncio.sleep(600)
        assert world.target.replicas(PATH) == world.replicas
        mend(world)
        await task
        assert program.view.stage is MigrationStage.DONE

    world = simulate(scenario, 1, tmp_path, checks_readiness=False)
    assert world.result() == (0, world.replicas)
    assert world.violations == []


def test_a_rollout_that_never_ends_is_no_success_and_a_person_is_called(tmp_path: Path) -> None:
    """With maxUnavailable 25 % the old pods that are left serve, so that the workload runs on."""

    def deploy_beside(world: World) -> None:
        world.target.edit(PATH, {"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0}}}})
        deploy_broken(world)

    async def scenario(world: World) -> None:
        program, _ = await adopt(world, deploy_beside)
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR, 900)
        assert program.view.reason is not None
        assert program.view.reason.code is Code.NEWER_WORK_NOT_SERVING
        assert world.target.available(PATH) == world.replicas

    assert simulate(scenario, 1, tmp_path).violations == []


@pytest.mark.parametrize("change", [deploy, scale_to(9)], ids=["image", "more"])
def test_a_cancel_that_would_delete_what_nobody_has_seen_yet_deletes_nothing(
    tmp_path: Path, change: Change
) -> None:
    """It is pressed in the very second of the change, before the next look."""

    async def scenario(world: World) -> None:
        program, task = await reach_soak(world)
        await asyncio.sleep(0.3)  # between two looks
        program.cancel(program.view.migration_id)
        change(world)
        await task
        assert program.view.stage is MigrationStage.DONE

    world = simulate(scenario, 1, tmp_path)
    assert world.source.replicas(PATH) == 0
    assert world.violations == []


def test_a_way_back_over_newer_work_says_what_it_deletes_and_is_a_restore(tmp_path: Path) -> None:
    lines: list[object] = []

    async def scenario(world: World) -> None:
        program, _ = await adopt(world, deploy)
        scale_to(9)(world)
        await world.wait_for(lambda: program.view.replicas == 9, 20)
        known = read_journal(world.source, LEASE_PATH)
        assert known is not None
        with pytest.raises(Rejected) as rejected:
            await program.settle(known, Act.CANCEL)
        assert rejected.value.code is ActCode.ACT_CANCELS_NEWER_WORK
        lines.extend(change.code for change in (await program.judge_acts(known))[Act.RESTORE].changes)
        await program.settle(known, Act.RESTORE)
        await world.wait_for(world.is_over, 600)

    world = simulate(scenario, 1, tmp_path)
    assert ActCode.ACT_DELETES_NEWER_WORK in lines
    assert world.result() == (9, None)
    assert world.violations == []


def test_what_others_deploy_while_a_move_is_held_in_its_soak_is_not_rolled_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, task = await reach_soak(world)
        world.network.faults.partitions.append(("paris", world.loop.time(), world.loop.time() + 100))
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 60)
        deploy(world)
        await task
        assert program.view.stage is MigrationStage.DONE
        assert image_in_target(world) == NEWER

    world = simulate(scenario, 1, tmp_path)
    assert world.result() == (0, world.replicas)


def test_a_rollback_from_the_middle_deletes_no_version_that_it_has_never_seen(tmp_path: Path) -> None:
    """Before the source is at 0 a change of others holds the move; what they deployed is theirs all the same."""

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 3)
        deploy(world)
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR, 900)
        assert image_in_target(world) == NEWER
        assert world.target.replicas(PATH) > 0
        assert world.source.replicas(PATH) + world.target.replicas(PATH) >= world.replicas
        known = read_journal(world.source, LEASE_PATH)
        assert known is not None
        await program.settle(known, Act.RESTORE)
        await world.wait_for(world.is_over, 600)

    world = simulate(scenario, 1, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []
