"""What goes wrong outside: pods, prices, networks, people. Nothing is lost, and somebody is told why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from controller.clusters.kube_api import PatchType
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.errors import AccessDenied
from controller.migration.protocol.errors import MigrationRefused
from tests.simulation.fake_cluster import FakeCluster, Request
from tests.simulation.network import Delivery
from tests.simulation.world import PATH, World, simulate, start


async def run_to_end(
    world: World, meddle: Callable[[World], None], at_phase: str, wave: int = 1
) -> MigrationView:
    """Start, meddle once when a phase is reached, and return how it ended."""
    controller, _, task = await start(world)
    await world.wait_for(
        lambda: controller.views()[0].phase == at_phase and controller.views()[0].wave >= wave
    )
    meddle(world)
    await task
    return controller.views()[0]


async def hold_until(
    world: World, meddle: Callable[[World], None], mend: Callable[[World], None], phase: str
) -> str:
    """Meddle at a phase, wait for the HOLD, mend it, wait for the end; returns what the HOLD said."""
    controller, _, task = await start(world)
    await world.wait_for(lambda: controller.views()[0].phase == phase and controller.views()[0].wave == 2)
    meddle(world)
    await world.wait_for(lambda: controller.views()[0].stage is MigrationStage.HOLDING, 60)
    before = world.result()
    detail = controller.views()[0].sentence
    await asyncio.sleep(40)
    assert world.result() == before, "a HOLD writes nothing"
    mend(world)
    await task
    assert controller.views()[0].stage is MigrationStage.DONE, controller.views()[0].sentence
    return detail


def test_target_that_never_becomes_ready_sends_everything_back(tmp_path: Path) -> None:
    def no_room(world: World) -> None:
        world.target.capacity = 0

    ends: list[MigrationView] = []

    async def scenario(world: World) -> None:
        ends.append(await run_to_end(world, no_room, "SURGE"))

    world = simulate(scenario, 1, tmp_path)
    assert ends[0].stage is MigrationStage.ROLLED_BACK
    assert "0 of 1 replicas serve" in ends[0].sentence
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_target_that_fills_up_half_way_sends_everything_back(tmp_path: Path) -> None:
    def little_room(world: World) -> None:
        world.target.capacity = 4

    async def scenario(world: World) -> None:
        await run_to_end(world, little_room, "SURGE")

    world = simulate(scenario, 1, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_target_whose_pods_restart_is_not_trusted(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        while not task.done():
            await asyncio.sleep(1)
            for pod in world.target.pods.get(PATH, ()):
                pod.restarts += 1
            if controller.views()[0].phase == "ROLLBACK":
                break
        await task

    world = simulate(scenario, 1, tmp_path)
    assert world.result() == (world.replicas, None)


@pytest.mark.parametrize("phase", ["SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE", "SOAK"])
def test_target_that_loses_everything_is_left_again(tmp_path: Path, phase: str) -> None:
    def collapse(world: World) -> None:
        world.target.capacity = 0
        world.target.lose_pods(PATH, 100)

    async def scenario(world: World) -> None:
        end = await run_to_end(world, collapse, phase, wave=3)
        assert end.stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 1, tmp_path, checks_readiness=False)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_no_wave_starts_without_a_fresh_price(tmp_path: Path) -> None:
    details: list[str] = []

    def forget(world: World) -> None:
        world.gate.has_prices = False

    def remember(world: World) -> None:
        world.gate.has_prices = True

    async def scenario(world: World) -> None:
        details.append(await hold_until(world, forget, remember, "SETTLE"))

    world = simulate(scenario, 2, tmp_path)
    assert "no fresh price" in details[0]
    assert world.result() == (0, world.replicas)


def test_a_price_that_turns_for_good_sends_everything_back(tmp_path: Path) -> None:
    def turn(world: World) -> None:
        world.gate.target_usd_per_hour = Decimal("0.30")

    async def scenario(world: World) -> None:
        end = await run_to_end(world, turn, "SETTLE")
        assert end.stage is MigrationStage.ROLLED_BACK
        assert "worth -" in end.sentence

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_disarming_holds_and_arming_goes_on(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        detail = await hold_until(
            world, lambda w: w.gate.disarmed.add("osaka"), lambda w: w.gate.disarmed.clear(), "SETTLE"
        )
        assert "osaka is not armed" in detail

    assert simulate(scenario, 2, tmp_path).result() == (0, 6)


@pytest.mark.parametrize("context", ["paris", "osaka"])
@pytest.mark.parametrize("phase", ["SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE"])
def test_unreachable_cluster_holds_and_goes_on_when_it_is_back(
    tmp_path: Path, context: str, phase: str
) -> None:
    def cut(world: World) -> None:
        world.network.faults.partitions.append((context, world.loop.time(), world.loop.time() + 1e9))

    def join(world: World) -> None:
        world.network.faults.partitions.clear()

    async def scenario(world: World) -> None:
        detail = await hold_until(world, cut, join, phase)
        assert context in detail

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (0, world.replicas)
    assert world.violations == []


def test_target_that_stays_unreachable_gives_the_source_all_replicas_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await world.wait_for(
            lambda: controller.views()[0].phase == "SETTLE" and controller.views()[0].wave == 3
        )
        world.network.faults.partitions.append(("osaka", world.loop.time(), world.loop.time() + 400))
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, 350)
        await task
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    # Raising the source while the target cannot be lowered runs more than one wave double: on purpose.
    assert [found for found in world.violations if not found.startswith("ceiling")] == []


def test_source_that_stays_unreachable_is_never_guessed_at(tmp_path: Path) -> None:
    stages: list[MigrationStage] = []

    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        await world.wait_for(
            lambda: controller.views()[0].phase == "VERIFY" and controller.views()[0].wave == 3
        )
        before = world.result()
        world.network.faults.partitions.append(("paris", world.loop.time(), world.loop.time() + 400))
        await asyncio.sleep(390)
        stages.append(controller.views()[0].stage)
        assert world.result() == before
        await task

    world = simulate(scenario, 2, tmp_path)
    assert stages == [MigrationStage.NEEDS_OPERATOR]
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def scale_by_hand(cluster: FakeCluster, replicas: int) -> None:
    """What `kubectl scale` does."""
    change = [{"op": "replace", "path": "/spec/replicas", "value": replicas}]
    cluster.handle(Request("PATCH", PATH, change, PatchType.JSON))


def lose_all_pods(cluster: FakeCluster) -> None:
    """All pods are replaced, and none of the new ones becomes ready."""
    cluster.capacity = 0
    cluster.lose_pods(PATH, 100)
    cluster.tick()


def lose_one_pod(cluster: FakeCluster) -> None:
    """One pod is replaced, and the new one does not become ready."""
    cluster.capacity = cluster.available(PATH) - 1
    cluster.lose_pods(PATH, 1)
    cluster.tick()


def test_pod_that_is_not_ready_for_a_moment_lowers_no_floor(tmp_path: Path) -> None:
    """The target loses its pods as the last replicas of the source are to go: what was there at the start counts."""
    lowest: list[int] = []

    async def scenario(world: World) -> None:
        await asyncio.sleep(1.5)
        for pod in world.source.pods[PATH][1:]:
            pod.is_ready = False
        world.source.readiness = 0.0
        world.source.tick()
        world.loop.call_later(4, setattr, world.source, "readiness", 1.0)
        controller, _, task = await start(world)
        await world.wait_for(
            lambda: controller.views()[0].phase == "SCALE_DOWN_SOURCE" and controller.views()[0].wave == 4
        )
        world.target.capacity = 1
        world.target.lose_pods(PATH, 5)
        serving = world.available()
        while controller.views()[0].phase == "SCALE_DOWN_SOURCE":
            lowest.append(world.available())
            await asyncio.sleep(0.2)
        assert min(lowest) == serving
        await task

    world = simulate(scenario, 2, tmp_path, checks_readiness=False)
    assert world.result() == (world.replicas, None)


@pytest.mark.parametrize("context", ["paris", "osaka"])
@pytest.mark.parametrize("phase", ["SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE", "SOAK"])
def test_replicas_changed_by_others_hold_the_move(tmp_path: Path, context: str, phase: str) -> None:
    details: list[str] = []

    async def scenario(world: World) -> None:
        cluster = world.clusters[context]
        cluster.on_scaled = lambda cluster, request: None
        controller, _, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == phase and controller.views()[0].wave >= 2)
        scale_by_hand(cluster, 9)
        await world.wait_for(lambda: controller.views()[0].stage is MigrationStage.HOLDING, 30)
        details.append(controller.views()[0].sentence)
        await task

    world = simulate(scenario, 2, tmp_path)
    assert f"{context}: replicas are 9" in details[0]
    assert world.result() == ((9, None) if context == "paris" else (6, None))


def test_changed_pod_template_holds_the_move(tmp_path: Path) -> None:
    def edit(world: World) -> None:
        image = world.source.objects[PATH]["spec"]["template"]["spec"]["containers"][0]
        image["image"] = "shop/checkout:8"

    def undo(world: World) -> None:
        world.source.objects[PATH]["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/checkout:7"

    async def scenario(world: World) -> None:
        detail = await hold_until(world, edit, undo, "VERIFY")
        assert "the pod template was changed" in detail

    assert simulate(scenario, 2, tmp_path).result() == (0, 6)


def test_fence_removed_by_others_leads_back(tmp_path: Path) -> None:
    """`kubectl rollout undo` replaces a Deployment's annotations by older ones."""

    def remove(world: World) -> None:
        world.source.objects[PATH]["metadata"]["annotations"] = {"team": "shop"}

    async def scenario(world: World) -> None:
        end = await run_to_end(world, remove, "VERIFY", wave=2)
        assert end.stage is MigrationStage.ROLLED_BACK
        assert "fence" in end.sentence

    world = simulate(scenario, 2, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.violations == []


def test_refused_writes_hold_for_the_credentials(tmp_path: Path) -> None:
    is_denied = [False]

    def deny(cluster: FakeCluster, request: Request) -> Delivery | None:
        if is_denied[0] and request.is_write and cluster.context == "osaka":
            raise AccessDenied("osaka", "deployments.apps is forbidden", status=403)
        return None

    async def scenario(world: World) -> None:
        def forbid(_: World) -> None:
            is_denied[0] = True

        def allow(_: World) -> None:
            is_denied[0] = False

        assert "forbidden" in await hold_until(world, forbid, allow, "SETTLE")

    world = simulate(scenario, 2, tmp_path, directed=deny)
    assert world.result() == (0, world.replicas)


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        (lambda w: w.gate.disarmed.add("paris"), "paris is not armed"),
        (lambda w: setattr(w.gate, "has_prices", False), "no fresh price"),
        (lambda w: w.target.objects.pop("/api/v1/namespaces/shop"), "no namespace shop"),
        (lambda w: w.target.deploy(PATH, w.source.objects[PATH]), "already runs a Deployment"),
        (lambda w: w.source.objects.pop(PATH), "no such Deployment"),
        (lambda w: lose_all_pods(w.source), "0 of its 6 replicas are available"),
        (lambda w: lose_one_pod(w.source), "5 of its 6 replicas are available"),
        (lambda w: setattr(w.target, "uid", w.source.uid), "same cluster"),
        (lambda w: scale_by_hand(w.source, 5), "runs 5 replicas now"),
        (lambda w: w.source.objects[PATH]["spec"].update(paused=True), "paused"),
        (lambda w: w.source.objects.pop("/api/v1/namespaces/shop/configmaps/settings"), "does not exist"),
    ],
)
def test_a_move_that_cannot_work_is_refused_before_anything_is_written(
    tmp_path: Path, arrange: Callable[[World], object], reason: str
) -> None:
    async def scenario(world: World) -> None:
        await asyncio.sleep(1.5)
        arrange(world)
        world.target.objects["/api/v1/namespaces/kube-system"]["metadata"]["uid"] = world.target.uid
        for cluster in world.clusters.values():
            cluster.history.clear()
        controller, _, task = await start(world)
        await task
        assert controller.views()[0].stage is MigrationStage.REFUSED
        assert reason in controller.views()[0].sentence
        assert not any(cluster.history for cluster in world.clusters.values())

    simulate(scenario, 2, tmp_path)


def test_a_workload_is_moved_by_one_migration_at_a_time(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        controller, _, task = await start(world)
        with pytest.raises(MigrationRefused, match="being moved already"):
            await controller.start(world.dry_run())
        await task

    assert simulate(scenario, 2, tmp_path).result() == (0, 6)
