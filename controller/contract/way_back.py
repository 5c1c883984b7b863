"""A finished move that a person can take back. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from controller.clusters.fleet import WorkloadKey


@dataclass(frozen=True, slots=True)
class WayBack:
    """`workload` is where the finished move has put it, `target` the context that it came from.

    `migration_id` is the finished move's. `keeps`: how many replicas ran where it is now before that move, and stay
    there.
    """

    workload: WorkloadKey
    target: str
    migration_id: str
    keeps: int = 0

    @property
    def undoes_shift(self) -> bool:
        """Whether that move copied nothing, because the workload ran there already."""
        return self.keeps > 0

    def is_of(self, workload: WorkloadKey, target: str, migration_id: str | None) -> bool:
        """Whether this is the way of that workload to that target, back from that move."""
        return (self.workload, self.target, self.migration_id) == (workload, target, migration_id)
