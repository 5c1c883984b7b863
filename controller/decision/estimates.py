"""Quick estimates of moves, in floats: what ranks the targets of a workload and tells which cannot pay. Pure.

An estimate is the exact evaluation's formula without its rounding, so the two differ by less than a thousandth of a
cent. It decides nothing close to a limit: `MARGIN` keeps such moves for the exact evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from controller.clusters.fleet import Cluster, Resources, Workload
from controller.decision.candidates import Site
from controller.decision.costs import compute_node_share, plan_wave_sizes
from controller.decision.egress import EgressRate, sum_tiers
from controller.decision.settings import DecisionSettings
from oracle.quotes import QuoteBoard

#: Moves this close to a limit are left to the exact evaluation: USD, and as a share of the rate.
MARGIN = 0.001


#: A directed way's tiers: (up to GB, None: without end; USD per GB).
_Tiers = tuple[tuple[float | None, float], ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a move would gain in the window, and the same less the probable way back, by which targets are ranked."""

    target: Site
    net_usd: float
    rank_usd: float


class Estimator:
    """Estimates for one board at one moment; remembers what it worked out."""

    def __init__(self, board: QuoteBoard, settings: DecisionSettings, now: float) -> None:
        self._board = board
        self._settings = settings
        self._now = now
        #: (context, requests) -> USD per hour of one replica, or why it is not known.
        self._rates: dict[tuple[str, Resources], float | str] = {}
        #: (source, target context) -> the way's tiers.
        self._ways: dict[tuple[str, str], _Tiers | None] = {}

    def find_price_obstacle(self, site: Site, workload: Workload) -> str | None:
        """Why the cost of a workload at a site is not known; None: it is."""
        rate = self._find_rate(site, workload)
        return rate if isinstance(rate, str) else None

    def estimate(self, source: Site, workload: Workload, target: Site) -> Estimate | str:
        """Estimate a move, or say why it cannot pay or why that is not known."""
        here, there = self._find_rate(source, workload), self._find_rate(target, workload)
        if isinstance(here, str):
            return here
        if isinstance(there, str):
            return there
        replicas = workload.desired_replicas
        if there >= here:
            return (
                f"the target is not cheaper: ${there * replicas * 24:.2f} a day "
                f"against ${here * replicas * 24:.2f} here"
            )
        settings = self._settings
        if (here - there) < here * (float(settings.minimum_savings_share) - MARGIN):
            return f"it saves {(here - there) / here:.1%} of the rate, less than {settings.minimum_savings_share:.1%}"
        egress = self._find_egress(source, workload, target)
        if isinstance(egress, str):
            return egress
        return self._sum_up(target, here * replicas, there * replicas, replicas, *egress)

    def _sum_up(
        self, target: Site, here: float, there: float, replicas: int, egress_usd: float, return_usd: float
    ) -> Estimate | str:
        settings = self._settings
        hours = float(settings.horizon_h)
        savings = (here - there) * hours
        late_h = float(settings.wave_h) * _mean_wave_number(replicas, float(settings.wave_share))
        moving = egress_usd + there * float(settings.wave_h + settings.warm_up_h) + (here - there) * late_h
        net = savings - moving
        if net <= -MARGIN:
            return f"the move costs about ${moving:.2f}, more than the ${savings:.2f} it saves in {hours:g} h"
        if net < float(settings.minimum_net_usd) - MARGIN:
            return f"it gains about ${net:.2f} in {hours:g} h, less than the minimum of ${settings.minimum_net_usd}"
        return Estimate(target, net, net - float(settings.return_probability) * return_usd)

    def _find_rate(self, site: Site, workload: Workload) -> float | str:
        """USD per hour of one replica, or why it is not known."""
        if workload.requests is None:
            return "a container requests no CPU or no memory"
        key = (site.context, workload.requests)
        if key not in self._rates:
            self._rates[key] = self._compute_rate(site, workload.requests)
        return self._rates[key]

    def _compute_rate(self, site: Site, requests: Resources) -> float | str:
        group = site.find_group(requests)
        if group is None:
            return f"{site.context} has no ready node of a known type on which it fits"
        quote = self._board.find_usable(site.context, group.offering, self._now)
        if quote is None:
            return f"there is no current price of {group.offering} for {site.context}"
        share = compute_node_share(requests, group.allocatable)
        return (
            float(quote.usd_per_hour * share)
            if share is not None
            else f"the nodes of {site.context} have no size"
        )

    def _find_egress(self, source: Site, workload: Workload, target: Site) -> tuple[float, float] | str:
        """USD there and back. An unknown way back counts as the way there, as in the exact ranking."""
        assumed = self._settings.assumed_state_gb
        gb = (
            workload.state_gb
            if workload.state_gb is not None
            else float(assumed)
            if assumed is not None
            else None
        )
        if gb is None:
            return (
                "the size of its state is not declared; annotate the Deployment with sentinelaura.io/state-gb"
            )
        there, back = self._find_way(source, target), self._find_way(target, source)
        if there is None:
            return f"the egress price from {source.context} to {target.context} is not known"
        used = float(self._settings.used_egress_gb)
        usd = sum_tiers(there, gb, used)
        return usd, sum_tiers(back, gb, used) if back is not None else usd

    def _find_way(self, source: Site, target: Site) -> _Tiers | None:
        key = (source.context, target.context)
        if key not in self._ways:
            rate = self._find_egress_rate(source.cluster, target.cluster)
            self._ways[key] = _to_floats(rate) if rate is not None else None
        return self._ways[key]

    def _find_egress_rate(self, here: Cluster, there: Cluster) -> EgressRate | None:
        if here.provider is None or here.region is None or there.provider is None or there.region is None:
            return None
        return self._settings.egress.find_rate(here.provider, here.region, there.provider, there.region)


def _to_floats(rate: EgressRate) -> _Tiers:
    return tuple(
        (float(tier.up_to_gb) if tier.up_to_gb is not None else None, float(tier.usd_per_gb))
        for tier in rate.tiers
    )


@lru_cache(maxsize=1024)
def _mean_wave_number(replicas: int, wave_share: float) -> float:
    """The number of the wave in which a pod moves, averaged over all pods."""
    sizes = plan_wave_sizes(replicas, Decimal(repr(wave_share)))
    return sum(number * size for number, size in enumerate(sizes, start=1)) / replicas if replicas else 0.0
