"""What `doctor` says of labels by which nodes may say how they are bought."""

from __future__ import annotations

from typing import Any

import pytest

from app.config.layers import resolve_configuration
from app.diagnostics.checks import Check, CheckState
from app.diagnostics.doctor_reasons import DoctorCode
from app.diagnostics.labels import check_labels
from controller.clusters.discovery import parse_node
from controller.clusters.fleet import Cluster, Health
from controller.clusters.settings import ContextOverride, FleetSettings
from oracle.market import CapacityType
from tests.controller.clusters.objects import make_node

KARPENTER = "karpenter.sh/capacity-type"


def check(*labelled: dict[str, str], override: ContextOverride | None = None, **settings: Any) -> list[Check]:
    """What is said of nodes of AWS that have these labels beside their machine and place."""
    given = FleetSettings(**settings)
    bodies = [make_node(f"n{number}", **labels) for number, labels in enumerate(labelled)]
    for body in bodies:
        del body["metadata"]["labels"]["eks.amazonaws.com/capacityType"]
    nodes = tuple(parse_node(body, override, given.capacity_labels) for body in bodies)
    return check_labels(Cluster("eu", Health.REACHABLE, nodes=nodes), given)


def test_labels_that_are_not_understood_are_named_with_their_nodes() -> None:
    cheap, odd = {"our/fleet": "spotty", "team": "shop"}, {"our/Lifecycle": "short"}
    [found] = check(cheap, cheap, odd, {"spotinst.io/node": "n"})
    assert (found.name, found.state) == ("labels eu", CheckState.WARNING)
    assert found.detail == (
        "2 labels may say how nodes are bought, with a meaning that is not known: our/fleet=spotty (2 nodes) "
        "and our/Lifecycle=short (1 node)"
    )


def test_the_advice_says_nothing_until_a_person_chooses() -> None:
    [found] = check({"our/fleet": "spotty"}, on_demand_labels=frozenset({"our/fleet=steady"}))
    lines = found.advice.splitlines()[1:]
    assert all(line.startswith("# ") for line in lines)
    for line, labels in zip(
        lines, ({"our/fleet=spotty"}, {"our/fleet=spotty", "our/fleet=steady"}), strict=True
    ):
        text = f"[clusters]\n{line.removeprefix('# ')}"
        clusters = resolve_configuration(text, "file", {}, {}).clusters
        assert clusters.spot_labels | clusters.on_demand_labels == labels


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"team": "shop"}, {}),
        ({KARPENTER: "spot", "our/fleet": "spotty"}, {}),
        ({"our/fleet": "spotty"}, {"spot_labels": frozenset({"our/fleet=spotty"})}),
        ({"our/fleet": "spotty"}, {"override": ContextOverride(capacity_type=CapacityType.SPOT)}),
        ({"our/fleet": "spotty", "eks.amazonaws.com/compute-type": "fargate"}, {}),
    ],
    ids=["no such label", "known by another", "declared", "said of the context", "no machine"],
)
def test_where_nothing_is_to_be_said_nothing_is(labels: dict[str, str], said: dict[str, Any]) -> None:
    assert check(labels, **said) == []


def test_a_label_that_is_passed_over_is_named_also_where_its_cloud_marks_spot_nodes() -> None:
    """As on demand such a node looks too dear to stay on."""
    google = ContextOverride(provider="gcp")
    assert [one.reason.code for one in check({"our/fleet": "spotty"}, override=google) if one.reason] == [
        DoctorCode.LABELS_UNREAD
    ]


def test_labels_that_disagree_are_named() -> None:
    [found] = check(
        {"our/fleet": "spotty", KARPENTER: "on-demand"}, spot_labels=frozenset({"our/fleet=spotty"})
    )
    assert found.detail == (
        f"2 labels contradict each other about how nodes are bought: {KARPENTER}=on-demand (1 node) "
        "and our/fleet=spotty (1 node)"
    )


def test_what_a_cluster_says_is_cleaned_counted_and_never_pasted() -> None:
    hostile = [{f"spot-{number}": '\x1b[2J"\u202e] #' * 20} for number in range(50)]
    [found] = check(*hostile, {"spot-long": "x" * 100_000})
    assert found.detail.startswith("50 labels may say")
    assert found.detail.isprintable()
    assert len(found.detail) < 800
    assert found.advice == "label the nodes as your cloud or provisioner does"
