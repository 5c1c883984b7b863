"""Takes the commands of a person or a program, and answers each: a dry run, a migration, or why none begins.

Belongs to the engine's loop and is called by the engine alone.
"""

from __future__ import annotations

import logging
from collections import deque

from controller.clusters.arming import ArmingTerms
from controller.clusters.fleet import FleetPicture, WorkloadKey
from controller.contract.commands import (
    CancelMigration,
    Command,
    Consider,
    JudgeActs,
    LookAt,
    MoveCommand,
    RequestDryRun,
    SetArmed,
    SettleMigration,
    StartMigration,
    Stop,
    TakeOutOfQueue,
)
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import Consideration, QueuedMove, UnstartedMove
from controller.decision.evaluation import confirm_move, evaluate_move
from controller.decision.facts import Facts
from controller.engine.act_handler import ActHandler
from controller.engine.controls import Controls
from controller.engine.fact_collector import FactCollector
from controller.engine.inventory_taker import InventoryTaker
from controller.engine.move_queue import MoveQueue
from controller.engine.unfinished_moves import UnfinishedMoves
from controller.errors import ControllerError
from controller.history.events import (
    ArmingEnded,
    ArmingRefused,
    ContextArmed,
    ContextDisarmed,
    StartQueued,
    StartRefused,
    state_reason,
)
from controller.migration.protocol.errors import JournalError
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Answers and unstarted moves that a snapshot carries: more than a person asks for before the next one.
MAX_ANSWERS = 16

logger = logging.getLogger(__name__)


