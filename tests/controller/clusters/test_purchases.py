"""The machines that a cluster would buy: of types whose size the fleet shows, as far as rules and limits go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.clusters.discovery import parse_node
from controller.clusters.fleet import Cluster, Health, Node, Resources
from controller.clusters.fleet_purchases import FleetPurchases
from controller.clusters.node_pools import Limits, NodePool, Requirement
from controller.clusters.purchases import MAX_NODES, list_machines, with_purchases
from controller.clusters.settings import ContextOverride
from controller.scheduling.nodes import Taint
from oracle.market import CapacityType, Offering
from tests.controller.clusters.objects import make_node

TYPE, CAPACITY = "node.kubernetes.io/instance-type", "karpenter.sh/capacity-type"
SPOT = Requirement(CAPACITY, "In", ("spot", "on-demand"))


def node(name: str, instance_type: str = "m5.xlarge", **labels: str) -> Node:
    return parse_node(make_node(name, **{TYPE: instance_type, **labels}))


def cluster(*nodes: Node, context: str = "eu") -> Cluster:
    place = {"provider": "aws", "region": "eu-west-1"}
    return Cluster(context, Health.REACHABLE, nodes=nodes, free=Resources(0.0, 0.0), **place)  # type: ignore[arg-type]


def buy(pool: NodePool, here: Cluster, *elsewhere: Cluster) -> Cluster:
    return with_purchases(here, [pool], ContextOverride(), list_machines([here, *elsewhere]))


def types(bought: Cluster) -> set[str]:
    return {one.offering.instance_type for one in bought.purchases if one.offering is not None}


def test_a_cluster_without_nodes_buys_what_runs_elsewhere_and_its_rules_let_in() -> None:
    fleet = cluster(node("a"), node("b", "c5.xlarge"), context="us")
    rule = Requirement(TYPE, "In", ("c5.xlarge", "c7.never-seen"))
    bought = buy(NodePool("default", (rule, SPOT)), cluster(), fleet)
    assert types(bought) == {"c5.xlarge"}
    first = bought.purchases[0]
    assert first.offering == Offering("aws", "eu-west-1", "c5.xlarge", CapacityType.SPOT)
    assert (first.allocatable, first.architecture) == (Resources(3.92, 15.0), "amd64")
    assert first.purchase is not None
    assert (first.purchase.pool, first.purchase.is_sure) == ("default", True)


def test_a_pool_buys_again_what_it_has_bought() -> None:
    here = cluster(node("a", "c5.xlarge", **{"karpenter.sh/nodepool": "default"}), node("b"))
    assert types(buy(NodePool("default", (SPOT,)), here)) == {"c5.xlarge"}


@pytest.mark.parametrize(
    ("left", "count"),
    [
        (Limits(), MAX_NODES),
        (Limits(cpu_cores=11.9), 2),
        (Limits(memory_gib=46.0), 3),
        (Limits(nodes=1), 1),
        (Limits(cpu_cores=0.0), 0),
    ],
)
def test_no_more_is_bought_than_the_limits_leave(left: Limits, count: int) -> None:
    here = cluster(node("a"))
    bought = buy(NodePool("default", (SPOT,), left=left), here)
    assert len(bought.purchases) == count
    room = bought.purchase_room
    assert (room.cpu_cores if room is not None else 0) == pytest.approx(3.92 * count)


@pytest.mark.parametrize(
    ("rule", "is_sure"),
    [
        (Requirement("karpenter.k8s.aws/instance-category", "In", ("m", "c")), True),
        (Requirement("karpenter.k8s.aws/instance-category", "In", ("r",)), None),
        (Requirement("karpenter.k8s.aws/instance-generation", "Gt", ("4",)), True),
        (Requirement("karpenter.k8s.aws/instance-generation", "Gt", ("5",)), None),
        (Requirement("karpenter.k8s.aws/instance-cpu", "Lt", ("8",)), True),
        (Requirement("kubernetes.io/arch", "NotIn", ("amd64",)), None),
        (Requirement("kubernetes.io/arch", "Exists"), True),
        (Requirement("topology.kubernetes.io/region", "In", ("eu-west-1",)), True),
        (Requirement("topology.kubernetes.io/region", "In", ("us-east-1",)), None),
        (Requirement("karpenter.k8s.aws/instance-hypervisor", "In", ("nitro",)), False),
        (Requirement("karpenter.k8s.aws/instance-generation", "Gt", ("9" * 5000,)), False),
    ],
)
def test_a_rule_that_is_not_met_buys_nothing_and_one_that_is_not_known_is_not_sure(
    rule: Requirement, is_sure: bool | None
) -> None:
    bought = buy(NodePool("default", (SPOT, rule)), cluster(node("a")))
    found = {one.purchase.is_sure for one in bought.purchases if one.purchase is not None}
    assert found == (set() if is_sure is None else {is_sure})


def test_spot_is_bought_where_the_rules_allow_it_and_on_demand_where_they_say_nothing() -> None:
    def bought_as(*rules: Requirement) -> set[Any]:
        bought = buy(NodePool("default", rules), cluster(node("a")))
        return {one.offering.capacity_type for one in bought.purchases if one.offering is not None}

    assert bought_as(SPOT) == {CapacityType.SPOT}
    assert bought_as() == {CapacityType.ON_DEMAND}


def test_machines_come_in_the_zones_that_the_rules_let_in() -> None:
    here = cluster(node("a"), node("b", **{"topology.kubernetes.io/zone": "eu-west-1b"}))
    rule = Requirement("topology.kubernetes.io/zone", "In", ("eu-west-1b", "eu-west-1c"))
    assert {one.zone for one in buy(NodePool("default", (SPOT, rule)), here).purchases} == {"eu-west-1b"}
    assert {one.zone for one in buy(NodePool("default", (SPOT, rule)), cluster(), here).purchases} == {
        "eu-west-1b",
        "eu-west-1c",
    }


def test_machines_with_a_taint_are_for_pods_that_tolerate_it() -> None:
    tainted = NodePool("gpu", (SPOT,), taints=(("gpu", "true", "NoSchedule"),))
    first = buy(tainted, cluster(node("a"))).purchases[0]
    assert first.terms is not None
    assert first.terms.kind.taints == (Taint("gpu", "true"),)
    assert dict(first.terms.allocatable)["cpu"] == 3920


@pytest.mark.parametrize(
    ("rule", "region"),
    [
        (Requirement("topology.kubernetes.io/zone", "In", ("eu-west-1b", "eu-west-1c")), "eu-west-1"),
        (Requirement("topology.kubernetes.io/region", "In", ("us-east-1",)), "us-east-1"),
        (Requirement("topology.kubernetes.io/zone", "In", ("eu-west-1b", "us-east-1a")), None),
        (Requirement("topology.kubernetes.io/zone", "NotIn", ("eu-west-1b",)), None),
    ],
)
def test_a_cluster_that_is_scaled_to_nothing_is_where_its_pools_say(
    rule: Requirement, region: str | None
) -> None:
    empty = replace(cluster(), provider=None, region=None)
    bought = buy(NodePool("default", (SPOT, rule), provider="aws"), empty, cluster(node("a"), context="us"))
    assert (bought.region, bool(bought.purchases)) == (region, region is not None)


def test_a_cluster_of_which_nobody_says_where_it_is_buys_nothing_that_is_known() -> None:
    nowhere = replace(cluster(), region=None)
    assert buy(NodePool("default", (SPOT,)), nowhere, cluster(node("a"))).purchases == ()


def test_a_cluster_that_has_not_changed_stays_the_same_value() -> None:
    here, there = cluster(node("a")), cluster(node("b"), context="us")
    purchases, pools = FleetPurchases({}), {"eu": (NodePool("default", (SPOT,)),)}
    first = purchases.complete({"eu": here, "us": there}, pools)
    second = purchases.complete({"eu": here, "us": replace(there, uid="known now")}, pools)
    assert second["eu"] is first["eu"]
    assert first["us"] is there
    assert first["eu"].purchases
