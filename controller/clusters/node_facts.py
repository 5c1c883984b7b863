"""What a node is, as its labels and providerID say it, and which of them said so. Pure.

Labels and IDs are written by clouds, by provisioners or by anybody who may edit nodes: they are untrusted text and are
only ever compared and shown. What nobody says is None: how a node was bought is not assumed where its cloud does not
mark each node that is reclaimed, because a spot node at the price of on-demand makes every move away from it pay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from controller.clusters.capacity_labels import NO_LABELS, SET_VALUES, CapacityLabels
from controller.clusters.node_labels import (
    ACCELERATOR_LABEL,
    CAPACITY_LABELS,
    CAPACITY_NAMES,
    CAPACITY_WORDS,
    FALLBACK_LABEL,
    LOCAL_TYPES,
    OTHER_WORDS,
    POOL_LABELS,
    PROVIDER_LABEL_PREFIXES,
    PROVIDER_SCHEMES,
    REGION_LABELS,
    SYSTEM_LABELS,
    TYPE_LABELS,
    ZONE_LABELS,
    split_words,
)
from controller.clusters.settings import ContextOverride
from oracle.market import CapacityType, OperatingSystem

#: Who says what the configuration says.
CONFIGURED = "configuration"
_PROVIDER_ID = "providerID"
_AWS_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d+)[a-z]")
_GCP_ZONE = re.compile(r"([a-z]+-[a-z]+\d+)-[a-z]")
#: What the path of a providerID begins with: `aws:///us-east-1a/i-0`, `gce://project/us-central1-a/name`.
_ID_ZONES = {
    "aws": re.compile(r"aws:///([a-z]{2}(?:-[a-z]+)+-\d+[a-z0-9-]*)/.*"),
    "gcp": re.compile(r"gce://[^/]+/([a-z]+-[a-z]+\d+-[a-z])/.*"),
}


class NodeKind(StrEnum):
    """How a node is paid for."""

    MACHINE = "machine"
    #: AWS Fargate, Azure virtual nodes: pods are paid for, and no machine is.
    SERVERLESS = "serverless"
    #: GKE Autopilot: the cloud bills what pods ask for, whatever machines it takes for them.
    BILLED_BY_POD = "billed by pod"


@dataclass(frozen=True, slots=True)
class Said:
    """One fact about a node and who said so: a label's name, `providerID`, `configuration`, or why it follows."""

    value: str
    by: str


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What is known of a node; None: nobody says it."""

    kind: NodeKind = NodeKind.MACHINE
    provider: Said | None = None
    region: Said | None = None
    zone: Said | None = None
    instance_type: Said | None = None
    capacity_type: Said | None = None
    system: Said | None = None
    pool: Said | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What a price needs and nobody says, as the configuration names it."""
        if self.kind is not NodeKind.MACHINE:
            return ()
        names = ("provider", "region", "instance_type", "capacity_type")
        return tuple(name for name in names if getattr(self, name) is None)


#: Of a node that was made up, as the configuration declares one.
NOTHING_SAID = NodeFacts()


def find_facts(
    name: str,
    provider_id: str,
    labels: Mapping[str, str],
    override: ContextOverride,
    declared: CapacityLabels = NO_LABELS,
) -> NodeFacts:
    """Read what a node says; what the configuration says of its context wins over it. Nodes that say the same share
    one value. `declared`: labels that a person has made up, which count like those of clouds.
    """
    provider = _configured(override.provider) or _find_provider(provider_id, labels)
    named = provider.value if provider is not None else ""
    zone = _find_label(labels, ZONE_LABELS) or _find_zone_in_id(provider_id, named)
    return _share(
        NodeFacts(
            kind=_find_kind(name, named, labels),
            provider=provider,
            region=_configured(override.region)
            or _find_label(labels, REGION_LABELS)
            or _find_region_of_zone(zone, named),
            zone=zone,
            instance_type=_configured(override.instance_type) or _find_type(named, labels),
            capacity_type=_configured(override.capacity_type) or _find_capacity_type(named, labels, declared),
            system=_find_label(labels, SYSTEM_LABELS),
            pool=_find_label(labels, POOL_LABELS),
        )
    )


def find_system(facts: NodeFacts) -> OperatingSystem:
    """Return what the node runs: Linux unless it says otherwise."""
    is_windows = facts.system is not None and facts.system.value == OperatingSystem.WINDOWS.value
    return OperatingSystem.WINDOWS if is_windows else OperatingSystem.LINUX


@lru_cache(maxsize=1024)
def _share(facts: NodeFacts) -> NodeFacts:
    return facts


def _configured(value: str | None) -> Said | None:
    return Said(str(value), CONFIGURED) if value else None


