"""One move that could be made, with its exact prices and its bill. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from controller.clusters.fleet import Workload
from controller.clusters.known_by import KnownBy
from controller.clusters.namesakes import is_shift
from controller.contract.egress import EgressCharge
from controller.decision.egress import EgressRate
from controller.decision.facts import Facts
from controller.decision.pricing import Bill, assume, price_move, rank_move
from controller.decision.settings import DecisionSettings, EgressPrices
from controller.decision.sites import NodePrice, Site, price_coming, price_running
from controller.decision.waves import count_pod_waves, plan_wave_sizes


@dataclass(frozen=True, slots=True)
class Transfer:
    """The route of the state; None where the volume or the route's price is not known."""

    gb: Decimal | None
    rate: EgressRate | None
    usd: Decimal | None
    return_usd: Decimal | None
    #: The volume of this month that has used up tiers of the route's price already, GB.
    used_gb: Decimal = Decimal(0)

    def list_charges(self) -> tuple[EgressCharge, ...]:
        """The route's price line by line; empty where it is not known."""
        return () if self.rate is None or self.gb is None else self.rate.list_charges(self.gb, self.used_gb)


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
    #: See `DryRun`.
    way_back_of: str | None = None
    #: How many replicas stay in the source.
    keeps: int = 0
    #: Whether it takes back a move that copied nothing.
    undoes_shift: bool = False

    @property
    def replicas(self) -> int:
        """How many replicas would move."""
        return max(0, self.workload.desired_replicas - self.keeps)

    @property
    def namesake(self) -> Workload | None:
        """The Deployment that the target has under its name."""
        return find_namesake(self.workload, self.target)

    @property
    def is_shift(self) -> bool:
        """Whether nothing is copied, because the target's Deployment keeps its own pod template.

        One that a shift has brought down to 0 replicas is no copy of what comes back to it.
        """
        there = self.namesake
        return is_shift(self.workload, there) or (self.undoes_shift and there is not None)

    @property
    def coming(self) -> Workload:
        """Whose pods come to the target."""
        return find_coming(self.workload, self.target)


def find_namesake(workload: Workload, target: Site) -> Workload | None:
    """The Deployment that a target has under a workload's name; None: it has none."""
    return target.workloads.get((workload.key.namespace, workload.key.name))


def find_coming(workload: Workload, target: Site) -> Workload:
    """Whose pods a move starts in a target: those of the Deployment that is there already, or those that come along."""
    return find_namesake(workload, target) or workload


def count_staying(workload: Workload, settings: DecisionSettings) -> int:
    """How many replicas stay where they are: declared, or as the settings have it."""
    declared = workload.minimum_replicas
    return settings.minimum_replicas if declared is None else declared


def price_candidate(
    source: Site, workload: Workload, target: Site, facts: Facts, way_back_of: str | None = None
) -> Candidate:
    """Price one move exactly."""
    settings = facts.settings
    coming, market = find_coming(workload, target), (facts.board, facts.now, settings.lost_h)
    here = price_home(source, workload, facts)
    there = price_coming(target, coming.requests, *market, coming.terms)
    way_back = facts.find_way_back(workload.key, target.context, way_back_of)
    keeps = max(count_staying(workload, settings), 0 if way_back is None else way_back.keeps)
    replicas = max(0, workload.desired_replicas - keeps)
    waves = plan_wave_sizes(replicas, settings.wave_share, settings.wave_replicas)
    transfer = _price_transfer(source, workload, target, facts)
    bill = None
    if here.usd_per_hour is not None and there.usd_per_hour is not None:
        bill = price_move(
            here.usd_per_hour,
            there.usd_per_hour,
            Decimal(replicas),
            Decimal(count_pod_waves(waves)),
            transfer.usd if transfer.usd is not None else Decimal(0),
            assume(settings),
        )
    undoes_shift = way_back is not None and way_back.undoes_shift
    return Candidate(
        source, workload, target, here, there, waves, transfer, bill, way_back_of, keeps, undoes_shift
    )


def price_home(site: Site, workload: Workload, facts: Facts) -> NodePrice:
    """What one replica costs where the workload runs, by the nodes that its pods are on.

    Those of another cluster are none of the site's: a copy in the target stands in for a source that is out of sight.
    """
    hosts = workload.hosts if workload.key.context == site.context else None
    return price_running(
        site, workload.requests, facts.board, facts.now, facts.settings.lost_h, workload.terms, hosts
    )


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
    """The state that travels, GB: declared, seen in the pod spec or assumed; None where it is none of these."""
    return Decimal(repr(workload.state_gb)) if workload.state_gb is not None else settings.assumed_state_gb


def find_state_known_by(workload: Workload, settings: DecisionSettings) -> KnownBy | None:
    """Who says how much state travels; None where nobody does."""
    is_assumed = workload.state_gb is None and settings.assumed_state_gb is not None
    return KnownBy.SETTING if is_assumed else workload.state_known_by


def find_route(egress: EgressPrices, source: Site, target: Site) -> EgressRate | None:
    """The egress price from one site to another; None where a place or the route is not known."""
    here, there = source.cluster, target.cluster
    if here.provider is None or here.region is None or there.provider is None or there.region is None:
        return None
    return egress.find_rate(here.provider, here.region, there.provider, there.region)


def _price_transfer(source: Site, workload: Workload, target: Site, facts: Facts) -> Transfer:
    settings = facts.settings
    gb, route = find_state_gb(workload, settings), find_route(settings.egress, source, target)
    if gb is None or route is None:
        return Transfer(gb, route, None, None)
    back = find_route(settings.egress, target, source)
    used_gb = route.find_used_gb(facts.sent_gb, facts.month)
    return Transfer(
        gb,
        route,
        route.compute_usd(gb, used_gb),
        back.compute_usd(gb, back.find_used_gb(facts.sent_gb, facts.month)) if back is not None else None,
        used_gb,
    )
