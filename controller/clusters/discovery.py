"""What a node's labels and providerID say about it: provider, region, zone, instance type, capacity type. Pure.

Labels and IDs are written by clouds, by provisioners or by anybody who may edit nodes: they are untrusted text
and are only ever compared and shown. What the configuration says of a context wins over them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.clusters.fleet import FleetPicture, Node, Resources
from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.resource_parsing import parse_resources
from controller.clusters.settings import ContextOverride
from oracle.binding import Binding
from oracle.market import CapacityType, Offering

#: The scheme of a providerID -> our name of the provider. Source: the clouds' node controllers.
_PROVIDER_SCHEMES = {"aws": "aws", "gce": "gcp", "azure": "azure"}

#: Labels in their order of trust; the beta ones are what clusters before 1.17 carry.
_REGION_LABELS = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
_ZONE_LABELS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_TYPE_LABELS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
_ARCHITECTURE_LABELS = ("kubernetes.io/arch", "beta.kubernetes.io/arch")

#: (label, value in lower case) -> how the node was bought. Sources: Karpenter, EKS node groups, eksctl, GKE, AKS.
_CAPACITY_LABELS = {
    ("karpenter.sh/capacity-type", "spot"): CapacityType.SPOT,
    ("karpenter.sh/capacity-type", "on-demand"): CapacityType.ON_DEMAND,
    ("karpenter.sh/capacity-type", "reserved"): CapacityType.ON_DEMAND,
    ("eks.amazonaws.com/capacitytype", "spot"): CapacityType.SPOT,
    ("eks.amazonaws.com/capacitytype", "on_demand"): CapacityType.ON_DEMAND,
    ("node-lifecycle", "spot"): CapacityType.SPOT,
    ("cloud.google.com/gke-spot", "true"): CapacityType.SPOT,
    ("cloud.google.com/gke-preemptible", "true"): CapacityType.SPOT,
    ("cloud.google.com/gke-provisioning", "spot"): CapacityType.SPOT,
    ("cloud.google.com/gke-provisioning", "preemptible"): CapacityType.SPOT,
    ("cloud.google.com/gke-provisioning", "standard"): CapacityType.ON_DEMAND,
    ("kubernetes.azure.com/scalesetpriority", "spot"): CapacityType.SPOT,
    ("kubernetes.azure.com/scalesetpriority", "regular"): CapacityType.ON_DEMAND,
}

#: Labels that only one cloud's nodes carry, for nodes without a providerID.
_PROVIDER_LABEL_PREFIXES = {
    "eks.amazonaws.com/": "aws",
    "cloud.google.com/": "gcp",
    "kubernetes.azure.com/": "azure",
}

_AWS_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d+)[a-z]")
_GCP_ZONE = re.compile(r"([a-z]+-[a-z]+\d+)-[a-z]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cluster runs, as most of its nodes say; None where none says."""

    provider: str | None
    region: str | None


def parse_node(body: Mapping[str, Any], override: ContextOverride | None = None) -> Node:
    """Read a Node object. What it does not say stays None; a node that cannot be read is not ready."""
    override = override or ContextOverride()
    metadata, spec, status = (as_mapping(body.get(key)) for key in ("metadata", "spec", "status"))
    labels = {str(name): str(value) for name, value in as_mapping(metadata.get("labels")).items()}
    provider = override.provider or _find_provider(as_text(spec.get("providerID")), labels)
    zone = _first(labels, _ZONE_LABELS)
    region = override.region or _first(labels, _REGION_LABELS) or _region_of_zone(zone, provider)
    instance_type = override.instance_type or _first(labels, _TYPE_LABELS)
    capacity_type = override.capacity_type or _find_capacity_type(labels)
    known = provider and region and instance_type
    return Node(
        name=as_text(metadata.get("name")) or "",
        offering=Offering(provider, region, instance_type, capacity_type) if known else None,  # type: ignore[arg-type]
        zone=zone,
        allocatable=parse_resources(as_mapping(status.get("allocatable"))) or Resources(0.0, 0.0),
        ready=_is_ready(status),
        schedulable=_is_schedulable(spec),
        architecture=_first(labels, _ARCHITECTURE_LABELS),
    )


