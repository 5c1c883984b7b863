"""Records when a move becomes worthwhile and when it no longer is, without repeating itself."""

from __future__ import annotations

from collections.abc import Collection

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.decision.planning import Plan
from controller.history.events import MoveOffered, OfferWithdrawn, state_reason
from controller.history.history import History

#: Least seconds between two entries about one workload: prices that dance around the threshold would fill the history.
QUIET_S = 60.0


class DecisionLog:
    """Remembers what it last said about each workload: workload -> (target or None, when)."""

    def __init__(self) -> None:
        self._said: dict[WorkloadKey, tuple[str | None, float]] = {}

    def record(self, plan: Plan, moved: Collection[WorkloadKey], history: History, now: float) -> None:
        """Compare the plan with what was said before and record the difference.

        `moved` are the workloads of this process's migrations: they are no longer offered because they were taken up.
        """
        for workload in moved:
            self._said.pop(workload, None)
        offered = {dry_run.workload: dry_run for dry_run in plan.opportunities}
        for workload, dry_run in offered.items():
            if self._is_news(workload, dry_run.target, now):
                history.record(_to_event(dry_run))
        for workload in self._said.keys() - offered.keys():
            target = self._said[workload][0]
            reason = _find_reason(plan, workload, target)
            if reason is not None and self._is_news(workload, None, now):
                history.record(OfferWithdrawn(workload, target or "", state_reason(reason)))

    def _is_news(self, workload: WorkloadKey, target: str | None, now: float) -> bool:
        said_target, said_at = self._said.get(workload, (None, float("-inf")))
        if said_target == target or abs(now - said_at) < QUIET_S:
            return False
        self._said[workload] = (target, now)
        return True


def _to_event(dry_run: DryRun) -> MoveOffered:
    return MoveOffered(
        dry_run.workload,
        dry_run.target,
        dry_run.savings_usd_per_day,
        dry_run.net_usd,
        float(dry_run.horizon_h),
    )


def _find_reason(plan: Plan, workload: WorkloadKey, target: str | None) -> str | None:
    """Why the move that was offered no longer is; None for a workload that is gone, of which nothing is said."""
    return next(
        (r.reason for r in plan.refused if r.workload == workload and r.target in (target, None)), None
    )
