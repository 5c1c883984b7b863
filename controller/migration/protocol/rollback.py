"""The way back, write by write: raise the source in steps no larger than a wave, lower the target by as much. Pure.

Decided from fresh reads alone, so that it works from wherever a migration was left.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.migration.protocol.bounds import may_roll_back
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import is_newer_than_known
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.verdicts import Held, Outdated, Reached, Verdict, Waiting, Write
from controller.reasons import Code
from oracle.foundation.reason import Reason


@dataclass(frozen=True, slots=True)
class Standstill:
    """For how long a rollback has got no further, by the most that was reached. Monotonic seconds."""

    since_s: float
    most: int | None = None

    def look(self, source: DeploymentFacts, target: DeploymentFacts | None, now: float) -> Standstill:
        """Take one look: a source pod more that serves, or a target pod less that is left, begins anew."""
        left = 0 if target is None else target.replicas if target.current is None else target.current
        reached = (source.available or 0) - left
        return Standstill(now, reached) if self.most is None or reached > self.most else self


def judge_rollback(
    record: MigrationRecord,
    source: DeploymentFacts,
    target: DeploymentFacts | None,
    *,
    stood_still_s: float,
    limit_s: float,
) -> Reached | Waiting | Held | Write:
    """Decide what comes next: nothing more, a write, waiting for pods, or a HOLD where that has taken too long."""
    following = Reached() if is_restored(record, source, target) else plan_rollback(record, source, target)
    adds_to_source = isinstance(following, Write) and following.side is Side.SOURCE
    if target is not None and not adds_to_source and is_newer_than_known(target, record):
        return Held(_describe_newer_work(record, target))
    if isinstance(following, Reached):
        return following
    if stood_still_s > limit_s:
        return Held(describe_standstill(record, source, target))
    return following or Waiting()


def judge_move_back(
    record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None
) -> Verdict:
    """Judge whether a rollback has anything to write, or is done; otherwise it waits for pods, or for a person."""
    following = plan_rollback(record, source, target)
    adds_to_source = following is not None and following.side is Side.SOURCE
    if target is not None and not adds_to_source and is_newer_than_known(target, record):
        return Held(_describe_newer_work(record, target))
    if following is None and not is_restored(record, source, target):
        return Held(describe_standstill(record, source, target))
    return Reached()


def describe_standstill(
    record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None
) -> Reason:
    """Return what a rollback waits for."""
    return Code.ROLLBACK_WAITS_FOR_PODS.because(
        source=record.source.context,
        serving=source.available,
        replicas=source.replicas,
        wanted=record.state.source_replicas,
        kept=target.replicas if target is not None else 0,
        target=record.target.context,
    )


def _describe_newer_work(record: MigrationRecord, target: DeploymentFacts) -> Reason:
    return Code.NEWER_WORK_IN_THE_WAY.because(
        context=record.target.context,
        replicas=target.replicas,
        manager=target.template_manager or "somebody else",
    )


def plan_rollback(
    record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None
) -> Write | None:
    """Return the next write of a rollback, or None where waiting is all that can be done."""
    total, wanted, stays = (
        record.state.total_replicas,
        record.state.source_replicas,
        record.state.staying.target,
    )
    target_replicas = target.replicas if target is not None else 0
    room = total + record.surge - source.replicas - target_replicas
    has_nothing_of_it = target_replicas <= stays
    if source.replicas < wanted and (room > 0 or has_nothing_of_it):
        replicas = wanted if has_nothing_of_it else min(wanted, source.replicas + room)
        return Write(Side.SOURCE, replicas)
    if target is None or has_nothing_of_it or source.available is None:
        return None
    lowered = min(target_replicas, max(stays, record.floor_now - source.available, total - source.replicas))
    if lowered < target_replicas and may_lower_target(record, source, target, lowered):
        return Write(Side.TARGET, lowered)
    return None


def may_lower_target(
    record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts, replicas: int
) -> bool:
    """Whether a rollback may set the target to `replicas`."""
    total = record.state.total_replicas
    return may_roll_back(target, replicas, source, floor=record.floor_now, desired=total)


def judge_lowering(
    record: MigrationRecord, target: DeploymentFacts, source: DeploymentFacts | None, replicas: int
) -> Verdict:
    """Judge whether the freshest reads still agree with a write that was planned from older ones."""
    may_send = source is not None and may_lower_target(record, source, target, replicas)
    return Reached() if may_send else Outdated()


def is_restored(record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None) -> bool:
    """Whether nothing of the move is left but empty copies, and in the target no more runs than before. A source that
    others gave more replicas keeps them, and a target that they took some from lacks them.
    """
    if source.available is None or source.replicas < record.state.source_replicas:
        return False
    stays = record.state.staying.target
    target_is_back = target is None or (
        target.replicas <= stays and target.current is not None and target.current <= stays
    )
    return target_is_back and source.available >= record.source_floor
