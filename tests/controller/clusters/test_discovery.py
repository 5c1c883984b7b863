"""What nodes say about where they are and how they were bought."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.discovery import bindings_of, find_place, parse_node
from controller.clusters.fleet import Cluster, FleetPicture, Health, Resources
from controller.clusters.settings import ContextOverride
from oracle.binding import Binding
from oracle.market import CapacityType, Offering
from tests.controller.clusters.objects import Json, make_node

SPOT, ON_DEMAND = CapacityType.SPOT, CapacityType.ON_DEMAND


def node_of(provider_id: str, **labels: str) -> Json:
    return {"metadata": {"name": "n", "labels": labels}, "spec": {"providerID": provider_id}, "status": {}}


def labelled(instance_type: str, region: str, **more: str) -> dict[str, str]:
    return {
        "node.kubernetes.io/instance-type": instance_type,
        "topology.kubernetes.io/region": region,
        **more,
    }


@pytest.mark.parametrize(
    ("provider_id", "labels", "offering"),
    [
        (
            "aws:///us-east-1a/i-0",
            labelled("m5.large", "us-east-1", **{"eks.amazonaws.com/capacityType": "SPOT"}),
            Offering("aws", "us-east-1", "m5.large", SPOT),
        ),
        (
            "aws:///us-east-1a/i-0",
            labelled("m5.large", "us-east-1", **{"karpenter.sh/capacity-type": "on-demand"}),
            Offering("aws", "us-east-1", "m5.large", ON_DEMAND),
        ),
        (
            "gce://p/us-central1-a/n",
            labelled("n2-standard-4", "us-central1", **{"cloud.google.com/gke-spot": "true"}),
            Offering("gcp", "us-central1", "n2-standard-4", SPOT),
        ),
        (
            "gce://p/us-central1-a/n",
            labelled("n2-standard-4", "us-central1", **{"cloud.google.com/gke-preemptible": "true"}),
            Offering("gcp", "us-central1", "n2-standard-4", SPOT),
        ),
        (
            "azure:///subscriptions/x",
            labelled("Standard_D4s_v5", "westeurope", **{"kubernetes.azure.com/scalesetpriority": "spot"}),
            Offering("azure", "westeurope", "Standard_D4s_v5", SPOT),
        ),
        (
            "azure:///subscriptions/x",
            labelled("Standard_D4s_v5", "westeurope"),
            Offering("azure", "westeurope", "Standard_D4s_v5", ON_DEMAND),
        ),
        (
            "",
            labelled("m5.large", "us-east-1", **{"eks.amazonaws.com/capacityType": "ON_DEMAND"}),
            Offering("aws", "us-east-1", "m5.large", ON_DEMAND),
        ),
        (
            "aws:///eu-west-1b/i-0",
            {"beta.kubernetes.io/instance-type": "c5.large", "failure-domain.beta.kubernetes.io/zone": "eu-west-1b"},
            Offering("aws", "eu-west-1", "c5.large", ON_DEMAND),
        ),
        ("kind://docker/x", labelled("m5.large", "us-east-1"), None),
        ("aws:///x/i", {"topology.kubernetes.io/region": "us-east-1"}, None),
    ],
    ids=["eks spot", "karpenter on demand", "gke spot", "gke preemptible", "aks spot", "aks regular",
         "no provider id", "old labels", "unknown provider", "no instance type"],
)  # fmt: skip
def test_an_offering_is_read_from_labels(
    provider_id: str, labels: dict[str, str], offering: Offering | None
) -> None:
    assert parse_node(node_of(provider_id, **labels)).offering == offering


def test_a_contradiction_counts_as_spot() -> None:
    """A pool that one label calls spot can be reclaimed, whatever another says."""
    labels = {"karpenter.sh/capacity-type": "spot", "node-lifecycle": "normal"}
    assert parse_node(node_of("aws:///z/i", **labelled("m5.large", "r", **labels))).offering == Offering(
        "aws", "r", "m5.large", SPOT
    )


def test_the_configuration_wins_over_labels() -> None:
    override = ContextOverride(
        provider="gcp", region="europe-west1", instance_type="n2", capacity_type=ON_DEMAND
    )
    node = parse_node(make_node(), override)
    assert node.offering == Offering("gcp", "europe-west1", "n2", ON_DEMAND)


def test_a_node_with_its_room() -> None:
    node = parse_node(make_node())
    assert node.allocatable == Resources(3.92, 15.0)
    assert node.zone == "eu-west-1a"
    assert node.architecture == "amd64"
    assert node.ready
    assert node.schedulable


@pytest.mark.parametrize(
    ("spec", "schedulable"),
    [
        ({"unschedulable": True}, False),
        ({"taints": [{"key": "dedicated", "effect": "NoSchedule"}]}, False),
        ({"taints": [{"key": "dedicated", "effect": "PreferNoSchedule"}]}, True),
        ({"taints": [{"key": "kubernetes.azure.com/scalesetpriority", "effect": "NoSchedule"}]}, True),
    ],
    ids=["cordoned", "tainted", "soft taint", "spot taint"],
)
def test_cordons_and_taints_keep_pods_away(spec: dict[str, Any], schedulable: bool) -> None:
    body = make_node()
    body["spec"].update(spec)
    assert parse_node(body).schedulable is schedulable


@pytest.mark.parametrize(
    "status", [{}, {"conditions": None}, {"conditions": [{"type": "Ready", "status": "Unknown"}]}]
)
def test_a_node_that_does_not_say_ready_is_not_ready(status: Json) -> None:
    body = make_node()
    body["status"] = status
    assert not parse_node(body).ready


def test_a_cluster_is_where_most_of_its_nodes_are() -> None:
    nodes = [parse_node(make_node(f"n{n}")) for n in range(2)]
    stray = parse_node(make_node("stray", **{"topology.kubernetes.io/region": "us-east-1"}))
    assert find_place([stray, *nodes]).region == "eu-west-1"
    assert find_place([]).region is None
    assert find_place([], ContextOverride(region="mars")).region == "mars"


def test_bindings_name_every_offering_of_a_context_once() -> None:
    nodes = (parse_node(make_node("a")), parse_node(make_node("b")))
    picture = FleetPicture(
        {"eu": Cluster("eu", Health.REACHABLE, nodes=nodes), "us": Cluster("us", Health.CONNECTING)}
    )
    assert bindings_of(picture) == (Binding("eu", Offering("aws", "eu-west-1", "m5.xlarge", SPOT)),)


@pytest.mark.parametrize(
    "body", [{}, {"metadata": {"labels": 3}}, {"spec": [], "status": {"allocatable": {"cpu": {}}}}]
)
def test_nonsense_is_a_node_that_takes_nothing(body: Json) -> None:
    node = parse_node(body)
    assert not node.ready
    assert node.offering is None
    assert node.allocatable == Resources(0.0, 0.0)
