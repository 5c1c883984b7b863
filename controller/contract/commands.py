"""What the world asks of the engine: frozen commands. Pure. Every one of them is answered by a later snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from controller.clusters.fleet import WorkloadKey


@dataclass(frozen=True, slots=True)
class MoveCommand:
    """What every command about one move names."""

    workload: WorkloadKey
    target: str


@dataclass(frozen=True, slots=True)
class RequestDryRun(MoveCommand):
    """Compute the dry run of this move now, also where it is not an opportunity; it appears in `answers`."""


@dataclass(frozen=True, slots=True)
class StartMigration(MoveCommand):
    """Run the plan that the person saw: `plan_digest` is that of its dry run; a changed plan is refused."""

    plan_digest: str


@dataclass(frozen=True, slots=True)
class Consider:
    """Have the snapshots say how this start would be answered; replaces what was considered. None: nothing is."""

    start: StartMigration | None


@dataclass(frozen=True, slots=True)
class CancelMigration:
    """Roll this migration back."""

    migration_id: str


@dataclass(frozen=True, slots=True)
class SetArmed:
    """Allow or forbid writes to a context until the program ends."""

    context: str
    armed: bool


@dataclass(frozen=True, slots=True)
class LookAt:
    """Have the snapshots say why the workloads of these contexts are not offered; replaces what was looked at."""

    contexts: frozenset[str]


Command = RequestDryRun | StartMigration | Consider | CancelMigration | SetArmed | LookAt
