"""NodePools are read as rules and the rest of their limits; what is not understood buys nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.clusters.discovery import parse_node
from controller.clusters.node_pools import (
    MAX_POOLS,
    Limits,
    Requirement,
    declare_pools,
    infer_pools,
    parse_node_pool,
)
from controller.clusters.pool_reading import read_node_pools
from controller.clusters.settings import ContextOverride
from oracle.market import CapacityType
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.clusters.objects import Json, make_node

POOLS = "/apis/karpenter.sh/v1/nodepools"


def make_pool(name: str = "default", status: Json | None = None, **spec: Any) -> Json:
    """A NodePool of two types of machines; `spec` are fields of its spec."""
    rule = {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["m5.xlarge", "c5.xlarge"]}
    template = {"metadata": {"labels": {"team": "shop"}}, "spec": {"requirements": [rule]}}
    return {"metadata": {"name": name}, "spec": {"template": template, **spec}, "status": status or {}}


def test_a_pool_is_its_rules_labels_and_what_its_limits_leave() -> None:
    used = {"cpu": "40", "memory": "160Gi"}
    pool = parse_node_pool(make_pool(status={"resources": used}, limits={"cpu": "100"}, weight=10))
    assert pool is not None
    rule = Requirement("node.kubernetes.io/instance-type", "In", ("m5.xlarge", "c5.xlarge"))
    assert (pool.requirements, pool.labels, pool.weight) == ((rule,), (("team", "shop"),), 10)
    assert pool.left == Limits(cpu_cores=60.0)
    assert pool.provider is None
    assert pool.is_read


@pytest.mark.parametrize(
    ("group", "provider"),
    [
        ("karpenter.k8s.aws", "aws"),
        ("eks.amazonaws.com", "aws"),
        ("karpenter.azure.com", "azure"),
        ("x", None),
    ],
)
def test_a_pool_says_by_its_class_of_nodes_in_which_cloud_it_buys(group: str, provider: str | None) -> None:
    body = make_pool()
    body["spec"]["template"]["spec"]["nodeClassRef"] = {"group": group, "kind": "Any", "name": "default"}
    pool = parse_node_pool(body)
    assert pool is not None
    assert pool.provider == provider


def test_a_pool_that_has_bought_more_than_its_limits_has_nothing_left() -> None:
    pool = parse_node_pool(make_pool(status={"resources": {"cpu": "12"}}, limits={"cpu": "8"}))
    assert pool is not None
    assert pool.left.cpu_cores == 0


def spoil(change: Json) -> Json:
    body = make_pool()
    body["spec"]["template"]["spec"] |= change
    return body


@pytest.mark.parametrize(
    "body",
    [
        {},
        make_pool(replicas=3),
        make_pool(limits={"cpu": "much"}),
        make_pool(weight=True),
        make_pool(status={"conditions": [{"type": "Ready", "status": "False"}]}),
        spoil({"requirements": [{"key": "a", "operator": "Near", "values": ["b"]}]}),
        spoil({"requirements": [{"key": "a", "operator": "In", "values": [7]}]}),
        spoil({"requirements": [{"key": "a", "operator": "In", "values": ["b"] * 1000}]}),
        spoil({"requirements": [{"key": "a", "operator": "Exists"}] * 1000}),
        spoil({"requirements": [7]}),
        spoil({"taints": [{"key": "a" * 1000, "effect": "NoSchedule"}]}),
    ],
    ids=["nothing", "static", "limits", "weight", "not ready", "operator", "value", "values", "rules", "rule", "long"],
)  # fmt: skip
def test_a_pool_that_is_not_understood_buys_nothing(body: Json) -> None:
    assert parse_node_pool(body) is None


def test_pools_are_read_with_a_bound() -> None:
    api = FakeApi()
    api.answers[POOLS] = {"items": [make_pool(f"p{number}") for number in range(MAX_POOLS + 5)] + [7]}
    assert len(asyncio.run(read_node_pools(api))) == MAX_POOLS


def test_a_pool_that_only_shows_in_nodes_may_buy_again_what_it_has_bought_and_is_not_sure() -> None:
    nodes = [
        parse_node(make_node("a", **{"karpenter.sh/nodepool": "spot"})),
        parse_node(make_node("b", **{"eks.amazonaws.com/nodegroup": "fixed"})),
    ]
    [pool] = infer_pools(nodes)
    assert (pool.name, pool.is_read) == ("spot", False)
    assert Requirement("node.kubernetes.io/instance-type", "In", ("m5.xlarge",)) in pool.requirements
    assert Requirement("karpenter.sh/capacity-type", "In", ("spot",)) in pool.requirements


def test_the_configuration_says_what_a_context_may_buy() -> None:
    said = ContextOverride(buys=frozenset({"m5.xlarge"}), buys_nodes=3, capacity_type=CapacityType.SPOT)
    [pool] = declare_pools(said)
    assert (pool.left, pool.is_read) == (Limits(nodes=3), True)
    assert declare_pools(ContextOverride()) == ()
