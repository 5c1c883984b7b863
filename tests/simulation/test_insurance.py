"""Raising the source never waits for the target: whatever keeps the target silent, the workload serves again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.migration.protocol.fences import FENCE_ANNOTATION
from controller.reasons import Code
from controller.simulation.api.requests import ApiResponse
from controller.simulation.api.resource_kinds import DEPLOYMENTS, LEASES
from controller.simulation.api.status_errors import ApiError, forbidden
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, answer_with
from tests.simulation.program import Program
from tests.simulation.world import DEPLOYMENTS as DEPLOYMENTS_PATH
from tests.simulation.world import PATH, World, build_deployment, simulate, start

#: How long a silence may last at the most before all replicas are asked for in the source: the patience (60 s), looks
#: that nobody answers, and a pause.
LATEST_S = 60.0 + 2 * 10.0 + 5.0


class Outage:
    """While it lasts, every read of the target is answered like this, and every write is lost."""

    def __init__(self, answer: Callable[[], Delivery]) -> None:
        self._answer = answer
        self.is_on = False

    def direct(self, cluster: Cluster, request: Request) -> Delivery | None:
        if not self.is_on or cluster.context != "osaka":
            return None
        return self._answer() if request.method == "GET" else Delivery(None)


def unauthorized() -> Delivery:
    return answer_with(ApiError(401, "Unauthorized", "the credentials have expired"))


#: What a target that is gone looks like from here.
SILENCES = {
    "no route": lambda: Delivery(None),
    "401": unauthorized,
    "403": lambda: answer_with(forbidden(DEPLOYMENTS, "", "the role was taken away")),
    "nonsense": lambda: Delivery(0.05, answer=ApiResponse(200, {"kind": "Nonsense"})),
    "500": lambda: answer_with(ApiError(500, "InternalError", "etcd is gone")),
}


def lose_target(world: World, outage: Outage) -> None:
    """The target's region goes, and its pods with it."""
    outage.is_on = True
    world.target.set_capacity(0)
    world.target.lose_pods(PATH)


def regain_target(world: World, outage: Outage) -> None:
    """It is back, and its pods start again."""
    world.target.set_capacity()
    outage.is_on = False


def run(
    tmp_path: Path,
    silence: str,
    scenario: Callable[[World, Outage], object],
    seed: int = 2,
    **options: object,
) -> World:
    outage = Outage(SILENCES[silence])
    return simulate(
        lambda world: scenario(world, outage),
        seed,
        tmp_path,
        directed=outage.direct,
        checks_readiness=False,
        **options,
    )


async def reach(world: World, phase: str, wave: int) -> tuple[Program, str, asyncio.Task[None]]:
    program, migration_id, task = await start(world)
    await world.wait_for(lambda: program.view.phase == phase and program.view.wave >= wave)
    return program, migration_id, task


@pytest.mark.parametrize("silence", SILENCES)
def test_a_target_that_goes_silent_in_soak_has_the_source_raised_whatever_keeps_it_silent(
    tmp_path: Path, silence: str
) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program, _, task = await reach(world, "SOAK", 4)
        lose_target(world, outage)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_S + 10)
        assert world.journaled_phase() == "INSURED"
        assert program.view.detail.code in (Code.PHASE_INSURED, Code.PHASE_INSURED_WATCHED)
        await asyncio.sleep(1800)
        assert program.view.sentence.startswith("6 of 6 replicas ready in paris"), program.view.sentence
        regain_target(world, outage)
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    assert run(tmp_path, silence, scenario).judge_end() == []


@pytest.mark.parametrize(
    ("phase", "wave"), [("SURGE", 3), ("VERIFY", 3), ("SCALE_DOWN_SOURCE", 3), ("SETTLE", 3)]
)
def test_a_target_that_goes_silent_half_way_has_the_source_raised_and_the_move_goes_on_when_it_serves_again(
    tmp_path: Path, phase: str, wave: int
) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program, _, task = await reach(world, phase, wave)
        lose_target(world, outage)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_S + 25)
        await asyncio.sleep(300)
        regain_target(world, outage)
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    assert run(tmp_path, "no route", scenario).judge_end() == []


