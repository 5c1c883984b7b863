"""Everything that a migration has to remember to survive its process: what the journal holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from controller.clusters import paths
from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.migration.protocol.fences import Fence
from controller.migration.protocol.states import MigrationState


class Side(StrEnum):
    """One of the two clusters of a migration."""

    SOURCE = "source"
    TARGET = "target"

    @property
    def other(self) -> Side:
        """The other cluster."""
        return Side.TARGET if self is Side.SOURCE else Side.SOURCE


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that was journaled before it was sent. Its operation is part of the fence that it would leave."""

    side: Side
    replicas: int
    operation: int


class StepStatus(StrEnum):
    """How far a step has got."""

    PREPARING = "preparing"
    PREPARED = "prepared"
    UNDONE = "undone"
    CLEANED_UP = "cleaned_up"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a step has to remember, in words that only the step understands: a path and a UID, a field and
    the value it had.
    """

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What the journal holds of one step: its status, and its notes about each cluster.

    Steps are told apart by name alone, so that one can be added without another record or another journal.
    """

    name: str
    status: StepStatus = StepStatus.PREPARING
    source: tuple[Note, ...] = ()
    target: tuple[Note, ...] = ()

    def with_target_note(self, note: Note) -> StepRecord:
        """Remember something about the target, once."""
        return self if note in self.target else replace(self, target=(*self.target, note))

    def without_target_note(self, note: Note) -> StepRecord:
        """Forget something about the target."""
        return replace(self, target=tuple(other for other in self.target if other != note))

    def with_status(self, status: StepStatus) -> StepRecord:
        """Return the record at another status."""
        return replace(self, status=status)


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

    `elapsed_s` counts only while some instance led, by clocks that count sleep, so that a jump of the wall clock
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
    #: What the steps have done, in the order in which they began.
    steps: tuple[StepRecord, ...] = ()
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

    @property
    def source_is_short(self) -> bool:
        """Whether the source is asked for fewer than all replicas, or may be once a write on its way has landed."""
        lowest = self.source.replicas
        if self.intent is not None and self.intent.side is Side.SOURCE:
            lowest = min(lowest, self.intent.replicas)
        return lowest < self.replicas

    @property
    def target_notes(self) -> tuple[Note, ...]:
        """All that the steps have noted about the target."""
        return tuple(note for step in self.steps for note in step.target)

    def step(self, name: str) -> StepRecord:
        """Return what is known of one step; a new record where it has not begun."""
        return next((step for step in self.steps if step.name == name), StepRecord(name))

    def with_step(self, step: StepRecord) -> MigrationRecord:
        """Replace what is known of one step.

        The target's Deployment is the one that a step has noted at its path; where the target had one before, that
        one stays.
        """
        is_known = any(other.name == step.name for other in self.steps)
        steps = (
            tuple(step if other.name == step.name else other for other in self.steps)
            if is_known
            else (*self.steps, step)
        )
        record = replace(self, steps=steps)
        if record.target_existed:
            return record
        path = paths.deployment(self.workload.namespace, self.workload.name)
        uid = next((note.value for note in record.target_notes if note.key == path), None)
        return replace(record, target=replace(record.target, deployment_uid=uid))

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
