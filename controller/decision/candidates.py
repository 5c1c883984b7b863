"""One move that could be made, with its exact prices and its bill. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from controller.clusters.fleet import Workload
from controller.decision.egress import EgressRate
from controller.decision.facts import Facts
from controller.decision.pricing import Bill, assume, price_move, rank_move
from controller.decision.settings import DecisionSettings, EgressPrices
from controller.decision.sites import NodePrice, Site, price_replica
from controller.decision.waves import count_pod_waves, plan_wave_sizes


@dataclass(frozen=True, slots=True)
class Transfer:
    """The route of the state; None where the volume or the route's price is not known."""

    gb: Decimal | None
    rate: EgressRate | None
    usd: Decimal | None
    return_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workload at its source, a target, and what the move would cost; `bill` is None where a price is not known."""

    source: Site
    workload: Workload
    target: Site
    here: NodePrice
    there: NodePrice
    wave_sizes: tuple[int, ...]
    transfer: Transfer
    bill: Bill[Decimal] | None

    @property
    def replicas(self) -> int:
        """How many replicas would move."""
        return self.workload.desired_replicas


def price_candidate(source: Site, workload: Workload, target: Site, facts: Facts) -> Candidate:
    """Price one move exactly."""
    settings = facts.settings
    here = price_replica(source, workload.requests, facts.board, facts.now)
    there = price_replica(target, workload.requests, facts.board, facts.now)
    waves = plan_wave_sizes(workload.desired_replicas, settings.wave_share)
    transfer = _price_transfer(source, workload, target, settings)
    bill = None
    if here.usd_per_hour is not None and there.usd_per_hour is not None:
        bill = price_move(
            here.usd_per_hour,
            there.usd_per_hour,
            Decimal(workload.desired_replicas),
            Decimal(count_pod_waves(waves)),
            transfer.usd if transfer.usd is not None else Decimal(0),
            assume(settings),
        )
    return Candidate(source, workload, target, here, there, waves, transfer, bill)


def rank_candidate(candidate: Candidate, settings: DecisionSettings) -> Decimal | None:
    """What the move is worth with the probable way back, USD; None where a number is unknown.

    A route back whose price is not known counts as the route there.
    """
    bill, transfer = candidate.bill, candidate.transfer
    if bill is None or transfer.usd is None:
        return None
    back = transfer.return_usd if transfer.return_usd is not None else transfer.usd
    return rank_move(bill.net_usd, back, assume(settings))


def find_state_gb(workload: Workload, settings: DecisionSettings) -> Decimal | None:
    """The state that travels, GB: declared or assumed; None where it is neither."""
    return Decimal(repr(workload.state_gb)) if workload.state_gb is not None else settings.assumed_state_gb


def find_route(egress: EgressPrices, source: Site, target: Site) -> EgressRate | None:
    """The egress price from one site to another; None where a place or the route is not known."""
    here, there = source.cluster, target.cluster
    if here.provider is None or here.region is None or there.provider is None or there.region is None:
        return None
    return egress.find_rate(here.provider, here.region, there.provider, there.region)


def _price_transfer(source: Site, workload: Workload, target: Site, settings: DecisionSettings) -> Transfer:
    gb, route = find_state_gb(workload, settings), find_route(settings.egress, source, target)
    if gb is None or route is None:
        return Transfer(gb, route, None, None)
    back = find_route(settings.egress, target, source)
    return Transfer(
        gb,
        route,
        route.compute_usd(gb, settings.used_egress_gb),
        back.compute_usd(gb, settings.used_egress_gb) if back is not None else None,
    )
