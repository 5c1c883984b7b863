"""What the world asks of the engine: frozen commands. Pure. Every one of them is answered by a later snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.clusters.acceptance import Acceptance
from controller.clusters.arming import UNLIMITED, ArmingTerms
from controller.clusters.fleet import WorkloadKey
from controller.contract.settlement import Act


@dataclass(frozen=True, slots=True)
class MoveCommand:
    """What every command about one move names. `way_back_of`, `accepts`: see `DryRun`."""

    workload: WorkloadKey
    target: str
    way_back_of: str | None = field(default=None, kw_only=True)
    accepts: frozenset[Acceptance] = field(default=frozenset(), kw_only=True)


@dataclass(frozen=True, slots=True)
class RequestDryRun(MoveCommand):
    """Compute the dry run of this move now, also where it is not an opportunity; it appears in `answers`."""


@dataclass(frozen=True, slots=True)
class StartMigration(MoveCommand):
    """Run the plan that the person saw: `plan_digest` is that of its dry run; a changed plan is refused."""

    plan_digest: str


@dataclass(frozen=True, slots=True)
class TakeOutOfQueue:
    """Let go of a start that waits for its turn."""

    workload: WorkloadKey
    target: str


@dataclass(frozen=True, slots=True)
class Consider:
    """Have the snapshots say how this start would be answered; replaces what was considered. None: nothing is."""

    start: StartMigration | None


@dataclass(frozen=True, slots=True)
class CancelMigration:
    """Roll this migration back."""

    migration_id: str


@dataclass(frozen=True, slots=True)
class JudgeActs:
    """Have a snapshot say what each act on this migration would change now; it appears in `judged`."""

    migration_id: str


@dataclass(frozen=True, slots=True)
class SettleMigration:
    """Do what a person has read and confirmed: `digest` is that of the act as it was shown."""

    migration_id: str
    act: Act
    digest: str


@dataclass(frozen=True, slots=True)
class SetArmed:
    """Allow writes to a context on these terms, which replace those of before; or forbid them."""

    context: str
    armed: bool
    terms: ArmingTerms = UNLIMITED


@dataclass(frozen=True, slots=True)
class Stop:
    """Forbid every write to every context at once: the one command that waits for no round of the engine."""


@dataclass(frozen=True, slots=True)
class LookAt:
    """Have the snapshots say why the workloads of these contexts are not offered; replaces what was looked at."""

    contexts: frozenset[str]


Command = (
    RequestDryRun
    | StartMigration
    | TakeOutOfQueue
    | Consider
    | CancelMigration
    | JudgeActs
    | SettleMigration
    | SetArmed
    | Stop
    | LookAt
)
