"""A target that runs the workload already: what has to be so there before the first write, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.clusters.acceptance import Acceptance
from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.conformance.manifests import quota
from tests.controller.field_managers import take_over
from tests.controller.migration.moves import Moves, simulate_moves, start
from tests.controller.migration.run.test_preflight import (
    accept,
    give_identity,
    select_more_closely,
    show,
    try_to_move,
)
from tests.simulation.invariants import read_journal
from tests.simulation.world import LEASE_PATH, PATH

THERE = 2
AUTOSCALERS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
QUOTAS = "/api/v1/namespaces/shop/resourcequotas"


def unfit(why: Reason) -> Reason:
    return Code.NAMESAKE_UNFIT.because(target="osaka", why=why)


def hand_replicas_to_argo(world: Moves) -> None:
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {"replicas": THERE},
    }
    take_over(world.target.api, PATH, body, "argocd-controller")


def update_without_room(world: Moves) -> None:
    """All replicas of the old template serve, and the first of the new one finds no node: no change of the template."""
    world.target.set_capacity(THERE)
    world.target.edit(PATH, {"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}})
    again = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    world.target.edit(PATH, {"spec": {"template": {"metadata": {"annotations": again}}}})


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        pytest.param(
            lambda w: w.target.remove(PATH), Code.NAMESAKE_GONE.because(context="osaka"), id="it has gone"
        ),
        pytest.param(
            lambda w: w.target.scale(PATH, 3),
            Code.NAMESAKE_SCALED.because(context="osaka", replicas=3, planned=2),
            id="it runs more than the plan counted",
        ),
        pytest.param(
            lambda w: w.target.edit_container(PATH, lambda one: {**one, "image": "shop/checkout:8"}),
            Code.NAMESAKE_CHANGED.because(context="osaka"),
            id="it has another template than was confirmed",
        ),
        pytest.param(
            lambda w: show(w, w.target, PATH, select_more_closely),
            Code.TARGET_SELECTS_OTHER_PODS.because(context="osaka"),
            id="it selects other pods",
        ),
        pytest.param(
            lambda w: w.target.edit(PATH, {"spec": {"paused": True}}),
            unfit(Code.PAUSED.because()),
            id="somebody has paused it",
        ),
        pytest.param(
            lambda w: w.target.lose_pods(PATH, w.target.set_capacity(1) or 1),
            unfit(Code.NOT_AVAILABLE.because(available=1, replicas=2)),
            id="not all of it serves",
        ),
        pytest.param(
            update_without_room, unfit(Code.ROLLOUT_IN_PROGRESS.because()), id="it is being rolled out"
        ),
        pytest.param(
            hand_replicas_to_argo,
            unfit(Code.REPLICAS_OWNED.because(owners=("Argo CD",))),
            id="somebody else sets its replicas",
        ),
        pytest.param(
            lambda w: show(w, w.target, PATH, lambda body: body["spec"].update(selector={})),
            Code.WORKLOAD_NOT_UNDERSTOOD.because(context="osaka", error="it selects every pod"),
            id="it is no Deployment that we understand",
        ),
    ],
)
def test_what_is_in_the_way_at_the_target_refuses_for_that_target_alone(
    tmp_path: Path, arrange: Callable[[Moves], object], reason: Reason
) -> None:
    view = try_to_move(tmp_path, arrange, THERE)
    assert view.reason == reason
    assert view.refused_by == "osaka"


def test_the_target_needs_room_for_what_comes_and_not_for_what_it_runs(tmp_path: Path) -> None:
    def limit(world: Moves) -> None:
        world.target.act("POST", QUOTAS, quota("small", pods="7"))

    view = try_to_move(tmp_path, limit, THERE)
    assert view.reason is not None
    assert (view.reason.code, view.reason["room"], view.reason["needed"]) == (Code.QUOTA_SHORT, 5, 6)


@pytest.mark.parametrize(("there", "keeps"), [(THERE, 0), (0, 2)], ids=["shift", "part of it"])
@pytest.mark.parametrize("context", ["paris", "osaka"])
def test_an_autoscaler_on_either_side_refuses_although_it_may_be_frozen(
    tmp_path: Path, context: str, there: int, keeps: int
) -> None:
    """It would scale a part of the workload by the bounds of the whole."""

    def scale_automatically(world: Moves) -> None:
        accept(world, Acceptance.AUTOSCALER)
        scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"}
        spec = {"scaleTargetRef": scaled, "minReplicas": 1, "maxReplicas": 9}
        world.clusters[context].act("POST", AUTOSCALERS, {"metadata": {"name": "own"}, "spec": spec})

    reason = try_to_move(tmp_path, scale_automatically, there, keeps).reason
    assert reason == Code.AUTOSCALER_OF_A_PART.because(name="own", context=context)


@pytest.mark.parametrize(
    "template",
    [
        {"spec": {"nodeSelector": {"topology.kubernetes.io/zone": "eu-west-3a"}}},
        {"spec": {"hostNetwork": True}},
        {"metadata": {"labels": {"azure.workload.identity/use": "true"}}},
    ],
    ids=["a zone", "the network of its node", "an identity"],
)
def test_what_ties_the_sources_pods_to_their_cluster_is_no_matter_of_a_shift(
    tmp_path: Path, template: dict[str, Any]
) -> None:
    async def scenario(world: Moves) -> None:
        world.source.edit(PATH, {"spec": {"template": template}})
        controller, _, moving = await start(world)
        await moving
        assert controller.views()[0].stage is MigrationStage.DONE, controller.views()[0].sentence

    world = simulate_moves(scenario, 1, tmp_path, there=THERE)
    assert world.result() == (0, 6 + THERE)
    assert world.judge_end() == []


def test_a_claimed_disk_of_the_source_refuses_a_shift(tmp_path: Path) -> None:
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}

    def claim(body: Any) -> None:
        body["spec"]["template"]["spec"]["volumes"] = [volume]

    view = try_to_move(tmp_path, lambda w: show(w, w.source, PATH, claim), THERE)
    assert view.reason == Code.VOLUME_CLAIM.because(volume="data")


@pytest.mark.parametrize(("keeps", "result"), [(0, (0, 8)), (4, (4, 4))])
def test_a_shift_takes_nothing_along_and_leaves_nothing_behind(
    tmp_path: Path, keeps: int, result: tuple[int, int]
) -> None:
    """The target has its own ConfigMap, registry and identity, and keeps them."""

    def list_objects(world: Moves) -> list[tuple[str, Any]]:
        owned = [one for one in world.target.own_objects("shop") if one["kind"] != "Lease"]
        return [(one["metadata"]["uid"], one.get("data") or one["spec"].get("template")) for one in owned]

    async def scenario(world: Moves) -> None:
        give_identity(world)
        before = list_objects(world)
        controller, _, moving = await start(world)
        await world.wait_for(lambda: world.journaled_phase() == "SURGE")
        journal = read_journal(world.source, LEASE_PATH)
        assert journal is not None
        assert journal.floor == 6 + THERE
        await moving
        assert controller.views()[0].stage is MigrationStage.DONE
        assert list_objects(world) == before
        assert "sentinelaura.io/fence" not in str(world.target.require(PATH))

    world = simulate_moves(scenario, 1, tmp_path, there=THERE, keeps=keeps)
    assert world.result() == result
    assert world.judge_end() == []
