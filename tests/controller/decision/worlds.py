"""Small fleets and price boards for the decision tests; every value can be overridden by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from controller.clusters.fleet import Cluster, FleetPicture, Health, Node, Resources, Workload, WorkloadKey
from controller.decision.egress import EgressTable
from controller.decision.egress_file import load_egress_table
from controller.decision.settings import DecisionSettings
from oracle.market import CapacityType, Offering
from oracle.quotes import PriceMode, Quote, QuoteBoard

NOW = 1_000_000.0
CHECKOUT = WorkloadKey("tokyo", "shop", "checkout")
EGRESS: EgressTable = load_egress_table()
SETTINGS = DecisionSettings(egress=EGRESS)

#: context -> its region.
REGIONS = {
    "tokyo": ("aws", "ap-northeast-1"),
    "virginia": ("aws", "us-east-1"),
    "oregon": ("aws", "us-west-2"),
    "iowa": ("gcp", "us-central1"),
}
NODE_SIZE = Resources(4.0, 16.0)


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
        state_gb=1.0,
        template_hash="template",
    )
    return replace(workload, **changes)


def make_cluster(context: str, *workloads: Workload, **changes: Any) -> Cluster:
    provider, region = REGIONS[context]
    nodes = tuple(
        Node(f"{context}-{n}", make_offering(context), None, NODE_SIZE, True, True, "amd64") for n in range(4)
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
        observed_at=NOW,
        is_complete=True,
    )
    return replace(cluster, **changes)


def make_picture(*clusters: Cluster) -> FleetPicture:
    return FleetPicture({cluster.context: cluster for cluster in clusters}, NOW)


def make_quote(context: str, usd_per_hour: str, **changes: Any) -> Quote:
    quote = Quote(
        context, make_offering(context), Decimal(usd_per_hour), NOW, NOW, NOW + 180.0, "test", PriceMode.LIVE
    )
    return replace(quote, **changes)


def make_board(**prices: str) -> QuoteBoard:
    """A fresh board: context=price of a node, USD per hour."""
    quotes = [make_quote(context, price) for context, price in prices.items()]
    return QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})


def two_regions(**changes: Any) -> FleetPicture:
    """Checkout in Tokyo, and an empty Virginia; `changes` are the workload's."""
    return make_picture(make_cluster("tokyo", make_workload(**changes)), make_cluster("virginia"))
