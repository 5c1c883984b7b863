"""Remembers which moves of this process their preflight refused, as facts for the rules.

What is not watched (a quota, a missing Secret, autoscalers where we may not list them) is asked of the API servers when
a move starts. Without this memory a plan would offer the same move again at once, and it would be refused again; where
the source is the cause, it would offer one target after the other. Belongs to the engine's loop.
"""

from __future__ import annotations

from collections.abc import Iterable

from controller.clusters.fleet import FleetPicture, Workload
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.decision.facts import PreflightFinding
from controller.errors import ClusterUnreachable, RateLimited, ServerFailed
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: No answer is no finding of the source: it may answer in a moment, and the plan knows how the cluster is.
_SILENCES = ClusterUnreachable.codes | RateLimited.codes | ServerFailed.codes


class PreflightFindings:
    """Notes what is started, and what was refused of it; the newest refusal of each move counts, and of each source."""

    def __init__(self) -> None:
        #: migration id -> the workload as it was when its move was started.
        self._started: dict[str, Workload] = {}
        #: (workload, target; None: any) -> the newest refusal.
        self._findings: dict[tuple[str, str | None], PreflightFinding] = {}

    def note_start(self, migration_id: str, workload: Workload) -> None:
        """Remember what a move was started with."""
        self._started[migration_id] = workload

    def follow(self, views: Iterable[MigrationView], now: float, memory_s: float) -> None:
        """Take in the refusals among these views, and forget those that are older than `memory_s`."""
        for view in views:
            if view.migration_id in self._started and view.stage is not MigrationStage.RUNNING:
                self._take_in(view, self._started.pop(view.migration_id), now)
        self._findings = {key: f for key, f in self._findings.items() if now - f.at < memory_s}

    def current(self, picture: FleetPicture) -> tuple[PreflightFinding, ...]:
        """The refusals that are remembered, without those of which the watches know better."""
        return tuple(finding for finding in self._findings.values() if not _is_outdated(finding, picture))

    def _take_in(self, view: MigrationView, workload: Workload, now: float) -> None:
        if view.stage is MigrationStage.REFUSED:
            at = view.ended_at if view.ended_at is not None else now
            is_silence = view.reason is not None and view.reason.code in _SILENCES
            is_any = view.refused_by == workload.key.context and not is_silence
            finding = PreflightFinding(workload, view.target, view.reason or view.detail, at, is_any)
            self._findings[str(workload.key), None if is_any else view.target] = finding


def _is_outdated(finding: PreflightFinding, picture: FleetPicture) -> bool:
    """Whether an autoscaler was in the way, and its cluster, which answers and tells them all, has none there now."""
    reason = finding.reason
    if not isinstance(reason, Reason) or reason.code is not Code.AUTOSCALER_IN_THE_WAY:
        return False
    cluster = picture.clusters.get(str(reason["context"]))
    if cluster is None or cluster.find_unread() is not None or cluster.autoscalers is None:
        return False
    return (finding.workload.key.namespace, finding.workload.key.name) not in cluster.autoscalers
