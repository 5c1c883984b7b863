"""What goes wrong outside: pods, prices, networks, people. Nothing is lost, and somebody is told why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from controller.clusters.workload_parsing import MINIMUM_ANNOTATION
from controller.contract.commands import SetArmed
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.migration.protocol.fences import FENCE_ANNOTATION
from controller.reasons import Code
from controller.simulation.api.resource_kinds import DEPLOYMENTS as DEPLOYMENT_KIND
from controller.simulation.api.status_errors import forbidden
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, answer_with
from tests.simulation.program import Program, Rejected
from tests.simulation.world import (
    DEPLOYMENTS,
    PATH,
    REGIONS,
    SETTINGS_PATH,
    TARGET,
    WORKLOAD,
    World,
    build_deployment,
    simulate,
    start,
)

IDENTITY = "/api/v1/namespaces/kube-system"
NAMESPACE_PATH = "/api/v1/namespaces/shop"

Meddle = Callable[[World, Program], object]


def assert_all_is_back(world: World) -> None:
    """The source has all replicas, nothing is left in the target, and no promise was broken on the way."""
    assert world.result() == (world.replicas, None)
    assert world.violations == []


async def run_to_end(world: World, meddle: Meddle, at_phase: str, wave: int = 1) -> MigrationView:
    """Start, meddle once when a phase is reached, and return how it ended."""
    program, _, task = await start(world)
    await world.wait_for(lambda: program.view.phase == at_phase and program.view.wave >= wave)
    meddle(world, program)
    await task
    return program.view


async def hold_until(world: World, meddle: Meddle, mend: Meddle, phase: str) -> str:
    """Meddle at a phase, wait for the HOLD, mend it, wait for the end; returns what the HOLD said."""
    program, _, task = await start(world)
    await world.wait_for(lambda: program.view.phase == phase and program.view.wave == 2)
    meddle(world, program)
    await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 90)
    before = world.result()
    detail = program.view.sentence
    await asyncio.sleep(40)
    assert world.result() == before, "a HOLD writes nothing"
    mend(world, program)
    await task
    assert program.view.stage is MigrationStage.DONE, program.view.sentence
    return detail


def test_target_that_never_becomes_ready_sends_everything_back(tmp_path: Path) -> None:
    def no_room(world: World, program: Program) -> None:
        world.target.set_capacity(0)

    ends: list[MigrationView] = []

    async def scenario(world: World) -> None:
        ends.append(await run_to_end(world, no_room, "SURGE"))

    world = simulate(scenario, 1, tmp_path)
    assert ends[0].stage is MigrationStage.ROLLED_BACK
    assert "0 of 1 replicas serve" in ends[0].sentence
    assert_all_is_back(world)


def test_target_that_fills_up_half_way_sends_everything_back(tmp_path: Path) -> None:
    def little_room(world: World, program: Program) -> None:
        world.target.set_capacity(4)

    async def scenario(world: World) -> None:
        await run_to_end(world, little_room, "SURGE")

    world = simulate(scenario, 1, tmp_path)
    assert_all_is_back(world)


def test_target_whose_pods_restart_is_not_trusted(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        while not task.done():
            await asyncio.sleep(1)
            world.target.restart_containers(PATH)
            if program.view.phase == "ROLLBACK":
                break
        await task

    world = simulate(scenario, 1, tmp_path)
    assert world.result() == (world.replicas, None)


@pytest.mark.parametrize("phase", ["SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE", "SOAK"])
def test_target_that_loses_everything_is_left_again(tmp_path: Path, phase: str) -> None:
    def collapse(world: World, program: Program) -> None:
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)

    async def scenario(world: World) -> None:
        end = await run_to_end(world, collapse, phase, wave=3)
        assert end.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 1, tmp_path, checks_readiness=False)
    assert_all_is_back(world)


def test_move_that_waits_for_a_price_waits_in_one_piece(tmp_path: Path) -> None:
    """It does not try a wave now and then, to be held again: each try is a journal entry and a line for people."""

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE")
        world.market.has_prices = False
        await world.wait_for(lambda: world.journaled_phase() == "HOLD")
        waiting_until = world.loop.time() + 60
        while world.loop.time() < waiting_until:
            assert world.journaled_phase() == "HOLD"
            await asyncio.sleep(0.05)
        world.market.has_prices = True
        await task

    assert simulate(scenario, 3, tmp_path).violations == []


def test_no_wave_starts_without_a_fresh_price(tmp_path: Path) -> None:
    details: list[str] = []

    def forget(world: World, program: Program) -> None:
        world.market.has_prices = False

    def remember(world: World, program: Program) -> None:
        world.market.has_prices = True

    async def scenario(world: World) -> None:
        details.append(await hold_until(world, forget, remember, "SETTLE"))

    world = simulate(scenario, 2, tmp_path)
    assert "no current price" in details[0]
    assert world.result() == (0, world.replicas)


def test_a_price_that_turns_for_good_sends_everything_back(tmp_path: Path) -> None:
    def turn(world: World, program: Program) -> None:
        world.market.prices[REGIONS["osaka"]] = Decimal("7.60")

    async def scenario(world: World) -> None:
        end = await run_to_end(world, turn, "SETTLE")
        assert end.stage is MigrationStage.ROLLED_BACK
        assert "worth -" in end.sentence

    world = simulate(scenario, 2, tmp_path)
    assert_all_is_back(world)


def test_disarming_holds_and_arming_goes_on(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        detail = await hold_until(
            world,
            lambda _, program: program.submit(SetArmed("osaka", armed=False)),
            lambda _, program: program.submit(SetArmed("osaka", armed=True)),
            "SETTLE",
        )
        assert "not armed (read-only): osaka" in detail

    assert simulate(scenario, 2, tmp_path).result() == (0, 6)


@pytest.mark.parametrize("context", ["paris", "osaka"])
@pytest.mark.parametrize("phase", ["SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE"])
def test_unreachable_cluster_holds_and_goes_on_when_it_is_back(
    tmp_path: Path, context: str, phase: str
) -> None:
    def cut(world: World, program: Program) -> None:
        world.network.faults.partitions.append((context, world.loop.time(), world.loop.time() + 1e9))

    def join(world: World, program: Program) -> None:
        world.network.faults.partitions.clear()

    async def scenario(world: World) -> None:
        detail = await hold_until(world, cut, join, phase)
        assert context in detail

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.violations == []


def test_target_that_stays_unreachable_has_the_source_run_all_replicas_until_it_is_back(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE" and program.view.wave == 3)
        world.network.faults.partitions.append(("osaka", world.loop.time(), world.loop.time() + 400))
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, 100)
        await task
        assert program.view.stage is MigrationStage.DONE

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.violations == []


def test_source_that_stays_unreachable_is_never_guessed_at(tmp_path: Path) -> None:
    stages: list[MigrationStage] = []

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 3)
        before = world.result()
        world.network.faults.partitions.append(("paris", world.loop.time(), world.loop.time() + 400))
        await asyncio.sleep(390)
        stages.append(program.view.stage)
        assert world.result() == before
        await task

    world = simulate(scenario, 2, tmp_path)
    assert stages == [MigrationStage.NEEDS_OPERATOR]
    assert_all_is_back(world)


def test_pod_that_is_not_ready_for_a_moment_lowers_no_floor(tmp_path: Path) -> None:
    """The target loses its pods as the last replicas of the source are to go: what was there at the start counts."""
    lowest: list[int] = []
    worlds: list[World] = []

    def fail_probes(cluster: Cluster, request: Request) -> None:
        """As the preflight reads the source for the first time, one of six replicas is ready, for four seconds."""
        is_of_the_move = "(migration" in request.user_agent
        if request.method == "GET" and request.path == PATH and is_of_the_move and worlds:
            world = worlds.pop()
            world.source.make_unready(PATH, kept=1)
            world.loop.call_later(4, world.source.make_ready)

    async def scenario(world: World) -> None:
        worlds.append(world)
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SCALE_DOWN_SOURCE" and program.view.wave == 4)
        world.target.set_capacity(1)
        world.target.lose_pods(PATH, 5)
        serving = world.available()
        while program.view.phase == "SCALE_DOWN_SOURCE":
            lowest.append(world.available())
            await asyncio.sleep(0.2)
        assert min(lowest) == serving
        await task

    world = simulate(scenario, 2, tmp_path, directed=fail_probes, checks_readiness=False)
    assert worlds == []
    assert world.result() == (world.replicas, None)


@pytest.mark.parametrize(
    ("context", "phase"),
    [
        (context, phase)
        for context in ("paris", "osaka")
        for phase in ("SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE", "SOAK")
        if (context, phase) != ("osaka", "SOAK")  # there it is adopted
    ],
)
def test_replicas_changed_by_others_hold_the_move(tmp_path: Path, context: str, phase: str) -> None:
    details: list[str] = []

    async def scenario(world: World) -> None:
        world.judge.is_watching = False
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == phase and program.view.wave >= 2)
        world.clusters[context].scale(PATH, 9)
        await world.wait_for(lambda: program.view.stage is MigrationStage.HOLDING, 30)
        details.append(program.view.sentence)
        await task

    world = simulate(scenario, 2, tmp_path)
    assert f"{context}: replicas are 9" in details[0]
    assert world.result() == ((9, None) if context == "paris" else (6, None))


def test_changed_pod_template_holds_the_move(tmp_path: Path) -> None:
    def edit(world: World, program: Program) -> None:
        world.source.edit_container(PATH, lambda container: {**container, "image": "shop/checkout:8"})

    def undo(world: World, program: Program) -> None:
        world.source.edit_container(PATH, lambda container: {**container, "image": "shop/checkout:7"})

    async def scenario(world: World) -> None:
        detail = await hold_until(world, edit, undo, "VERIFY")
        assert "the pod template was changed" in detail

    assert simulate(scenario, 2, tmp_path).result() == (0, 6)


def test_fence_removed_by_others_leads_back(tmp_path: Path) -> None:
    """`kubectl rollout undo` replaces a Deployment's annotations by older ones."""

    def remove(world: World, program: Program) -> None:
        world.source.edit(PATH, {"metadata": {"annotations": {FENCE_ANNOTATION: None}}})

    async def scenario(world: World) -> None:
        end = await run_to_end(world, remove, "VERIFY", wave=2)
        assert end.stage is MigrationStage.ROLLED_BACK
        assert "fence" in end.sentence

    world = simulate(scenario, 2, tmp_path)
    assert_all_is_back(world)


