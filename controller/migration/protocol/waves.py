"""The judgements of a wave: may the target be raised, does it serve, may the source be lowered, has it ended. Pure.

Each takes fresh facts of both sides and the time, and returns a verdict; what has to be remembered between two looks is
a value that goes in and comes out. Times are seconds of a clock that counts sleep.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

from controller.migration.protocol.bounds import is_within_ceiling, may_lower_source
from controller.migration.protocol.holds import find_hold
from controller.migration.protocol.observation import DeploymentFacts, PodFacts
from controller.migration.protocol.pod_troubles import explain
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import HoldReason
from controller.migration.protocol.verdicts import Failed, Held, Reached, Verdict, Waiting
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Why a gate is closed where it is a matter of prices alone.
_ABOUT_MONEY = (HoldReason.PRICE_STALE, HoldReason.COST_FLIPPED)


def is_repair(
    record: MigrationRecord, source: DeploymentFacts | None, target: DeploymentFacts | None
) -> bool:
    """Whether a wave brings back what the source has lost: fewer than the floor serve, all that was asked of the target
    does, and the source does not get its own to serve.
    """
    if source is None or target is None or source.available is None or target.available is None:
        return False
    is_below_floor = source.available + target.available < record.floor_now
    return is_below_floor and source.available < source.replicas and target.available >= target.replicas


def judge_begin(
    record: MigrationRecord, closed: Reason | None, settings: MigrationSettings, *, repairs: bool = False
) -> Verdict:
    """Judge whether a wave may begin. `closed`: why the gate is closed, None where it is open.

    `repairs`: see `is_repair`. Such a wave is asked for its permission alone: it needs no price and no time limit.
    """
    if repairs and (closed is None or find_hold(closed, record) in _ABOUT_MONEY):
        return Reached()
    if record.meter.elapsed_s > settings.migration_timeout_s:
        return Failed(Code.MIGRATION_TOO_LONG.because(elapsed_s=record.meter.elapsed_s))
    return Held(closed) if closed is not None else Reached()


def judge_surge(record: MigrationRecord, source: DeploymentFacts | None, replicas: int) -> Verdict:
    """Judge whether the target may be set to `replicas` beside this source."""
    if source is not None and is_within_ceiling(
        source.replicas, replicas, desired=record.state.total_replicas, surge=record.surge
    ):
        return Reached()
    return Held(Code.TOO_MANY_REPLICAS.because(context=record.target.context))


def is_complete(target: DeploymentFacts, replicas: int) -> bool:
    """Whether the target reports that all its replicas run and are available; only then its pods are read."""
    return target.is_rolled_out(replicas) and target.available is not None and target.available >= replicas


def count_restarts(pods: Collection[PodFacts] | None, replicas: int) -> int | None:
    """Return the restarts of the pods that serve, or None where there are too few: no pods are no proof of health."""
    if pods is None:
        return None
    serving = [pod for pod in pods if pod.serves]
    return sum(pod.restarts for pod in serving) if len(serving) >= replicas else None


def as_pods_say(facts: DeploymentFacts, pods: Collection[PodFacts] | None) -> DeploymentFacts:
    """Return the facts with no more replicas available than pods serve: a status is what somebody wrote, perhaps long
    ago. None: the pods are not known, and so nothing is.
    """
    if pods is None or facts.available is None:
        return replace(facts, available=None)
    return replace(facts, available=min(facts.available, sum(pod.serves for pod in pods)))


@dataclass(frozen=True, slots=True)
class Bake:
    """Since when the target has been complete without a restart and without a gap in which nobody watched; None while
    it is not.

    looked_s: when somebody looked last. waited_s: how long the target has been waited for; of a gap no more counts
    than the longest look takes.
    """

    since_s: float | None = None
    restarts: int = 0
    looked_s: float | None = None
    waited_s: float = 0.0

    def look(self, restarts: int | None, now: float, settings: MigrationSettings) -> Bake:
        """Take one look: `restarts` is None while the target is incomplete."""
        passed_s = 0.0 if self.looked_s is None else now - self.looked_s
        waited_s = self.waited_s + min(passed_s, settings.watch_gap_s)
        if restarts is None:
            return Bake(None, self.restarts, now, waited_s)
        was_unwatched = passed_s > settings.watch_gap_s
        begins_anew = self.since_s is None or restarts > self.restarts or was_unwatched
        return Bake(now if begins_anew else self.since_s, restarts, now, waited_s)

    def baked_s(self, now: float) -> float | None:
        """Return for how long; None while the target is incomplete."""
        return None if self.since_s is None else now - self.since_s

    def left_s(self, now: float, bake_s: float) -> float:
        """Return how much of a bake of this length is left; all time there is while the target is incomplete."""
        return math.inf if self.since_s is None else bake_s - (now - self.since_s)


def find_bake_s(record: MigrationRecord, settings: MigrationSettings) -> float:
    """Return how long the target has to serve in the current wave before the source is lowered, seconds.

    The first wave shows that these pods serve, and after the last one there are no others: the waves between may be
    shorter. They may not where others have changed the pods since, nor where the source runs anything but what the
    wave before has left it, as after an insurance.
    """
    state = record.state
    if state.wave == 0 or state.is_last_wave or state.newer is not None:
        return settings.bake_s
    is_as_left = record.source.replicas == state.source_before_wave
    return settings.shorter_bake_s if is_as_left else settings.bake_s


def judge_verification(
    record: MigrationRecord,
    target: DeploymentFacts,
    replicas: int,
    bake: Bake,
    settings: MigrationSettings,
    *,
    now: float,
    why: Reason | None = None,
    purchase_s: float = 0.0,
) -> Verdict:
    """Judge whether the target has served with all its replicas for the whole bake time, before the wave's limit.

    `why`: what its pods say of not serving; None: nothing is known of that. `purchase_s`: how much longer they may take
    where a machine is bought for them.
    """
    baked_s = bake.baked_s(now)
    if baked_s is not None and baked_s >= find_bake_s(record, settings):
        return Reached()
    limit_s = settings.verify_limit_s(target.progress_deadline_s) + purchase_s
    if bake.waited_s > limit_s:
        failed = Code.TARGET_NOT_SERVING.because(
            context=record.target.context, waited_s=limit_s, available=target.available, replicas=replicas
        )
        return Failed(explain(failed, why))
    return Waiting()


def judge_scale_down(
    record: MigrationRecord,
    source: DeploymentFacts,
    target: DeploymentFacts | None,
    replicas: int,
    *,
    give_up_at: float,
    now: float,
    why: Reason | None = None,
) -> Verdict:
    """Judge whether the source may be lowered to `replicas` without taking one that is needed.

    `why`: what the target's pods say of not serving; None: nothing is known of that.
    """
    if target is not None and may_lower_source(
        source, replicas, target, floor=record.floor_now, desired=record.state.total_replicas
    ):
        return Reached()
    if now > give_up_at:
        return Failed(explain(Code.FLOOR_NOT_COVERED.because(context=record.target.context), why))
    return Waiting()


def judge_outage(record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts) -> Verdict:
    """Judge whether anything serves: where nothing does, there is no reason to wait whether it comes back."""
    if source.available == 0 and target.available == 0:
        return Failed(Code.NOTHING_SERVES.because(context=record.target.context))
    return Reached()


@dataclass(frozen=True, slots=True)
class Settling:
    """Since when the source has been waited for, and since when it has run no more than it should."""

    began_s: float
    lowered_s: float | None = None

    def look(self, source: DeploymentFacts, replicas: int, now: float) -> Settling:
        """Take one look. Once lowered, it stays so."""
        if self.lowered_s is None and source.is_rolled_out(replicas):
            return replace(self, lowered_s=now)
        return self


def judge_settling(
    record: MigrationRecord,
    source: DeploymentFacts,
    pods: Collection[PodFacts] | None,
    replicas: int,
    settling: Settling,
    settings: MigrationSettings,
    *,
    now: float,
) -> Verdict:
    """Judge whether the source runs no more than `replicas` and its last pods are gone, or their grace is over.

    `pods` are those of a source that has been lowered; before that they are not asked for. None: not known.
    """
    if source.is_rolled_out(replicas) and settling.lowered_s is not None:
        grace_s = source.grace_period_s + settings.settle_margin_s
        return Reached() if _are_gone(pods, replicas) or now - settling.lowered_s > grace_s else Waiting()
    if now - settling.began_s > settings.verify_limit_s(source.progress_deadline_s):
        return Failed(Code.SOURCE_NOT_SCALED_DOWN.because(context=record.source.context, replicas=replicas))
    return Waiting()


def _are_gone(pods: Collection[PodFacts] | None, replicas: int) -> bool:
    """Whether a list shows those that stay and none on its way out: one without those that stay is not of all pods."""
    return pods is not None and len(pods) >= replicas and not any(pod.is_terminating for pod in pods)


@dataclass(frozen=True, slots=True)
class Soak:
    """When somebody looked last, when the target last served with enough replicas, and how long it has been watched:
    what nobody saw does not count.
    """

    looked_s: float
    healthy_s: float
    watched_s: float = 0.0
    #: When its pods last were as many as they have to be; None before that.
    counted_s: float | None = None
    #: Since when all its replicas have served with the newest template, without a gap; None while they do not.
    complete_s: float | None = None

    def asks_pods(self, settings: MigrationSettings, now: float) -> bool:
        """Whether this look has to count the pods: once in a bake, while they are too few, and at the end."""
        is_due = self.counted_s is None or now - self.counted_s >= settings.bake_s
        return is_due or self.watched_s + now - self.looked_s >= settings.soak_s

    def look(
        self,
        record: MigrationRecord,
        target: DeploymentFacts,
        now: float,
        settings: MigrationSettings,
        *,
        has_counted: bool = True,
    ) -> Soak:
        """Take one look. `has_counted`: the target is as its pods say."""
        passed_s = now - self.looked_s
        is_watched = passed_s <= settings.watch_gap_s
        watched_s = self.watched_s + (passed_s if is_watched else 0.0)
        if not _covers_floor(record, target):
            return Soak(now, self.healthy_s, watched_s)
        since_s = self.complete_s if is_watched and self.complete_s is not None else now
        return Soak(
            now,
            now,
            watched_s,
            now if has_counted else self.counted_s,
            since_s if target.is_rolled_out(record.state.target_replicas) else None,
        )

    def left_s(self, settings: MigrationSettings) -> float:
        """Return how much of the rollback window is left; all time there is once it is over."""
        return settings.soak_s - self.watched_s if self.watched_s < settings.soak_s else math.inf

    def has_baked(self, settings: MigrationSettings) -> bool:
        """Whether all replicas have served with the newest template for a bake."""
        return self.complete_s is not None and self.looked_s - self.complete_s >= settings.bake_s


def judge_soak(
    record: MigrationRecord,
    target: DeploymentFacts,
    soak: Soak,
    settings: MigrationSettings,
    *,
    now: float,
    why: Reason | None = None,
) -> Verdict:
    """Judge whether the target has served through the rollback window; one that wavers for too long has failed.

    What others have deployed there has to serve for a bake, and is given the time of a wave for it, in which its own
    rollout may keep fewer than the floor ready. `why`: what its pods say of not serving.
    """
    limit_s = settings.verify_limit_s(target.progress_deadline_s)
    wanted = record.state.target_replicas
    is_rolling_out = record.state.newer is not None and not target.is_rolled_out(wanted)
    if not _covers_floor(record, target):
        patience_s = limit_s if is_rolling_out else settings.wavering_timeout_s
        if now - soak.healthy_s > patience_s:
            return Failed(explain(Code.TARGET_LOST_REPLICAS.because(context=record.target.context), why))
        return Waiting()
    if soak.watched_s < settings.soak_s:
        return Waiting()
    if record.state.newer is None or soak.has_baked(settings):
        return Reached()
    if is_rolling_out and soak.watched_s > settings.soak_s + limit_s:
        stuck = Code.NEWER_WORK_NOT_SERVING
        return Failed(stuck.because(context=record.target.context, replicas=wanted))
    return Waiting()


def _covers_floor(record: MigrationRecord, target: DeploymentFacts) -> bool:
    return target.available is not None and target.available >= record.target_floor
