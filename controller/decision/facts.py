"""What a judgement rests on at one moment, besides the clusters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from controller.clusters.arming import Arming
from controller.clusters.fleet import Workload, WorkloadKey
from controller.contract.inventory import INVENTORY_LIFE_S, Inventory
from controller.contract.way_back import WayBack
from controller.decision.budgets import DAY_S, NOTHING_MOVED, BudgetUsage, find_month_end, name_month
from controller.decision.settings import DecisionSettings
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.quotes import QuoteBoard


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """A move that its preflight refused, with the workload as it was then. `reason` is the preflight's own, `at` when
    both clusters last said so.

    It says nothing about a workload that has changed since: another Deployment, another template, other replicas, or
    something else that it accepts. Otherwise it counts for as long as it is remembered, which is until the clusters
    answer otherwise.
    concerns_source: the cause lies where the workload runs, so that a move to any other target would be refused, too.
    """

    workload: Workload
    target: str
    reason: Reason
    at: float
    concerns_source: bool = False

    def rules_out(self, target: str) -> bool:
        """Whether it says something about moves to this target."""
        return self.concerns_source or target == self.target

    def is_about(self, workload: Workload) -> bool:
        """Whether this workload is still what was refused."""
        then = self.workload
        return (then.key, then.uid, then.template_hash, then.desired_replicas, then.accepted) == (
            workload.key, workload.uid, workload.template_hash, workload.desired_replicas, workload.accepted,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """Prices, settings, and what has happened, at wall time `now`.

    armed: context in which something may be changed -> on which terms.
    unarmed: context in which nothing may -> why; where that is not said, nobody has armed it.
    accepts_any_prices: the clusters are simulated, and may be changed on prices that nobody charges.
    ways_back: of the finished moves that history or a Lease knows, the newest last.
    inventories: workload -> what was found to travel, stay and break with it, where somebody has looked and it has not
        changed since.
    sent_gb: provider -> what moves have sent from it over the internet this month, as far as they are known.
    """

    board: QuoteBoard
    settings: DecisionSettings
    now: float
    usage: BudgetUsage = NOTHING_MOVED
    findings: tuple[PreflightFinding, ...] = ()
    armed: Mapping[str, Arming] = field(default_factory=lambda: MappingProxyType({}))
    unarmed: Mapping[str, Code] = field(default_factory=lambda: MappingProxyType({}))
    accepts_any_prices: bool = False
    ways_back: tuple[WayBack, ...] = ()
    sent_gb: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    inventories: Mapping[WorkloadKey, Inventory] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def month(self) -> str:
        """The calendar month of this moment, by whose volume egress is charged."""
        return name_month(self.now)

    def find_way_back(self, workload: WorkloadKey, target: str, migration_id: str | None) -> WayBack | None:
        """The way of a workload to a target, back from a finished move; None: none such is known."""
        return next((way for way in self.ways_back if way.is_of(workload, target, migration_id)), None)

    def find_preflight(self, workload: Workload, target: str) -> PreflightFinding | None:
        """The newest finding against this move that still counts."""
        counting = [f for f in self.findings if f.rules_out(target) and f.is_about(workload)]
        return max(counting, key=lambda finding: finding.at, default=None)

    def find_next_end(self) -> float | None:
        """When the first of these ends by the clock alone, Unix seconds: a rest, the count of a day, an inventory, what
        is armed, the month whose volume was sent. None: none will.
        """
        rest_s = self.settings.budgets.cooldown_s
        moments = (
            *(move.ended_at + rest_s for move in self.usage.moves if move.ended_at is not None),
            *(move.started_at + DAY_S for move in self.usage.moves),
            *(inventory.looked_at + INVENTORY_LIFE_S for inventory in self.inventories.values()),
            *(arming.until for arming in self.armed.values() if arming.until is not None),
            *((find_month_end(self.now),) if self.sent_gb else ()),
        )
        return min((moment for moment in moments if moment > self.now), default=None)
