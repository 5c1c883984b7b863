"""What a judgement rests on at one moment, besides the clusters. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from controller.clusters.fleet import Workload
from controller.decision.budgets import DAY_S, NOTHING_MOVED, BudgetUsage
from controller.decision.settings import DecisionSettings
from oracle.foundation.reason import Reason
from oracle.quotes import QuoteBoard


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """A move that its preflight refused, with the workload as it was then. `reason` is the preflight's own.

    It says nothing about a workload that has changed since: another Deployment, another template, other replicas, or
    something else that it accepts.
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

    armed: contexts in which writes are allowed.
    accepts_any_prices: the clusters are simulated, and may be changed on prices that nobody charges.
    """

    board: QuoteBoard
    settings: DecisionSettings
    now: float
    usage: BudgetUsage = NOTHING_MOVED
    findings: tuple[PreflightFinding, ...] = ()
    armed: frozenset[str] = frozenset()
    accepts_any_prices: bool = False

    def find_preflight(self, workload: Workload, target: str) -> PreflightFinding | None:
        """The newest finding against this move that still counts."""
        counting = [f for f in self.findings if f.rules_out(target) and self.counts(f, workload)]
        return max(counting, key=lambda finding: finding.at, default=None)

    def counts(self, finding: PreflightFinding, workload: Workload) -> bool:
        """Whether a finding is still in the way of a workload."""
        since = self.now - self.settings.preflight_memory_s
        return finding.at > since and finding.is_about(workload)

    def find_next_end(self) -> float | None:
        """When the first of these stops to refuse by the clock alone, Unix seconds: a rest, the count of a day, a
        preflight's finding. None: none will.
        """
        rest_s, memory_s = self.settings.budgets.cooldown_s, self.settings.preflight_memory_s
        moments = (
            *(move.ended_at + rest_s for move in self.usage.moves if move.ended_at is not None),
            *(move.started_at + DAY_S for move in self.usage.moves),
            *(finding.at + memory_s for finding in self.findings),
        )
        return min((moment for moment in moments if moment > self.now), default=None)