def test_an_insured_source_is_lowered_only_after_the_target_has_served_for_a_whole_bake(
    tmp_path: Path,
) -> None:
    """A target that is silent now and then does not flap."""

    async def scenario(world: World, outage: Outage) -> None:
        _, _, task = await reach(world, "SOAK", 4)
        lose_target(world, outage)
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, LATEST_S)
        world.target.set_capacity()
        await asyncio.sleep(20)
        for _ in range(20):
            outage.is_on = False
            await asyncio.sleep(world.settings.bake_s - 0.2)
            outage.is_on = True
            await asyncio.sleep(11)
            assert world.source.replicas(PATH) == world.replicas
        outage.is_on = False
        await task

    assert run(tmp_path, "403", scenario).judge_end() == []


def test_a_target_that_answers_again_and_does_not_serve_sends_everything_back(tmp_path: Path) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program, _, task = await reach(world, "SOAK", 4)
        lose_target(world, outage)
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, LATEST_S)
        outage.is_on = False
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    assert run(tmp_path, "no route", scenario).judge_end() == []


def test_a_target_that_is_silent_while_a_person_is_waited_for_has_the_source_raised(tmp_path: Path) -> None:
    """The waiting looks only now and then by then."""

    async def scenario(world: World, outage: Outage) -> None:
        program, _, task = await reach(world, "VERIFY", 3)
        world.network.faults.partitions.append(("paris", world.loop.time(), world.loop.time() + 400))
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR)
        world.network.faults.partitions.clear()
        lose_target(world, outage)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_S + 60)
        regain_target(world, outage)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    assert run(tmp_path, "no route", scenario).judge_end() == []


def test_a_way_back_on_which_the_target_falls_silent_goes_on_in_the_source(tmp_path: Path) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program, _, task = await reach(world, "SETTLE", 4)
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)
        await world.wait_for(lambda: program.view.phase == "ROLLBACK")
        outage.is_on = True
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_S + 25)
        outage.is_on = False
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    assert run(tmp_path, "no route", scenario).judge_end() == []


async def lose_target_and_scale_source(world: World, outage: Outage) -> Program:
    """Somebody gives the source more replicas than the move took, while the target is held for lost."""
    world.judge.is_watching = False
    program, _, _ = await reach(world, "SOAK", 4)
    lose_target(world, outage)
    await world.wait_for(lambda: world.journaled_phase() == "HOLD")
    world.source.scale(PATH, 9)
    return program


def test_an_insured_source_keeps_the_replicas_that_others_have_added(tmp_path: Path) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program = await lose_target_and_scale_source(world, outage)
        await world.wait_for(lambda: world.journaled_phase() == "INSURED", LATEST_S)
        await asyncio.sleep(60)
        assert world.source.replicas(PATH) == 9
        await program.close()

    run(tmp_path, "no route", scenario)


def test_a_source_that_others_have_raised_needs_no_insurance_of_who_has_lost_the_right_to_the_target(
    tmp_path: Path,
) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program = await lose_target_and_scale_source(world, outage)
        for _ in range(30):
            await asyncio.sleep(10)
            assert world.source.replicas(PATH) == 9
        assert "waiting to resume" in str(program.view.reason)
        await program.close()

    run(tmp_path, "403", scenario)


