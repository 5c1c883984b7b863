"""Records when a move becomes worthwhile and when it no longer is, without repeating itself."""

from __future__ import annotations

from collections.abc import Collection

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.decision.plan import Offer, Plan
from controller.history.events import MoveOffered, OfferWithdrawn, state_reason
from controller.history.history import History
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Least seconds between two entries about one workload: prices that dance around the threshold would fill the history.
QUIET_S = 60.0

#: Budgets that are spent for the moment: a move that waits for them is as worthwhile as before.
_WAITING = frozenset({Code.CONCURRENCY_SPENT, Code.DAY_SPENT, Code.EGRESS_SPENT})
_GONE = frozenset({Code.NO_WORKLOAD, Code.NO_CONTEXT})


class DecisionLog:
    """Remembers what it last said about each workload: workload -> (target or None, when)."""

    def __init__(self) -> None:
        self._reported: dict[WorkloadKey, tuple[str | None, float]] = {}

    def record(self, plan: Plan, moved: Collection[WorkloadKey], history: History, now: float) -> None:
        """Compare the plan with what was said before and record the difference.

        `moved` are the workloads of this process's migrations: they are no longer offered because they were taken up.
        """
        for workload in moved:
            self._reported.pop(workload, None)
        offered = {offer.workload: offer.target for offer in plan.offers}
        for workload, target in offered.items():
            if self._is_news(workload, target, now):
                history.record(_to_event(plan.evaluate(Offer(workload, target))))
        for workload in self._reported.keys() - offered.keys():
            offered_before = self._reported[workload][0]
            reason = _find_reason(plan, workload, offered_before)
            if reason is not None and self._is_news(workload, None, now):
                history.record(OfferWithdrawn(workload, offered_before or "", state_reason(reason)))

    def _is_news(self, workload: WorkloadKey, target: str | None, now: float) -> bool:
        reported_target, reported_at = self._reported.get(workload, (None, float("-inf")))
        if reported_target == target or abs(now - reported_at) < QUIET_S:
            return False
        self._reported[workload] = (target, now)
        return True


def _to_event(dry_run: DryRun) -> MoveOffered:
    return MoveOffered(
        dry_run.workload,
        dry_run.target,
        dry_run.savings_usd_per_day,
        dry_run.net_usd,
        float(dry_run.horizon_h),
    )


def _find_reason(plan: Plan, workload: WorkloadKey, target: str | None) -> Reason | None:
    """Why the move that was offered no longer is.

    None for a workload that is gone, of which nothing is said, and where it only has to wait for its turn.
    """
    if target is None or plan.find_code(workload, target) in _WAITING | _GONE:
        return None
    return plan.why(workload, target)
