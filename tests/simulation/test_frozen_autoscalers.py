"""kill -9 and a bad network while an autoscaler is frozen: it always comes free with what its owner gave it."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.clusters import paths
from controller.clusters.acceptance import ACCEPT_ANNOTATION
from controller.contract.settlement import Act
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.steps.freezing import FROZEN_ANNOTATION
from tests.conformance.manifests import JsonObject, autoscaler
from tests.simulation.network import Faults
from tests.simulation.processes import Process
from tests.simulation.test_acts import lose_source
from tests.simulation.world import PATH, World, keep_alive, simulate

AUTOSCALERS = paths.collection("horizontalpodautoscalers", "shop")
OWN = f"{AUTOSCALERS}/checkout"

#: As its owner has it: minimum, maximum, behavior, and not frozen.
OWNERS = (4, 9, None, False)
#: A move with an autoscaler resumes its tasks some 1,800 times; around its preparation and its end more is tried.
KILL_POINTS = [*range(150, 420, 45), *range(420, 1500, 360), *range(1500, 1900, 80)]


def scale_by_load(world: World) -> None:
    world.source.act("POST", AUTOSCALERS, autoscaler("checkout", 4, 9))
    world.source.edit(PATH, {"metadata": {"annotations": {ACCEPT_ANNOTATION: "autoscaler-frozen"}}})


def bounds(body: JsonObject) -> tuple[object, ...]:
    """What its owner has given an autoscaler, and whether it is frozen."""
    spec, annotations = body["spec"], body["metadata"].get("annotations") or {}
    return (
        spec["minReplicas"],
        spec["maxReplicas"],
        spec.get("behavior"),
        FROZEN_ANNOTATION in annotations,
    )


@pytest.mark.parametrize("step", KILL_POINTS)
def test_killed_at_any_moment_no_autoscaler_stays_frozen(tmp_path: Path, step: int) -> None:
    async def scenario(world: World) -> None:
        scale_by_load(world)
        await keep_alive(world, "a", first=Process("a", kill_at=step))

    world = simulate(scenario, step, tmp_path, faults=Faults(unanswered=0.02, late=0.02))
    assert world.judge_end() == []
    has_moved = world.source.replicas(PATH) == 0
    copied = world.target.get(OWN)
    assert (copied is not None) is has_moved
    for one in filter(None, (world.source.require(OWN), copied)):
        assert bounds(one) == OWNERS


@pytest.mark.parametrize("act", [Act.ADOPT, Act.ABANDON])
def test_who_ends_a_move_by_hand_reads_that_its_autoscaler_comes_free_and_it_does(
    tmp_path: Path, act: Act
) -> None:
    async def scenario(world: World) -> None:
        scale_by_load(world)
        program, known = await lose_source(world, "SOAK", 4)
        assert bounds(world.source.require(OWN)) != OWNERS
        told = (await program.judge_acts(known))[act].changes
        assert ActCode.ACT_THAWS.because(context="paris", name="checkout") in told
        await program.settle(known, act)

    world = simulate(scenario, 3, tmp_path)
    assert bounds(world.source.require(OWN)) == OWNERS
