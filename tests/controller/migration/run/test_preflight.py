"""What a migration finds out from both clusters before its first write, and refuses for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.acceptance import ACCEPT_ANNOTATION, Acceptance, find_acceptance
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.reasons import Code
from controller.simulation.api.requests import ApiResponse
from controller.simulation.api.resource_kinds import DEPLOYMENTS as DEPLOYMENT_KIND
from controller.simulation.api.status_errors import forbidden
from oracle.foundation.reason import Reason
from tests.conformance.manifests import quota
from tests.controller.field_managers import take_over
from tests.controller.migration.moves import Moves, simulate_moves, start
from tests.controller.migration.run.test_on_simulated_fleet import REPLICAS, Place, open_place, wait_for
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, answer_with
from tests.simulation.world import CONFIG_MAPS, DEPLOYMENTS, PATH, WORKLOAD, build_deployment

Json = dict[str, Any]
NAMESPACE = "/api/v1/namespaces/shop"
ACCOUNTS = f"{NAMESPACE}/serviceaccounts"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses"


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


def own_replicas(cluster: Cluster, replicas: int, manager: str) -> None:
    """Somebody else takes the replicas over; the number stays."""
    taken = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {"replicas": replicas},
    }
    take_over(cluster.api, PATH, taken, manager)


def test_an_owner_whom_the_object_does_not_show_is_told_by_the_api_server(tmp_path: Path) -> None:
    """What is left out of an answer (a proxy, a client that trims) is not gone."""

    def arrange(world: Moves) -> None:
        own_replicas(world.source, world.replicas, "our-scaler")
        show(world, world.source, PATH, lambda body: body["metadata"].pop("managedFields"))

    view = try_to_move(tmp_path, arrange)
    assert view.reason == Code.REPLICAS_OWNER_UNKNOWN.because(managers=("our-scaler",))
    assert view.refused_by == "paris"


def test_an_owner_of_the_replicas_in_the_target_refuses_for_that_target(tmp_path: Path) -> None:
    def arrange(world: Moves) -> None:
        deploy_in_target(world, lambda deployment: None)
        own_replicas(world.target, 0, "keda-operator")

    view = try_to_move(tmp_path, arrange)
    assert view.reason == Code.REPLICAS_OWNED.because(owners=("KEDA",))
    assert view.refused_by == "osaka"


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


def has_written(world: Moves) -> bool:
    return any(cluster.history for cluster in world.clusters.values())


def try_to_move(
    directory: Path, arrange: Callable[[Moves], object], there: int = 0, keeps: int = 0
) -> MigrationView:
    """Plan, arrange the clusters, try to move, and see how that ended; nothing may have been written.

    `there`: how many replicas the target runs already; `keeps`: how many stay in the source.
    """
    views: list[MigrationView] = []

    async def scenario(world: Moves) -> None:
        plan = world.dry_run()
        arrange(world)
        await asyncio.sleep(5)
        controller = world.build_controller("a")
        await controller.start(plan)
        await world.wait_for(lambda: has_written(world) or controller.views()[0].stage.is_final)
        assert not has_written(world)
        views.extend(controller.views())

    simulate_moves(scenario, 1, directory, there=there, keeps=keeps)
    [view] = views
    assert view.stage is MigrationStage.REFUSED, view.sentence
    return view


def show(world: Moves, where: Cluster, path: str, change: Callable[[Json], object]) -> None:
    """From now on an API server answers with an object that is otherwise than the stored one."""

    def direct(cluster: Cluster, request: Request) -> Delivery | None:
        if (request.method, request.path, cluster) != ("GET", path, where):
            return None
        body = deepcopy(where.require(path))
        change(body)
        return Delivery(0.05, answer=ApiResponse(200, body))

    world.network.directed = direct


def begin_rollout_without_room(world: Moves) -> None:
    """All replicas of the old template serve, and the first of the new one finds no node."""
    world.source.set_capacity(world.replicas)
    world.source.edit(PATH, {"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}})
    world.source.edit_container(PATH, lambda container: {**container, "image": "shop/checkout:8"})


def deploy_in_target(world: Moves, change: Callable[[Json], object]) -> None:
    """The target has a Deployment of the name without replicas, which is otherwise than the source's."""
    waiting = build_deployment(0)
    change(waiting)
    world.target.apply(DEPLOYMENTS, waiting)


