"""A cluster that refuses a write, for good or for a while: it ends in bounded time, and people are told why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from controller.clusters.kube_api import PatchType
from controller.contract.snapshots import MigrationStage
from controller.simulation.api.resource_kinds import DEPLOYMENTS
from controller.simulation.api.resource_kinds import LEASES as LEASES_KIND
from controller.simulation.api.status_errors import ApiError, forbidden
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, answer_with
from tests.simulation.program import Program
from tests.simulation.world import LEASES, PATH, SETTINGS, SETTINGS_PATH, World, kill_at, simulate, start

#: For how long nobody is to be called again, seconds.
QUIET_S = 1200.0

#: How fast somebody takes a write back, seconds: before any read can see that it landed.
TAKES_BACK_IN_S = 0.009

DENIAL = "ValidatingAdmissionPolicy 'frozen' denied request: replicas are frozen"


def policy_denial() -> ApiError:
    """What an API server answers where an admission policy denies a patch."""
    return ApiError(422, "Invalid", DENIAL, {"causes": [{"message": DENIAL}]})


def webhook_denial() -> ApiError:
    """A webhook may deny with any status, even with the very answer of a failed JSON Patch `test`."""
    return ApiError(422, "Invalid", DENIAL, {})


@pytest.mark.parametrize("deny", [policy_denial, webhook_denial])
def test_denied_scale_down_ends_the_move_and_names_the_denial(
    tmp_path: Path, deny: Callable[[], ApiError]
) -> None:
    def refuse_scale_downs(cluster: Cluster, request: Request) -> Delivery | None:
        if cluster.context == "paris" and request.is_write and request.lowers:
            return answer_with(deny())
        return None

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SCALE_DOWN_SOURCE")
        denied_at = world.loop.time()
        await task
        assert world.loop.time() - denied_at < 120
        assert program.view.stage is MigrationStage.ROLLED_BACK
        assert DENIAL in program.view.sentence

    world = simulate(scenario, 2, tmp_path, directed=refuse_scale_downs)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


@pytest.mark.parametrize("denied_replicas", [5, 0])
def test_policy_that_would_deny_a_scale_down_refuses_the_move_beforehand(
    tmp_path: Path, denied_replicas: int
) -> None:
    def refuse(cluster: Cluster, request: Request) -> Delivery | None:
        is_dry_run = request.dry_run and request.patch_type is PatchType.MERGE and cluster.context == "paris"
        if is_dry_run and request.body.get("spec", {}).get("replicas") == denied_replicas:
            return answer_with(policy_denial())
        return None

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await task
        assert program.view.stage is MigrationStage.REFUSED
        assert DENIAL in program.view.sentence

    world = simulate(scenario, 2, tmp_path, directed=refuse)
    assert world.result() == (world.replicas, None)


def watch_stages(world: World, program: Program) -> list[MigrationStage]:
    """Note every stage that is shown, one after the other."""
    stages: list[MigrationStage] = []

    async def watch() -> None:
        while True:
            if not stages or stages[-1] is not program.view.stage:
                stages.append(program.view.stage)
            await asyncio.sleep(0.5)

    world.loop.create_task(watch())
    return stages


def count_entries(program: Program) -> int:
    """How much people were told so far."""
    return len(program.entries)


@pytest.mark.parametrize("has_honest_dry_runs", [True, False])
def test_target_that_refuses_for_good_calls_a_person_once_and_stays_quiet(
    tmp_path: Path, has_honest_dry_runs: bool
) -> None:
    is_allowed = [False]

    def refuse(cluster: Cluster, request: Request) -> Delivery | None:
        is_write = request.is_write or (has_honest_dry_runs and request.dry_run)
        if is_write and not is_allowed[0] and cluster.context == "osaka" and request.patch_type is not None:
            return answer_with(forbidden(DEPLOYMENTS, "", "the role was taken away"))
        return None

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR, 900)
        assert "deployments.apps is forbidden" in program.view.sentence
        told = count_entries(program)
        assert told < 60
        await asyncio.sleep(QUIET_S)
        assert count_entries(program) - told < (4 if has_honest_dry_runs else 50)
        assert program.view.stage is MigrationStage.NEEDS_OPERATOR
        is_allowed[0] = True
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path, directed=refuse)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_way_back_without_room_in_the_source_calls_a_person_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE" and program.view.wave == 3)
        world.source.set_capacity(2)
        program.cancel(migration_id)
        stages = watch_stages(world, program)
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR, 400)
        assert MigrationStage.HOLDING in stages, "a HOLD tells it before a person is called"
        assert "of 6 that are to come back" in program.view.sentence
        assert world.available() >= world.replicas
        told = count_entries(program)
        await asyncio.sleep(QUIET_S)
        assert count_entries(program) == told
        world.source.set_capacity()
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_way_back_that_somebody_works_against_is_told(tmp_path: Path) -> None:
    """Somebody asks for the target's replicas again, as often as they are taken back."""

    async def insist(world: World) -> None:
        world.judge.is_watching = False
        while world.target.get(PATH) is not None:
            if world.target.replicas(PATH) < 5:
                world.target.scale(PATH, 5)
            await asyncio.sleep(TAKES_BACK_IN_S)

    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE" and program.view.wave == 3)
        insisting = world.loop.create_task(insist(world))
        program.cancel(migration_id)
        await world.wait_for(lambda: program.view.phase == "ROLLBACK")
        began_at = world.loop.time()
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING)
        assert world.loop.time() - began_at < 300
        assert "of 6 that are to come back" in program.view.sentence
        insisting.cancel()
        await task

    world = simulate(scenario, 2, tmp_path, checks_readiness=False)
    assert world.result() == (world.replicas, None)