def test_refused_writes_hold_for_the_credentials(tmp_path: Path) -> None:
    is_denied = [False]

    def deny(cluster: Cluster, request: Request) -> Delivery | None:
        if is_denied[0] and request.is_write and cluster.context == "osaka":
            return answer_with(forbidden(DEPLOYMENT_KIND, "", "the role was taken away"))
        return None

    async def scenario(world: World) -> None:
        def forbid(_: World, program: Program) -> None:
            is_denied[0] = True

        def allow(_: World, program: Program) -> None:
            is_denied[0] = False

        assert "forbidden" in await hold_until(world, forbid, allow, "SETTLE")

    world = simulate(scenario, 2, tmp_path, directed=deny)
    assert world.result() == (0, world.replicas)


def give_the_identity_of(world: World, owner: Cluster) -> None:
    """Both contexts lead to one cluster."""
    other = world.target.require(IDENTITY)
    uid = owner.uid(IDENTITY)
    world.target.put(IDENTITY, {**other, "metadata": {**other["metadata"], "uid": uid}})


def lose_all_pods(cluster: Cluster) -> None:
    """All pods are replaced, and none of the new ones becomes ready."""
    cluster.set_capacity(0)
    cluster.lose_pods(PATH)


def run_short(cluster: Cluster) -> None:
    """Run half of a workload of the same name."""
    cluster.apply(DEPLOYMENTS, build_deployment(6))
    cluster.set_capacity(3)