def select_more_closely(deployment: Json) -> None:
    deployment["spec"]["selector"] = {
        "matchLabels": {"app": "checkout"},
        "matchExpressions": [{"key": "app", "operator": "Exists"}],
    }


def name_many_maps(world: Moves) -> None:
    """So many objects travel that their UIDs do not fit into a journal."""
    names = [f"settings-of-a-shop-with-many-departments-{number}" for number in range(80)]
    for name in names:
        world.source.act("POST", CONFIG_MAPS, {"metadata": {"name": name}, "data": {"a": "1"}})
    references = [{"configMapRef": {"name": name}} for name in names]
    world.source.edit_container(PATH, lambda container: {**container, "envFrom": references})


def expose(world: Moves, **spec: Any) -> None:
    """The source has a Service for the workload; with `type` it is reached from outside."""
    service = {"selector": {"app": "checkout"}, "ports": [{"port": 80}], **spec}
    world.source.act("POST", f"{NAMESPACE}/services", {"metadata": {"name": "web"}, "spec": service})


def route(world: Moves) -> None:
    """An Ingress leads to that Service."""
    expose(world)
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    body = {"metadata": {"name": "edge"}, "spec": {"rules": [rule]}}
    world.source.act("POST", INGRESSES, body)


def call(world: Moves) -> None:
    """Another Deployment of the source calls that Service."""
    expose(world)
    caller = build_deployment(1)
    caller["metadata"]["name"] = "front"
    labels = {"app": "front"}
    caller["spec"]["selector"]["matchLabels"] = caller["spec"]["template"]["metadata"]["labels"] = labels
    caller["spec"]["template"]["spec"]["containers"][0]["args"] = ["--checkout=http://web.shop"]
    world.source.apply(DEPLOYMENTS, caller)


def give_identity(world: Moves) -> None:
    """The workload's ServiceAccount may use a role of the cloud."""
    annotations = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/web"}
    world.source.act("POST", ACCOUNTS, {"metadata": {"name": "web", "annotations": annotations}})
    world.source.edit(PATH, {"spec": {"template": {"spec": {"serviceAccountName": "web"}}}})


def accept(world: Moves, names: str) -> None:
    world.source.edit(PATH, {"metadata": {"annotations": {ACCEPT_ANNOTATION: names}}})


def hide(world: Moves, path: str) -> None:
    """The source does not let us read something."""

    def direct(cluster: Cluster, request: Request) -> Delivery | None:
        if cluster is world.source and request.path == path:
            return answer_with(forbidden(DEPLOYMENT_KIND, "", "the role does not name them"))
        return None

    world.network.directed = direct


