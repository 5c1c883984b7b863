"""The insurance: when the source is raised without waiting for the target, and what ends that. Pure.

It is no verdict on the move. Fewer replicas than the floor are known to serve, and raising the source takes nothing
from anybody; but it costs the double run, so that a silence of a moment is waited out. Times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import find_target, is_loss_of_target
from controller.migration.protocol.pod_troubles import explain
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import Event, EventKind, Phase
from controller.migration.protocol.waves import Bake
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Between two looks at a target that serves in the source's place, at most, seconds. Arbitrary: a few reads, beside
#: what an outage costs.
LOOK_S = 10.0


def is_due(
    record: MigrationRecord,
    silent_s: float | None,
    settings: MigrationSettings,
    *,
    is_asked_for: bool = False,
) -> bool:
    """Whether the source is to be raised now.

    Args:
        silent_s: for how long the target has given no answer; None: it did when it was last asked.
        is_asked_for: a person asks for the way back.
    """
    if silent_s is None or not record.source_is_short:
        return False
    is_decided = record.state.source_first or record.state.phase is Phase.INSURED
    return is_asked_for or is_decided or silent_s >= settings.insure_after_s


def find_loss(reason: Reason | None, record: MigrationRecord) -> Event | None:
    """Return TARGET_LOST where a reason to hold says that the target serves nothing, and the source lacks replicas: a
    loss that is known is no silence, and nothing is waited for.
    """
    if reason is None or not record.source_is_short or not is_loss_of_target(reason, record):
        return None
    return Event(EventKind.TARGET_LOST, reason)


def find_seen_loss(target: DeploymentFacts | None, record: MigrationRecord) -> Event | None:
    """Return TARGET_LOST where a fresh look finds the target deleted, replaced or asked for nothing, and the source
    lacks replicas.
    """
    found = find_target(target, record)
    if not record.source_is_short or (found is not None and found.replicas > 0):
        return None
    return Event(EventKind.TARGET_LOST, Code.TARGET_LOST_REPLICAS.because(context=record.target.context))


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Since when fewer than the floor have been known to serve because the target does not; None: they do."""

    since_s: float | None = None

    def look(
        self, record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None, now: float
    ) -> Shortfall:
        """Take one look. A source that has lost its own pods beside a target with all of its is no loss of the target:
        there the way forward is the safe one.
        """
        in_target = 0 if target is None else target.available or 0
        is_covered = (source.available or 0) + in_target >= record.floor_now
        if is_covered or (target is not None and in_target >= target.replicas):
            return Shortfall()
        return self if self.since_s is not None else Shortfall(now)

    def find_loss(self, record: MigrationRecord, now: float, settings: MigrationSettings) -> Event | None:
        """Return TARGET_LOST once that has lasted for one patience, and the source lacks replicas; where the source
        comes first, without any.
        """
        patience_s = 0.0 if record.state.source_first else settings.insure_after_s
        if self.since_s is None or now - self.since_s < patience_s or not record.source_is_short:
            return None
        lost = Code.TARGET_LOST_REPLICAS.because(context=record.target.context)
        return Event(EventKind.TARGET_LOST, lost)


def limit_pause_s(
    pause_s: float, record: MigrationRecord, silent_s: float | None, settings: MigrationSettings
) -> float:
    """Return how long to wait before the next look, so that an insurance is not late by a long pause."""
    if not record.source_is_short:
        return pause_s
    patience_s = settings.insure_after_s - (silent_s or 0.0)
    return min(pause_s, LOOK_S, max(settings.retry_s, patience_s))


@dataclass(frozen=True, slots=True)
class Return:
    """What was seen of a target that answers again: whether it is sealed since, and its bake from when it was found as
    it was left.
    """

    is_sealed: bool = False
    bake: Bake = field(default=Bake())

    def look(self, restarts: int | None, now: float, settings: MigrationSettings) -> Return:
        """Take one look at a target that is as it was left. `restarts`: None while it does not serve completely."""
        return replace(self, bake=self.bake.look(restarts, now, settings))

    def judge(
        self,
        record: MigrationRecord,
        target: DeploymentFacts,
        settings: MigrationSettings,
        now: float,
        why: Reason | None = None,
    ) -> Event | None:
        """Return TARGET_BACK once it has served for a whole bake without a gap, FAILED where it does not come to that
        in the time that a wave has; None for another look. `why`: what its pods say of not serving.
        """
        context = record.target.context
        baked_s = self.bake.baked_s(now)
        if baked_s is not None and baked_s >= settings.bake_s:
            return Event(EventKind.TARGET_BACK, Code.TARGET_BACK.because(context=context, baked_s=baked_s))
        limit_s = settings.verify_limit_s(target.progress_deadline_s)
        if self.bake.waited_s > limit_s:
            failed = Code.TARGET_NOT_SERVING.because(
                context=context, waited_s=limit_s, available=target.available, replicas=target.replicas
            )
            return Event(EventKind.FAILED, explain(failed, why))
        return None


def goes_back(record: MigrationRecord) -> bool:
    """Whether an insured migration goes back as soon as the target can be asked."""
    return record.state.resume_phase is Phase.ROLLBACK
