"""Everything that a migration has to remember to survive its process: what the journal holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.migration.protocol.fences import Fence
from controller.migration.protocol.states import MigrationState


class Side(StrEnum):
    """One of the two clusters of a migration."""

    SOURCE = "source"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What the person may choose beside the dry run; the defaults touch nothing that was not asked for."""

    #: Create the namespace in the target where it is missing. It is never deleted again: others may have
    #: begun to use it.
    create_namespace: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that was journaled before it was sent. Its operation is part of the fence that it would leave."""

    side: Side
    replicas: int
    operation: int


@dataclass(frozen=True, slots=True)
class CreatedObject:
    """An object that this migration created in the target; only such objects are ever deleted, and only with
    this UID.
    """

    path: str
    uid: str


@dataclass(frozen=True, slots=True)
class SideRecord:
    """One cluster as the journal knows it. `replicas` is the last value confirmed by a read or an answer.

    The UIDs are those of the namespace kube-system and of the Deployment; `deployment_uid` is None until it
    exists.
    """

    context: str
    cluster_uid: str
    deployment_uid: str | None
    replicas: int


@dataclass(frozen=True, slots=True)
class Meter:
    """What the move has used so far.

    `elapsed_s` counts only while some instance led, by monotonic clocks, so that a jump of the wall clock
    ends nothing. `overlap_usd` is None as soon as replicas ran double while no price was known.
    """

    elapsed_s: float = 0.0
    double_replica_hours: float = 0.0
    overlap_usd: Decimal | None = Decimal(0)


@dataclass(frozen=True, slots=True)
class MigrationRecord:
    """One migration, complete: identity, plan, progress. Times are Unix seconds."""

    migration_id: str
    workload: WorkloadKey
    source: SideRecord
    target: SideRecord
    dry_run: DryRun
    plan: MovePlan
    template_hash: str
    floor: int
    surge: int
    state: MigrationState
    started_at: float
    epoch: int = 0
    operation: int = 0
    intent: Intent | None = None
    #: Whether the target had a Deployment of this name (at 0 replicas) before; then it is never deleted.
    target_existed: bool = False
    created: tuple[CreatedObject, ...] = ()
    meter: Meter = Meter()
    ended_at: float | None = None

    @property
    def replicas(self) -> int:
        """All replicas of the workload."""
        return self.state.replicas

    @property
    def intent_replicas(self) -> int | None:
        """The replicas of the announced write, if one is open."""
        return self.intent.replicas if self.intent is not None else None

    def side(self, side: Side) -> SideRecord:
        """Return what is known about one side."""
        return self.source if side is Side.SOURCE else self.target

    def with_side(self, side: Side, known: SideRecord) -> MigrationRecord:
        """Replace what is known about one side."""
        return replace(self, source=known) if side is Side.SOURCE else replace(self, target=known)

    def with_replicas(self, side: Side, replicas: int) -> MigrationRecord:
        """Confirm the replicas of one side; an intent for that side is fulfilled by it."""
        intent = None if self.intent is not None and self.intent.side is side else self.intent
        return replace(self.with_side(side, replace(self.side(side), replicas=replicas)), intent=intent)

    def with_next_operation(self) -> MigrationRecord:
        """Count one operation further; every fence of an epoch carries another operation."""
        return replace(self, operation=self.operation + 1)

    def with_intent(self, side: Side, replicas: int) -> MigrationRecord:
        """Announce a write, with an operation of its own. The same write, announced before, keeps its
        operation.
        """
        if self.intent is not None and (self.intent.side, self.intent.replicas) == (side, replicas):
            return self
        counted = self.with_next_operation()
        return replace(counted, intent=Intent(side, replicas, counted.operation))

    def fence(self, operation: str) -> Fence:
        """Return the fence that an operation of the current epoch leaves."""
        return Fence(self.migration_id, self.epoch, operation)