class CommandHandler:
    """Owns the waiting commands, the answers and the unstarted moves; `acts` does what a person decides."""

    def __init__(
        self,
        controls: Controls,
        unfinished: UnfinishedMoves,
        facts: FactCollector,
    ) -> None:
        self._controls = controls
        self._regions = controls.regions
        self._migrations = controls.migrations
        self._history = controls.history
        self._wake = controls.wake.set
        self._unfinished = unfinished
        self._facts = facts
        self.acts = ActHandler(controls, unfinished)
        self._inventories = InventoryTaker(controls, facts)
        self._commands: deque[Command] = deque()
        self._answers: deque[DryRun] = deque(maxlen=MAX_ANSWERS)
        self._unstarted: deque[UnstartedMove] = deque(maxlen=MAX_ANSWERS)
        self._queue = MoveQueue()
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

    @property
    def queue(self) -> tuple[QueuedMove, ...]:
        """The starts that wait for their turn, in their order."""
        return self._queue.waiting

    @property
    def waits_for_price(self) -> bool:
        """Whether the first one that waits for its turn waits for a price."""
        return self._queue.waits_for_price

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
        reason = confirmed if isinstance(confirmed, Reason) else None
        waits_for = self._queue.find_wait(reason)
        if waits_for is None:
            return Consideration(start, reason)
        return Consideration(start, self._queue.find_obstacle(start), waits_for)

    def record_ended_armings(self) -> None:
        """Write down what was armed and is not any more although nobody has said so."""
        for ended in self._regions.take_ended_armings():
            self._history.record(ArmingEnded(ended.context, state_reason(ended.reason)))

    def submit(self, command: Command) -> None:
        """Let a command wait for the next round; a stop waits for nothing."""
        if isinstance(command, Stop):
            self._stop()
        else:
            self._commands.append(command)
        self._wake()

    def _stop(self) -> None:
        """Forbid every write, and forget what was to lead to one: a start or an arming that was asked for before."""
        self._commands = deque(
            command
            for command in self._commands
            if not (isinstance(command, StartMigration) or (isinstance(command, SetArmed) and command.armed))
        )
        for start in self._queue.clear():
            self._reject_taken_out(start.workload, start.target)
        self._controls.forbid_all()

    def take_out(self, workload: WorkloadKey, target: str) -> None:
        """Let go of a start that waits for its turn, at once."""
        if self._queue.take_out(workload, target) is not None:
            self._reject_taken_out(workload, target)
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
        self._answer_again(picture)
        await self._work_queue(picture, now)

    def stop(self) -> None:
        """Let go of what reads clusters."""
        self.acts.stop()
        self._inventories.stop()

    def _answer_again(self, picture: FleetPicture) -> None:
        """Make the dry runs anew whose workloads were looked at meanwhile: they know what travels and what breaks."""
        for command in self._inventories.take_done():
            if isinstance(command, RequestDryRun) or self._is_considered(command):
                self._answers.append(_evaluate(command, picture, self._facts.collect()))

    def _is_considered(self, command: MoveCommand) -> bool:
        """Whether somebody considers this move still, on whatever prices."""
        start = self._considered
        return start is not None and _name_move(command) == _name_move(start)

    async def _work_queue(self, picture: FleetPicture, now: float) -> None:
        """Judge the first one that waits as if it were confirmed now, and begin it; or wait on, with all behind it."""
        while (start := self._queue.head) is not None and not self._is_looked_for(start):
            facts = self._facts.collect()
            try:
                refusal = await self._try(start, picture, facts)
            except Exception as error:  # costs this move only
                logger.exception("a queued start failed: %s", start)
                self._queue.take_first()
                reason = Code.UNEXPECTED_ERROR.because(error=repr(error))
                self._reject(start.workload, start.target, reason, now)
                continue
            if self._queue.waits_on(refusal, now):
                return
            self._queue.take_first()
            if refusal is not None:
                self._turn_down(start, picture, facts, refusal, now)

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
            self._controls.cancel(command.migration_id)
        elif isinstance(command, JudgeActs):
            self.acts.judge(command.migration_id)
        elif isinstance(command, SettleMigration):
            self.acts.settle(command)
        elif isinstance(command, LookAt):
            self._looked_at = command.contexts
        elif isinstance(command, TakeOutOfQueue):
            self.take_out(command.workload, command.target)
        elif isinstance(command, Consider):
            self._consider(command.start, picture)
        elif isinstance(command, RequestDryRun):
            facts = self._facts.collect()
            self._facts.findings.ask_soon(command.workload, command.target)
            self._answers.append(_evaluate(command, picture, facts))
            self._inventories.look(command, picture)
        elif isinstance(command, StartMigration):
            await self._start(command, picture, now)

    def _consider(self, start: StartMigration | None, picture: FleetPicture) -> None:
        """Judge this start from now on; what belongs to its workload is looked at once."""
        self._considered = start
        if start is not None and start.workload not in self._facts.collect().inventories:
            self._inventories.look(start, picture)

    def _set_armed(self, command: SetArmed) -> None:
        if command.context not in self._regions.contexts:
            return
        self._regions.set_armed(command.context, command.armed, command.terms)
        if not command.armed:
            self._history.record(ContextDisarmed(command.context))
        elif (reason := self._regions.unarmable_reason(command.context)) is not None:
            self._history.record(ArmingRefused(command.context, state_reason(reason)))
        else:
            self._prepare_keys()
            self._history.record(_tell_armed(command.context, command.terms))

    def _prepare_keys(self) -> None:
        """Have a key ring from the first arming on. Where there can be none, each start says so and is refused."""
        try:
            self._migrations.keys.prepare()
        except JournalError as error:
            logger.warning("%s", error)

    async def _start(self, command: StartMigration, picture: FleetPicture, now: float) -> None:
        """Start the very plan that was confirmed, let it line up where it only has to wait, or say why not."""
        facts = self._facts.collect()
        confirmed = _confirm(command, picture, facts)
        refusal = confirmed if isinstance(confirmed, Reason) else None
        waits_for = self._queue.find_wait(refusal)
        if waits_for is None:
            refusal = await self._try(command, picture, facts)
        elif (refusal := self._queue.find_obstacle(command)) is None:
            self._queue.line_up(command, waits_for, now)
            self._history.record(StartQueued(command.workload, command.target, state_reason(waits_for)))
        if refusal is not None:
            self._turn_down(command, picture, facts, refusal, now)

    async def _try(self, command: StartMigration, picture: FleetPicture, facts: Facts) -> Reason | None:
        """Begin a start; or return why it is not taken up now."""
        confirmed = _confirm(command, picture, facts)
        return confirmed if isinstance(confirmed, Reason) else await self._begin(confirmed, picture)

    def _turn_down(
        self, start: StartMigration, picture: FleetPicture, facts: Facts, refusal: Reason, now: float
    ) -> None:
        """Say why a start is not taken up, and answer with the plan as it is now."""
        self._answers.append(_evaluate(start, picture, facts))
        self._reject(start.workload, start.target, refusal, now)

    async def _begin(self, dry_run: DryRun, picture: FleetPicture) -> Reason | None:
        """Start a confirmed move; or return why it was not taken up."""
        try:
            migration_id = await self._migrations.start(dry_run)
        except ControllerError as error:
            return error.reason
        key = dry_run.workload
        self._regions.begin_move(migration_id, key, dry_run.target)
        workload = picture.clusters[key.context].find_workload(key.namespace, key.name)
        if workload is not None:
            self._facts.note_start(migration_id, workload)
        return None

    def _reject_taken_out(self, workload: WorkloadKey, target: str) -> None:
        self._reject(workload, target, Code.TAKEN_OUT_OF_QUEUE.because(), self._facts.wall_clock())

    def _reject(self, workload: WorkloadKey, target: str, reason: Reason, now: float) -> None:
        self._unstarted.append(UnstartedMove(workload, target, reason, now))
        self._history.record(StartRefused(workload, target, state_reason(reason)))


def _tell_armed(context: str, terms: ArmingTerms) -> ContextArmed:
    namespaces = None if terms.namespaces is None else tuple(sorted(terms.namespaces))
    return ContextArmed(context, terms.cluster_uid, namespaces, terms.lasts_s, terms.by.value)


def _name_move(command: MoveCommand) -> tuple[object, ...]:
    """What makes it this move and no other, whatever it costs at the moment."""
    return command.workload, command.target, command.way_back_of, command.accepts


def _confirm(start: StartMigration, picture: FleetPicture, facts: Facts) -> DryRun | Reason:
    """Return what a start would run, or why it is not taken up: one judgement for the click and for what is shown."""
    return confirm_move(
        picture,
        facts,
        start.workload,
        start.target,
        start.plan_digest,
        way_back_of=start.way_back_of,
        accepts=start.accepts,
    )


def _evaluate(command: MoveCommand, picture: FleetPicture, facts: Facts) -> DryRun:
    """Return the dry run of the move that a command names."""
    return evaluate_move(
        picture,
        facts,
        command.workload,
        command.target,
        way_back_of=command.way_back_of,
        accepts=command.accepts,
    )
