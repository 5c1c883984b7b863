"""An autoscaler that scales the workload on either side would undo the move; any other is left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.clusters import paths
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.migration.steps.autoscalers import find_autoscaler
from controller.reasons import Code
from tests.conformance.manifests import JsonObject, autoscaler
from tests.controller.migration.moves import Moves, simulate_moves, wait_until_over

AUTOSCALERS = paths.collection("horizontalpodautoscalers", "shop")


def scale_by_itself(kind: str = "Deployment", name: str = "checkout") -> JsonObject:
    """An autoscaler whose bounds change nothing here."""
    body = autoscaler(name, 1, 6)
    body["spec"]["scaleTargetRef"]["kind"] = kind
    return body


def move(directory: Path, context: str, body: JsonObject) -> tuple[MigrationView, tuple[int, int | None]]:
    """Try to move beside an autoscaler; returns the view of its end, and the replicas on both sides."""
    views: list[MigrationView] = []

    async def scenario(world: Moves) -> None:
        world.clusters[context].act("POST", AUTOSCALERS, body)
        controller = world.build_controller("a")
        await wait_until_over(controller, await controller.start(world.dry_run()))
        views.extend(controller.views())

    result = simulate_moves(scenario, 1, directory).result()
    return views[0], result


@pytest.mark.parametrize("context", ["paris", "osaka"])
def test_an_autoscaler_of_the_workload_refuses_the_move_on_either_side(tmp_path: Path, context: str) -> None:
    """In the source it brings replicas back that were moved; in the target it takes those away that came."""
    view, result = move(tmp_path, context, scale_by_itself())
    assert view.reason == Code.AUTOSCALER_IN_THE_WAY.because(name="checkout", context=context)
    assert (view.stage, result) == (MigrationStage.REFUSED, (6, None))


def test_an_autoscaler_of_a_namesake_of_another_kind_is_not_in_the_way(tmp_path: Path) -> None:
    view, result = move(tmp_path, "paris", scale_by_itself(kind="StatefulSet"))
    assert (view.stage, result) == (MigrationStage.DONE, (0, 6)), view.sentence


def test_the_autoscaler_of_the_deployment_is_found() -> None:
    other = {"metadata": {"name": "a"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "other"}}}
    namesake = {
        "metadata": {"name": "c"},
        "spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "checkout"}},
    }
    own = {"metadata": {"name": "b"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "checkout"}}}
    assert find_autoscaler([other, namesake], "checkout") is None
    assert find_autoscaler([other, namesake, own], "checkout") == "b"
