"""Small fleets and price boards for the decision tests; every value can be overridden by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from msgspec import structs

from controller.clusters.arming import Arming, ArmingTerms
from controller.clusters.fleet import (
    Cluster,
    FleetPicture,
    Health,
    Node,
    Purchase,
    Resources,
    WatchedKind,
    Workload,
    WorkloadKey,
)
from controller.contract.egress import EgressKind, EgressUnit, PriceSource, Trust
from controller.decision.egress import EgressRate
from controller.decision.egress_file import load_egress_table
from controller.decision.egress_rules import EgressTable
from controller.decision.facts import Facts
from controller.decision.settings import DecisionSettings
from controller.scheduling.nodes import NodeKind, NodeTerms, Taint
from oracle.market import CapacityType, Offering
from oracle.quotes import PriceMode, Quote, QuoteBoard

NOW = 1_000_000.0
CHECKOUT = WorkloadKey("tokyo", "shop", "checkout")
#: Its namesake in another cluster, and what a pod template says that is not the workload's.
THERE = WorkloadKey("virginia", "shop", "checkout")
OTHER_OUTLINE = (("container web image", "shop/checkout:8"),)
EGRESS: EgressTable = load_egress_table()
#: Single replicas, so that the few of these worlds move in more than two waves.
SETTINGS = DecisionSettings(egress=EGRESS, wave_replicas=1)

#: context -> its region.
REGIONS = {
    "tokyo": ("aws", "ap-northeast-1"),
    "virginia": ("aws", "us-east-1"),
    "oregon": ("aws", "us-west-2"),
    "iowa": ("gcp", "us-central1"),
}
GPU = "nvidia.com/gpu"
#: Asks for half of the GPUs of a node.
TRAINER = Resources(1.0, 2.0, ((GPU, 4.0),))
NODE_SIZE = Resources(4.0, 16.0)
#: Has room for whatever there is, so that a test is about one kind of room.
AMPLE = NodeTerms("ample", NodeKind(), (("cpu", 10**12), ("memory", 10**18), ("pods", 10**9)))
#: In GB: AWS and Google charge for each GiB, so that what this much costs is a price of their lists.
ONE_GIB = 1.073741824


def make_offering(context: str, instance_type: str = "m5.xlarge") -> Offering:
    provider, region = REGIONS[context]
    return Offering(provider, region, instance_type, CapacityType.SPOT)


def make_workload(key: WorkloadKey = CHECKOUT, **changes: Any) -> Workload:
    workload = Workload(
        key=key,
        uid=f"uid-{key.name}",
        desired_replicas=4,
        ready_replicas=4,
        available_replicas=4,
        requests=Resources(1.0, 2.0),
        state_gb=ONE_GIB,
        template_hash="template",
    )
    return replace(workload, **changes)


def make_cluster(context: str, *workloads: Workload, **changes: Any) -> Cluster:
    provider, region = REGIONS[context]
    nodes = tuple(
        Node(f"{context}-{n}", make_offering(context), None, NODE_SIZE, True, True, "amd64", terms=AMPLE)
        for n in range(4)
    )
    cluster = Cluster(
        context=context,
        health=Health.REACHABLE,
        uid=f"uid-{context}",
        provider=provider,
        region=region,
        nodes=nodes,
        workloads=workloads,
        free=Resources(12.0, 48.0),
        crowds={},
        read_at=dict.fromkeys(WatchedKind, NOW),
        is_complete=True,
    )
    return replace(cluster, **changes)


def tainted(nodes: tuple[Node, ...], *taints: Taint) -> tuple[Node, ...]:
    """The same nodes with taints; without any, with one that nobody tolerates."""
    kind = NodeKind(taints=taints or (Taint("dedicated", "others"),))
    return tuple(replace(node, terms=replace(AMPLE, kind=kind)) for node in nodes)


def buying(count: int = 4, *, is_sure: bool = True, **size: Any) -> dict[str, Any]:
    """Of a cluster in Virginia that is full: it would buy so many machines, of the size of its nodes but for `size`."""
    bought = Node(
        "default/1",
        make_offering("virginia"),
        None,
        replace(NODE_SIZE, **size),
        True,
        True,
        "amd64",
        terms=AMPLE,
    )
    purchases = (replace(bought, purchase=Purchase("default", is_sure=is_sure)),) * count
    room = bought.allocatable * float(count)
    return {"free": Resources(0.0, 0.0), "purchases": purchases, "purchase_room": room}


ON_DEMAND = replace(make_offering("tokyo"), capacity_type=CapacityType.ON_DEMAND)


def make_mixed_cluster(*workloads: Workload, **changes: Any) -> Cluster:
    """Tokyo, where most nodes are on demand, the others spot, and one is none that anybody knows."""
    spot = make_cluster("tokyo").nodes[:3]
    others = [replace(spot[0], name=f"other-{n}", offering=ON_DEMAND) for n in range(4)]
    strange = replace(spot[0], name="strange", offering=None)
    return make_cluster("tokyo", *workloads, **{"nodes": (*spot, *others, strange), **changes})


def with_gpus(context: str, count: float = 8.0, free: float = 32.0) -> Cluster:
    """An empty cluster of four nodes with so many GPUs each."""
    cluster = make_cluster(context)
    size = Resources(4.0, 16.0, ((GPU, count),) if count else ())
    nodes = tuple(replace(node, allocatable=size) for node in cluster.nodes)
    room = Resources(12.0, 48.0, ((GPU, free),) if free else ())
    return replace(cluster, nodes=nodes, free=room)


def make_rate(*tiers: tuple[str | None, str], unit: EgressUnit = EgressUnit.GB) -> EgressRate:
    """A price over the internet in tiers of (up to, None: without end; USD)."""
    listed = [(None if up_to is None else Decimal(up_to), Decimal(usd)) for up_to, usd in tiers]
    return EgressRate.of_list(
        listed, EgressKind.INTERNET, PriceSource("a list", "2026", Trust.PUBLISHED), unit
    )


def make_picture(*clusters: Cluster) -> FleetPicture:
    return FleetPicture({cluster.context: cluster for cluster in clusters}, NOW)


def make_quote(context: str, usd_per_hour: str, **changes: Any) -> Quote:
    quote = Quote(
        context, make_offering(context), Decimal(usd_per_hour), NOW, NOW, NOW + 180.0, "test", PriceMode.LIVE
    )
    return structs.replace(quote, **changes)


def make_board(**prices: str) -> QuoteBoard:
    """A fresh board: context=price of a node, USD per hour."""
    quotes = [make_quote(context, price) for context, price in prices.items()]
    return QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})


def arm(*contexts: str, **terms: Any) -> dict[str, Arming]:
    """Contexts that may be changed, on these terms."""
    return {context: Arming(context, f"uid-{context}", ArmingTerms(**terms)) for context in contexts}


def make_facts(board: QuoteBoard, settings: DecisionSettings = SETTINGS, **changes: Any) -> Facts:
    """What a judgement rests on at `NOW`; both regions are armed."""
    facts = Facts(board, settings, NOW, armed=arm(*REGIONS))
    return replace(facts, **changes)


def two_regions(**changes: Any) -> FleetPicture:
    """Checkout in Tokyo, and an empty Virginia; `changes` are the workload's."""
    return make_picture(make_cluster("tokyo", make_workload(**changes)), make_cluster("virginia"))
