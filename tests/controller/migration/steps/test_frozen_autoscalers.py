"""An autoscaler that somebody has accepted to be frozen stays quiet while its workload moves, goes along, and has again
what its owner gave it, whichever way the move ends.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.acceptance import ACCEPT_ANNOTATION
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.migration.access.lease import find_journal
from controller.migration.steps.freezing import FROZEN_ANNOTATION, read_bounds
from controller.reasons import Code
from tests.conformance.manifests import JsonObject, autoscaler
from tests.controller.migration.moves import Moves, simulate_moves, start, wait_until_over
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.world import LEASE_PATH, LEASES, PATH

AUTOSCALERS = paths.collection("horizontalpodautoscalers", "shop")
OWN = f"{AUTOSCALERS}/own"
#: Its minimum is above the first waves of both sides: it would raise them.
BEHAVIOR = {"scaleDown": {"stabilizationWindowSeconds": 60, "selectPolicy": "Max"}}


def own(least: int = 4, most: int = 9, **metadata: Any) -> JsonObject:
    body = autoscaler("own", least, most)
    body["metadata"] |= metadata
    body["spec"]["scaleTargetRef"]["name"] = "checkout"
    body["spec"]["behavior"] = deepcopy(BEHAVIOR)
    return body


def scale(cluster: Cluster, body: JsonObject) -> None:
    cluster.act("POST", AUTOSCALERS, body)


def accept(world: Moves) -> None:
    world.source.edit(PATH, {"metadata": {"annotations": {ACCEPT_ANNOTATION: "autoscaler-frozen"}}})


def spec_of(cluster: Cluster) -> Any:
    return cluster.require(OWN)["spec"]


def is_free(cluster: Cluster) -> bool:
    return FROZEN_ANNOTATION not in (cluster.require(OWN)["metadata"].get("annotations") or {})


def move(
    directory: Path, arrange: Callable[[Moves], None], check: Callable[[Moves], None] = lambda world: None
) -> tuple[MigrationView, tuple[int, int | None]]:
    views: list[MigrationView] = []

    async def scenario(world: Moves) -> None:
        arrange(world)
        await asyncio.sleep(20)
        controller = world.build_controller("a")
        await wait_until_over(controller, await controller.start(world.dry_run()))
        views.extend(controller.views())
        await asyncio.sleep(60)
        check(world)

    result = simulate_moves(scenario, 1, directory).result()
    return views[0], result


def test_it_moves_along_and_both_sides_have_what_its_owner_gave_it(tmp_path: Path) -> None:
    before: list[Any] = []

    def arrange(world: Moves) -> None:
        scale(world.source, own())
        accept(world)
        before.append(deepcopy(spec_of(world.source)))

    def check(world: Moves) -> None:
        for cluster in world.clusters.values():
            assert spec_of(cluster) == before[0]
            assert is_free(cluster)

    view, result = move(tmp_path, arrange, check)
    assert (view.stage, result) == (MigrationStage.DONE, (0, 6)), view.sentence


def test_an_autoscaler_that_the_target_has_is_frozen_and_keeps_its_own_bounds(tmp_path: Path) -> None:
    def arrange(world: Moves) -> None:
        scale(world.source, own())
        scale(world.target, own(least=2, most=20))
        accept(world)

    def check(world: Moves) -> None:
        assert (spec_of(world.target)["minReplicas"], spec_of(world.target)["maxReplicas"]) == (2, 20)
        assert spec_of(world.source)["minReplicas"] == 4
        assert is_free(world.target)
        assert is_free(world.source)

    view, result = move(tmp_path, arrange, check)
    assert (view.stage, result) == (MigrationStage.DONE, (0, 6)), view.sentence


@pytest.mark.parametrize("landed", [0, 1, 4])
def test_a_cancel_gives_it_back_byte_for_byte_and_leaves_no_copy(tmp_path: Path, landed: int) -> None:
    before: list[Any] = []

    async def scenario(world: Moves) -> None:
        scale(world.source, own())
        accept(world)
        before.append(deepcopy(spec_of(world.source)))
        await asyncio.sleep(20)
        controller, migration_id, task = await start(world)
        await world.wait_for(lambda: not is_free(world.source))
        assert spec_of(world.source)["minReplicas"] == 1
        await world.wait_for(lambda: controller.views()[0].landed >= landed)
        controller.cancel(migration_id)
        await task
        assert controller.views()[0].stage is MigrationStage.ROLLED_BACK
        assert spec_of(world.source) == before[0]
        assert is_free(world.source)
        assert world.target.get(OWN) is None

    assert simulate_moves(scenario, 1, tmp_path).result() == (6, None)


def test_it_is_frozen_before_the_first_replica_moves_and_by_a_journal_that_knows_it(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        scale(world.source, own())
        accept(world)
        await asyncio.sleep(20)
        _, _, task = await start(world)
        await world.wait_for(lambda: not is_free(world.source))
        assert world.source.require(PATH)["spec"]["replicas"] == 6
        target = world.target.get(PATH)
        assert target is None or target["spec"]["replicas"] == 0
        await task

    simulate_moves(scenario, 1, tmp_path)


@pytest.mark.parametrize(
    "metadata",
    [
        {
            "annotations": {
                "argocd.argoproj.io/tracking-id": "shop:autoscaling/HorizontalPodAutoscaler:shop/own"
            }
        },
        {"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}},
    ],
    ids=["Argo CD", "Flux"],
)
def test_one_that_somebody_would_set_back_refuses_the_move(tmp_path: Path, metadata: dict[str, Any]) -> None:
    def arrange(world: Moves) -> None:
        scale(world.source, own(**metadata))
        accept(world)

    view, result = move(tmp_path, arrange)
    assert view.reason is not None
    assert view.reason.code is Code.AUTOSCALER_OWNED
    assert (view.stage, result) == (MigrationStage.REFUSED, (6, None))


def test_what_its_owner_changed_meanwhile_stays_as_they_made_it(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        scale(world.source, own())
        accept(world)
        await asyncio.sleep(20)
        controller, migration_id, task = await start(world)
        await world.wait_for(lambda: not is_free(world.source))
        world.source.edit(OWN, {"spec": {"minReplicas": 2, "behavior": None}})
        controller.cancel(migration_id)
        await task
        assert spec_of(world.source)["minReplicas"] == 2
        assert "behavior" not in spec_of(world.source)
        assert is_free(world.source)

    simulate_moves(scenario, 1, tmp_path)


@pytest.mark.parametrize(("keeps", "code"), [(0, Code.AUTOSCALER_IN_THE_WAY), (2, Code.AUTOSCALER_OF_A_PART)])
def test_one_that_comes_after_the_preflight_is_frozen_only_where_somebody_has_accepted_that_of_all_replicas(
    tmp_path: Path, keeps: int, code: Code
) -> None:
    """The Leases are taken between the preflight and the first step."""

    async def scenario(world: Moves) -> None:
        def direct(cluster: Cluster, request: Request) -> Delivery | None:
            if (request.path, request.method) == (LEASES, "POST") and world.source.get(OWN) is None:
                scale(world.source, own())
            return None

        if keeps:
            accept(world)
        world.network.directed = direct
        controller, _, task = await start(world)
        await task
        [view] = controller.views()
        assert view.reason is not None
        assert view.reason.code is code
        assert view.stage is MigrationStage.ROLLED_BACK
        assert is_free(world.source)

    assert simulate_moves(scenario, 1, tmp_path, keeps=keeps).result() == (6, None)


def test_what_it_had_is_journaled_before_it_is_frozen(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        scale(world.source, own())
        accept(world)
        await asyncio.sleep(20)
        had = read_bounds(world.source.require(OWN)).encode()
        known: list[bool] = []

        def direct(cluster: Cluster, request: Request) -> Delivery | None:
            if request.path == OWN and request.is_write and not request.dry_run:
                journal = find_journal(world.source.require(LEASE_PATH))
                known.append(json.dumps(had)[1:-1] in str(journal))
            return None

        world.network.directed = direct
        _, _, task = await start(world)
        await world.wait_for(lambda: not is_free(world.source))
        assert known
        assert known[0]
        await task

    simulate_moves(scenario, 1, tmp_path)


def test_a_namesake_in_the_target_that_scales_something_else_refuses_the_move(tmp_path: Path) -> None:
    def arrange(world: Moves) -> None:
        scale(world.source, own())
        other = own()
        other["spec"]["scaleTargetRef"]["name"] = "cart"
        scale(world.target, other)
        accept(world)

    view, result = move(tmp_path, arrange)
    assert view.reason == Code.COPY_EXISTS_ALREADY.because(context="osaka", path=OWN)
    assert (view.stage, result) == (MigrationStage.REFUSED, (6, None))