def lose_one_pod(cluster: Cluster) -> None:
    """One pod is replaced, and the new one does not become ready."""
    cluster.set_capacity(5)
    cluster.lose_pods(PATH, 1)


def declare_minimum(cluster: Cluster, replicas: str) -> None:
    """Its owner says how many have to stay."""
    cluster.edit(PATH, {"metadata": {"annotations": {MINIMUM_ANNOTATION: replicas}}})


@pytest.mark.parametrize(
    ("arrange", "code", "at"),
    [
        (lambda w: w.target.remove(NAMESPACE_PATH), Code.NAMESPACE_MISSING, IDENTITY),
        (lambda w: w.target.apply(DEPLOYMENTS, build_deployment(6)), Code.NAMESAKE_SCALED, IDENTITY),
        (lambda w: w.source.remove(PATH), Code.NO_WORKLOAD, IDENTITY),  # the watch sees it first
        (lambda w: w.source.remove(PATH), Code.WORKLOAD_GONE, NAMESPACE_PATH),
        (lambda w: lose_all_pods(w.source), Code.NOT_AVAILABLE, IDENTITY),
        (lambda w: lose_one_pod(w.source), Code.NOT_AVAILABLE, IDENTITY),
        (lambda w: give_the_identity_of(w, w.source), Code.SAME_CLUSTER, IDENTITY),
        (lambda w: w.source.scale(PATH, 5), Code.PLAN_OF_OTHER_REPLICAS, IDENTITY),
        (lambda w: declare_minimum(w.source, "1"), Code.PLAN_BELOW_MINIMUM, IDENTITY),
        (lambda w: declare_minimum(w.source, "9"), Code.PLAN_BELOW_MINIMUM, IDENTITY),
        (lambda w: w.source.edit(PATH, {"spec": {"paused": True}}), Code.PAUSED, IDENTITY),
        (lambda w: w.source.remove(SETTINGS_PATH), Code.COPY_ORIGINAL_MISSING, IDENTITY),
    ],
)
def test_a_move_that_cannot_work_any_more_is_refused_before_anything_is_written(
    tmp_path: Path, arrange: Callable[[World], object], code: Code, at: str
) -> None:
    """It happens after the confirmation, as the preflight begins."""
    worlds: list[World] = []

    def meddle(cluster: Cluster, request: Request) -> None:
        if request.path == at and worlds:
            arrange(worlds.pop())

    async def scenario(world: World) -> None:
        program = world.open_program("a")
        await program.arm(*world.clusters)
        worlds.append(world)
        migration_id = await program.start_move(WORKLOAD, TARGET)
        await program.wait_until_over(migration_id)
        assert program.view.stage is MigrationStage.REFUSED
        assert program.view.reason is not None
        assert program.view.reason.code is code
        assert not any(cluster.history for cluster in world.clusters.values())

    simulate(scenario, 2, tmp_path, directed=meddle)


