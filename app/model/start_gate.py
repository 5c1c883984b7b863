"""What one click on `Migrate` may do: start the migration, or give the reason why not. Pure.

The engine judges, by the rules and the facts of that very moment, whatever start a person considers; each snapshot says
what its answer would be. Only time is looked at here, because a price also expires while no snapshot comes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from controller.contract.commands import StartMigration
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import Consideration, MigrationStage, MigrationView
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: What a person changes by arming contexts.
_TO_BE_ARMED = (
    Code.NOT_ARMED,
    Code.NAMESPACE_NOT_ARMED,
    Code.ARMING_OVER,
    Code.ARMED_CLUSTER_REPLACED,
)
#: What a new dry run may change.
_OUTDATED = (Code.PLAN_EXPIRED, Code.PLAN_CHANGED)


@dataclass(frozen=True, slots=True)
class Gate:
    """What is known of a start. `reason`: why it would not be taken up, None where nothing is known against it.

    is_judged: it is the answer to this very plan; otherwise the engine has yet to judge it.
    waits_for: what the move would wait for in the queue before it begins; None: nothing.
    """

    reason: Reason | None = None
    is_judged: bool = True
    waits_for: Reason | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is known against a click."""
        return self.reason is None

    @property
    def is_outdated(self) -> bool:
        """Whether a new dry run might let it start."""
        return self.reason is not None and self.reason.code in _OUTDATED

    @property
    def unarmed(self) -> tuple[str, ...]:
        """The contexts that have to be armed first."""
        return find_unarmed(self.reason)


def find_unarmed(reason: Reason | None) -> tuple[str, ...]:
    """Return the contexts that a person has to arm before this reason holds no more."""
    if reason is None or reason.code not in _TO_BE_ARMED:
        return ()
    contexts = reason["contexts"]
    return contexts if isinstance(contexts, tuple) else ()


def list_to_be_armed(migration: MigrationView, armed: Collection[str]) -> tuple[str, ...]:
    """Return which sides of a move that stands still have to be armed before it goes on; `armed`: those that are.

    What holds it names the side on which a write was refused, and the next write may be one to the other side.
    """
    unarmed = find_unarmed(migration.reason)
    if migration.stage is not MigrationStage.HOLDING or not unarmed:
        return ()
    sides = (migration.workload.context, migration.target)
    return tuple(side for side in sides if side in unarmed or side not in armed)


def make_start(dry_run: DryRun) -> StartMigration:
    """Return what a click on `Migrate` sends."""
    return StartMigration(
        dry_run.workload,
        dry_run.target,
        dry_run.plan_digest,
        way_back_of=dry_run.way_back_of,
        accepts=dry_run.accepts,
    )


def judge_start(dry_run: DryRun, considered: Consideration | None, now: float) -> Gate:
    """Return what is known of starting this dry run at wall time `now`."""
    if not dry_run.may_start:
        return Gate(dry_run.reason)
    expiry = dry_run.find_expiry(now)
    if expiry is not None:
        return Gate(expiry)
    if considered is None or not _is_same_move(considered.start, dry_run):
        return Gate(is_judged=False)
    if considered.start == make_start(dry_run):
        return Gate(considered.reason, waits_for=considered.waits_for)
    # The numbers have just been renewed: what was against the move itself a moment ago stands until the engine answers.
    is_of_the_plan = considered.reason is not None and considered.reason.code is Code.PLAN_CHANGED
    return Gate(None if is_of_the_plan else considered.reason, is_judged=False)


def _is_same_move(start: StartMigration, dry_run: DryRun) -> bool:
    return (start.workload, start.target) == (dry_run.workload, dry_run.target)
