"""Judges and performs what a person decides about a migration that waits for them, and remembers the answers.

Each is a task of its own: it reads both clusters, and one that is slow to answer must keep no cancel and no disarming
waiting. Belongs to the engine's loop.
"""

from __future__ import annotations

import logging
from collections import deque

from controller.contract.commands import SettleMigration
from controller.contract.settlement import ActOutcome, JudgedActs
from controller.engine.background import BackgroundTasks
from controller.engine.controls import Controls
from controller.engine.unfinished_moves import UnfinishedMoves
from controller.errors import ControllerError
from controller.migration.protocol.record import MigrationRecord, Side
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Answers that a snapshot carries: more than a person asks for before the next one.
MAX_ANSWERS = 8

logger = logging.getLogger(__name__)


class ActHandler:
    """Owns the tasks and the newest answers."""

    def __init__(self, controls: Controls, unfinished: UnfinishedMoves) -> None:
        self._controls = controls
        self._regions = controls.regions
        self._migrations = controls.migrations
        self._wake = controls.wake.set
        self._unfinished = unfinished
        self._count = 0
        self._tasks = BackgroundTasks()
        self._judged: deque[JudgedActs] = deque(maxlen=MAX_ANSWERS)
        self._outcomes: deque[ActOutcome] = deque(maxlen=MAX_ANSWERS)

    @property
    def judged(self) -> tuple[JudgedActs, ...]:
        """What acts would change, as it was asked for, newest last."""
        return tuple(self._judged)

    @property
    def outcomes(self) -> tuple[ActOutcome, ...]:
        """What came of the acts that were confirmed, newest last."""
        return tuple(self._outcomes)

    def judge(self, migration_id: str) -> None:
        """Find out what each act on a migration would change now."""
        self._tasks.begin(self._judge(migration_id))

    def settle(self, command: SettleMigration) -> None:
        """Do what a person has confirmed."""
        self._tasks.begin(self._settle(command))

    def stop(self) -> None:
        """Let go of what is under way: its journal still speaks of the migration, and the act can be done again."""
        self._tasks.stop()

    async def _judge(self, migration_id: str) -> None:
        record = self._find_record(migration_id)
        number = self._next()
        if record is None:
            reason = Code.MOVE_NOT_FOUND.because(migration_id=migration_id)
            self._judged.append(JudgedActs(number, migration_id, None, reason=reason))
        else:
            sides = (record.workload, record.target.context)
            try:
                settlements = await self._migrations.judge_acts(record)
                self._judged.append(JudgedActs(number, migration_id, sides, settlements))
            except Exception as error:  # the edge of the task: who waits for the answer is told
                reason = _tell(error)
                self._judged.append(JudgedActs(number, migration_id, sides, reason=reason))
        self._wake()

    async def _settle(self, command: SettleMigration) -> None:
        number, record = self._next(), self._find_record(command.migration_id)
        reason = (
            Code.MOVE_NOT_FOUND.because(migration_id=command.migration_id)
            if record is None
            else self._find_unarmed(record)
        )
        if record is not None and reason is None:
            self._regions.begin_move(record.migration_id, record.workload, record.target.context)
            try:
                await self._migrations.settle(record, command.act, command.digest)
            except Exception as error:  # the edge of the task: who waits for the outcome is told
                reason = _tell(error)
        self._outcomes.append(ActOutcome(number, command.migration_id, command.act, reason))
        self._wake()

    def _find_record(self, migration_id: str) -> MigrationRecord | None:
        return self._migrations.find_record(migration_id) or self._unfinished.find_record(migration_id)

    def _find_unarmed(self, record: MigrationRecord) -> Reason | None:
        """Which side that is there is read-only; what cannot be reached is not written to anyway."""
        known = [
            record.side(side).context for side in Side if record.side(side).context in self._regions.contexts
        ]
        unarmed = self._controls.find_unarmed(known, record.workload.namespace)
        return Code.NOT_ARMED.because(contexts=tuple(unarmed)) if unarmed else None

    def _next(self) -> int:
        self._count += 1
        return self._count


def _tell(error: Exception) -> Reason:
    if isinstance(error, ControllerError):
        return error.reason
    logger.exception("an act failed", exc_info=error)
    return Code.UNEXPECTED_ERROR.because(error=repr(error))