def test_original_that_others_deleted_does_not_keep_its_copy_from_being_taken_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        world.source.remove(SETTINGS_PATH)
        program.cancel(migration_id)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK
        assert world.target.get(SETTINGS_PATH) is None

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)


@pytest.mark.parametrize("refusing", ["paris", "osaka"])
def test_instance_without_a_right_to_one_lease_leaves_the_move_to_another(
    tmp_path: Path, refusing: str
) -> None:
    """It may write the other one alone: held by it, nobody could go on with what was left unfinished."""
    rightless: list[Program] = []

    def refuse(cluster: Cluster, request: Request) -> Delivery | None:
        is_lease_write = cluster.context == refusing and request.is_write and request.path.startswith(LEASES)
        holder = request.body["spec"].get("holderIdentity", "") if is_lease_write else ""
        if any(program.has_id(holder) for program in rightless):
            return answer_with(forbidden(LEASES_KIND, "", "the role was taken away"))
        return None

    async def scenario(world: World) -> None:
        await kill_at(world, "VERIFY")
        rightless.append(world.open_program("b"))
        resuming = world.loop.create_task(world.work(rightless[0]))
        await asyncio.sleep(4 * world.settings.lease_duration_s)
        assert "the role was taken away" in rightless[0].view.sentence
        healthy = world.open_program("c")
        await asyncio.wait_for(world.work(healthy), 1200)
        assert healthy.view.stage is MigrationStage.DONE
        await resuming

    world = simulate(scenario, 2, tmp_path, directed=refuse)
    assert world.judge_end() == []


def test_instance_that_loses_a_right_in_the_middle_leaves_the_move_to_another(tmp_path: Path) -> None:
    """It leads by then; held by it, the other Lease kept a healthy instance out for hours."""
    rightless: list[Program] = []

    def refuse(cluster: Cluster, request: Request) -> Delivery | None:
        is_lease_write = cluster.context == "osaka" and request.is_write and request.path.startswith(LEASES)
        holder = request.body["spec"].get("holderIdentity", "") if is_lease_write else ""
        if any(program.has_id(holder) for program in rightless):
            return answer_with(forbidden(LEASES_KIND, "", "the role was taken away"))
        return None

    async def scenario(world: World) -> None:
        first, _, task = await start(world)
        await world.wait_for(lambda: first.view.phase == "VERIFY" and first.view.wave == 2)
        rightless.append(first)
        healthy = world.open_program("c")
        await asyncio.wait_for(world.work(healthy), 400)
        assert healthy.view.stage is MigrationStage.DONE
        await task
        assert first.view.stage is MigrationStage.DONE

    settings = replace(SETTINGS, bake_s=30.0, hold_timeout_s=3600.0)
    world = simulate(scenario, 2, tmp_path, settings=settings, directed=refuse)
    assert world.judge_end() == []
