"""A target that is full and buys machines: the move waits for them, or goes back with what the cluster said."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.dry_run import DryRun
from controller.contract.snapshots import MigrationStage
from controller.decision.settings import DecisionSettings
from controller.reasons import Code
from controller.simulation.fleet_plan import ClusterPlan
from tests.simulation.program import Rejected
from tests.simulation.world import (
    DEPLOYMENTS,
    SETTINGS,
    TARGET,
    WORKLOAD,
    World,
    build_deployment,
    plan_cluster,
    simulate,
    start,
)

#: Less than a wave's time alone would not do, and with the time of a purchase it does.
SHORT = replace(SETTINGS, verify_timeout_s=60.0)


def buying(purchase_s: float, buys: int = 2) -> Callable[[str], ClusterPlan]:
    """Both clusters, of which the target buys machines in so many seconds."""

    def plan(context: str) -> ClusterPlan:
        known = plan_cluster(context)
        return replace(known, buys=buys, purchase_s=purchase_s) if context == TARGET else known

    return plan


def fill(world: World) -> None:
    """Let something else take all cores of the target."""
    filler = build_deployment(1)
    filler["metadata"]["name"] = "filler"
    labels = {"app": "filler"}
    template = filler["spec"]["template"]
    filler["spec"]["selector"], template["metadata"]["labels"] = {"matchLabels": labels}, labels
    container = template["spec"]["containers"][0]
    container.pop("envFrom")
    container["resources"] = {"requests": {"cpu": "64", "memory": "1Gi"}}
    world.target.act("POST", DEPLOYMENTS, filler)


def list_nodes(world: World) -> int:
    return len(world.target.act("GET", "/api/v1/nodes")["items"])


def test_a_full_target_buys_a_machine_in_the_time_that_a_wave_has_for_it(tmp_path: Path) -> None:
    offered: list[DryRun] = []

    async def scenario(world: World) -> None:
        fill(world)
        program, _, task = await start(world)
        offered.append(program.view.dry_run)
        await world.wait_for(lambda: "karpenter" in program.view.sentence, 300)
        await task
        assert program.view.stage is MigrationStage.DONE

    world = simulate(scenario, 1, tmp_path, plan=buying(200.0), settings=SHORT)
    assert world.violations == []
    assert world.result() == (0, world.replicas)
    assert list_nodes(world) == 2
    [told] = [reason for reason in offered[0].warnings if reason.code is Code.BUYS_MACHINES]
    assert (told["pool"], told["wait_s"]) == ("default", DecisionSettings().purchase_s)


def test_a_machine_that_never_comes_sends_the_move_back_with_the_words_of_the_cluster(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        fill(world)
        program, _, task = await start(world)
        await task
        assert program.view.stage is MigrationStage.ROLLED_BACK
        told = str(program.view.reason)
        assert "Insufficient cpu" in told
        assert "karpenter: Failed to schedule pod, nodepool default: the cloud has no capacity" in told
        assert any("the cloud has no capacity" in entry.text for entry in program.entries)

    world = simulate(scenario, 1, tmp_path, plan=buying(math.inf), settings=SHORT)
    assert world.violations == []
    assert world.result()[0] == world.replicas


@pytest.mark.parametrize("buys", [0, 1])
def test_a_full_target_is_offered_only_where_it_may_buy_a_machine(tmp_path: Path, buys: int) -> None:
    async def scenario(world: World) -> None:
        fill(world)
        program = world.open_program("a")
        await program.arm(*world.clusters)
        if buys:
            assert await program.start_move(WORKLOAD, TARGET)
            return
        with pytest.raises(Rejected) as refused:
            await program.start_move(WORKLOAD, TARGET)
        assert refused.value.code is Code.UNSCHEDULABLE

    simulate(scenario, 1, tmp_path, plan=buying(30.0, buys))