@pytest.mark.parametrize("lands_after_s", [70.0, 100.0, 140.0])
def test_a_write_that_lowers_the_source_dies_on_the_seal_of_the_insurance(
    tmp_path: Path, lands_after_s: float
) -> None:
    """It is stuck in a proxy while the target falls silent."""
    outage = Outage(SILENCES["no route"])
    worlds: list[World] = []

    def stick(cluster: Cluster, request: Request) -> Delivery | None:
        if worlds and cluster.context == "paris" and request.lowers and request.replicas == 0:
            lose_target(worlds.pop(), outage)
            return Delivery(lands_after_s, is_answered=False)
        return outage.direct(cluster, request)

    async def scenario(world: World) -> None:
        worlds.append(world)
        program, _, task = await start(world)
        await world.wait_for(lambda: world.journaled_phase() == "INSURED")
        await asyncio.sleep(200)
        assert world.source.available(PATH) == world.replicas
        regain_target(world, outage)
        await task
        assert program.view.stage is MigrationStage.DONE

    assert simulate(scenario, 2, tmp_path, directed=stick, checks_readiness=False).judge_end() == []


def test_a_surge_that_landed_before_the_silence_is_no_change_of_others(tmp_path: Path) -> None:
    outage = Outage(SILENCES["no route"])

    def fall_silent(cluster: Cluster, request: Request) -> Delivery | None:
        if not outage.is_on and cluster.context == "osaka" and request.raises and request.replicas == 5:
            outage.is_on = True
            return Delivery(0.05, is_answered=False)
        return outage.direct(cluster, request)

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: world.journaled_phase() == "INSURED")
        assert world.target.replicas(PATH) == 5
        await asyncio.sleep(60)
        outage.direct = lambda cluster, request: None  # type: ignore[method-assign]
        await task
        assert program.view.stage is MigrationStage.DONE, program.view.sentence

    assert simulate(scenario, 2, tmp_path, directed=fall_silent, checks_readiness=False).judge_end() == []


@pytest.mark.parametrize("trouble", ["deleted", "no Lease"])
def test_a_source_that_cannot_be_raised_is_held_and_calls_a_person(tmp_path: Path, trouble: str) -> None:
    """Trying would be a line in the journal or the history each time, and nobody would be called."""
    outage = Outage(SILENCES["403"])
    phases: list[str] = []

    def refuse_renewals(cluster: Cluster, request: Request) -> Delivery | None:
        if outage.is_on and trouble == "no Lease" and cluster.context == "paris" and request.method == "PUT":
            return answer_with(forbidden(LEASES, "", "the role was taken away"))
        return outage.direct(cluster, request)

    async def scenario(world: World) -> None:
        world.judge.is_watching = False
        program, _, _ = await reach(world, "SOAK", 4)
        lose_target(world, outage)
        if trouble == "deleted":
            world.source.remove(PATH)
        while world.loop.time() < LATEST_S + 200:
            await asyncio.sleep(0.5)
            phases.append(program.view.phase)
        assert program.view.advice is not None
        assert program.snapshot is not None
        assert [notice.key for notice in program.snapshot.notices] == [
            f"move_waits:{program.view.migration_id}"
        ]
        await program.close()

    simulate(scenario, 2, tmp_path, directed=refuse_renewals, checks_readiness=False)
    assert "INSURED" not in phases


def test_a_source_whose_fence_somebody_removed_is_raised(tmp_path: Path) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program, _, _ = await reach(world, "SOAK", 4)
        lose_target(world, outage)
        world.source.edit(PATH, {"metadata": {"annotations": {FENCE_ANNOTATION: None}}})
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_S + 10)
        await program.close()

    assert run(tmp_path, "no route", scenario).violations == []


@pytest.mark.parametrize(("phase", "wave"), [("SOAK", 4), ("VERIFY", 3)])
def test_who_cancels_gets_the_source_back_at_once_although_the_target_is_silent(
    tmp_path: Path, phase: str, wave: int
) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program, migration_id, task = await reach(world, phase, wave)
        lose_target(world, outage)
        await asyncio.sleep(25)
        program.cancel(migration_id)
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, 12)
        assert world.journaled_phase() == "INSURED"
        await asyncio.sleep(600)
        regain_target(world, outage)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK
        assert program.view.reason == Code.CANCELLED.because()

    assert run(tmp_path, "no route", scenario).judge_end() == []


