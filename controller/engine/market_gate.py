"""What a running migration asks before each wave: may it go on, and what do both sides cost right now?

Answers from memory, from the fleet picture and the facts as they are at that moment, by the rules that belong to a wave
(`decision/rules.py`, at the moment `WAVE`).
"""

from __future__ import annotations

from controller.clusters.fleet import FleetPicture, Workload, WorkloadKey
from controller.clusters.region_manager import RegionManager
from controller.decision.candidates import Candidate, price_candidate
from controller.decision.facts import Facts
from controller.decision.questions import name_unarmed
from controller.decision.rule import Moment
from controller.decision.rules import judge_move
from controller.decision.sites import describe_site
from controller.engine.fact_collector import FactCollector
from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.reasons import Code
from oracle.foundation.reason import Reason


class MarketGate:
    """The gate of the migration controller; belongs to the engine's loop."""

    def __init__(self, regions: RegionManager, facts: FactCollector) -> None:
        self._regions = regions
        self._facts = facts

    def find_reason(self, workload: WorkloadKey, target: str) -> Reason | None:
        """Return which rule is against going on now; None: none is."""
        facts = self._facts.collect()
        candidate = self._find_candidate(workload, target, facts)
        if candidate is None:
            return name_unarmed(workload.context, target, facts) or Code.NO_WORKLOAD.because(
                workload=str(workload)
            )
        refused = judge_move(candidate, facts, Moment.WAVE)
        return refused[1] if refused is not None else None

    def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates | Unpriced:
        """Return what one replica costs per hour on each side, or why nothing may rest on that now."""
        facts = self._facts.collect()
        candidate = self._find_candidate(workload, target, facts)
        if candidate is None:
            return Unpriced()
        refused = judge_move(candidate, facts, Moment.RATES)
        if refused is not None:
            return Unpriced(refused[1])
        here, there = candidate.here, candidate.there
        if (
            here.quote is None
            or there.quote is None
            or here.usd_per_hour is None
            or there.usd_per_hour is None
        ):
            return Unpriced()
        deadline = min(here.quote.deadline, there.quote.deadline)
        return MoveRates(here.usd_per_hour, there.usd_per_hour, deadline)

    def _find_candidate(self, workload: WorkloadKey, target: str, facts: Facts) -> Candidate | None:
        picture = self._regions.picture()
        source_cluster, target_cluster = picture.clusters.get(workload.context), picture.clusters.get(target)
        found = _find_on_either_side(picture, workload, target)
        if source_cluster is None or target_cluster is None or found is None:
            return None
        return price_candidate(describe_site(source_cluster), found, describe_site(target_cluster), facts)


def _find_on_either_side(picture: FleetPicture, key: WorkloadKey, target: str) -> Workload | None:
    """The source's Deployment, or its copy where the source's is out of sight."""
    for context in (key.context, target):
        cluster = picture.clusters.get(context)
        found = cluster.find_workload(key.namespace, key.name) if cluster is not None else None
        if found is not None:
            return found
    return None
