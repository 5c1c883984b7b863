"""The two bounds that no write may break: never too few replicas that serve, never too many that cost. Pure.

Both speak of source and target together. A number that is None is unknown, and unknown never allows a write:
health over an empty or old observation is not health (karmada-io/karmada#7455).
"""

from __future__ import annotations


def may_lower(
    *,
    lowered_available: int | None,
    lowered_to: int,
    other_available: int | None,
    other_replicas: int,
    floor: int,
    desired: int,
) -> bool:
    """Whether one side may be set to `lowered_to` without taking a replica that is needed.

    `lowered_available` and `other_available` come from reads that are newer than the last write to either
    side.
    """
    if lowered_available is None or other_available is None:
        return False
    return (
        min(lowered_available, lowered_to) + other_available >= floor
        and lowered_to + other_replicas >= desired
    )


def may_roll_back(
    *,
    target_available: int | None,
    target_to: int,
    source_available: int | None,
    source_replicas: int,
    floor: int,
    desired: int,
) -> bool:
    """Whether a rollback may set the target to `target_to`.

    Beside the strict floor there is one more way: where the target has already lost pods, so that the floor
    is broken without us, giving up replicas that do not serve takes nothing away and makes room to raise the
    source. A ReplicaSet removes the pods that are not ready first.
    """
    if target_available is None or source_available is None:
        return False
    strict = may_lower(
        lowered_available=target_available,
        lowered_to=target_to,
        other_available=source_available,
        other_replicas=source_replicas,
        floor=floor,
        desired=desired,
    )
    takes_nothing = target_to >= target_available and source_available + target_to >= floor
    return strict or takes_nothing


def is_within_ceiling(source_replicas: int, target_replicas: int, *, desired: int, surge: int) -> bool:
    """Whether both sides together ask for no more than the workload and one wave."""
    return source_replicas + target_replicas <= desired + surge