def test_a_question_that_the_target_does_not_answer_refuses_with_what_the_server_said(tmp_path: Path) -> None:
    """Nobody knows whether the pods would have room in the quotas."""

    def deny(cluster: Cluster, request: Request) -> Delivery | None:
        if request.path.endswith("/resourcequotas"):
            return answer_with(forbidden(DEPLOYMENT_KIND, "", "the role does not name quotas"))
        return None

    async def scenario(world: World) -> None:
        program = world.open_program("a")
        await program.arm(*world.clusters)
        migration_id = await program.start_move(WORKLOAD, TARGET)
        await program.wait_until_over(migration_id)
        assert program.view.stage is MigrationStage.REFUSED
        assert program.view.reason is not None
        assert program.view.reason.code is Code.ACCESS_DENIED
        assert program.view.reason["context"] == "osaka"
        assert not any(cluster.history for cluster in world.clusters.values())

    simulate(scenario, 2, tmp_path, directed=deny)


@pytest.mark.parametrize(
    ("arrange", "armed", "code"),
    [
        (lambda w: None, ("osaka",), Code.NOT_ARMED),
        (lambda w: None, ("paris",), Code.NOT_ARMED),
        (lambda w: None, (), Code.NOT_ARMED),
        (lambda w: setattr(w.market, "has_prices", False), ("paris", "osaka"), Code.PRICE_UNKNOWN),
        (lambda w: run_short(w.target), ("paris", "osaka"), Code.NAMESAKE_UNFIT),
        (lambda w: w.source.remove(PATH), ("paris", "osaka"), Code.NO_WORKLOAD),
        (lambda w: lose_one_pod(w.source), ("paris", "osaka"), Code.NOT_AVAILABLE),
        (lambda w: w.source.edit(PATH, {"spec": {"paused": True}}), ("paris", "osaka"), Code.PAUSED),
    ],
)
def test_a_move_that_cannot_work_is_rejected_and_nothing_is_written(
    tmp_path: Path, arrange: Callable[[World], object], armed: tuple[str, ...], code: Code
) -> None:
    async def scenario(world: World) -> None:
        program = world.open_program("a")
        await program.arm(*armed)
        arrange(world)
        await asyncio.sleep(20)
        with pytest.raises(Rejected) as rejected:
            await program.start_move(WORKLOAD, TARGET)
        assert rejected.value.code is code
        await asyncio.sleep(60)
        assert program.views() == ()
        assert not any(cluster.history for cluster in world.clusters.values())

    simulate(scenario, 2, tmp_path)


def test_a_workload_is_moved_by_one_migration_at_a_time(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        with pytest.raises(Rejected) as rejected:
            await program.start_move(WORKLOAD, TARGET)
        assert rejected.value.code is Code.MOVE_RUNNING
        assert len(program.views()) == 1
        await task

    assert simulate(scenario, 2, tmp_path).result() == (0, 6)