def declare_node(override: ContextOverride) -> Node | None:
    """The node that the configuration says all nodes are like; None where it does not say enough of it."""
    provider, region, instance_type = override.provider, override.region, override.instance_type
    cpu_cores, memory_gib = override.node_cpu_cores, override.node_memory_gib
    if not (provider and region and instance_type and cpu_cores and memory_gib):
        return None
    return Node(
        name="as configured",
        offering=Offering(provider, region, instance_type, override.capacity_type or CapacityType.ON_DEMAND),
        zone=None,
        allocatable=Resources(cpu_cores, memory_gib),
        ready=True,
        schedulable=True,
    )


def find_place(nodes: Sequence[Node], override: ContextOverride | None = None) -> Place:
    """Where the cluster runs: what the configuration says, else what most nodes say."""
    override = override or ContextOverride()
    seen = Counter((n.offering.provider, n.offering.region) for n in nodes if n.offering is not None)
    ranked = sorted(seen.items(), key=lambda entry: (-entry[1], entry[0]))
    provider, region = ranked[0][0] if ranked else (None, None)
    return Place(override.provider or provider, override.region or region)


def bindings_of(picture: FleetPicture) -> tuple[Binding, ...]:
    """Which offerings each context runs on, for the oracle: only those that nodes really are."""
    found = {
        Binding(cluster.context, node.offering)
        for cluster in picture.clusters.values()
        for node in cluster.nodes
        if node.offering is not None
    }
    return tuple(sorted(found))


def _find_provider(provider_id: str | None, labels: Mapping[str, str]) -> str | None:
    scheme = (provider_id or "").partition("://")[0]
    if scheme in _PROVIDER_SCHEMES:
        return _PROVIDER_SCHEMES[scheme]
    prefixes = _PROVIDER_LABEL_PREFIXES.items()
    return next(
        (name for prefix, name in prefixes if any(label.startswith(prefix) for label in labels)), None
    )


def _find_capacity_type(labels: Mapping[str, str]) -> CapacityType:
    """How the node was bought. On demand where no label says: all three clouds mark their spot nodes."""
    said = [
        _CAPACITY_LABELS[entry]
        for name, value in labels.items()
        if (entry := (_fold(name), value.lower())) in _CAPACITY_LABELS
    ]
    return CapacityType.SPOT if CapacityType.SPOT in said else CapacityType.ON_DEMAND


def _fold(label: str) -> str:
    """EKS writes capacityType with a capital letter, and only EKS."""
    return label.lower() if label.startswith("eks.amazonaws.com/") else label


def _region_of_zone(zone: str | None, provider: str | None) -> str | None:
    pattern = {"aws": _AWS_ZONE, "gcp": _GCP_ZONE}.get(provider or "")
    match = pattern.fullmatch(zone) if pattern is not None and zone is not None else None
    return match[1] if match is not None else None


def _first(labels: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((labels[name] for name in names if labels.get(name)), None)


def _is_ready(status: Mapping[str, Any]) -> bool:
    conditions = (as_mapping(condition) for condition in as_list(status.get("conditions")))
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def _is_schedulable(spec: Mapping[str, Any]) -> bool:
    """Whether ordinary pods may land there: not cordoned, and no taint but those that spot pools carry."""
    if spec.get("unschedulable"):
        return False
    taints = (as_mapping(taint) for taint in as_list(spec.get("taints")))
    return not any(
        taint.get("effect") in ("NoSchedule", "NoExecute") and taint.get("key") not in _SPOT_TAINTS
        for taint in taints
    )


#: Taints that mark spot pools. A workload that runs on spot nodes tolerates them; AKS sets the last one by itself.
_SPOT_TAINTS = frozenset({"cloud.google.com/gke-spot", "kubernetes.azure.com/scalesetpriority"})