@pytest.mark.parametrize(
    ("arrange", "reason", "name"),
    [
        (
            lambda w: expose(w, type="LoadBalancer"),
            Code.EXPOSED_SERVICE.because(name="web", how=("type LoadBalancer",)),
            "traffic-steered-elsewhere",
        ),
        (route, Code.ROUTED.because(kind="Ingress", name="edge"), "traffic-steered-elsewhere"),
        (
            call,
            Code.CALLED.because(name="web", count=1, callers=("front",)),
            "callers-steered-elsewhere",
        ),
        (
            give_identity,
            Code.CLOUD_IDENTITY.because(
                holder="the ServiceAccount web", identity="arn:aws:iam::1:role/web"
            ),
            "identity-in-target",
        ),
        (
            lambda w: w.source.edit(PATH, {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}),
            Code.RECREATE.because(),
            "two-at-once",
        ),
        (
            lambda w: own_replicas(w.source, w.replicas, "our-scaler"),
            Code.REPLICAS_OWNER_UNKNOWN.because(managers=("our-scaler",)),
            "replicas-left-alone",
        ),
    ],
    ids=["load balancer", "ingress", "caller", "identity", "single writer", "a stranger's replicas"],
)  # fmt: skip
def test_what_would_be_left_behind_refuses_for_every_target_until_it_is_accepted(
    tmp_path: Path, arrange: Callable[[Moves], None], reason: Reason, name: str
) -> None:
    view = try_to_move(tmp_path / "refused", arrange)
    assert view.reason == reason
    assert view.refused_by in (None, "paris")
    assert f": {name} " in str(view.reason)

    def accepted(world: Moves) -> None:
        arrange(world)
        accept(world, name)
        world.target.act("POST", ACCOUNTS, {"metadata": {"name": "web"}})

    assert move(tmp_path / "accepted", accepted).stage is MigrationStage.DONE


@pytest.mark.parametrize("accepted", [Acceptance.TRAFFIC, Acceptance.TWO_AT_ONCE])
def test_what_was_accepted_with_the_plan_is_not_refused_before_it_and_nothing_else_is_let_through(
    tmp_path: Path, accepted: Acceptance
) -> None:
    """One move alone: nobody has written anything onto the Deployment."""

    def arrange(world: Moves) -> None:
        world.source.edit(PATH, {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}})
        expose(world, type="LoadBalancer")

    both = frozenset({Acceptance.TRAFFIC, Acceptance.TWO_AT_ONCE})
    assert move(tmp_path / "both", arrange, both).stage is MigrationStage.DONE
    refused = move(tmp_path / "one", arrange, frozenset({accepted}))
    assert refused.reason is not None
    left = Acceptance.TWO_AT_ONCE if accepted is Acceptance.TRAFFIC else Acceptance.TRAFFIC
    assert find_acceptance(refused.reason) is left


def test_an_identity_that_was_accepted_with_the_plan_has_its_account_in_the_target(tmp_path: Path) -> None:
    view = move(tmp_path, give_identity, frozenset({Acceptance.IDENTITY}))
    missing = {"context": "osaka", "resource": "serviceaccounts", "name": "web"}
    assert view.reason == Code.DEPENDENCY_MISSING.because(**missing)


def move(
    directory: Path, arrange: Callable[[Moves], object], accepts: frozenset[Acceptance] = frozenset()
) -> MigrationView:
    """Arrange the clusters, move, and see how that ended."""
    views: list[MigrationView] = []

    async def scenario(world: Moves) -> None:
        arrange(world)
        await asyncio.sleep(10)
        controller = world.build_controller("a")
        await controller.start(replace(world.dry_run(), accepts=accepts))
        await world.wait_for(lambda: controller.views()[0].stage.is_final)
        views.extend(controller.views())
        services = [one for one in world.target.own_objects("shop") if one["kind"] == "Service"]
        assert [one["spec"]["type"] for one in services] in ([], ["ClusterIP"])

    simulate_moves(scenario, 1, directory)
    return views[0]


@pytest.mark.parametrize(
    ("path", "code", "name"),
    [
        (f"{NAMESPACE}/services", Code.TRAFFIC_UNKNOWN, "traffic-steered-elsewhere"),
        (f"{NAMESPACE}/serviceaccounts/default", Code.IDENTITY_UNKNOWN, "identity-in-target"),
    ],
)
def test_what_may_not_be_read_is_unknown_and_refuses_until_it_is_accepted(
    tmp_path: Path, path: str, code: Code, name: str
) -> None:
    view = try_to_move(tmp_path, lambda world: hide(world, path))
    assert view.reason is not None
    assert view.reason.code is code
    assert f": {name} " in str(view.reason)
    assert view.refused_by == "paris"