def _find_provider(provider_id: str, labels: Mapping[str, str]) -> Said | None:
    scheme = provider_id.partition("://")[0]
    if scheme in PROVIDER_SCHEMES:
        return Said(PROVIDER_SCHEMES[scheme], _PROVIDER_ID)
    found = (
        Said(provider, label)
        for prefix, provider in PROVIDER_LABEL_PREFIXES.items()
        for label in sorted(labels)
        if label.startswith(prefix)
    )
    return next(found, None)


def _find_kind(name: str, provider: str, labels: Mapping[str, str]) -> NodeKind:
    is_virtual = (
        labels.get("type") == "virtual-kubelet" or labels.get("kubernetes.io/role") == "virtual-kubelet"
    )
    if is_virtual or labels.get("eks.amazonaws.com/compute-type") == "fargate":
        return NodeKind.SERVERLESS
    # From general knowledge of GKE: nodes of Autopilot are called gk3-…, those of Standard clusters gke-….
    return NodeKind.BILLED_BY_POD if provider == "gcp" and name.startswith("gk3-") else NodeKind.MACHINE


def _find_zone_in_id(provider_id: str, provider: str) -> Said | None:
    pattern = _ID_ZONES.get(provider)
    match = pattern.fullmatch(provider_id) if pattern is not None else None
    return Said(match[1], _PROVIDER_ID) if match is not None else None


def _find_region_of_zone(zone: Said | None, provider: str) -> Said | None:
    pattern = {"aws": _AWS_ZONE, "gcp": _GCP_ZONE}.get(provider)
    match = pattern.fullmatch(zone.value) if pattern is not None and zone is not None else None
    return Said(match[1], f"zone by {zone.by}") if match is not None and zone is not None else None


def _find_type(provider: str, labels: Mapping[str, str]) -> Said | None:
    """The machine; what k3s and its kin write into the label is their own name.

    A machine of Google's N1 series with GPUs that were attached to it is none of its type: they cost more than it does,
    and its type does not name them.
    """
    found = _find_label(labels, TYPE_LABELS)
    if found is None or found.value in LOCAL_TYPES:
        return None
    is_more = provider == "gcp" and found.value.startswith("n1-") and labels.get(ACCELERATOR_LABEL)
    return None if is_more else found


def _find_capacity_type(provider: str, labels: Mapping[str, str], declared: CapacityLabels) -> Said | None:
    if said := find_statements(labels, declared):
        # One that is called both has neither price: as spot it would be too cheap to move to, as on demand to leave.
        return next(iter(said.values())) if len(said) == 1 else None
    return _find_unmarked(provider, labels)


def find_statements(labels: Mapping[str, str], declared: CapacityLabels) -> Mapping[CapacityType, Said]:
    """Return how labels say that a node was bought, and which of them; both where they disagree.

    What a person declares stands beside what clouds and provisioners write, and wins over no more than a guess.
    """
    of_person = {found: Said(found.value, name) for found, name in declared.find(labels).items()}
    return {**of_person, **_find_known(labels)} or _guess_capacity_type(labels)


def _find_known(labels: Mapping[str, str]) -> Mapping[CapacityType, Said]:
    if labels.get(FALLBACK_LABEL, "").lower() == "true":
        return {CapacityType.ON_DEMAND: Said(CapacityType.ON_DEMAND.value, FALLBACK_LABEL)}
    return {
        CAPACITY_LABELS[entry]: Said(CAPACITY_LABELS[entry].value, name)
        for name, value in sorted(labels.items(), reverse=True)
        if (entry := (name.lower(), value.lower())) in CAPACITY_LABELS
    }


def _guess_capacity_type(labels: Mapping[str, str]) -> Mapping[CapacityType, Said]:
    """What the words of labels mean that somebody has made up: `node-role.kubernetes.io/spot-worker: "true"`."""
    texts = [(name, _find_words(name, value.lower())) for name, value in sorted(labels.items(), reverse=True)]
    return {
        capacity_type: Said(capacity_type.value, name)
        for capacity_type, pattern in CAPACITY_WORDS
        for name, words in texts
        if words is not None and pattern.fullmatch(words) and not OTHER_WORDS.intersection(split_words(words))
    }


def _find_words(name: str, value: str) -> str | None:
    """Return where the words stand: in the name of a label that is set, or in the value of one about how to buy."""
    own_name = name.rpartition("/")[2].lower()
    if value in SET_VALUES:
        return own_name
    return value if CAPACITY_NAMES.search(own_name) else None


def _find_unmarked(provider: str, labels: Mapping[str, str]) -> Said | None:
    """On demand, where the cloud itself marks each node that is not."""
    if provider == "gcp" or (
        provider == "azure" and any("kubernetes.azure.com/" in label for label in labels)
    ):
        return Said(CapacityType.ON_DEMAND.value, f"no label of {provider} says spot")
    return None


def _find_label(labels: Mapping[str, str], names: Sequence[str]) -> Said | None:
    return next((Said(labels[name], name) for name in names if labels.get(name)), None)
