"""Remembers which moves of this process their preflight refused, as facts for the rules, until the clusters answer
otherwise.

What is not watched (a quota, a missing Secret, autoscalers where we may not list them) is asked of the API servers when
a move starts. Without this memory a plan would offer the same move again at once, and it would be refused again; where
the source is the cause, it would offer one target after the other. What is watched is believed until the watch has read
it again: then the rules know better. Belongs to the engine's loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from controller.clusters.fleet import Cluster, FleetPicture, WatchedKind, Workload, WorkloadKey
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.decision.facts import PreflightFinding
from controller.errors import ClusterUnreachable, RateLimited, ServerFailed
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: No answer is no finding of the source: it may answer in a moment, and the plan knows how the cluster is.
SILENCES = ClusterUnreachable.codes | RateLimited.codes | ServerFailed.codes

#: What the rules judge by the watched Deployments themselves.
_WATCHED = frozenset(
    {
        *(Code.NAMESAKE_CHANGED, Code.NAMESAKE_GONE, Code.NAMESAKE_SCALED),
        *(Code.NOT_AVAILABLE, Code.STATUS_NOT_CURRENT),
        *(Code.PLAN_BELOW_MINIMUM, Code.PLAN_OF_OTHER_REPLICAS, Code.WORKLOAD_GONE),
    }
)

#: More refusals than a person reads. Arbitrary; the oldest are forgotten first.
MAX_FINDINGS = 1000


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A finding, and when its clusters were last asked about it, Unix seconds."""

    finding: PreflightFinding
    asked_at: float


class PreflightFindings:
    """Notes what is started, and what was refused of it; the newest refusal of each move counts, and of each source."""

    def __init__(self) -> None:
        #: migration id -> the workload as it was when its move was started.
        self._started: dict[str, Workload] = {}
        #: (workload, target; None: any) -> the newest refusal.
        self._findings: dict[tuple[str, str | None], _Remembered] = {}

    def note_start(self, migration_id: str, workload: Workload) -> None:
        """Remember what a move was started with."""
        self._started[migration_id] = workload

    def follow(self, views: Iterable[MigrationView], picture: FleetPicture, now: float) -> None:
        """Take in the refusals among these views, and forget those of which the watches know better."""
        for view in views:
            if view.migration_id in self._started and view.stage is not MigrationStage.RUNNING:
                self._take_in(view, self._started.pop(view.migration_id), now)
        lasting = [(key, r) for key, r in self._findings.items() if not _is_outdated(r.finding, picture)]
        self._findings = dict(lasting[-MAX_FINDINGS:])

    def current(self) -> tuple[PreflightFinding, ...]:
        """The refusals that are remembered."""
        return tuple(remembered.finding for remembered in self._findings.values())

    def list_due(self, before: float) -> Iterator[PreflightFinding]:
        """Those about which nobody was asked since this moment, what was asked about longest ago first."""
        remembered = sorted(self._findings.values(), key=lambda one: one.asked_at)
        return (one.finding for one in remembered if one.asked_at <= before)

    def find_next_due(self, memory_s: float, now: float) -> float | None:
        """When the next one is to be asked about that is not due yet, Unix seconds; None: none is."""
        moments = (one.asked_at + memory_s for one in self._findings.values())
        return min((moment for moment in moments if moment > now), default=None)

    def ask_soon(self, workload: WorkloadKey, target: str) -> None:
        """Have what is remembered of this move asked about as soon as possible: a person wants to know."""
        for key, one in self._findings.items():
            if one.finding.workload.key == workload and one.finding.rules_out(target):
                self._findings[key] = replace(one, asked_at=float("-inf"))

    def note_question(self, finding: PreflightFinding, now: float) -> None:
        """Note that the clusters are asked about a finding."""
        self._replace(finding, finding, now)

    def forget(self, finding: PreflightFinding) -> None:
        """Both clusters have nothing against the move any more."""
        self._findings = {key: one for key, one in self._findings.items() if one.finding is not finding}

    def confirm(self, finding: PreflightFinding, reason: Reason, refused_by: str | None, now: float) -> None:
        """Both clusters were asked again, and this refuses now."""
        again = replace(finding, reason=reason, at=now, concerns_source=_concerns_source(finding, refused_by))
        if finding.concerns_source == again.concerns_source:
            self._replace(finding, again, now)
        elif any(one.finding is finding for one in self._findings.values()):
            self.forget(finding)
            self._remember(again, now)

    def _replace(self, old: PreflightFinding, new: PreflightFinding, now: float) -> None:
        for key, one in self._findings.items():
            if one.finding is old:
                self._findings[key] = _Remembered(new, now)

    def _take_in(self, view: MigrationView, workload: Workload, now: float) -> None:
        if view.stage is MigrationStage.REFUSED:
            at = view.ended_at if view.ended_at is not None else now
            finding = PreflightFinding(workload, view.target, view.reason or view.detail, at)
            is_silence = view.reason is not None and view.reason.code in SILENCES
            is_any = not is_silence and _concerns_source(finding, view.refused_by)
            self._remember(replace(finding, concerns_source=is_any), at)

    def _remember(self, finding: PreflightFinding, at: float) -> None:
        key = str(finding.workload.key), None if finding.concerns_source else finding.target
        self._findings.pop(key, None)  # the newest ones stand last
        self._findings[key] = _Remembered(finding, at)


def _concerns_source(finding: PreflightFinding, refused_by: str | None) -> bool:
    """Whether a refusal is in the way of every target."""
    return refused_by == finding.workload.key.context


def _is_outdated(finding: PreflightFinding, picture: FleetPicture) -> bool:
    """Whether a watch that has read what it is about since then knows better."""
    if _has_changed(finding, picture):
        return True
    reason = finding.reason
    if not isinstance(reason, Reason):
        return False
    if reason.code in (Code.AUTOSCALER_IN_THE_WAY, Code.AUTOSCALER_OF_A_PART):
        return _is_scaled_no_more(finding, picture.clusters.get(str(reason["context"])))
    contexts = (finding.workload.key.context, finding.target)
    return reason.code in _WATCHED and all(
        _was_read_since(finding.at, picture.clusters.get(context)) for context in contexts
    )


def _has_changed(finding: PreflightFinding, picture: FleetPicture) -> bool:
    """Whether the workload is another one than was refused; one that is out of sight is not known to be."""
    key = finding.workload.key
    cluster = picture.clusters.get(key.context)
    found = None if cluster is None else cluster.find_workload(key.namespace, key.name)
    return found is not None and not finding.is_about(found)


def _is_scaled_no_more(finding: PreflightFinding, cluster: Cluster | None) -> bool:
    """Whether the cluster, which answers and tells all its autoscalers, has none of the workload now."""
    if cluster is None or cluster.find_unread() is not None or cluster.autoscalers is None:
        return False
    return (finding.workload.key.namespace, finding.workload.key.name) not in cluster.autoscalers


def _was_read_since(moment: float, cluster: Cluster | None) -> bool:
    return (
        cluster is not None
        and cluster.find_unread() is None
        and cluster.read_at.get(WatchedKind.DEPLOYMENTS, float("-inf")) > moment
    )
