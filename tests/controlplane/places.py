"""The clouds in which test clusters pretend to be, and their nodes as each provider labels them. Pure.

Labels: Kubernetes' well-known ones, and for spot capacity those of EKS managed node groups, GKE and AKS.
AKS is the only one of the three that also taints its spot nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Machine:
    """An instance type and what Kubernetes can allocate on it, in Kubernetes' notation.

    About what the providers' agents leave of 4 virtual CPUs and 16 GiB; rounded, as nothing depends on it exactly.
    """

    instance_type: str
    cpu: str
    memory: str
    pods: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cluster pretends to be.

    Attributes:
        context: name of the cluster and of its kubeconfig context.
        provider: "aws", "gcp" or "azure".
        region, zones: in the provider's own spelling; zones as in the node label.
        machine: every node is one of these.
    """

    context: str
    provider: str
    region: str
    zones: tuple[str, ...]
    machine: Machine


AWS_XLARGE = Machine("m6i.xlarge", cpu="3920m", memory="14Gi", pods="58")
GCP_STANDARD_4 = Machine("n2-standard-4", cpu="3920m", memory="13Gi", pods="110")
AZURE_D4 = Machine("Standard_D4s_v5", cpu="3860m", memory="12Gi", pods="110")

PLACES = (
    Place("aws-eu-west-1", "aws", "eu-west-1", ("eu-west-1a", "eu-west-1b"), AWS_XLARGE),
    Place("gcp-us-central1", "gcp", "us-central1", ("us-central1-a", "us-central1-f"), GCP_STANDARD_4),
    Place("azure-eastus", "azure", "eastus", ("eastus-1", "eastus-2"), AZURE_D4),
    Place("aws-us-west-2", "aws", "us-west-2", ("us-west-2a", "us-west-2b"), AWS_XLARGE),
)

# What every node of AKS carries.
AKS_LABELS = {"kubernetes.azure.com/agentpool": "workers", "kubernetes.azure.com/cluster": "MC_simulated"}

# Provider → labels of a spot node.
SPOT_LABELS = {
    "aws": {"eks.amazonaws.com/capacityType": "SPOT"},
    "gcp": {"cloud.google.com/gke-spot": "true", "cloud.google.com/gke-provisioning": "spot"},
    "azure": {"kubernetes.azure.com/scalesetpriority": "spot", **AKS_LABELS},
}

# Provider → labels of an on-demand node. AKS has none of its own: such a node lacks the spot label.
ON_DEMAND_LABELS = {
    "aws": {"eks.amazonaws.com/capacityType": "ON_DEMAND"},
    "gcp": {"cloud.google.com/gke-provisioning": "standard"},
    "azure": AKS_LABELS,
}

AZURE_SPOT_TAINT = {"key": "kubernetes.azure.com/scalesetpriority", "value": "spot", "effect": "NoSchedule"}


def describe_nodes(place: Place) -> list[JsonObject]:
    """Return the nodes of a cluster: one spot node in each zone and one on-demand node in the first."""
    spot = [describe_node(place, number, zone, is_spot=True) for number, zone in enumerate(place.zones)]
    return [*spot, describe_node(place, len(spot), place.zones[0], is_spot=False)]


def describe_node(place: Place, number: int, zone: str, *, is_spot: bool) -> JsonObject:
    """Return one Node with the labels, the provider's identifier and the capacity of a real machine."""
    name = f"{'spot' if is_spot else 'on-demand'}-{number}"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": place.machine.instance_type,
        "topology.kubernetes.io/region": place.region,
        "topology.kubernetes.io/zone": zone,
        **(SPOT_LABELS if is_spot else ON_DEMAND_LABELS)[place.provider],
    }
    machine = place.machine
    capacity = {"cpu": machine.cpu, "memory": machine.memory, "pods": machine.pods}
    spec: JsonObject = {"providerID": compose_provider_id(place, number, zone)}
    if is_spot and place.provider == "azure":
        spec["taints"] = [AZURE_SPOT_TAINT]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
        "status": {"capacity": capacity, "allocatable": capacity},
    }


def compose_provider_id(place: Place, number: int, zone: str) -> str:
    """Return the identifier that the provider's cloud controller would give the machine."""
    if place.provider == "aws":
        return f"aws:///{zone}/i-{number:017x}"
    if place.provider == "gcp":
        return f"gce://example-project/{zone}/gke-pool-{number}"
    subscription = "00000000-0000-0000-0000-000000000000"
    return (
        f"azure:///subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Compute"
        f"/virtualMachineScaleSets/pool/virtualMachines/{number}"
    )
