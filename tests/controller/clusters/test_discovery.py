"""What nodes say about where they are and how they were bought."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.capacity_labels import CapacityLabels
from controller.clusters.discovery import Place, bindings_of, find_place, parse_node
from controller.clusters.fleet import Cluster, FleetPicture, Health, Resources
from controller.clusters.node_facts import NodeKind, Said
from controller.clusters.settings import ContextOverride
from oracle.binding import Binding
from oracle.market import CapacityType, Offering, OperatingSystem, is_priced_by_zone
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


EKS, GKE, AKS = "aws:///us-east-1a/i-0", "gce://p/us-central1-a/n", "azure:///subscriptions/x"


def bought_as(provider_id: str, **labels: str) -> CapacityType | None:
    """How a node of a known machine was bought, as its labels say."""
    offering = parse_node(node_of(provider_id, **labelled("m5.large", "us-east-1", **labels))).offering
    return offering.capacity_type if offering is not None else None


@pytest.mark.parametrize(
    ("provider_id", "labels", "capacity_type"),
    [
        (EKS, {"eks.amazonaws.com/capacityType": "SPOT"}, SPOT),
        (EKS, {"eks.amazonaws.com/capacityType": "ON_DEMAND"}, ON_DEMAND),
        (EKS, {"eks.amazonaws.com/capacityType": "CAPACITY_BLOCK"}, ON_DEMAND),
        (EKS, {"karpenter.sh/capacity-type": "spot"}, SPOT),
        (EKS, {"karpenter.sh/capacity-type": "on-demand"}, ON_DEMAND),
        (
            EKS,
            {"eks.amazonaws.com/compute-type": "auto", "karpenter.sh/capacity-type": "reserved"},
            ON_DEMAND,
        ),
        (EKS, {"scheduling.cast.ai/spot": "true"}, SPOT),
        (EKS, {"scheduling.cast.ai/spot-fallback": "true"}, ON_DEMAND),
        (EKS, {"scheduling.cast.ai/spot-fallback": "true", "scheduling.cast.ai/spot": "true"}, ON_DEMAND),
        (EKS, {"spotinst.io/node-lifecycle": "od"}, ON_DEMAND),
        (EKS, {"node-role.kubernetes.io/spot-worker": "true"}, SPOT),
        (EKS, {"node-role.kubernetes.io/spot-worker": ""}, SPOT),
        (EKS, {"node-role.kubernetes.io/on-demand-worker": "true"}, ON_DEMAND),
        (EKS, {"lifecycle": "Ec2Spot"}, SPOT),
        (EKS, {"node.kubernetes.io/lifecycle": "normal"}, ON_DEMAND),
        (GKE, {"cloud.google.com/gke-spot": "true"}, SPOT),
        (GKE, {"cloud.google.com/gke-preemptible": "true"}, SPOT),
        (GKE, {"cloud.google.com/gke-provisioning": "standard"}, ON_DEMAND),
        (GKE, {"cloud.google.com/gke-nodepool": "pool-1"}, ON_DEMAND),
        (AKS, {"kubernetes.azure.com/scalesetpriority": "spot"}, SPOT),
        (AKS, {"kubernetes.azure.com/cluster": "mc"}, ON_DEMAND),
    ],
)
def test_how_a_node_was_bought_is_read_from_its_labels(
    provider_id: str, labels: dict[str, str], capacity_type: CapacityType
) -> None:
    assert bought_as(provider_id, **labels) is capacity_type


@pytest.mark.parametrize(
    ("provider_id", "labels"),
    [
        (EKS, {}),
        (EKS, {"environment": "spot"}),
        (EKS, {"priority": "normal"}),
        (EKS, {"spot": "false"}),
        (EKS, {"spotlight": "true"}),
        (EKS, {"non-spot": "true"}),
        (EKS, {"node-role.kubernetes.io/no-spot": ""}),
        (EKS, {"lifecycle": "not-preemptible"}),
        (EKS, {"allow-spot": "true"}),
        (EKS, {"prefer.on-demand": "true"}),
        (AKS, {}),
    ],
)
def test_how_a_node_was_bought_is_not_assumed(provider_id: str, labels: dict[str, str]) -> None:
    """A spot node at the price of on-demand would make every move away from it pay."""
    body = node_of(provider_id, **labelled("m5.large", "us-east-1", **labels))
    node = parse_node(body)
    assert (node.offering, node.facts.missing) == (None, ("capacity_type",))
    assert parse_node(body, ContextOverride(capacity_type=SPOT)).offering is not None


def test_a_node_that_is_called_both_has_neither_price() -> None:
    """As spot it would be too cheap to move to, and as on demand too dear to stay on."""
    assert bought_as(EKS, **{"karpenter.sh/capacity-type": "spot", "node-lifecycle": "on-demand"}) is None
    assert bought_as(EKS, **{"lifecycle": "normal", "spot-worker": "true"}) is None
    assert bought_as(EKS, **{"karpenter.sh/capacity-type": "on-demand", "spot-worker": "true"}) is ON_DEMAND


@pytest.mark.parametrize(
    ("labels", "capacity_type"),
    [
        ({"our/lifecycle": "cheap"}, SPOT),
        ({"our/lifecycle": "Cheap"}, None),
        ({"our/lifecycle": "steady"}, ON_DEMAND),
        ({"our/reclaimable": "true"}, SPOT),
        ({"our/reclaimable": ""}, SPOT),
        ({"our/reclaimable": "false"}, None),
        ({"our/reclaimable": "pool-7"}, None),
        ({"lifecycle": "spot", "our/lifecycle": "steady"}, ON_DEMAND),
        ({"our/lifecycle": "steady", "our/reclaimable": "yes"}, None),
        ({"our/lifecycle": "steady", "karpenter.sh/capacity-type": "spot"}, None),
        ({"our/reclaimable": "yes", "scheduling.cast.ai/spot-fallback": "true"}, None),
        ({"our/reclaimable": "yes", "karpenter.sh/capacity-type": "spot"}, SPOT),
    ],
)
def test_how_a_node_was_bought_is_read_from_labels_that_a_person_declares(
    labels: dict[str, str], capacity_type: CapacityType | None
) -> None:
    """They count like those of clouds: they win over a guess, and who disagrees makes it unknown."""
    declared = CapacityLabels(
        spot=frozenset({"our/lifecycle=cheap", "our/reclaimable"}),
        on_demand=frozenset({"our/lifecycle=steady"}),
    )
    said = parse_node(node_of(EKS, **labels), declared=declared).facts.capacity_type
    assert (said.value if said is not None else None) == capacity_type
    assert said is None or said.by in labels


def test_a_machine_with_gpus_that_were_attached_is_none_of_its_type() -> None:
    """The price of an n1-standard-8 is a third of that with two T4, which its type does not name."""
    attached = {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"}
    node = parse_node(node_of(GKE, **labelled("n1-standard-8", "us-central1", **attached)))
    assert (node.offering, node.facts.missing) == (None, ("instance_type",))
    built_in = parse_node(node_of(GKE, **labelled("g2-standard-8", "us-central1", **attached)))
    assert built_in.offering is not None
    assert parse_node(node_of(GKE, **labelled("n1-standard-8", "us-central1"))).offering is not None


SPOT_LABEL = {"karpenter.sh/capacity-type": "spot"}


@pytest.mark.parametrize(
    ("provider_id", "labels", "offering"),
    [
        (EKS, labelled("m5.large", "us-east-1", **SPOT_LABEL),
         Offering("aws", "us-east-1", "m5.large", SPOT, "us-east-1a")),
        (GKE, labelled("n2-standard-4", "us-central1", **{"cloud.google.com/gke-spot": "true"}),
         Offering("gcp", "us-central1", "n2-standard-4", SPOT)),
        (AKS, labelled("Standard_D4s_v5", "westeurope", **{"kubernetes.azure.com/scalesetpriority": "spot"}),
         Offering("azure", "westeurope", "Standard_D4s_v5", SPOT)),
        (EKS, labelled("m5.large", "us-east-1", **SPOT_LABEL, **{"kubernetes.io/os": "windows"}),
         Offering("aws", "us-east-1", "m5.large", SPOT, "us-east-1a", OperatingSystem.WINDOWS)),
        ("", labelled("m5.large", "us-east-1", **{"eks.amazonaws.com/capacityType": "ON_DEMAND"}),
         Offering("aws", "us-east-1", "m5.large", ON_DEMAND)),
        ("aws:///eu-west-1b/i-0",
         {"beta.kubernetes.io/instance-type": "c5.large", "failure-domain.beta.kubernetes.io/zone": "eu-west-1b",
          "node-lifecycle": "on-demand"},
         Offering("aws", "eu-west-1", "c5.large", ON_DEMAND)),
        ("kind://docker/x", labelled("m5.large", "us-east-1"), None),
        ("k3s://n", labelled("k3s", "us-east-1", **SPOT_LABEL), None),
        ("aws:///us-east-1a/i", {"topology.kubernetes.io/region": "us-east-1", **SPOT_LABEL}, None),
    ],
    ids=["eks", "gke", "aks", "windows", "no provider id", "old labels", "unknown provider", "k3s", "no machine"],
)  # fmt: skip
def test_an_offering_is_read_from_labels(
    provider_id: str, labels: dict[str, str], offering: Offering | None
) -> None:
    assert parse_node(node_of(provider_id, **labels)).offering == offering


@pytest.mark.parametrize(
    ("name", "provider_id", "labels", "kind"),
    [
        ("fargate-ip-10-0-0-1", EKS, {"eks.amazonaws.com/compute-type": "fargate"}, NodeKind.SERVERLESS),
        ("virtual-node-aci-linux", AKS, {"type": "virtual-kubelet"}, NodeKind.SERVERLESS),
        ("gk3-autopilot-1", GKE, {}, NodeKind.BILLED_BY_POD),
    ],
)
def test_what_is_no_machine_has_no_price_of_one(
    name: str, provider_id: str, labels: dict[str, str], kind: NodeKind
) -> None:
    body = node_of(provider_id, **labelled("m5.large", "us-east-1", **SPOT_LABEL, **labels))
    body["metadata"]["name"] = name
    node = parse_node(body)
    assert (node.offering, node.facts.kind, node.facts.missing) == (None, kind, ())


def test_each_fact_names_who_said_it() -> None:
    labels = {
        "node.kubernetes.io/instance-type": "m5.large",
        "eks.amazonaws.com/nodegroup": "web",
        **SPOT_LABEL,
    }
    facts = parse_node(node_of(EKS, **labels), ContextOverride(capacity_type=ON_DEMAND)).facts
    assert (facts.provider, facts.zone) == (Said("aws", "providerID"), Said("us-east-1a", "providerID"))
    assert facts.region == Said("us-east-1", "zone by providerID")
    assert facts.instance_type == Said("m5.large", "node.kubernetes.io/instance-type")
    assert facts.capacity_type == Said("on_demand", "configuration")
    assert facts.pool == Said("web", "eks.amazonaws.com/nodegroup")


def test_a_cluster_is_somewhere_although_nobody_says_how_its_nodes_are_bought() -> None:
    node = parse_node(node_of(EKS, **labelled("m5.large", "us-east-1")))
    assert find_place([node]) == Place("aws", "us-east-1")


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
        ({"taints": [{"key": "dedicated", "effect": "NoSchedule"}]}, True),
    ],
    ids=["cordoned", "tainted"],
)
def test_a_cordon_alone_keeps_every_pod_away(spec: dict[str, Any], schedulable: bool) -> None:
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
    assert bindings_of(picture) == (
        Binding("eu", Offering("aws", "eu-west-1", "m5.xlarge", SPOT, "eu-west-1a")),
    )


def test_only_spot_prices_of_a_cloud_that_has_them_by_zone_are_of_a_zone() -> None:
    assert is_priced_by_zone("aws", SPOT)
    assert not is_priced_by_zone("aws", CapacityType.ON_DEMAND)
    assert not any(is_priced_by_zone(provider, SPOT) for provider in ("gcp", "azure"))


@pytest.mark.parametrize(
    "body", [{}, {"metadata": {"labels": 3}}, {"spec": [], "status": {"allocatable": {"cpu": {}}}}]
)
def test_nonsense_is_a_node_that_takes_nothing(body: Json) -> None:
    node = parse_node(body)
    assert not node.ready
    assert node.offering is None
    assert node.allocatable == Resources(0.0, 0.0)
