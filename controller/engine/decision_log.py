"""Writes down when a move becomes worthwhile and when it no longer is, without repeating itself."""

from __future__ import annotations

from collections.abc import Collection

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import EntryKind
from controller.decision.plan import Offer, Plan
from controller.history.ledger import Ledger
from controller.reasons import Code
from oracle.reason import Reason

#: Least seconds between two entries about one workload: prices that dance around the threshold would fill the ledger.
QUIET_S = 60.0

#: Budgets that are spent for the moment: a move that waits for them is as worthwhile as before.
_WAITING = frozenset({Code.CONCURRENCY_SPENT, Code.DAY_SPENT, Code.EGRESS_SPENT})
_GONE = frozenset({Code.NO_WORKLOAD, Code.NO_CONTEXT})


class DecisionLog:
    """Remembers what it last said about each workload: workload -> (target or None, when)."""

    def __init__(self) -> None:
        self._said: dict[WorkloadKey, tuple[str | None, float]] = {}

    def record(self, plan: Plan, moved: Collection[WorkloadKey], ledger: Ledger, now: float) -> None:
        """Compare the plan with what was said before and write the difference.

        `moved` are the workloads of this process's migrations: they are no longer offered because they were taken up.
        """
        for workload in moved:
            self._said.pop(workload, None)
        offered = {offer.workload: offer.target for offer in plan.offers}
        for workload, target in offered.items():
            if self._is_news(workload, target, now):
                text = _describe(plan.evaluate(Offer(workload, target)))
                ledger.record(EntryKind.DECISION, text, contexts=(workload.context, target))
        for workload in self._said.keys() - offered.keys():
            reason = _find_reason(plan, workload, self._said[workload][0])
            if reason is not None and self._is_news(workload, None, now):
                ledger.record(EntryKind.DECISION, f"{workload} stays: {reason}", contexts=(workload.context,))

    def _is_news(self, workload: WorkloadKey, target: str | None, now: float) -> bool:
        said_target, said_at = self._said.get(workload, (None, float("-inf")))
        if said_target == target or abs(now - said_at) < QUIET_S:
            return False
        self._said[workload] = (target, now)
        return True


def _describe(dry_run: DryRun) -> str:
    return (
        f"{dry_run.workload} would be cheaper in {dry_run.target}: "
        f"${dry_run.savings_usd_per_day:.2f} a day, net ${dry_run.net_usd:.2f} in {dry_run.horizon_h:g} h"
    )


def _find_reason(plan: Plan, workload: WorkloadKey, target: str | None) -> Reason | None:
    """Why the move that was offered no longer is.

    None for a workload that is gone, of which nothing is said, and where it only has to wait for its turn.
    """
    if target is None or plan.find_code(workload, target) in _WAITING | _GONE:
        return None
    return plan.why(workload, target)
