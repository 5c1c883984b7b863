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

    def with_note(self, side: Side, note: Note) -> StepRecord:
        """Remember something about one cluster, once."""
        notes = self.notes(side)
        return self if note in notes else self._with_notes(side, (*notes, note))

    def without_note(self, side: Side, note: Note) -> StepRecord:
        """Forget something about one cluster."""
        return self._with_notes(side, tuple(other for other in self.notes(side) if other != note))

    def notes(self, side: Side) -> tuple[Note, ...]:
        """What it has noted about one cluster."""
        return self.source if side is Side.SOURCE else self.target

    def _with_notes(self, side: Side, notes: tuple[Note, ...]) -> StepRecord:
        return replace(self, source=notes) if side is Side.SOURCE else replace(self, target=notes)

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
class Watched:
    """For how long somebody has watched, all rounds together: the target of `wave` until it serves, and the soak.

    What nobody saw is not in it.
    """

    wave: int = 0
    waited_s: float = 0.0
    soaked_s: float = 0.0

    def waited_for(self, wave: int) -> float:
        """Return for how long the target was waited for in a wave."""
        return self.waited_s if self.wave == wave else 0.0

    def with_wait(self, wave: int, waited_s: float) -> Watched:
        """Return it with the wait of a wave."""
        return replace(self, wave=wave, waited_s=waited_s)


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
    #: Whether the target had a Deployment of this name before; then it is never deleted.
    target_existed: bool = False
    #: What the steps have done, in the order in which they began.
    steps: tuple[StepRecord, ...] = ()
    meter: Meter = Meter()
    ended_at: float | None = None
    watched: Watched = Watched()

    @property
    def replicas(self) -> int:
        """How many replicas move."""
        return self.state.replicas

    @property
    def floor_now(self) -> int:
        """The fewest replicas that have to serve on both sides together: as many as at the start, or as others have
        asked for since.
        """
        return self.floor if self.state.newer is None else self.state.total_replicas

    @property
    def source_floor(self) -> int:
        """The source's part of the floor once everything is back: what ran in the target before is the target's."""
        return max(0, self.floor_now - self.state.staying.target)

    @property
    def target_floor(self) -> int:
        """The target's part of the floor once everything has moved: what the source keeps is the source's."""
        return max(0, self.floor_now - self.state.staying.source)

    @property
    def keeps_target(self) -> bool:
        """Whether the workload runs in the target already: then nothing there is created, and nothing deleted."""
        return self.dry_run.target_template is not None

    @property
    def moves_all(self) -> bool:
        """Whether no replicas stay, and none were in the target: then an autoscaler can be frozen and handed over."""
        return not self.keeps_target and not self.state.staying.source

    def planned_template_of(self, side: Side) -> str:
        """Return the hash of the pod template that a side had, or got, when the move began."""
        own = self.dry_run.target_template
        return self.template_hash if own is None or side is Side.SOURCE else own

    def template_of(self, side: Side) -> str:
        """Return the hash of the pod template that a side is to have."""
        newer = self.state.newer
        return self.planned_template_of(side) if newer is None or side is Side.SOURCE else newer.template_hash

    @property
    def intent_replicas(self) -> int | None:
        """The replicas of the announced write, if one is open."""
        return self.intent.replicas if self.intent is not None else None

    @property
    def source_is_short(self) -> bool:
        """Whether the source is asked for fewer than it began with, or may be once a write on its way has landed."""
        lowest = self.source.replicas
        if self.intent is not None and self.intent.side is Side.SOURCE:
            lowest = min(lowest, self.intent.replicas)
        return lowest < self.state.source_replicas

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
