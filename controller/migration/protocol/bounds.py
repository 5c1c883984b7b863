"""The two bounds that no write may break: never too few replicas that serve, never too many that cost. Pure.

Both speak of source and target together. A number that is None is unknown, and unknown never allows a write:
health over an empty or old observation is not health (karmada-io/karmada#7455).
"""

from __future__ import annotations

from typing import Protocol

#: How old a read may be on which a write rests, seconds from when it was asked for. Arbitrary: time for two slow reads,
#: and short beside the minutes in which a cluster replaces what it has lost.
FACTS_LIFE_S = 12.0


class Counts(Protocol):
    """How many replicas a side is asked for, and how many of them serve; `DeploymentFacts` are such."""

    @property
    def available(self) -> int | None:
        """None: not known."""

    @property
    def replicas(self) -> int:
        """By the spec."""


def may_lower(lowered: Counts, to: int, other: Counts, *, floor: int, desired: int) -> bool:
    """Whether one side may be set to `to` without taking a replica that is needed.

    The counts come from reads that are newer than the last write to either side.
    """
    if lowered.available is None or other.available is None:
        return False
    return min(lowered.available, to) + other.available >= floor and to + other.replicas >= desired


def may_lower_source(source: Counts, to: int, target: Counts, *, floor: int, desired: int) -> bool:
    """Whether a wave may set the source to `to`: the target makes up the rest of the floor.

    Where as many serve in the source, that is the strict floor. Where fewer do, the floor is broken without us, and
    giving up replicas that do not serve takes nothing away and makes room to raise the target: a ReplicaSet removes the
    pods that are not ready first.
    """
    if source.available is None or target.available is None:
        return False
    serving = min(target.available, target.replicas)
    return to + serving >= floor and to + target.replicas >= desired


def may_roll_back(target: Counts, to: int, source: Counts, *, floor: int, desired: int) -> bool:
    """Whether a rollback may set the target to `to`.

    Beside the strict floor there is one more way: where the target has already lost pods, so that the floor
    is broken without us, giving up replicas that do not serve takes nothing away and makes room to raise the
    source. A ReplicaSet removes the pods that are not ready first.
    """
    if target.available is None or source.available is None:
        return False
    takes_nothing = to >= target.available and source.available + to >= floor
    return takes_nothing or may_lower(target, to, source, floor=floor, desired=desired)


def is_within_ceiling(source_replicas: int, target_replicas: int, *, desired: int, surge: int) -> bool:
    """Whether both sides together ask for no more than the workload and one wave."""
    return source_replicas + target_replicas <= desired + surge
