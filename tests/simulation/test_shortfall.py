"""Ready pods below the floor for one patience have the source raised, whatever a move waits for meanwhile, and whatever
a status says.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.snapshots import MigrationStage
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.requests import ApiResponse
from controller.simulation.api.resource_kinds import PODS
from controller.simulation.api.status_errors import forbidden
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, answer_with
from tests.simulation.program import Program
from tests.simulation.world import PATH, SETTINGS, World, simulate, start

#: One patience, the looks before and after it, and the time that pods need to start.
LATEST_S = SETTINGS.insure_after_s + 15.0

#: As by default: a wave has long for its pods, and a HOLD for its reason.
LONG = replace(SETTINGS, verify_timeout_s=300.0, hold_timeout_s=900.0)


def lose_target(world: World) -> None:
    """The nodes of the target go, and others are not to be had."""
    world.target.set_capacity(0)
    world.target.lose_pods(PATH)


def wait_for_a_price(world: World) -> None:
    world.market.has_prices = False


def is_held(program: Program) -> bool:
    return program.view.stage is MigrationStage.HOLDING


@pytest.mark.parametrize(
    ("prepare", "is_there"),
    [
        (lambda world: None, lambda program: program.view.phase == "VERIFY" and program.view.wave == 3),
        (wait_for_a_price, is_held),
    ],
    ids=["waits for the pods of a wave", "waits for a price"],
)
def test_a_target_that_loses_its_pods_in_the_middle_has_the_source_raised_after_one_patience(
    tmp_path: Path, prepare: Callable[[World], None], is_there: Callable[[Program], bool]
) -> None:
    lasted: list[float] = []

    async def scenario(world: World) -> None:
        program, _, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE" and program.view.wave == 2)
        prepare(world)
        await world.wait_for(lambda: is_there(program), 200)
        lose_target(world)
        began_s = world.loop.time()
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, 800)
        lasted.append(world.loop.time() - began_s)
        assert program.view.phase == "INSURED"
        world.market.has_prices = True
        world.target.set_capacity()
        await task
        assert program.view.stage is MigrationStage.DONE

    world = simulate(scenario, 2, tmp_path, settings=LONG, checks_readiness=False)
    assert lasted[0] < LATEST_S
    assert world.violations == []
    assert world.result() == (0, world.replicas)


#: The looks of a HOLD that is entered again and again come on top.
LATEST_IN_ROUNDS_S = LATEST_S + 30.0


class StandingControllers:
    """From `stand` on the target's status stays as it is, until somebody writes; its pods may be hidden, too."""

    def __init__(self, *, hides_pods: bool) -> None:
        self._hides_pods = hides_pods
        self._status: JsonObject | None = None

    async def stand(self, world: World) -> None:
        self._status = copy.deepcopy(world.target.require(PATH))
        await asyncio.sleep(1)  # what was asked before has its answer by then

    def direct(self, cluster: Cluster, request: Request) -> Delivery | None:
        if cluster.context != "osaka" or self._status is None:
            return None
        if self._hides_pods and request.method == "GET" and request.path.endswith("/pods"):
            return answer_with(forbidden(PODS, "", "the role was taken away"))
        if request.path == PATH and request.is_write:
            self._status = None
        elif request.path == PATH and request.method == "GET":
            return Delivery(0.05, answer=ApiResponse(200, self._status))
        return None


@pytest.mark.parametrize("hides_pods", [False, True], ids=["its pods are gone", "its pods cannot be read"])
@pytest.mark.parametrize("waits_for", ["a price", "the end of the soak"])
def test_a_status_that_nobody_writes_any_more_proves_nothing_to_who_waits(
    tmp_path: Path, waits_for: str, hides_pods: bool
) -> None:
    controllers = StandingControllers(hides_pods=hides_pods)

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        if waits_for == "a price":
            await world.wait_for(lambda: program.view.phase == "SETTLE" and program.view.wave == 2)
            wait_for_a_price(world)
            await world.wait_for(lambda: is_held(program), 200)
        else:
            await world.wait_for(lambda: program.view.phase == "SOAK")
        await controllers.stand(world)
        lose_target(world)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_IN_ROUNDS_S)
        assert program.view.phase == "INSURED"
        await program.close()

    options = {"settings": replace(LONG, soak_s=1800.0), "directed": controllers.direct}
    assert simulate(scenario, 2, tmp_path, **options, checks_readiness=False).violations == []


def test_pods_of_the_source_that_take_long_to_end_hide_no_loss_of_the_target(tmp_path: Path) -> None:
    ending: list[JsonObject] = []

    def never_end(cluster: Cluster, request: Request) -> Delivery | None:
        if cluster.context != "paris" or not request.path.endswith("/pods") or cluster.replicas(PATH) > 0:
            return None
        answer = cluster.land(request)
        return Delivery(0.05, answer=ApiResponse(200, {**answer.body, "items": ending}))

    async def scenario(world: World) -> None:
        pod = copy.deepcopy(world.source.ready_pods(PATH)[0])
        pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        ending.append(pod)
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SETTLE" and world.source.replicas(PATH) == 0)
        await asyncio.sleep(10)
        assert program.view.phase == "SETTLE"
        world.target.set_capacity(0)
        world.target.lose_pods(PATH, 4)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, LATEST_S)
        assert program.view.phase == "INSURED"
        await program.close()

    settings = replace(LONG, settle_margin_s=600.0)
    world = simulate(scenario, 2, tmp_path, settings=settings, directed=never_end, checks_readiness=False)
    assert world.violations == []


def test_who_cancels_a_move_whose_target_has_lost_pods_waits_for_no_wave_of_the_source(
    tmp_path: Path,
) -> None:
    """Each wave would wait until the pods of the one before serve, and fewer than the floor do meanwhile."""

    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        world.target.set_capacity(0)
        world.target.lose_pods(PATH, 4)
        await asyncio.sleep(1)
        world.source.set_capacity(0)  # a machine has to be bought there for each pod
        program.cancel(migration_id)
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, 10)
        world.source.set_capacity()
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK

    assert simulate(scenario, 2, tmp_path, settings=LONG, checks_readiness=False).judge_end() == []
