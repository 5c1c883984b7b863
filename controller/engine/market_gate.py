"""What a running migration asks before each wave: may it go on, and what do both sides cost right now?

Answers from memory, from the fleet picture and the facts as they are at that moment, by the rules that belong to a wave
(`decision/rules.py`, at the moment `WAVE`).
"""

from __future__ import annotations

from controller.clusters.fleet import FleetPicture, Workload, WorkloadKey
from controller.clusters.region_manager import RegionManager
from controller.contract.dry_run import DryRun
from controller.decision.candidates import Candidate, price_candidate
from controller.decision.facts import Facts
from controller.decision.questions import name_unarmed
from controller.decision.rule import Moment
from controller.decision.rules import judge_move
from controller.decision.sites import describe_site
from controller.engine.fact_collector import FactCollector
from controller.migration.protocol.gate import NO_SUPPLY, MoveRates, Supply, Unpriced
from controller.reasons import Code
from oracle.foundation.reason import Reason


class MarketGate:
    """The gate of the migration controller; belongs to the engine's loop."""

    def __init__(self, regions: RegionManager, facts: FactCollector) -> None:
        self._regions = regions
        self._facts = facts

    def find_reason(self, dry_run: DryRun) -> Reason | None:
        """Return which rule is against going on now; None: none is."""
        workload, target = dry_run.workload, dry_run.target
        facts = self._facts.collect(workload, target)
        candidate = self._find_candidate(workload, target, facts, dry_run.way_back_of)
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
        if here.deadline is None or there.deadline is None:
            return Unpriced()
        if here.usd_per_hour is None or there.usd_per_hour is None:
            return Unpriced()
        return MoveRates(here.usd_per_hour, there.usd_per_hour, min(here.deadline, there.deadline))

    def find_supply(self, target: str) -> Supply:
        """Return what a target would buy for pods that find no room."""
        cluster = self._regions.picture().clusters.get(target)
        if cluster is None or not cluster.purchases:
            return NO_SUPPLY
        machines = tuple(node.terms for node in cluster.purchases if node.terms is not None)
        return Supply(machines, self._facts.collect().settings.purchase_s)

    def _find_candidate(
        self, workload: WorkloadKey, target: str, facts: Facts, way_back_of: str | None = None
    ) -> Candidate | None:
        picture = self._regions.picture()
        source_cluster, target_cluster = picture.clusters.get(workload.context), picture.clusters.get(target)
        found = _find_on_either_side(picture, workload, target)
        if source_cluster is None or target_cluster is None or found is None:
            return None
        source, target_site = describe_site(source_cluster), describe_site(target_cluster)
        return price_candidate(source, found, target_site, facts, way_back_of)


def _find_on_either_side(picture: FleetPicture, key: WorkloadKey, target: str) -> Workload | None:
    """The source's Deployment, or its copy where the source's is out of sight."""
    for context in (key.context, target):
        cluster = picture.clusters.get(context)
        found = cluster.find_workload(key.namespace, key.name) if cluster is not None else None
        if found is not None:
            return found
    return None
