"""What the demo's fleet consists of: fifteen clusters of three clouds and what runs on them. Pure.

A function of a seed. Figures of instance types are the vendors' (8 vCPU, 32 GiB each); what a node can really give
away is less, after the usual reservations of the managed offerings.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AKS_SPOT_TAINT: Mapping[str, str] = MappingProxyType(
    {"key": "kubernetes.azure.com/scalesetpriority", "value": "spot", "effect": "NoSchedule"}
)
"""On each node of a spot pool; AKS adds it by itself."""

STATE_ANNOTATION = "sentinelaura.io/state-gb"
"""Declared state of one workload, GB (10^9 bytes), that a migration has to carry."""


@dataclass(frozen=True, slots=True)
class WorkloadPlan:
    """One Deployment and how much it asks for."""

    namespace: str
    name: str
    replicas: int
    cpu: str
    memory: str
    image: str
    state_gb: str
    """Decimal text; the whole workload's, not one pod's."""
    disruption_budget: bool = False
    """Whether a PodDisruptionBudget keeps all but a quarter of the replicas."""
    tolerates_spot: bool = True
    """Whether its pods bear the taint of AKS's spot pools, as those do that are run on spot nodes of several clouds."""


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """One cluster: a kubeconfig context, a region, a pool of equal spot nodes and its workloads."""

    context: str
    provider: str
    region: str
    zones: tuple[str, ...]
    instance_type: str
    node_count: int
    workloads: tuple[WorkloadPlan, ...] = ()
    node_cpu: str = "7910m"
    """Allocatable of one node, out of 8 vCPU."""
    node_memory: str = "29Gi"
    """Allocatable of one node, out of 32 GiB."""
    node_pods: int = 58
    buys: int = 0
    """Machines of its type that a NodePool may buy for pods that find no room, beside its nodes."""
    purchase_s: float = 60.0
    """From a pod without a node to a new node that is Ready; endless: the cloud has none."""
    namespaces: tuple[str, ...] = ()
    """Namespaces beside those of its own workloads: whoever runs the same things everywhere has them everywhere."""


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """All clusters of a fleet; `reclaim_mean_days` is how long a spot node lives on average, None for ever."""

    clusters: tuple[ClusterPlan, ...]
    reclaim_mean_days: float | None = 12.0
    """Per node. With some 140 nodes about one reclaim in two hours: rare, but seen in a long demo."""
    server_version: str = "v1.36.3"
    """What /version says."""


INSTANCE_TYPES: Mapping[str, str] = MappingProxyType(
    {"aws": "m5.2xlarge", "gcp": "n2-standard-8", "azure": "Standard_D8s_v5"}
)
"""Provider → the instance type of all its nodes."""

DEMO_REGIONS: tuple[tuple[str, str], ...] = (
    ("aws", "us-east-1"), ("aws", "us-west-2"), ("aws", "eu-west-1"), ("aws", "ap-northeast-1"),
    ("aws", "af-south-1"), ("aws", "sa-east-1"),
    ("gcp", "us-central1"), ("gcp", "europe-west1"), ("gcp", "asia-southeast1"), ("gcp", "southamerica-east1"),
    ("gcp", "northamerica-northeast2"),
    ("azure", "westeurope"), ("azure", "eastus"), ("azure", "australiaeast"), ("azure", "southafricanorth"),
)  # fmt: skip
"""(provider, region): six continents, several regions that are usually dear and some that are usually cheap."""

_CHECKOUT = WorkloadPlan(
    "shop", "checkout", 12, "500m", "768Mi", "registry.example/shop/checkout:4.12.1", "2", True
)
_CATALOGUE = WorkloadPlan(
    "shop", "catalogue", 6, "250m", "512Mi", "registry.example/shop/catalogue:2.8.0", "6"
)
_TRANSCODER = WorkloadPlan(
    "media", "transcoder", 24, "1500m", "2Gi", "registry.example/media/transcoder:7.1.3", "40"
)
_THUMBNAILS = WorkloadPlan(
    "media", "thumbnails", 10, "500m", "512Mi", "registry.example/media/thumbnails:1.30.2", "1"
)
_EMBEDDINGS = WorkloadPlan("ml", "embeddings", 8, "3", "8Gi", "registry.example/ml/embeddings:0.19.4", "25")
_RANKING = WorkloadPlan("ml", "ranking", 5, "2", "6Gi", "registry.example/ml/ranking:3.3.0", "18", True)
_INGEST = WorkloadPlan(
    "telemetry", "ingest", 9, "750m", "1Gi", "registry.example/telemetry/ingest:5.6.0", "120"
)
_REPORTS = WorkloadPlan(
    "billing",
    "reports",
    3,
    "500m",
    "1Gi",
    "registry.example/billing/reports:1.9.8",
    "0.5",
    True,
    tolerates_spot=False,
)

_DEMO_WORKLOADS: Mapping[tuple[str, str], tuple[WorkloadPlan, ...]] = MappingProxyType({
    ("aws", "us-east-1"): (_CHECKOUT, _REPORTS),
    ("aws", "ap-northeast-1"): (_TRANSCODER,),
    ("aws", "sa-east-1"): (_THUMBNAILS,),
    ("gcp", "asia-southeast1"): (_EMBEDDINGS,),
    ("gcp", "southamerica-east1"): (_CATALOGUE, _RANKING),
    ("gcp", "europe-west1"): (_CHECKOUT,),
    ("azure", "australiaeast"): (_INGEST,),
    ("azure", "westeurope"): (_CATALOGUE,),
})  # fmt: skip
"""(provider, region) → what runs there at the beginning; every other cluster is empty."""

_ZONE_SUFFIXES = {"aws": ("a", "b", "c"), "gcp": ("-a", "-b", "-c"), "azure": ("-1", "-2", "-3")}


_NODE_COUNTS = (8, 11)
"""Bounds of the nodes of one cluster: room for its own workloads and for one more from elsewhere."""


def plan_demo_fleet(seed: int) -> FleetPlan:
    """The demo's fleet; the same seed gives the same fleet."""
    chance = random.Random(f"fleet/{seed}")
    namespaces = sorted({one.namespace for workloads in _DEMO_WORKLOADS.values() for one in workloads})
    clusters = []
    for provider, region in DEMO_REGIONS:
        clusters.append(
            ClusterPlan(
                context=f"{provider}-{region}",
                provider=provider,
                region=region,
                zones=tuple(region + suffix for suffix in _ZONE_SUFFIXES[provider]),
                instance_type=INSTANCE_TYPES[provider],
                node_count=chance.randint(*_NODE_COUNTS),
                workloads=_DEMO_WORKLOADS.get((provider, region), ()),
                namespaces=tuple(namespaces),
            )
        )
    return FleetPlan(tuple(clusters))
