"""What one click on `Migrate` may do: start the migration, or give the reason why not. Pure.

The engine judges, by the rules and the facts of that very moment, whatever start a person considers; each snapshot says
what its answer would be. Only time is looked at here, because a price also expires while no snapshot comes.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.contract.commands import StartMigration
from controller.contract.dry_run import DryRun, Verdict
from controller.contract.snapshots import Consideration
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: What a new dry run may change.
_OUTDATED = (Code.PLAN_EXPIRED, Code.PLAN_CHANGED)


@dataclass(frozen=True, slots=True)
class Gate:
    """What is known of a start. `reason`: why it would not be taken up, None where nothing is known against it.

    is_judged: it is the answer to this very plan; otherwise the engine has yet to judge it.
    """

    reason: Reason | None = None
    is_judged: bool = True

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
        if self.reason is None or self.reason.code is not Code.NOT_ARMED:
            return ()
        contexts = self.reason["contexts"]
        return contexts if isinstance(contexts, tuple) else ()


def make_start(dry_run: DryRun) -> StartMigration:
    """Return what a click on `Migrate` sends."""
    return StartMigration(dry_run.workload, dry_run.target, dry_run.plan_digest)


def judge_start(dry_run: DryRun, considered: Consideration | None, now: float) -> Gate:
    """Return what is known of starting this dry run at wall time `now`."""
    if dry_run.verdict is not Verdict.PAYS:
        return Gate(dry_run.reason)
    expiry = dry_run.find_expiry(now)
    if expiry is not None:
        return Gate(expiry)
    if considered is None or not _is_same_move(considered.start, dry_run):
        return Gate(is_judged=False)
    if considered.start == make_start(dry_run):
        return Gate(considered.reason)
    # The numbers have just been renewed: what was against the move itself a moment ago stands until the engine answers.
    is_of_the_plan = considered.reason is not None and considered.reason.code is Code.PLAN_CHANGED
    return Gate(None if is_of_the_plan else considered.reason, is_judged=False)


def _is_same_move(start: StartMigration, dry_run: DryRun) -> bool:
    return (start.workload, start.target) == (dry_run.workload, dry_run.target)
