"""What a migration finds out from both clusters before its first write, and refuses for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from controller.clusters import paths
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.reasons import Code
from tests.conformance.manifests import quota
from tests.controller.field_managers import take_over
from tests.controller.migration.run.test_on_simulated_fleet import REPLICAS, Place, open_place, wait_for


def attempt(directory: Path, prepare: Callable[[Place], Awaitable[None]]) -> MigrationView:
    """Try to move the workload, and see how that ended."""

    async def main() -> MigrationView:
        async with open_place(directory) as place:
            await prepare(place)
            controller = place.controller()
            await controller.start(place.dry_run())
            view = await wait_for(controller, lambda view: view.stage.is_final)
            assert await place.replicas("paris") == (REPLICAS, REPLICAS)
            assert await place.replicas("osaka") == (0, 0)
            await controller.stop()
            return view

    return asyncio.run(main())


def test_a_quota_that_is_too_small_refuses_the_move_before_it_begins(tmp_path: Path) -> None:
    async def limit(place: Place) -> None:
        collection = paths.collection("resourcequotas", "shop")
        client = place.clients["osaka"]
        await client.create(collection, quota("small", pods=str(REPLICAS - 1)))
        while not (await client.get(f"{collection}/small")).get("status", {}).get("hard"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    view = attempt(tmp_path, limit)
    assert view.stage is MigrationStage.REFUSED
    assert view.reason == Code.QUOTA_SHORT.because(
        context="osaka", quota="small", resource="pods", room=Decimal(5), needed=Decimal(6)
    )
    assert view.refused_by == "osaka"


def test_somebody_who_would_set_the_replicas_back_refuses_the_move(tmp_path: Path) -> None:
    async def own(place: Place) -> None:
        path = paths.deployment("shop", "checkout")
        taken = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "checkout", "namespace": "shop"},
            "spec": {"replicas": REPLICAS},
        }
        take_over(place.fleet.api("paris"), path, taken, "argocd-controller")

    view = attempt(tmp_path, own)
    assert view.stage is MigrationStage.REFUSED
    assert view.reason == Code.REPLICAS_OWNED.because(owners=("Argo CD",))
    assert view.refused_by == "paris"


@pytest.mark.parametrize("context", ["paris", "osaka"])
def test_an_autoscaler_refuses_for_the_cluster_that_it_is_in(tmp_path: Path, context: str) -> None:
    async def scale_automatically(place: Place) -> None:
        body = {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "own", "namespace": "shop"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
                "minReplicas": 1,
                "maxReplicas": REPLICAS,
            },
        }
        await place.clients[context].create(paths.collection("horizontalpodautoscalers", "shop"), body)

    view = attempt(tmp_path, scale_automatically)
    assert view.reason == Code.AUTOSCALER_IN_THE_WAY.because(name="own", context=context)
    assert view.refused_by == context
