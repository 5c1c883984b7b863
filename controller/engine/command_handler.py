"""Takes the commands of a person or a program, and answers each: a dry run, a migration, or why none begins.

Belongs to the engine's loop and is called by the engine alone.
"""

from __future__ import annotations

import logging
from collections import deque

from controller.clusters.fleet import FleetPicture, WorkloadKey
from controller.contract.commands import (
    CancelMigration,
    Command,
    Consider,
    LookAt,
    MoveCommand,
    RequestDryRun,
    SetArmed,
    StartMigration,
)
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import Consideration, UnstartedMove
from controller.decision.evaluation import confirm_move, evaluate_move
from controller.decision.facts import Facts
from controller.engine.controls import Controls
from controller.engine.fact_collector import FactCollector
from controller.engine.unfinished_moves import UnfinishedMoves
from controller.errors import ControllerError
from controller.history.events import (
    ArmingRefused,
    CancelRequested,
    ContextArmed,
    ContextDisarmed,
    StartRefused,
    state_reason,
)
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Answers and unstarted moves that a snapshot carries: more than a person asks for before the next one.
MAX_ANSWERS = 16

logger = logging.getLogger(__name__)


class CommandHandler:
    """Owns the waiting commands, the answers and the unstarted moves."""

    def __init__(
        self,
        controls: Controls,
        unfinished: UnfinishedMoves,
        facts: FactCollector,
    ) -> None:
        self._regions = controls.regions
        self._migrations = controls.migrations
        self._history = controls.history
        self._wake = controls.wake.set
        self._unfinished = unfinished
        self._facts = facts
        self._commands: deque[Command] = deque()
        self._answers: deque[DryRun] = deque(maxlen=MAX_ANSWERS)
        self._unstarted: deque[UnstartedMove] = deque(maxlen=MAX_ANSWERS)
        self._looked_at: frozenset[str] = frozenset()
        self._considered: StartMigration | None = None

    @property
    def looked_at(self) -> frozenset[str]:
        """The contexts of whose workloads somebody wants to know why they are not offered."""
        return self._looked_at

    @property
    def answers(self) -> tuple[DryRun, ...]:
        """The newest dry runs that were asked for, newest last."""
        return tuple(self._answers)

    @property
    def unstarted(self) -> tuple[UnstartedMove, ...]:
        """The newest starts that were not taken up, newest last."""
        return tuple(self._unstarted)

    def judge_considered(self, picture: FleetPicture, facts: Facts) -> Consideration | None:
        """Return the answer to the start that somebody considers, if it came now; None where nobody does."""
        start = self._considered
        if start is None:
            return None
        try:
            confirmed = _confirm(start, picture, facts)
        except Exception as error:
            # Judged with every snapshot; loud is the start itself, should it come.
            logger.debug("a start cannot be judged: %s", start, exc_info=True)
            confirmed = Code.UNEXPECTED_ERROR.because(error=repr(error))
        return Consideration(start, confirmed if isinstance(confirmed, Reason) else None)

    def submit(self, command: Command) -> None:
        """Let a command wait for the next round."""
        self._commands.append(command)
        self._wake()

    async def work(self, picture: FleetPicture, now: float) -> None:
        """Obey what waits, in order. A start waits for the looks at its contexts: they may find the same workload.

        Only other starts wait behind it: a cluster that is slow to answer must keep no cancel and no disarming waiting.
        """
        self._unfinished.follow(picture)
        waiting: deque[Command] = deque()
        while self._commands:
            command = self._commands.popleft()
            if isinstance(command, StartMigration) and (waiting or self._is_looked_for(command)):
                waiting.append(command)
            else:
                await self._answer(command, picture, now)
        self._commands = waiting

    def _is_looked_for(self, command: StartMigration) -> bool:
        return self._unfinished.is_looking((command.workload.context, command.target))

    async def _answer(self, command: Command, picture: FleetPicture, now: float) -> None:
        """Obey; an error that nobody foresaw costs this command only, and is reported."""
        try:
            await self._obey(command, picture, now)
        except Exception as error:
            logger.exception("a command failed: %s", command)
            if isinstance(command, MoveCommand):
                reason = Code.UNEXPECTED_ERROR.because(error=repr(error))
                self._reject(command.workload, command.target, reason, now)

    async def _obey(self, command: Command, picture: FleetPicture, now: float) -> None:
        if isinstance(command, SetArmed):
            self._set_armed(command)
            self._unfinished.follow(picture)
        elif isinstance(command, CancelMigration):
            self._cancel(command.migration_id)
        elif isinstance(command, LookAt):
            self._looked_at = command.contexts
        elif isinstance(command, Consider):
            self._considered = command.start
        elif isinstance(command, RequestDryRun):
            facts = self._facts.collect()
            self._answers.append(evaluate_move(picture, facts, command.workload, command.target))
        else:
            await self._start(command, picture, now)

    def _cancel(self, migration_id: str) -> None:
        view = next((view for view in self._migrations.views() if view.migration_id == migration_id), None)
        if view is not None and not view.stage.is_final:
            self._history.record(CancelRequested(migration_id, view.workload, view.target))
        self._migrations.cancel(migration_id)

    def _set_armed(self, command: SetArmed) -> None:
        if command.context not in self._regions.contexts:
            return
        self._regions.set_armed(command.context, command.armed)
        if command.armed and not self._regions.is_armed(command.context):
            reason = self._regions.unarmable_reason(command.context)
            assert reason is not None, "nothing else keeps a context from being armed"
            self._history.record(ArmingRefused(command.context, state_reason(reason)))
        elif command.armed:
            self._history.record(ContextArmed(command.context))
        else:
            self._history.record(ContextDisarmed(command.context))

    async def _start(self, command: StartMigration, picture: FleetPicture, now: float) -> None:
        """Start the very plan that was confirmed, or say why not and answer with the plan as it is now."""
        workload, target = command.workload, command.target
        facts = self._facts.collect()
        confirmed = _confirm(command, picture, facts)
        refusal = confirmed if isinstance(confirmed, Reason) else await self._begin(confirmed, picture)
        if refusal is not None:
            self._answers.append(evaluate_move(picture, facts, workload, target))
            self._reject(workload, target, refusal, now)

    async def _begin(self, dry_run: DryRun, picture: FleetPicture) -> Reason | None:
        """Start a confirmed move; or return why it was not taken up."""
        try:
            migration_id = await self._migrations.start(dry_run)
        except ControllerError as error:
            return error.reason
        key = dry_run.workload
        workload = picture.clusters[key.context].find_workload(key.namespace, key.name)
        if workload is not None:
            self._facts.note_start(migration_id, workload)
        return None

    def _reject(self, workload: WorkloadKey, target: str, reason: Reason, now: float) -> None:
        self._unstarted.append(UnstartedMove(workload, target, reason, now))
        self._history.record(StartRefused(workload, target, state_reason(reason)))


def _confirm(start: StartMigration, picture: FleetPicture, facts: Facts) -> DryRun | Reason:
    """Return what a start would run, or why it is not taken up: one judgement for the click and for what is shown."""
    return confirm_move(picture, facts, start.workload, start.target, start.plan_digest)
