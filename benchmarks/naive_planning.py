"""The obvious planner: every workload with every target, one after the other, exactly. For `benchmarks.planning`.

Written without the program's formula, rules, columns or classes, so that it can also tell whether they are right: the
tests of the planner hold both together. It knows a healthy fleet that has moved nothing yet, and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from controller.clusters.fleet import Cluster, FleetPicture, Node, Resources, Workload, WorkloadKey
from controller.decision.settings import DecisionSettings
from oracle.quotes import QuoteBoard


@dataclass(frozen=True, slots=True)
class NaivePlan:
    """workload -> its best target; (workload, target) -> the code of why it is not offered there."""

    targets: Mapping[WorkloadKey, str]
    codes: Mapping[tuple[WorkloadKey, str], str]


def plan_naively(
    picture: FleetPicture, board: QuoteBoard, settings: DecisionSettings, now: float, every: int = 1
) -> NaivePlan:
    """Plan every workload, or `every`-th of each cluster."""
    targets: dict[WorkloadKey, str] = {}
    codes: dict[tuple[WorkloadKey, str], str] = {}
    for source in picture.clusters.values():
        for workload in source.workloads[::every]:
            best: tuple[Decimal, str] | None = None
            for context in sorted(picture.clusters):
                answer = judge_naively(source, workload, picture.clusters[context], board, settings, now)
                if isinstance(answer, str):
                    codes[workload.key, context] = answer
                elif best is None or answer > best[0]:
                    best = (answer, context)
            if best is not None:
                targets[workload.key] = best[1]
    return NaivePlan(targets, codes)


def judge_naively(
    source: Cluster,
    workload: Workload,
    target: Cluster,
    board: QuoteBoard,
    settings: DecisionSettings,
    now: float,
) -> Decimal | str:
    """What the move is worth with the way back considered, USD, or the code of why it is not offered."""
    if source.context == target.context:
        return "same_cluster"
    namesake = target.find_workload(workload.key.namespace, workload.key.name)
    if namesake is not None and namesake.outline != workload.outline:
        return "templates_differ"
    if namesake is not None and (namesake.available_replicas or 0) < namesake.desired_replicas:
        return "namesake_unfit"
    # The pods that start there are those of the Deployment that is there.
    coming = (
        workload if namesake is None else replace(workload, requests=namesake.requests, terms=namesake.terms)
    )
    rooms = [_find_room(target, node) for node in target.nodes]
    if sum(_count_places(coming, room) for room in rooms) < workload.desired_replicas:
        return "unschedulable"
    there = _find_rate(target, coming, board, now)
    if there == "no_node_fits":
        return there
    free, requests, replicas = target.free, coming.requests, workload.desired_replicas
    assert free is not None
    assert requests is not None
    usable = 1.0 - settings.headroom_share
    if (
        requests.cpu_cores * replicas
        > min(free.cpu_cores, sum(room["cpu"] for room in rooms) / 1000) * usable
    ):
        return "no_room"
    if (
        requests.memory_gib * replicas
        > min(free.memory_gib, sum(room["memory"] for room in rooms) / 2**30) * usable
    ):
        return "no_room"
    if isinstance(there, str):
        return there
    here = _find_rate(source, workload, board, now)
    assert not isinstance(here, str), "the naive planner is given healthy workloads"
    if there >= here:
        return "not_cheaper"
    return _weigh(source, workload, target, here, there, settings)


def _weigh(
    source: Cluster,
    workload: Workload,
    target: Cluster,
    here: Decimal,
    there: Decimal,
    settings: DecisionSettings,
) -> Decimal | str:
    replicas, gb = workload.desired_replicas, Decimal(repr(workload.state_gb))
    egress_usd = _send(source, target, gb, settings)
    back_usd = _send(target, source, gb, settings)
    savings_usd = (here - there) * replicas * settings.horizon_h
    costs_usd = egress_usd + there * replicas * settings.warm_up_h
    moved, wave = 0, 0
    step = max(1, math.ceil(settings.wave_share * replicas))
    waves = max(1, min(math.ceil((replicas - 1) / step), (replicas - 1) // settings.wave_replicas))
    while moved < replicas:
        pods = 1 if wave == 0 else math.ceil((replicas - moved) / (waves - wave + 1))
        moved, wave = moved + pods, wave + 1
        costs_usd += pods * (there * settings.wave_h + wave * settings.wave_h * (here - there))
    net_usd = savings_usd - costs_usd
    if net_usd <= 0:
        return "costs_more"
    if here - there < here * settings.minimum_savings_share:
        return "share_too_small"
    if net_usd < settings.minimum_net_usd:
        return "gain_too_small"
    return net_usd - settings.return_probability * back_usd


def _send(source: Cluster, target: Cluster, gb: Decimal, settings: DecisionSettings) -> Decimal:
    assert source.provider is not None
    assert source.region is not None
    assert target.provider is not None
    assert target.region is not None
    rate = settings.egress.find_rate(source.provider, source.region, target.provider, target.region)
    assert rate is not None
    return rate.compute_usd(gb, rate.find_used_gb({}))


def _find_room(cluster: Cluster, node: Node) -> dict[str, int]:
    """What the pods on a node leave of it."""
    assert node.terms is not None
    assert cluster.crowds is not None
    room = dict(node.terms.allocatable)
    for shape, count in cluster.crowds.get(node.name, ()):
        for resource, amount in shape.requests:
            room[resource] -= amount * count
    return room


def _count_places(workload: Workload, room: dict[str, int]) -> int:
    """How many replicas a node holds: one, where they keep one another away."""
    shape = workload.terms.shape
    places = [room[resource] // amount for resource, amount in shape.requests]
    return min([*places, 1 if shape.anti_affinity else workload.desired_replicas])


def _find_rate(cluster: Cluster, workload: Workload, board: QuoteBoard, now: float) -> Decimal | str:
    """USD per hour of one replica on the first kind of node on which it fits; every cluster here has one kind."""
    requests = workload.requests
    assert requests is not None
    size: Resources = cluster.nodes[0].allocatable
    offering = cluster.nodes[0].offering
    assert offering is not None
    if not requests.fits_in(size):
        return "no_node_fits"
    quote = board.find_usable(cluster.context, offering, now)
    if quote is None:
        return "price_unknown"
    cpu = Decimal(repr(requests.cpu_cores)) / Decimal(repr(size.cpu_cores))
    memory = Decimal(repr(requests.memory_gib)) / Decimal(repr(size.memory_gib))
    return (quote.usd_per_hour * max(cpu, memory)).quantize(Decimal("1e-11"))
