"""Which nodes the pods of each workload run on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.clusters.discovery import parse_node
from controller.clusters.placement import MOST_KINDS, MOST_PODS, find_deployment, place_pods
from oracle.market import CapacityType, Offering
from tests.controller.clusters.objects import make_node

NODE = parse_node(make_node("spot"))
OTHER = parse_node(make_node("other", **{"eks.amazonaws.com/capacityType": "ON_DEMAND"}))
STRANGE = replace(NODE, name="strange", offering=None)
WEB = ("shop", "web")


def owned(**changes: Any) -> dict[str, Any]:
    owner = {"kind": "ReplicaSet", "name": "web-59d7c", "controller": True}
    return {"labels": {"pod-template-hash": "59d7c"}, "ownerReferences": [owner], **changes}


def test_a_pod_is_of_the_deployment_of_its_replica_set() -> None:
    assert find_deployment(owned()) == "web"


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": {}},
        {"labels": {"pod-template-hash": "77777"}},
        {"ownerReferences": []},
        {"ownerReferences": [{"kind": "ReplicaSet", "name": "web-59d7c"}]},
        {"ownerReferences": [{"kind": "StatefulSet", "name": "web-59d7c", "controller": True}]},
        {"ownerReferences": [{"kind": "ReplicaSet", "name": 7, "controller": True}]},
        {"labels": 3, "ownerReferences": "x"},
    ],
)
def test_other_pods_are_of_none(changes: dict[str, Any]) -> None:
    assert find_deployment(owned(**changes)) is None


def test_pods_are_counted_by_what_their_nodes_are() -> None:
    pods = [(WEB, "spot"), (WEB, "other"), (WEB, "spot"), (WEB, "gone"), (("shop", "api"), "other")]
    assert NODE.offering is not None
    on_demand = replace(NODE.offering, capacity_type=CapacityType.ON_DEMAND, zone="")
    assert place_pods(pods, (NODE, OTHER)) == {
        WEB: ((NODE.offering, 2), (on_demand, 1)),
        ("shop", "api"): ((on_demand, 1),),
    }


def test_nodes_that_nobody_knows_are_counted_first() -> None:
    assert place_pods([(WEB, "spot"), (WEB, "spot"), (WEB, "strange")], (NODE, STRANGE)) == {
        WEB: ((None, 1), (NODE.offering, 2))
    }


def test_of_a_hundred_kinds_of_nodes_the_most_common_are_told_apart() -> None:
    kinds = [Offering("aws", "eu-west-1", f"m{n}.large") for n in range(100)]
    nodes = [replace(NODE, name=str(n), offering=kind) for n, kind in enumerate(kinds)]
    pods = [(WEB, str(n)) for n in range(100) for _ in range(n + 1)]
    [hosts] = place_pods(pods, nodes).values()
    assert hosts == tuple((kinds[n], n + 1) for n in range(99, 99 - MOST_KINDS, -1))


def test_more_pods_than_can_be_weighed_keep_their_shares() -> None:
    [hosts] = place_pods([(WEB, "spot")] * 30_000 + [(WEB, "other")] * 10_000, (NODE, OTHER)).values()
    counts = [count for _, count in hosts]
    assert sum(counts) <= MOST_PODS
    assert counts[0] == 3 * counts[1]