def test_who_says_that_the_target_has_the_identity_has_made_its_account_there(tmp_path: Path) -> None:
    def arrange(world: Moves) -> None:
        give_identity(world)
        accept(world, "identity-in-target")

    view = try_to_move(tmp_path, arrange)
    missing = {"context": "osaka", "resource": "serviceaccounts", "name": "web"}
    assert view.reason == Code.DEPENDENCY_MISSING.because(**missing)
    assert view.refused_by == "osaka"


@pytest.mark.parametrize(
    ("arrange", "code"),
    [
        pytest.param(begin_rollout_without_room, Code.ROLLOUT_IN_PROGRESS, id="a rollout that is not over"),
        pytest.param(
            lambda w: show(w, w.source, PATH, lambda body: body["metadata"].update(generation=99)),
            Code.STATUS_NOT_CURRENT,
            id="a status older than the spec",
        ),
        pytest.param(
            lambda w: show(w, w.source, PATH, lambda body: body["spec"].update(selector={})),
            Code.WORKLOAD_NOT_UNDERSTOOD,
            id="a Deployment that is none",
        ),
        pytest.param(
            lambda w: show(w, w.target, NAMESPACE, lambda body: body.update(status={"phase": "Terminating"})),
            Code.NAMESPACE_TERMINATING,
            id="a namespace that goes",
        ),
        pytest.param(
            lambda w: deploy_in_target(
                w, lambda body: body["spec"]["template"]["spec"].update(terminationGracePeriodSeconds=6)
            ),
            Code.TARGET_TEMPLATE_DIFFERS,
            id="another template in the target",
        ),
        pytest.param(
            lambda w: deploy_in_target(w, select_more_closely),
            Code.TARGET_SELECTS_OTHER_PODS,
            id="another selector in the target",
        ),
        pytest.param(name_many_maps, Code.TOO_MANY_COPIES, id="more copies than a journal holds"),
        pytest.param(
            lambda w: w.gate.disarmed.add("osaka"), Code.NOT_ARMED, id="a context that was disarmed meanwhile"
        ),
    ],
)
def test_what_would_go_wrong_half_way_refuses_the_move_before_anything_is_written(
    tmp_path: Path, arrange: Callable[[Moves], object], code: Code
) -> None:
    """Without the refusal the move would begin, and meet it with replicas on both sides."""
    view = try_to_move(tmp_path, arrange)
    assert view.reason is not None
    assert view.reason.code is code


@pytest.mark.parametrize("life_s", [0.0, 120.0], ids=["it has grown old", "it is fresh"])
def test_what_a_preflight_has_found_is_asked_again_where_the_leases_took_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, life_s: float
) -> None:
    """A laptop slept between the click and the Leases, and meanwhile a load balancer came to lead to the pods."""
    monkeypatch.setattr("controller.migration.run.migration_run.PREFLIGHT_LIFE_S", life_s)
    services = f"{NAMESPACE}/services"
    spec = {"type": "LoadBalancer", "selector": {"app": "checkout"}, "ports": [{"port": 443}]}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "public"}, "spec": spec}

    def publish(cluster: Cluster, request: Request) -> None:
        is_of_source = cluster.context == WORKLOAD.context and cluster.get(f"{services}/public") is None
        if is_of_source and request.is_write and "/leases" in request.path:
            cluster.apply(services, service)

    async def scenario(world: Moves) -> None:
        controller, _, moving = await start(world)
        await moving
        view = controller.views()[0]
        if life_s:
            assert view.stage is MigrationStage.DONE
            return
        assert view.stage is MigrationStage.REFUSED
        assert view.reason is not None
        assert view.reason.code is Code.EXPOSED_SERVICE
        assert world.holders() == set()
        assert world.result() == (6, None)

    simulate_moves(scenario, 1, tmp_path, directed=publish)
