"""What a person is told to travel, stay and break is what an API server has, and what a move then does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.acceptance import ACCEPTABLE, find_acceptance
from controller.contract.inventory import MAX_LINES, Inventory
from controller.reasons import Code
from controller.simulation.api.resource_kinds import NETWORK_POLICIES
from controller.simulation.api.status_errors import forbidden
from tests.conformance.manifests import autoscaler
from tests.controller.migration.moves import Moves, simulate_moves
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, answer_with
from tests.simulation.world import CONFIG_MAPS, DEPLOYMENTS, PATH, WORKLOAD, build_deployment

CORE = "/api/v1/namespaces/shop"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies"


def look(directory: Path, arrange: Any) -> Inventory:
    found: list[Inventory] = []

    async def scenario(world: Moves) -> None:
        arrange(world)
        found.append(await world.build_controller("a").take_inventory(WORKLOAD))
        assert not any(cluster.history for cluster in world.clusters.values()), "a look changes nothing"

    simulate_moves(scenario, 1, directory)
    return found[0]


def add(world: Moves, collection: str, name: str, spec: Any = None, **metadata: Any) -> None:
    body = {"metadata": {"name": name, **metadata}, **({} if spec is None else {"spec": spec})}
    world.source.act("POST", collection, body)


def bring_along(world: Moves) -> None:
    """The workload has something of each kind, some of it from Helm and Argo CD."""
    selector = {"matchLabels": {"app": "checkout"}}
    service = {"selector": {"app": "checkout"}, "ports": [{"port": 80}], "type": "NodePort"}
    add(world, f"{CORE}/services", "web", service, labels={"app.kubernetes.io/instance": "shop"})
    add(world, POLICIES, "inward", {"podSelector": selector, "policyTypes": ["Ingress"]})
    add(world, POLICIES, "deny", {"podSelector": {}, "policyTypes": ["Ingress"]})
    world.source.act("POST", f"{CORE}/secrets", {"metadata": {"name": "token"}})
    add(world, f"{CORE}/serviceaccounts", "web", annotations={"iam.gke.io/gcp-service-account": "web@shop"})
    secret = {"secretRef": {"name": "token"}}
    world.source.edit_container(PATH, lambda c: {**c, "envFrom": [*c["envFrom"], secret]})
    world.source.edit(PATH, {"spec": {"template": {"spec": {"serviceAccountName": "web"}}}})
    caller = build_deployment(1)
    caller["metadata"]["name"] = "front"
    caller["spec"]["template"]["spec"]["containers"][0]["command"] = ["front", "--checkout", "http://web"]
    world.source.apply(DEPLOYMENTS, caller)


def test_each_thing_of_a_workload_stands_in_its_column(tmp_path: Path) -> None:
    found = look(tmp_path, bring_along)
    assert found.unread is None
    assert [str(line) for line in found.travels] == [
        "ConfigMap settings",
        "ServiceAccount web, without its iam.gke.io/gcp-service-account",
        "Service web, without its app.kubernetes.io/instance",
        "NetworkPolicy inward",
        "Deployment checkout",
    ]
    assert [line.code for line in found.stays] == [
        Code.SECRET_STAYS,
        Code.OF_NAMESPACE_STAYS,
        Code.UNSEEN_CALLERS_STAY,
    ]
    assert list(found.breaks) == [
        Code.EXPOSED_SERVICE.because(name="web", how=("type NodePort",)),
        Code.CALLED.because(name="web", count=1, callers=("front",)),
        Code.CLOUD_IDENTITY.because(holder="the ServiceAccount web", identity="web@shop"),
    ]


def test_what_breaks_is_what_somebody_can_accept_by_name(tmp_path: Path) -> None:
    names = {find_acceptance(line) for line in look(tmp_path, bring_along).breaks}
    assert names < set(ACCEPTABLE)
    assert len(names) == 3


@pytest.mark.parametrize(
    ("labels", "code"),
    [({}, Code.AUTOSCALER_IN_THE_WAY), ({"kustomize.toolkit.fluxcd.io/name": "shop"}, Code.AUTOSCALER_OWNED)],
    ids=["of a person", "of Flux"],
)
def test_an_autoscaler_travels_once_it_may_be_frozen(
    tmp_path: Path, labels: dict[str, str], code: Code
) -> None:
    def scale(world: Moves) -> None:
        body = autoscaler("checkout", 1, 9)
        body["metadata"]["labels"] = labels
        world.source.act("POST", paths.collection("horizontalpodautoscalers", "shop"), body)

    found = look(tmp_path, scale)
    assert "HorizontalPodAutoscaler checkout" in map(str, found.travels)
    assert [line.code for line in found.breaks] == [code]


def test_what_sizes_its_pods_stays(tmp_path: Path) -> None:
    def bring_sizer(world: Moves) -> None:
        bring_along(world)
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"}
        spec = {"targetRef": target, "updatePolicy": {"updateMode": "Recreate"}}
        add(world, "/apis/autoscaling.k8s.io/v1/namespaces/shop/verticalpodautoscalers", "checkout", spec)

    found = look(tmp_path, bring_sizer)
    assert Code.VERTICAL_AUTOSCALER_STAYS.because(name="checkout", mode="Recreate") in found.stays
    assert not any("VerticalPodAutoscaler" in str(line) for line in found.travels)


def test_a_workload_with_nothing_but_a_map_breaks_nothing(tmp_path: Path) -> None:
    found = look(tmp_path, lambda world: None)
    assert [line["name"] for line in found.travels] == ["settings", "checkout"]
    assert (found.stays, found.breaks) == ((), ())


def test_what_may_not_be_read_is_told_and_no_empty_list(tmp_path: Path) -> None:
    def hide(world: Moves) -> None:
        def direct(cluster: Cluster, request: Request) -> Delivery | None:
            if (cluster, request.path) == (world.source, POLICIES):
                return answer_with(forbidden(NETWORK_POLICIES, "", "no role"))
            return None

        world.network.directed = direct

    found = look(tmp_path, hide)
    assert found.unread is not None
    assert "networkpolicies" in str(found.unread)


def test_a_map_that_the_pods_name_and_nobody_has_is_told(tmp_path: Path) -> None:
    found = look(tmp_path, lambda world: world.source.act("DELETE", f"{CONFIG_MAPS}/settings", None))
    assert found.unread is not None


def test_no_column_is_longer_than_anybody_reads(tmp_path: Path) -> None:
    def expose_often(world: Moves) -> None:
        for number in range(MAX_LINES + 5):
            spec = {"selector": {"app": "checkout"}, "ports": [{"port": 80}], "externalIPs": ["192.0.2.1"]}
            add(world, f"{CORE}/services", f"web-{number}", spec)

    found = look(tmp_path, expose_often)
    assert [line.code for line in found.breaks] == [Code.EXPOSED_SERVICE] * MAX_LINES
    assert len(found.travels) == MAX_LINES
    assert found.left_off == 5 + (5 + 2) + 5, "Services that break, all that travels, callers of Services"