def test_who_cancels_an_insured_move_has_everything_back_as_soon_as_the_target_answers(
    tmp_path: Path,
) -> None:
    async def scenario(world: World, outage: Outage) -> None:
        program, migration_id, task = await reach(world, "SOAK", 4)
        lose_target(world, outage)
        await world.wait_for(lambda: world.journaled_phase() == "INSURED", LATEST_S)
        program.cancel(migration_id)
        await asyncio.sleep(300)
        regain_target(world, outage)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK
        assert program.view.reason == Code.CANCELLED.because()

    assert run(tmp_path, "403", scenario).judge_end() == []


LOSSES: dict[str, Callable[[World], object]] = {
    "deleted": lambda world: world.target.act("DELETE", PATH),
    "scaled to 0": lambda world: world.target.scale(PATH, 0),
    "replaced": lambda world: world.target.apply(DEPLOYMENTS_PATH, build_deployment(2)),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("phase", "wave"), [("VERIFY", 3), ("SOAK", 4)])
def test_a_loss_that_is_known_has_the_source_raised_at_once_and_a_person_is_told(
    tmp_path: Path, loss: str, phase: str, wave: int
) -> None:
    """Nothing in the target is removed before that person says so."""

    async def scenario(world: World) -> None:
        program, migration_id, task = await reach(world, phase, wave)
        LOSSES[loss](world)
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, 5)
        lost_at, left = world.loop.time(), world.target.own_objects("shop")
        await asyncio.sleep(300)
        assert program.view.stage is MigrationStage.NEEDS_OPERATOR
        assert program.view.advice is not None
        assert "cancel the move, and all stays in paris" in program.view.sentence
        written = [one for one in world.target.history if one.at > lost_at + 10 and one.request.path == PATH]
        assert written == []
        kept = {(one["kind"], one["metadata"]["name"]) for one in world.target.own_objects("shop")}
        assert kept == {(one["kind"], one["metadata"]["name"]) for one in left}
        program.cancel(migration_id)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path, checks_readiness=False)
    assert world.violations == []
    assert world.result() == (world.replicas, 2 if loss == "replaced" else None)


def test_a_source_that_refuses_its_replicas_calls_a_person(tmp_path: Path) -> None:
    def refuse(cluster: Cluster, request: Request) -> Delivery | None:
        is_refused = cluster.context == "paris" and request.raises and request.is_write
        return answer_with(forbidden(DEPLOYMENTS, "", "the role was taken away")) if is_refused else None

    async def scenario(world: World) -> None:
        program, _, _ = await reach(world, "SOAK", 4)
        world.target.act("DELETE", PATH)
        await world.wait_for(lambda: program.view.stage is MigrationStage.NEEDS_OPERATOR, 60)
        await asyncio.sleep(60)
        assert program.view.stage is MigrationStage.NEEDS_OPERATOR
        assert "the role was taken away" in program.view.sentence
        assert program.view.advice is not None
        await program.close()

    simulate(scenario, 2, tmp_path, directed=refuse, checks_readiness=False)


def test_a_target_that_somebody_scaled_to_0_and_back_is_gone_on_with(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await reach(world, "SOAK", 4)
        world.target.scale(PATH, 0)
        await asyncio.sleep(60)
        world.target.scale(PATH, 6)
        await task
        assert program.view.stage is MigrationStage.DONE

    assert simulate(scenario, 2, tmp_path, checks_readiness=False).judge_end() == []


def test_a_target_that_somebody_deleted_while_a_price_is_waited_for_has_the_source_raised(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE" and program.view.wave == 2)
        world.market.has_prices = False
        await world.wait_for(lambda: program.view.phase == "HOLD")
        world.target.act("DELETE", PATH)
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, 15)
        await program.close()

    assert simulate(scenario, 2, tmp_path, checks_readiness=False).violations == []
